"""Line numbers of settings in a TOML text, by its headers and keys.

A scan of lines, not a parser: what it cannot be sure of it leaves out, and the setting's table
stands in for it.
"""

import re
import tomllib
from collections.abc import Collection
from typing import Any

from migrate.canonical.diagnose import JsonPath

_PART = r"(?:\"(?:[^\"\\]|\\.)*+\"|'[^']*+'|[A-Za-z0-9_-]++)"
_NAME = rf"({_PART}(?:[ \t]*+\.[ \t]*+{_PART})*+)[ \t]*+"
_HEADER = re.compile(rf"[ \t]*+(\[\[?)[ \t]*+{_NAME}\]\]?[ \t]*+(?:#.*)?")
_KEY = re.compile(rf"[ \t]*+{_NAME}=")
_QUOTES = ('"""', "'''")


def toml_lines(text: bytes, paths: Collection[JsonPath]) -> dict[JsonPath, int]:
    """The 1-based line of each of `paths`, or of its nearest parent that the scan has found.

    Paths with no parent found are left out. `text` must be TOML that `tomllib` accepts.
    """
    found = _scan(text.decode("utf-8"))
    lines: dict[JsonPath, int] = {}
    for path in paths:
        near = path
        while near and near not in found:
            near = near[:-1]
        if near:
            lines[path] = found[near]
    return lines


def _scan(text: str) -> dict[JsonPath, int]:
    found: dict[JsonPath, int] = {}
    counts: dict[JsonPath, int] = {}
    table: JsonPath = ()
    closing: str | None = None
    for number, line in enumerate(text.split("\n"), 1):
        if closing is not None:
            closing = None if closing in line else closing
            continue
        header = _HEADER.fullmatch(line.rstrip("\r"))
        key = None if header else _KEY.match(line)
        if header:
            path = _resolved(_keys(header[2]), counts)
            if header[1] == "[[" and path:
                counts[path] = counts.get(path, -1) + 1
                path = (*path, counts[path])
            table = path
            for length in range(1, len(table) + 1):
                found.setdefault(table[:length], number)
        elif key:
            path = (*table, *_keys(key[1]))
            for length in range(len(table) + 1, len(path) + 1):
                found.setdefault(path[:length], number)
        closing = _opened(line)
    return found


def _keys(written: str) -> JsonPath:
    """Split a dotted key, as it is written, into its parts; () if it is none."""
    try:
        value: Any = tomllib.loads(f"{written} = 0")
    except tomllib.TOMLDecodeError:
        return ()
    parts: list[str] = []
    while isinstance(value, dict):
        part, value = next(iter(value.items()))
        parts.append(part)
    return tuple(parts)


def _resolved(path: JsonPath, counts: dict[JsonPath, int]) -> JsonPath:
    """Put the numbers of tables in a list into `path`, as `[a.b]` below `[[a]]` means its last."""
    resolved: JsonPath = ()
    for index, step in enumerate(path):
        resolved = (*resolved, step)
        if resolved in counts and index < len(path) - 1:
            resolved = (*resolved, counts[resolved])
    return resolved


def _opened(line: str) -> str | None:
    """Return the quotes of a string that begins on `line` and goes on after it."""
    starts = [(line.index(quotes), quotes) for quotes in _QUOTES if quotes in line]
    if not starts:
        return None
    first = min(starts)[1]
    return first if line.count(first) % 2 else None
