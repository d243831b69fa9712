"""Run: carry out a plan step by step, with a journal, under the target's lock, and verify."""

from dataclasses import dataclass

from migrate.errors import (
    AccessDenied,
    Blocked,
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
    not, whatever the error was; the step's own error, with the target `unchanged`, where nothing
    was.
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
    except (Exception, KeyboardInterrupt) as error:
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
        return hands.writer.execute(step, payload, needed, before)
    except (NotSent, RateLimited, AccessDenied):
        raise  # turned away at the door: nothing was executed
    except OutcomeUnknown as unknown:
        hands.tools.tell(f"{unknown}; reading back what became of it …")
        settled = _settle(plan, before, step, payload, hands)
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
        _look_after(refusal, plan, before, step, payload, hands)
        raise
    try:
        return hands.writer.execute(step, payload, needed, before)
    except (NotSent, RateLimited, AccessDenied):
        raise
    except OutcomeUnknown as again:
        settled = _settle(plan, before, step, payload, hands)
        if settled is Settled.LANDED:
            return {"settled": settled.value, "because": again.what}
        raise _unsettled(again, step, settled) from again
    except PlatformFailed as refusal:
        _look_after(refusal, plan, before, step, payload, hands)
        raise


def _look_after(
    refusal: PlatformFailed,
    plan: Plan,
    before: State,
    step: Step,
    payload: bytes | None,
    hands: Hands,
) -> None:
    """Look before saying "unchanged": whether an import is all or nothing is not documented."""
    if not step.writes:
        return
    try:
        settled = hands.writer.settle(step, payload, before, plan.changes)
    except OutsideFailed as blind:
        seen, why = f"whether it changed anything can't be seen: {blind}", "can't be read back"
    else:
        if settled is Settled.NOT_LANDED:
            return
        seen, why = "yet the target changed, as reading it back shows", "refused, yet it changed"
    raise PartlyApplied(f"{refusal.what}; and {seen}", where=refusal.where, target=why) from refusal


def _settle(plan: Plan, before: State, step: Step, payload: bytes | None, hands: Hands) -> Settled:
    """Read back. That it landed is plain at first sight; that it did not takes two looks.

    The looks are some time apart: by then a call that was still on its way has arrived.
    """
    try:
        settled = hands.writer.settle(step, payload, before, plan.changes)
        if settled is Settled.LANDED or not step.writes:
            return settled
        pause = hands.writer.patience
        hands.tools.waiting(pause, "then a second look at the target")
        hands.lock.ensure(pause + hands.writer.timeout)
        hands.tools.sleep(pause)
        return hands.writer.settle(step, payload, before, plan.changes)
    except OutsideFailed as blind:
        raise PartlyApplied(
            f"{step.kind} of {step.object} may or may not have been done, and the target can't "
            f"be read back: {blind}",
            target="can't be read back",
        ) from blind


def _unsettled(unknown: OutcomeUnknown, step: Step, settled: Settled) -> MigrateError:
    if not step.writes:
        return PlatformFailed(unknown.what, where=unknown.where, remedy=unknown.remedy)
    if settled is Settled.NOT_LANDED:
        seen, why = "it shows nothing of it, twice", "read back twice, nothing shows"
    else:
        seen, why = "it changed, but not to what was sent", "read back, changed to something else"
    return PartlyApplied(
        f"{unknown.what}; the target was read back and {seen}", where=unknown.where, target=why
    )


def _given_up(
    plan: Plan, record: Record, entry: StepRecord, error: Exception | KeyboardInterrupt
) -> Exception | KeyboardInterrupt:
    # A lock that was lost is found out before a call is sent.
    refused = isinstance(error, OutsideFailed | Blocked) and not isinstance(error, OutcomeUnknown)
    doubtful = entry.state == "begun" and entry.step.writes and not refused
    stopped = isinstance(error, KeyboardInterrupt)
    entry.note = "interrupted" if stopped else said(error)
    if entry.state == "begun":
        entry.state = "unknown" if doubtful else "failed"
    if not doubtful and record.target == "unchanged":
        if isinstance(error, MigrateError):
            error.target = "unchanged"
        return error
    # What the errors of this module say about the target is why its state is in doubt.
    record.target = _left(record, error.target if isinstance(error, PartlyApplied) else None)
    return PartlyApplied(
        "the run was interrupted" if stopped else said(error),
        where=plan.target.environment,
        target=record.target,
        remedy=_way_on(record),
    )


def said(error: BaseException) -> str:
    """An error in a report; one that nobody foresaw with its type, so that it can be found."""
    return str(error) if isinstance(error, MigrateError) else f"{type(error).__name__}: {error}"


def _left(record: Record, why: str | None) -> str:
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
    if "dropped" in outcome:
        return _restored(outcome)
    if "entries" in outcome:
        failed = len(outcome["failed"])
        return f"assign: {outcome['entries']} entries sent{f', {failed} failed' if failed else ''}"
    missing, different = len(outcome["missing"]), len(outcome["different"])
    text = f"reconciled: {outcome['sent']} sent, {outcome['answered']} answered"
    if missing or different:
        return f"{text}, {missing} missing, {different} different: the export will tell"
    silent = outcome["sent"] - (outcome["answered"] - outcome["others"])
    left = f", {silent} built-in left out of the answer, the rest" if silent > 0 else ", all"
    return f"{text}{left} as sent"


def _restored(outcome: Outcome) -> str:
    if not outcome["dropped"]:
        return "restore: every member is still there"
    failed = f", {len(outcome['failed'])} entries failed" if outcome["failed"] else ""
    return f"restore: {outcome['dropped']} assignments were dropped and put back{failed}"
