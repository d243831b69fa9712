"""Drift: how a state differs from an earlier or desired one. Every role counts, built-ins too."""

from dataclasses import dataclass
from typing import Any

from migrate.diff import Action, Change, permission_changes
from migrate.model import Assignment, Capture, Selection, Snapshot, State, in_scope
from migrate.peoplefile import assignments_to_value
from migrate.snapshot import UNDATED


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


@dataclass(frozen=True, slots=True)
class Moves:
    """Assignments that are there now and were not, and the reverse."""

    given: tuple[Assignment, ...] = ()
    taken: tuple[Assignment, ...] = ()

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self.given or self.taken)


def compare_people(then: State, now: State, selections: tuple[Selection, ...]) -> Moves:
    """Who holds what now and did not, and the reverse; nothing where either is not known.

    What may be held directly unseen on one side is no difference.
    """
    if then.people is None or now.people is None:
        return Moves()
    had, has = (
        {item for item in people.assignments if all(s.covers(item.role) for s in selections)}
        for people in (then.people, now.people)
    )
    given, taken = has - had - then.people.maybe_direct, had - has - now.people.maybe_direct
    return Moves(tuple(sorted(given)), tuple(sorted(taken)))


def to_value(
    then: Snapshot, now: Snapshot, changes: tuple[Change, ...], moves: Moves
) -> dict[str, Any]:
    """The JSON value of a drift report; `assignments` null where they were not compared, and times
    where they are not known.
    """
    compared = then.state.people is not None and now.state.people is not None
    return {
        "environment": now.environment,
        "against": {"environment": then.environment, "capturedAt": _time(then)},
        "capturedAt": _time(now),
        "moved": bool(changes or moves),
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
        "assignments": {
            "given": assignments_to_value(moves.given),
            "taken": assignments_to_value(moves.taken),
        }
        if compared
        else None,
    }


def _time(taken: Snapshot) -> str | None:
    return None if taken.captured_at == UNDATED else taken.captured_at
