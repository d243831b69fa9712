"""What is wrong with a text that is not JSON, in words that say what to look for.

Python's decoder finds the place; the words are ours, for its own differ between versions.
"""

import json
import re

from migrate.wording import quoted

_LITERALS = ("true", "false", "null")
_STARTED_NUMBER = re.compile(r"-|\.|[eE][+-]?")

_IN_STRING = {
    "Invalid control character": "a string holds a raw line end, tab or other control character; "
    "write it as an escape, such as \\n or \\t",
    "Invalid \\u": "a string holds \\u without four hexadecimal digits after it",
    "Invalid \\": "a string holds a backslash that starts no escape; write \\\\ for a backslash",
}
_EXPECTED = {
    "Expecting property name": "expected a key in double quotes",
    "Expecting ':' delimiter": 'expected ":" between a key and its value',
    "Expecting ',' delimiter": 'expected "," or a closing bracket',
    "Expecting value": "expected a value",
    "Extra data": "expected nothing more after the JSON document",
}
"""What Python's decoder says, and what we say, with no more of the text than one character: it may
hold a secret."""


def syntax_error(text: str) -> json.JSONDecodeError | None:
    """The first syntax error in `text`; None also where nesting is too deep to tell."""
    plain = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)
    try:
        plain.decode(text)
    except json.JSONDecodeError as error:
        return error
    except RecursionError:
        return None  # the walk finds the depth before it could find bad syntax
    return None


def syntax_message(text: str, error: json.JSONDecodeError) -> str:
    """What `error`, found by Python's decoder in `text`, means, with its column."""
    rest = text[error.pos : error.pos + 40].strip(" \t\r\n")
    before = text[: error.pos].rstrip()[-1:]
    return f"column {error.colno}: {_inside_string(text, error) or _between(rest, before, error)}"


def _inside_string(text: str, error: json.JSONDecodeError) -> str:
    """What is wrong inside a string; "" where the error is not in one."""
    if error.msg.startswith("Unterminated string"):
        return "a string starts here and never ends: it is cut off, or a quote is missing"
    last = text[error.pos :] if len(text) - error.pos < 6 else '"'
    if error.msg.startswith("Invalid \\u") and '"' not in last:
        return "ends in the middle: it is cut off"
    for start, words in _IN_STRING.items():
        if error.msg.startswith(start):
            return words
    return ""


def _between(rest: str, before: str, error: json.JSONDecodeError) -> str:
    """What is wrong between strings, where `rest` comes after `before`."""
    if _is_cut(rest):
        return "ends in the middle: it is cut off"
    if rest.startswith("<") and not before:
        return "this is not JSON, it looks like HTML or XML"
    if rest[0] == "," or (before == "," and rest[0] in "]}"):
        return "a comma with nothing before or after it; remove the comma"
    if rest.startswith(("//", "/*", "#")):
        return "JSON has no comments; remove this one"
    if rest[0] in "'‘’“”`":
        return f"strings need straight double quotes, found {rest[0]}"
    for start, words in _EXPECTED.items():
        if error.msg.startswith(start):
            found = quoted(rest[0]) if rest[0].isprintable() else f"U+{ord(rest[0]):04X}"
            return f"{words}, found {found}"
    return "this is not JSON"


def _is_cut(rest: str) -> bool:
    started = any(word.startswith(rest) and word != rest for word in _LITERALS)
    return started or _STARTED_NUMBER.fullmatch(rest) is not None
