"""Drift: how a state differs from an earlier or desired one. Every role counts, built-ins too."""

from typing import Any

from migrate.diff import Action, Change, in_scope, permission_changes
from migrate.model import Capture, Selection, Snapshot, State


def compare_states(
    then: State, now: State, selections: tuple[Selection, ...]
) -> tuple[Change, ...]:
    """What happened between two states, by role type and name; ids do not count.

    Role types that either side has not captured are left out. That a role is new, or gone, is
    only said where the side without it was captured as a whole.
    """
    changes = []
    for role_type in sorted(then.roles.keys() & now.roles.keys()):
        sections = then.roles[role_type], now.roles[role_type]
        if any(section.capture is Capture.NOT_CAPTURED for section in sections):
            continue
        before, after = (
            {role.name: role for role in in_scope(section.roles, selections)}
            for section in sections
        )
        for name in sorted(before.keys() | after.keys()):
            was, has = before.get(name), after.get(name)
            if was is not None and has is not None:
                if not was.same_content(has):
                    changes.append(Change(Action.UPDATE, role_type, name, was, has))
            else:
                action = Action.CREATE if was is None else Action.DELETE
                if sections[0 if was is None else 1].complete:
                    changes.append(Change(action, role_type, name, was, has))
    return tuple(changes)


def to_value(then: Snapshot, now: Snapshot, changes: tuple[Change, ...]) -> dict[str, Any]:
    """The JSON value of a drift report."""
    return {
        "environment": now.environment,
        "against": {"environment": then.environment, "capturedAt": then.captured_at},
        "capturedAt": now.captured_at,
        "moved": bool(changes),
        "changes": [
            {
                "action": change.action.value,
                "roleType": change.role_type,
                "name": change.name,
                "description": {
                    "before": change.before.description if change.before else None,
                    "after": change.after.description if change.after else None,
                },
                "permissions": [
                    {"name": item.name, "before": item.before, "after": item.after}
                    for item in permission_changes(change.before, change.after)
                ],
            }
            for change in changes
        ],
    }
