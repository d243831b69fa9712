"""What the platform says in an answer that is no good one, fit to be shown.

Nothing of an answer is repeated but the messages of its error: rows may stand where an error is
expected, cut or not, and hold secrets of the account (kore.md D, Get Bots).
"""

import json
import re
from dataclasses import dataclass
from typing import Any

from migrate.http import Answer
from migrate.redaction import struck
from migrate.wording import shape_words

LONGEST = 300
"""Characters of a message that are shown."""

_TOKEN = re.compile(r"eyJ[\w-]+\.[\w-]+(\.[\w-]*)?")
_ROWS = re.compile(r"[{\[][^{\[]*\".*", re.DOTALL)
_MESSAGES = ("errors", "msg", "message", "reason", "error")
_PLAIN_KEY = re.compile(r"[A-Za-z_][\w-]{0,29}")
_JSON_MARKS = frozenset('{}[]"\\')
_MOST_KEYS = 5
_DEEPEST = 4


@dataclass(frozen=True, slots=True)
class Said:
    """`words` are the platform's own message, "" where there is none; `shown` is what may be shown:
    the message, or in its place what kind of thing was answered.
    """

    words: str
    shown: str


def said_by(answer: Answer, *, sealed: bool = False) -> Said | None:
    """What a refusal says; None where the answer is none, whatever is in it.

    Of a `sealed` answer nothing is told but messages at the places where an error has them.
    """
    good, body = answer.status == 200, answer.body.lstrip()
    if good and not body.startswith(b"{"):
        return None  # a list is never an envelope
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None if good else _of_text(body, sealed)
    if good and not _failure(value):
        return None
    words = "; ".join(_messages(value)) if isinstance(value, dict | list) else ""
    if isinstance(value, str) and not sealed:
        words = _plain(value.encode(errors="replace"))
    return Said(words, _fit(words) or _kind(value, sealed))


def _failure(value: Any) -> bool:
    """Whether an object under HTTP 200 is a failure all the same."""
    if isinstance(value.get("errors"), list) and value["errors"]:
        return True
    return str(value.get("status", "")).strip().lower() == "failure"


def _messages(value: Any, depth: int = 0) -> list[str]:
    """The messages of an error, wherever the vendor's envelopes put them."""
    if isinstance(value, str):
        return [value] if value else []
    if isinstance(value, list) and depth < _DEEPEST:
        return [message for each in value for message in _messages(each, depth + 1)]
    if not isinstance(value, dict) or depth == _DEEPEST:
        return []
    each = (_messages(value[key], depth + 1) for key in _MESSAGES if key in value)
    found, code = next(filter(None, each), []), value.get("code")
    if not isinstance(code, int | str) or code == "":
        return found
    return [f"{found[0]} (code {code})", *found[1:]] if found else [f"code {code}"]


def _of_text(body: bytes, sealed: bool) -> Said:
    """What something that is no JSON says."""
    if body[:1] == b"<":
        title = re.search(rb"<title>(.*?)</title>", body[:4096], re.IGNORECASE | re.DOTALL)
        text = _plain(title[1]) if title and not sealed else ""
        return Said(text, f"an HTML page {_fit(text)!r}" if text else "an HTML page")
    words = "" if sealed else _plain(body[:LONGEST])
    other = f"{len(body)} bytes that are neither JSON nor plain text" if body else ""
    return Said(words, _fit(words) or other)


def _plain(body: bytes) -> str:
    """A text that is meant for people; "" for one that may be a part of something else."""
    text = " ".join(body.decode(errors="replace").split())
    return text if text.isprintable() and _JSON_MARKS.isdisjoint(text) else ""


def _fit(words: str) -> str:
    """A message as it may be shown: without tokens, secrets and rows, and not endless."""
    # Of rows within a message even the keys may be damaged: nobody can tell what is secret there.
    shown = struck(_TOKEN.sub("***", _ROWS.sub("…", words)))
    return shown if len(shown) <= LONGEST else f"{shown[:LONGEST]}…"


def _kind(value: Any, sealed: bool) -> str:
    """What kind of thing a value is, with names that tell where it may come from."""
    names = [key for key in value if _PLAIN_KEY.fullmatch(key)] if isinstance(value, dict) else []
    if sealed or not names:
        return shape_words(value)
    more = ", …" if len(value) > len(names[:_MOST_KEYS]) else ""
    return f"an object of {', '.join(names[:_MOST_KEYS])}{more}"
