"""Run: carry out a plan step by step, with a journal, under the target's lock, and verify."""

from dataclasses import dataclass

from migrate.errors import (
    AccessDenied,
    MigrateError,
    NotSent,
    OutcomeUnknown,
    OutsideFailed,
    PartlyApplied,
    PlatformFailed,
    RateLimited,
)
from migrate.journal import Journal
from migrate.lock import Lock
from migrate.model import State
from migrate.pipeline.record import Record, StepRecord
from migrate.plan import Plan
from migrate.platforms.base import Outcome, Settled, Step, Work, Writer
from migrate.tools import Tools


@dataclass(frozen=True, slots=True)
class Hands:
    """What a run works with."""

    writer: Writer
    lock: Lock
    journal: Journal
    tools: Tools


def carry_out(plan: Plan, before: State, work: Work, hands: Hands, record: Record) -> None:
    """Do every step, its intent journalled before and its outcome after.

    Raises PartlyApplied where something was written, or may have been, and something else was
    not; the step's own error, with the target `unchanged`, where nothing was.
    """
    record.steps = [StepRecord(step) for step in work.steps]
    outcomes: dict[int, Outcome] = {}
    entry = record.steps[0]
    try:
        for entry in record.steps:
            step = entry.step
            hands.lock.ensure(hands.writer.timeout)
            hands.journal.append("intent", {"step": step.number})
            hands.tools.tell(f"{step.kind}: {step.object} …")
            entry.state = "begun"
            outcome = _attempt(plan, before, work, step, outcomes, hands)
            entry.state, entry.outcome = "done", dict(outcome)
            outcomes[step.number] = outcome
            if step.writes:
                record.target = "changed"
            hands.journal.append("outcome", {"step": step.number, "outcome": dict(outcome)})
            hands.tools.tell(_said(step, outcome))
    except (MigrateError, KeyboardInterrupt) as error:
        raise _given_up(plan, record, entry, error) from error


def _attempt(
    plan: Plan,
    before: State,
    work: Work,
    step: Step,
    outcomes: dict[int, Outcome],
    hands: Hands,
) -> Outcome:
    payload = work.payloads[step.payload] if step.payload else None
    needed = outcomes[step.needs] if step.needs is not None else None
    try:
        return hands.writer.execute(step, payload, needed)
    except (NotSent, RateLimited, AccessDenied):
        raise  # turned away at the door: nothing was executed
    except OutcomeUnknown as unknown:
        hands.tools.tell(f"{unknown}; reading back what became of it …")
        settled = _settle(plan, before, step, hands)
        hands.journal.append(
            "note", {"step": step.number, "unknown": unknown.what, "settled": settled.value}
        )
        if settled is Settled.LANDED:
            return {"settled": settled.value, "because": unknown.what}
        if settled is Settled.UNCLEAR or not step.repeatable:
            raise _unsettled(unknown, step, settled) from unknown
        hands.lock.ensure(hands.writer.timeout)
        hands.tools.tell(f"{step.kind}: not done, sending it once more …")
    except PlatformFailed as refusal:
        _look_after(refusal, plan, before, step, hands)
        raise
    try:
        return hands.writer.execute(step, payload, needed)
    except (NotSent, RateLimited, AccessDenied):
        raise
    except OutcomeUnknown as again:
        settled = _settle(plan, before, step, hands)
        if settled is Settled.LANDED:
            return {"settled": settled.value, "because": again.what}
        raise _unsettled(again, step, settled) from again
    except PlatformFailed as refusal:
        _look_after(refusal, plan, before, step, hands)
        raise


def _look_after(
    refusal: PlatformFailed, plan: Plan, before: State, step: Step, hands: Hands
) -> None:
    """Look before saying "unchanged": whether an import is all or nothing is not documented."""
    if not step.writes:
        return
    try:
        settled = hands.writer.settle(step, before, plan.changes)
    except OutsideFailed as blind:
        seen = f"whether it changed anything can't be seen: {blind}"
    else:
        if settled is Settled.NOT_LANDED:
            return
        seen = "yet the target changed, as reading it back shows"
    raise PartlyApplied(
        f"{refusal.what}; and {seen}", where=refusal.where, target=f"unknown for {step.object}"
    ) from refusal


def _settle(plan: Plan, before: State, step: Step, hands: Hands) -> Settled:
    """Read back. That it landed is plain at first sight; that it did not takes two looks.

    The looks are some time apart: by then a call that was still on its way has arrived.
    """
    try:
        settled = hands.writer.settle(step, before, plan.changes)
        if settled is Settled.LANDED or not step.writes:
            return settled
        pause = hands.writer.patience
        hands.tools.waiting(pause, "then a second look at the target")
        hands.lock.ensure(pause + hands.writer.timeout)
        hands.tools.sleep(pause)
        return hands.writer.settle(step, before, plan.changes)
    except OutsideFailed as blind:
        raise PartlyApplied(
            f"{step.kind} of {step.object} may or may not have been done, and the target can't "
            f"be read back: {blind}",
            target=f"unknown for {step.object}",
        ) from blind


def _unsettled(unknown: OutcomeUnknown, step: Step, settled: Settled) -> MigrateError:
    if not step.writes:
        return PlatformFailed(unknown.what, where=unknown.where, remedy=unknown.remedy)
    seen = (
        "it shows nothing of it, twice"
        if settled is Settled.NOT_LANDED
        else "it changed, but not to what was sent"
    )
    return PartlyApplied(
        f"{unknown.what}; the target was read back and {seen}",
        where=unknown.where,
        target=f"unknown for {step.object}",
    )


def _given_up(
    plan: Plan, record: Record, entry: StepRecord, error: MigrateError | KeyboardInterrupt
) -> MigrateError | KeyboardInterrupt:
    step = entry.step
    refused = isinstance(error, OutsideFailed) and not isinstance(error, OutcomeUnknown)
    doubtful = entry.state == "begun" and step.writes and not refused
    entry.note = "interrupted" if isinstance(error, KeyboardInterrupt) else str(error)
    if entry.state == "begun":
        entry.state = "unknown" if doubtful else "failed"
    if not doubtful and record.target == "unchanged":
        if isinstance(error, MigrateError):
            error.target = "unchanged"
        return error
    done = [_named(item) for item in record.steps if item.state == "done" and item.step.writes]
    left = [_named(item) for item in record.steps if item.state != "done" and item.step.writes]
    record.target = f"partly changed; done: {', '.join(done) or 'nothing for certain'}"
    if left:
        record.target += f"; {'in doubt' if doubtful else 'not done'}: {', '.join(left)}"
    return PartlyApplied(
        "the run was interrupted" if isinstance(error, KeyboardInterrupt) else str(error),
        where=plan.target.environment,
        target=record.target,
        remedy=_way_on(record),
    )


def _named(entry: StepRecord) -> str:
    return f"{entry.step.kind} of {entry.step.object}"


def _way_on(record: Record) -> str:
    return (
        f"role-migrate runs show {record.run_id} tells what was done. Set the run aside with "
        f'role-migrate runs abandon {record.run_id} --reason "…" and promote again: the new plan '
        f"holds just what is missing. The state before the run is sha256:{record.backup}."
    )


def _said(step: Step, outcome: Outcome) -> str:
    if "fileId" in outcome:
        return f"upload: {outcome['place']}, fileId {outcome['fileId']}"
    if "settled" in outcome:
        return f"{step.kind}: {step.object}: done, as reading back shows"
    missing, different = len(outcome["missing"]), len(outcome["different"])
    text = f"reconciled: {outcome['sent']} sent, {outcome['answered']} answered"
    if missing or different:
        return f"{text}, {missing} missing, {different} different: the export will tell"
    return f"{text}, all as sent"
