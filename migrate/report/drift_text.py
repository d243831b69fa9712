"""Drift for people, as plain text."""

from migrate.diff import Action, Change
from migrate.model import Snapshot
from migrate.report.escape import inert
from migrate.report.plan_text import change_lines


def render(then: Snapshot, now: Snapshot, changes: tuple[Change, ...]) -> str:
    """What is different now, role by role, and a line of counts."""
    since = f"{inert(then.environment)} as of {then.captured_at}"
    lines = [f"{inert(now.environment)} as of {now.captured_at}, against {since}"]
    for change in changes:
        lines.extend(change_lines(change))
    counts = ", ".join(
        f"{sum(change.action is action for change in changes)} {word}"
        for action, word in (
            (Action.CREATE, "new"),
            (Action.UPDATE, "changed"),
            (Action.DELETE, "gone"),
        )
    )
    lines.append(f"{counts}." if changes else "No drift.")
    return "\n".join(inert(line) for line in lines) + "\n"
