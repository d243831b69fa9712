"""Drift for people, as plain text."""

from migrate.diff import Action, Change
from migrate.drift import Moves
from migrate.model import Snapshot
from migrate.report.escape import inert
from migrate.report.people_text import by_role
from migrate.report.plan_text import change_lines
from migrate.snapshot import UNDATED


def render(
    then: Snapshot,
    now: Snapshot,
    changes: tuple[Change, ...],
    moves: Moves,
    *,
    none: str = "No drift.",
) -> str:
    """What is different now, role by role, who holds what, and a line of counts, or `none`."""
    lines = [f"{_side(now)}, against {_side(then)}"]
    for change in changes:
        lines.extend(change_lines(change))
    lines += [*by_role("+", moves.given), *by_role("-", moves.taken)]
    counts = ", ".join(
        f"{sum(change.action is action for change in changes)} {word}"
        for action, word in (
            (Action.CREATE, "new"),
            (Action.UPDATE, "changed"),
            (Action.DELETE, "gone"),
        )
    )
    told = [f"{counts}."] if changes else []
    if moves:
        told.append(f"Assignments: {len(moves.given)} new, {len(moves.taken)} gone.")
    lines.append(" ".join(told) or none)
    return "\n".join(inert(line) for line in lines) + "\n"


def _side(taken: Snapshot) -> str:
    at = "" if taken.captured_at == UNDATED else f" as of {taken.captured_at}"
    return f"{taken.environment}{at}"
