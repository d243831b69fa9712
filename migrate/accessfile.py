"""Changes of access as JSON, in plans and reports."""

from collections.abc import Iterable
from typing import Any

from migrate.access import AccessChange, Delta, Direction, Way, Ways
from migrate.levels import Values


def to_value(changes: Iterable[AccessChange]) -> list[dict[str, Any]]:
    """The changes as JSON, one entry for all whom they reach alike.

    `before` and `after` of a permission are lists, empty where it is absent; those of a change
    are the roles held, `group` being "" where one is held directly.
    """
    return [
        {
            "roleType": change.role_type,
            "scope": change.scope,
            "principals": [{"kind": kind, "name": name} for kind, name in change.principals],
            "permissions": [
                {
                    "permission": delta.permission,
                    "direction": delta.direction.value,
                    "before": list(delta.before),
                    "after": list(delta.after),
                    "roles": list(delta.roles),
                }
                for delta in change.deltas
            ],
            "before": _ways(change.before),
            "after": _ways(change.after),
        }
        for change in changes
    ]


def from_value(value: list[dict[str, Any]]) -> tuple[AccessChange, ...]:
    """The changes in a JSON value that its schema allows."""
    return tuple(
        AccessChange(
            item["roleType"],
            item["scope"],
            tuple((one["kind"], one["name"]) for one in item["principals"]),
            tuple(
                Delta(
                    delta["permission"],
                    Direction(delta["direction"]),
                    _values(delta["before"]),
                    _values(delta["after"]),
                    tuple(delta["roles"]),
                )
                for delta in item["permissions"]
            ),
            frozenset(Way(way["role"], way["group"]) for way in item["before"]),
            frozenset(Way(way["role"], way["group"]) for way in item["after"]),
        )
        for item in value
    )


def _ways(ways: Ways) -> list[dict[str, str]]:
    return [way._asdict() for way in sorted(ways)]


def _values(values: list[str | list[str]]) -> Values:
    return tuple(value if isinstance(value, str) else tuple(value) for value in values)
