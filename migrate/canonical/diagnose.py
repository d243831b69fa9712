"""Why the reader refused a text: every fault in our own words, with line, column and JSON path.

`migrate.canonical.loads` is fast and only knows that something is wrong; this room reads the text
a second time, slowly, and finds out what. It is never called for a sound file. Nothing here
recurses, so a depth bomb is safe. No value is repeated, for it may be a secret: its place is told.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import isinf

from migrate.canonical.json_syntax import syntax_error, syntax_message
from migrate.errors import Fault
from migrate.redaction import secretive
from migrate.wording import MAX_FAULTS, JsonPath, json_path, quoted

__all__ = ["MAX_DEPTH", "JsonPath", "diagnose", "fits_64_bits", "json_path", "quoted"]

MAX_DEPTH = 64
"""Containers inside each other that the reader accepts."""

_TOKEN = re.compile(
    r'(?P<string>"[^"\\]*+(?:\\.[^"\\]*+)*+")'
    r"|(?P<mark>[\[\]{},:])"
    r'|(?P<broken>")'
    r"|(?P<scalar>[^\s\[\]{},:\"]++)",
    re.DOTALL,
)
_INTEGER = re.compile(r"-?[0-9]+")
_SURROGATE = re.compile("[\ud800-\udfff]")


def fits_64_bits(written: str) -> bool:
    """Whether a whole number, as written in JSON, fits in 64 bits, signed or unsigned."""
    return len(written) <= 20 and -(2**63) <= int(written) < 2**64


def diagnose(text: str) -> tuple[Fault, ...]:
    """Every fault in `text` up to its first syntax error, in reading order, at most MAX_FAULTS.

    Finds duplicate keys, NaN and Infinity (1e999 too), whole numbers over 64 bits, lone
    surrogates, depth over MAX_DEPTH and bad syntax. Empty when there is nothing to refuse.
    """
    broken = syntax_error(text)
    end = broken.pos if broken else len(text)
    faults: list[Fault] = []
    for fault in _Walk(text, end).faults():
        faults.append(fault)
        if len(faults) == MAX_FAULTS:
            return (*faults, Fault(f"only the first {MAX_FAULTS} faults are listed"))
    if broken:
        faults.append(Fault(syntax_message(text, broken), line=broken.lineno))
    return tuple(faults)


@dataclass(slots=True)
class _Open:
    """A container that the walk is inside of: where in it, and the keys seen with their offsets."""

    is_object: bool
    step: str | int
    key_next: bool
    keys: dict[str, int] = field(default_factory=dict)


class _Walk:
    """One pass over the tokens of `text` up to `end`, before which its syntax is sound."""

    def __init__(self, text: str, end: int) -> None:
        self.text = text
        self.end = end
        self.stack: list[_Open] = []

    def faults(self) -> Iterator[Fault]:
        for token in _TOKEN.finditer(self.text, 0, self.end):
            if token.lastgroup == "string":
                yield from self._string(token)
            elif token.lastgroup == "scalar":
                yield from self._scalar(token)
            elif token.lastgroup == "broken":
                return  # the syntax error is inside this string
            else:
                self._mark(token[0])
                if len(self.stack) > MAX_DEPTH:
                    self.stack.clear()
                    yield self._fault(token, f"more than {MAX_DEPTH} levels of nesting")
                    return

    def _mark(self, mark: str) -> None:
        if mark == "{":
            self.stack.append(_Open(is_object=True, step="", key_next=True))
        elif mark == "[":
            self.stack.append(_Open(is_object=False, step=0, key_next=False))
        elif mark in "}]":
            self.stack.pop()
        elif mark == ",":
            top = self.stack[-1]
            top.key_next = top.is_object
            if isinstance(top.step, int):
                top.step += 1

    def _string(self, token: re.Match[str]) -> Iterator[Fault]:
        is_key = bool(self.stack) and self.stack[-1].key_next
        if not is_key and "\\u" not in token[0]:
            return
        value: str = json.loads(token[0]) if "\\" in token[0] else token[0][1:-1]
        if is_key:
            top = self.stack[-1]
            top.key_next = False
            top.step = value
            first = top.keys.setdefault(value, token.start())
            if first != token.start():
                line = self._line(first)
                yield self._fault(token, f"{self._key(value)} is here twice, first on line {line}")
        if _SURROGATE.search(value):
            what = self._key(value) if is_key else "the string"
            yield self._fault(token, f"{what} holds half of a surrogate pair")

    def _scalar(self, token: re.Match[str]) -> Iterator[Fault]:
        written = token[0]
        if written in ("NaN", "Infinity", "-Infinity"):
            yield self._fault(token, f"{written} is not a JSON number")
        elif written[-1].isdigit():
            if not _INTEGER.fullmatch(written):
                if isinf(float(written)):
                    yield self._fault(token, "the number is too large")
            elif not fits_64_bits(written):
                yield self._fault(token, "the whole number needs over 64 bits")

    def _key(self, key: str) -> str:
        """A key in words; one that is part of what may be a secret is not repeated."""
        secret = any(secretive(top.step) for top in self.stack[:-1])
        return "the key" if secret else f"the key {quoted(key)}"

    def _path(self) -> str:
        """Where the walk is, no deeper than to a key that may name a secret."""
        steps = tuple(top.step for top in self.stack)
        end = next((depth for depth, step in enumerate(steps, 1) if secretive(step)), None)
        return json_path(steps[:end]) if steps else ""

    def _line(self, offset: int) -> int:
        return self.text.count("\n", 0, offset) + 1

    def _fault(self, token: re.Match[str], what: str) -> Fault:
        offset = token.start()
        column = offset - self.text.rfind("\n", 0, offset)
        return Fault(f"column {column}: {what}", path=self._path(), line=self._line(offset))
