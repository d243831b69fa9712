"""Who gains and loses what, as data for a page: a table by user that the page unfolds itself.

Thousands of users may fare alike: what changes is kept once for all of them.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from migrate.access import AccessChange, Direction
from migrate.levels import Values
from migrate.model import Assignment, PrincipalKind
from migrate.report.access_text import Words
from migrate.report.html.strings import Strings, value

DIRECTIONS = list(Direction)


def access(changes: Iterable[AccessChange], words: Words, strings: Strings) -> dict[str, Any]:
    """Every change of access.

    A delta is [permission, place in DIRECTIONS, before, after], a set a list of deltas. A change is
    [scope, set, through, principals]: `through` is one text, or a list of one for each delta.
    """
    deltas: dict[tuple[int, int, int, int], int] = {}
    sets: dict[tuple[int, ...], int] = {}
    listed = []
    for change in changes:
        found = []
        for delta in change.deltas:
            key = (
                strings(words.permission(delta.permission)),
                DIRECTIONS.index(delta.direction),
                strings(_held(delta.before)),
                strings(_held(delta.after)),
            )
            found.append(deltas.setdefault(key, len(deltas)))
        through = [strings(_through(change, delta)) for delta in change.deltas]
        listed.append(
            [
                strings(words.where(change.scope).removeprefix("in ")),
                sets.setdefault(tuple(found), len(sets)),
                through[0] if len(set(through)) == 1 else through,
                [strings(principal(kind, who)) for kind, who in change.principals],
            ]
        )
    return {"deltas": list(deltas), "sets": list(sets), "changes": listed}


def assignments(
    adds: Iterable[Assignment],
    removes: Iterable[Assignment],
    unseen: Iterable[tuple[str, str]],
    words: Words,
    strings: Strings,
) -> list[list[int]]:
    """[1 added or 2 removed, principal, role, role type, scope] of each assignment; `unseen` are
    keys of roles that the target was not seen to have.
    """
    unknown = frozenset(unseen)

    def rows() -> Iterator[list[int]]:
        for sign, items in ((1, adds), (2, removes)):
            for item in items:
                note = " (not seen on the target)" if item.role_key in unknown else ""
                yield [
                    sign,
                    strings(principal(item.kind, item.principal)),
                    strings(f"{item.role}{note}"),
                    strings(item.role_type),
                    strings(words.where(item.scope).removeprefix("in ")),
                ]

    return list(rows())


def principal(kind: str, who: str) -> str:
    """A user by name; a group says that it is one."""
    return who if kind == PrincipalKind.USER else f"{kind} {who}"


def _held(values: Values) -> str:
    return " | ".join(map(value, values)) or "absent"


def _through(change: AccessChange, delta: Any) -> str:
    return ", ".join(
        f"{way.role} (group {way.group})" if way.group else way.role
        for way in change.through(delta)
    )
