"""Run: carry out a plan step by step, with a journal, under the target's lock.

A run that goes on after it was cut off takes the same way: what the journal knows to be done is
passed over, and a step of unknown outcome is settled by reading back before anything is sent.
"""

from collections.abc import Mapping

from migrate.errors import (
    AccessDenied,
    NotSent,
    OutcomeUnknown,
    PlatformFailed,
    RateLimited,
)
from migrate.journal import Summary
from migrate.pipeline.giving_up import given_up
from migrate.pipeline.hands import Hands
from migrate.pipeline.record import Record, StepRecord
from migrate.pipeline.saying import told
from migrate.pipeline.settling import look_after, settle, unsettled
from migrate.platforms.base import Outcome, Settled, Work

TRIES = 2
"""How often one step is sent: again only where it does no harm if both land."""


def taken_up(work: Work, known: Summary) -> list[StepRecord]:
    """The steps of a run with what its journal knows of each.

    A step that changes nothing, and that one still to be done needs, is done once more: how long
    a fileId lives is documented nowhere (kore.md I).
    """
    steps = [
        StepRecord(step, "done", dict(known.outcomes[step.number]))
        if step.number in known.outcomes
        else StepRecord(step, "unknown" if step.number in known.unknown else "not tried")
        for step in work.steps
    ]
    needed = {entry.step.needs for entry in steps if entry.state != "done"}
    for entry in steps:
        if not entry.step.writes and (entry.state == "unknown" or entry.step.number in needed):
            entry.state, entry.outcome = "not tried", {}
    return steps


def carry_out(hands: Hands, record: Record, *, due: float = 0.0) -> None:
    """Do every step of `record` that is not done, its intent journalled before, its outcome after.

    `due`: in so many seconds whatever was sent before has arrived, or never will. Raises
    PartlyApplied where something was written, or may have been, and something else was not,
    whatever the error was; the step's own error, with the target `unchanged`, where nothing was.
    """
    outcomes: dict[int, Outcome] = {
        entry.step.number: entry.outcome for entry in record.steps if entry.state == "done"
    }
    entry = record.steps[0]
    try:
        for entry in record.steps:
            if entry.state == "done":
                continue
            step = entry.step
            hands.tools.sleep(0)  # told to stop, it stops here, between two steps
            hands.lock.ensure(hands.writer.timeout)
            entry.began = hands.tools.now()
            outcome = _attempt(entry, outcomes, hands, due=due)
            entry.state, entry.outcome, entry.ended = "done", dict(outcome), hands.tools.now()
            outcomes[step.number] = outcome
            if step.writes:
                record.target = "changed"
            hands.journal.append("outcome", {"step": step.number, "outcome": dict(outcome)})
            hands.tools.tell(told(step, outcome))
    except (Exception, KeyboardInterrupt) as error:
        entry.ended = hands.tools.now()
        raise given_up(hands.plan, record, entry, error) from error


def _attempt(
    entry: StepRecord, outcomes: Mapping[int, Outcome], hands: Hands, *, due: float
) -> Outcome:
    """Send a step until it is known to be done; one of unknown outcome is read back first.

    One that another process left so is waited for until it is `due`, where nothing shows of it and
    it must not land twice.
    """
    step = entry.step
    unknown: OutcomeUnknown | None = None
    if entry.state == "unknown":
        unknown = OutcomeUnknown(
            f"{step.kind} of {step.object} was begun, and what became of it was not written down",
            where=hands.plan.target.environment,
        )
    safe, tries = step.repeatable or not due, 0
    while True:
        if unknown is None:
            hands.journal.append("intent", {"step": step.number})
            hands.tools.tell(f"{step.kind}: {step.object} …")
            entry.state, tries = "begun", tries + 1
            try:
                needed = outcomes[step.needs] if step.needs is not None else None
                return hands.writer.execute(step, hands.payload(step), needed, hands.before)
            except (NotSent, RateLimited, AccessDenied):
                raise  # turned away at the door: nothing was executed
            except OutcomeUnknown as late:
                unknown, safe = late, step.repeatable
            except PlatformFailed as refusal:
                look_after(refusal, step, hands)
                raise
        hands.tools.tell(f"{unknown}; reading back what became of it …")
        settled = settle(step, hands)
        if settled is Settled.NOT_LANDED and not safe and not tries:
            hands.lock.ensure(due + hands.writer.timeout)
            hands.tools.pause(due, "until a call that may be on its way has arrived, or never will")
            settled, safe = settle(step, hands), True
        found = {"step": step.number, "unknown": unknown.what, "settled": settled.value}
        hands.journal.append("note", found)
        if settled is Settled.LANDED:
            return {"settled": settled.value, "because": unknown.what}
        if settled is Settled.UNCLEAR or not safe or tries == TRIES:
            raise unsettled(unknown, step, settled) from unknown
        hands.lock.ensure(hands.writer.timeout)
        hands.tools.tell(f"{step.kind}: not done, sending it {'once more ' if tries else ''}…")
        unknown = None


def warn_of_limits(hands: Hands, record: Record) -> None:
    """Say before anything is written that a run can't get to its end within the hour's limit."""
    needed, left = hands.writer.room(e.step for e in record.steps if e.state != "done")
    if needed > left:
        hands.tools.tell(
            f"warning: {needed} calls or more are to be made, and the platform's limits leave "
            f"{left} for this hour: the run will stop on its way, and say when and how to go on"
        )
