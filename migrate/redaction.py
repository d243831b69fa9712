"""Secrets kept out of texts: what is under a key that may name one, and the ones that are known."""

import re
from threading import Lock

_NAMES = (
    r"secret|token|passw|passphrase|pwd|credential|auth|cookie"
    r"|(?:api|access|private|signing|encryption)[ _-]?key"
)
_SECRETIVE = re.compile(f"{_NAMES}|jwt", re.IGNORECASE)
_NAMED = re.compile(
    # A key, what closes it where it is in quotes (perhaps escaped ones), and what leads to a value.
    rf"((?:{_NAMES}|jwt\w+)[\w.-]*\\*[\"']?\s*(?:=>|[:=]))\s*\S.*",
    re.IGNORECASE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\+u([0-9a-fA-F]{4})")

LEAST_REDACTED = 4
"""Shorter secrets are not replaced in texts: it would only scatter asterisks over them."""


def secretive(key: object) -> bool:
    """Whether what is under a key of this name, at any depth, may be a secret and is not shown."""
    return _SECRETIVE.search(str(key)) is not None


def struck(text: str) -> str:
    """A text of somebody else without what follows a secretive name in it, up to its end.

    How far a value goes can't be told in a text that may be cut, so all the rest goes with it.
    """
    plain = _ESCAPE.sub(lambda escape: chr(int(escape[1], 16)), text)
    return _NAMED.sub(r"\1 ***", plain) if _NAMED.search(plain) else text


class Redactor:
    """Replaces known secrets in any text: the last line of defence for logs and errors."""

    def __init__(self) -> None:
        self._forms: tuple[str, ...] = ()
        self._lock = Lock()

    def add(self, text: str) -> None:
        """Remember a secret's text, also as it looks in a URL, a form and JSON."""
        from json import dumps
        from urllib.parse import quote, quote_plus

        if len(text) < LEAST_REDACTED:
            return
        forms = {
            text,
            quote(text, safe=""),
            quote(text),
            quote_plus(text),
            dumps(text)[1:-1],
            dumps(text, ensure_ascii=False)[1:-1],
        }
        with self._lock:  # two that are added at a time must both be known
            known = {*self._forms, *forms}
            # Longest first, so that a secret inside another leaves no rest of the longer one.
            self._forms = tuple(sorted(known, key=lambda form: (-len(form), form)))

    def redact(self, text: str) -> str:
        """Replace each known secret in `text` by `***`."""
        for form in self._forms:
            text = text.replace(form, "***")
        return text
