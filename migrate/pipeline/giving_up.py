"""How a run that can't go on ends: what it leaves, in words, and which way leads on."""

from migrate.errors import (
    Blocked,
    MigrateError,
    OutcomeUnknown,
    OutsideFailed,
    PartlyApplied,
    RateLimited,
)
from migrate.pipeline.record import Record, StepRecord
from migrate.plan import Plan


def given_up(
    plan: Plan, record: Record, entry: StepRecord, error: Exception | KeyboardInterrupt
) -> Exception | KeyboardInterrupt:
    """The error that a run ends in; PartlyApplied unless nothing was written.

    `record` is brought up to what is known by then.
    """
    # A lock that was lost is found out before a call is sent.
    refused = isinstance(error, OutsideFailed | Blocked) and not isinstance(error, OutcomeUnknown)
    if entry.state == "begun":
        entry.state = "failed" if refused or not entry.step.writes else "unknown"
    doubtful = entry.state == "unknown"
    stopped = isinstance(error, KeyboardInterrupt)
    entry.note = "interrupted" if stopped else said(error)
    if not doubtful and record.target == "unchanged":
        if isinstance(error, MigrateError):
            error.target = "unchanged"
        return error
    # What the errors of this module say about the target is why its state is in doubt.
    record.target = left(record, error.target if isinstance(error, PartlyApplied) else None)
    where = plan.target.environment
    return PartlyApplied(
        "the run was interrupted" if stopped else said(error).removeprefix(f"{where}: "),
        where=where,
        target=record.target,
        remedy=way_on(record.run_id, error.opens if isinstance(error, RateLimited) else ""),
    )


def said(error: BaseException) -> str:
    """An error in a report; one that nobody foresaw with its type, so that it can be found."""
    return str(error) if isinstance(error, MigrateError) else f"{type(error).__name__}: {error}"


def left(record: Record, why: str | None = None) -> str:
    """What a run that was given up left: a step in doubt is at most one, the one it was at."""
    writing = [item for item in record.steps if item.step.writes]
    changed = any(item.state == "done" for item in writing)
    words = {
        "done": "done",
        "unknown": "in doubt" if changed else "unknown",
        "failed": "not done",
        "not tried": "not tried",
    }
    parts = ["partly changed"] if changed else []
    for state, word in words.items():
        steps = [f"{i.step.kind} of {i.step.object}" for i in writing if i.state == state]
        if steps:
            because = f" ({why})" if why and state == "unknown" else ""
            parts.append(f"{word}: {', '.join(steps)}{because}")
    return "; ".join(parts)


def way_on(run_id: str, opens: str = "") -> str:
    """What to do about a run that was begun and not brought to its end, and from when on."""
    when = f"After {opens}, " if opens else ""
    return (
        f"{when}role-migrate resume {run_id} goes on from here, "
        f"role-migrate rollback {run_id} takes back what was done."
    )
