"""Line numbers of JSON paths, for faults that were found in the parsed value.

Only called when there is a fault to point at, on a text that the reader accepted. Whatever no
wanted path leads into is skipped by the standard library's scanner, so one fault in a large file
costs little more than a parse.
"""

import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from migrate.errors import Fault
from migrate.wording import MAX_FAULTS, JsonPath, json_path

_SPACE = re.compile(r"[ \t\r\n]*")
_SKIP = json.JSONDecoder()

_Wanted = dict[str | int, "_Wanted"]
"""A tree of the wanted paths' steps."""


def lines(text: bytes, paths: Collection[JsonPath]) -> dict[JsonPath, int]:
    """The 1-based line on which the value at each of `paths` starts in `text`.

    A value in an object is on the line of its key. A path that leads nowhere gets the line of its
    nearest existing parent. `text` must be JSON that `migrate.canonical.loads` accepts.
    """
    wanted: _Wanted = {}
    for path in paths:
        node = wanted
        for step in path:
            node = node.setdefault(step, {})
    source = text.decode()
    offsets: dict[JsonPath, int] = {}
    _walk(source, _after_space(source, 0), (), wanted, offsets)
    numbers = _line_numbers(source, sorted(set(offsets.values())))
    return {path: numbers[_nearest(offsets, path)] for path in paths}


def _walk(
    text: str,
    at: int,
    path: JsonPath,
    wanted: _Wanted,
    offsets: dict[JsonPath, int],
    *,
    last: bool = True,
) -> int:
    """Note where the wanted values below `path` start; return the offset after its value.

    `last` is whether nothing behind this value is wanted: then its end need not be found.
    """
    offsets.setdefault(path, at)
    if not wanted or text[at] not in "[{":
        return at if last else _SKIP.raw_decode(text, at)[1]
    closing = "]" if text[at] == "[" else "}"
    index, left = 0, len(wanted)
    at = _after_space(text, at + 1)
    while text[at] != closing:
        step: str | int = index
        start = at
        if closing == "}":
            step, at = _SKIP.raw_decode(text, at)
            at = _after_space(text, _after_space(text, at) + 1)
        if step in wanted:
            left -= 1
            inner = (*path, step)
            offsets[inner] = start
            at = _walk(text, at, inner, wanted[step], offsets, last=last and not left)
            if last and not left:
                break
        else:
            at = _SKIP.raw_decode(text, at)[1]
        at = _after_space(text, at)
        if text[at] == ",":
            at = _after_space(text, at + 1)
        index += 1
    return at + 1


def _after_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _line_numbers(text: str, offsets: list[int]) -> dict[int, int]:
    numbers: dict[int, int] = {}
    line, counted = 1, 0
    for offset in offsets:
        line += text.count("\n", counted, offset)
        counted = offset
        numbers[offset] = line
    return numbers


def _nearest(offsets: dict[JsonPath, int], path: JsonPath) -> int:
    while path not in offsets:
        path = path[:-1]
    return offsets[path]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong in a value, where in it, before anybody knows the line."""

    message: str
    path: JsonPath = ()
    warning: bool = False


Locator = Callable[[bytes, Collection[JsonPath]], Mapping[JsonPath, int]]
"""What finds the lines of paths in a text; `lines` does it for JSON."""


def faults(
    findings: Sequence[Finding],
    text: bytes | None,
    locator: Locator = lines,
    *,
    unlisted: int = 0,
) -> tuple[Fault, ...]:
    """The findings as faults, in the order of their lines where `text` is given.

    At most MAX_FAULTS are listed, errors before warnings; a last fault counts the others, those
    in `unlisted` (errors that nobody looked into) included.
    """
    errors_first = sorted(findings, key=lambda finding: finding.warning)
    kept, dropped = errors_first[:MAX_FAULTS], errors_first[MAX_FAULTS:]
    numbers = locator(text, {finding.path for finding in kept}) if text and kept else {}
    placed = [
        Fault(finding.message, json_path(finding.path), numbers.get(finding.path), finding.warning)
        for finding in kept
    ]
    placed.sort(key=lambda fault: fault.line or 0)
    count = len(dropped) + unlisted
    if count:
        only_warnings = not unlisted and all(finding.warning for finding in dropped)
        what = "warnings" if only_warnings else "faults"
        placed.append(Fault(f"at least {count} more {what} are not listed", warning=only_warnings))
    return tuple(placed)
