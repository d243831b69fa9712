"""The matrix of roles and permissions as data for a page: before, after, and what it comes to.

A plan may change 50,000 roles of 60 permissions each: a cell is one character, and a row one string
of them, with runs of cells where the role has nothing written as ` 12.`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any

from migrate.diff import Action, Change
from migrate.levels import Levels, plain
from migrate.model import PermissionValue, Role
from migrate.report.html.strings import Strings, value

ALPHABET = "".join(chr(code) for code in range(0x23, 0x7F) if chr(code) not in "&<>\\")
"""A character for each kind of cell; the first is for those where nothing was nor will be."""

SIGNS = {"": 0, "gain": 1, "loss": 2, "changed": 3, "note": 4}
_ACTIONS = list(Action)
_NOTHING: Mapping[str, PermissionValue] = {}

Cell = tuple[PermissionValue | None, PermissionValue | None]
"""What a role holds of a permission before and after; None is absent."""


def to_value(
    changes: Iterable[Change], levels: Levels, labels: Mapping[str, str], strings: Strings
) -> list[dict[str, Any]]:
    """One matrix for each role type that changes.

    `kinds` has for each kind of cell the texts before and after, its sign (see SIGNS), and how much
    is granted before and after (0 nothing, 1 something that there is more of, 2 all there is).
    A row is [name, action, description before, description after, cells], -1 being no description;
    cells are characters of ALPHABET or, where those are too few, numbers of kinds.
    """
    by_type = groupby(changes, key=lambda change: change.role_type)
    return [_of_type(kind, list(each), levels, labels, strings) for kind, each in by_type]


def direction(before: PermissionValue | None, after: PermissionValue | None, levels: Levels) -> str:
    """What a cell comes to: a key of SIGNS."""
    if before == after:
        return ""
    had = () if before is None else (plain(before),)
    has = () if after is None else (plain(after),)
    gained = any(not levels.covered(each, had) for each in has)
    lost = any(not levels.covered(each, has) for each in had)
    if gained:
        return "changed" if lost else "gain"
    return "loss" if lost else "note"


def strength(held: PermissionValue | None, levels: Levels) -> int:
    """How much a value grants: 0 nothing, 1 something that there is more of, 2 all there is."""
    if held is None or plain(held) == levels.denied:
        return 0
    return 1 if any(plain(held) in below for below in levels.weaker.values()) else 2


def _of_type(
    role_type: str,
    changes: list[Change],
    levels: Levels,
    labels: Mapping[str, str],
    strings: Strings,
) -> dict[str, Any]:
    names = sorted({name for change in changes for role in _roles(change) for name in role})
    kinds: dict[Cell, int] = {(None, None): 0}
    cells = [_cells(change, names, kinds) for change in changes]
    signs = [SIGNS[direction(*kind, levels)] for kind in kinds]
    changed = {column for row in cells for column, kind in enumerate(row) if signs[kind]}
    short = len(kinds) <= len(ALPHABET)
    return {
        "roleType": strings(role_type),
        "permissions": [
            [strings(name), strings(labels[name]) if labels.get(name, name) != name else -1]
            for name in names
        ],
        "changed": sorted(changed),
        "kinds": [
            [
                strings(value(before)),
                strings(value(after)),
                sign,
                strength(before, levels),
                strength(after, levels),
            ]
            for (before, after), sign in zip(kinds, signs, strict=True)
        ],
        "rows": [
            [
                strings(change.name),
                _ACTIONS.index(change.action),
                *_descriptions(change, strings),
                _packed(row) if short else row,
            ]
            for change, row in zip(changes, cells, strict=True)
        ],
    }


def _roles(change: Change) -> Iterator[Mapping[str, PermissionValue]]:
    for role in (change.before, change.after):
        yield role.permissions if role else _NOTHING


def _cells(change: Change, names: list[str], kinds: dict[Cell, int]) -> list[int]:
    had, has = _roles(change)
    return [kinds.setdefault((had.get(name), has.get(name)), len(kinds)) for name in names]


def _descriptions(change: Change, strings: Strings) -> Iterator[int]:
    for role in (change.before, change.after):
        yield -1 if role is None else _description(role, strings)


def _description(role: Role, strings: Strings) -> int:
    return strings(role.description) if role.description else -1


def _packed(row: list[int]) -> str:
    cells = "".join(ALPHABET[kind] for kind in row)
    empty = re.escape(ALPHABET[0])
    return re.sub(f"{empty}{{5,}}", lambda run: f" {len(run[0])}.", cells)
