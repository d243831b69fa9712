"""Known secrets struck out of texts: the last line of defence for logs, errors and reports."""

LEAST_REDACTED = 4
"""Shorter secrets are not replaced in texts: it would only scatter asterisks over them."""


class Redactor:
    """Replaces known secrets in any text: the last line of defence for logs and errors."""

    def __init__(self) -> None:
        self._forms: tuple[str, ...] = ()

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
        # Longest first, so that a secret inside another leaves no rest of the longer one.
        self._forms = tuple(sorted({*self._forms, *forms}, key=lambda form: (-len(form), form)))

    def redact(self, text: str) -> str:
        """Replace each known secret in `text` by `***`."""
        for form in self._forms:
            text = text.replace(form, "***")
        return text
