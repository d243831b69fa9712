"""Finish a run whose steps are all done: read back, learn, keep what was seen, end the journal.

From here on the target is changed, so nothing that fails may say otherwise.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from migrate.archive import Archive
from migrate.behaviour import Behaviour, Learned
from migrate.config import Environment
from migrate.errors import InvalidInput, MigrateError, PartlyApplied, VerificationFailed
from migrate.identity import learn, resolve
from migrate.journal import TAKEN_BACK, Journal
from migrate.membership import rows_seen
from migrate.model import Assignments, Snapshot, State
from migrate.pipeline import checks
from migrate.pipeline.giving_up import way_on
from migrate.pipeline.hands import Hands
from migrate.pipeline.known import keep_known
from migrate.pipeline.record import Record, StepRecord
from migrate.pipeline.remembering import Past, remember, remember_unread
from migrate.pipeline.verifying import read_back
from migrate.plan import Plan, desired
from migrate.platforms.base import Need
from migrate.verification import Kind, Verification


@dataclass(frozen=True, slots=True)
class Ending:
    """What a run is finished with."""

    plan: Plan
    environment: Environment
    archive: Archive
    hands: Hands


def finish(ending: Ending, now: Snapshot, record: Record) -> Verification:
    """Verify what the steps made of the target, which was `now` before, and end the run.

    Raises VerificationFailed where the target is not as desired, PartlyApplied where it could not
    be read back, or where it is as desired and that could not be recorded; the run is unfinished
    then, and can be resumed.
    """
    plan, hands = ending.plan, ending.hands
    try:
        seen, after = read_back(
            plan,
            now.state,
            desired(plan, now.state),
            hands.work,
            hands.writer,
            bound=ending.environment.verify_timeout,
            tools=hands.tools,
            lock=hands.lock,
            people=_need(plan, record),
            contradicted=frozenset(
                entry.step.role_type for entry in record.steps if entry.outcome.get("different")
            ),
        )
    except (MigrateError, KeyboardInterrupt) as error:
        raise unverified(plan, record, error) from error
    record.notes += _gaps(record)
    record.verification = seen
    record.result = "different" if seen.faults else "done"
    record.target = "changed, not as desired" if seen.faults else "as desired"
    different = _different(plan, seen, record) if seen.faults else None
    try:
        _keep(ending, now, after, seen, record)
    except (MigrateError, KeyboardInterrupt) as error:
        if different is None:
            raise _unrecorded(plan, record, error) from error
        different.add_note(f"and that could not be recorded: {_said(error)}")
    if different is not None:
        raise different
    return seen


def unverified(
    plan: Plan, record: Record, error: MigrateError | KeyboardInterrupt
) -> PartlyApplied:
    """The error for a run whose steps are done and whose target was not read back."""
    record.result = "not verified"
    record.target = "changed by every step of the plan, and not verified"
    return PartlyApplied(
        f"every step was done, but the target could not be read back: {_said(error)}",
        where=plan.target.environment,
        target=record.target,
        remedy=way_on(record.run_id),
    )


def _keep(ending: Ending, now: Snapshot, after: State, seen: Verification, record: Record) -> None:
    archive, tools = ending.archive, ending.hands.tools
    left = replace(now, captured_at=tools.timestamp(), state=after)
    record.after = archive.save_snapshot(left)
    archive.mark_last(record.after, left)
    rows = rows_seen(after.people, ending.plan.people.adds)
    learned = _with_members(seen, record, dict.fromkeys(after.roles, rows) if rows else {})
    _learn(archive, learned, record.run_id, tools.timestamp())
    keep_known(ending.plan, archive, left, record)
    if record.policy is not None:
        archive.save_policy_of(record.run_id, record.policy)
    if not seen.faults:
        _pair(ending, after)
    if ending.plan.undoes is not None:
        _settle(ending, ending.plan.undoes.run, record)
    past = Past(ending.hands.journal, archive, tools)
    remember(past, record, now.state, after, ending.hands.writer.traits)
    ending.hands.journal.append("finished", {"result": record.result})


def _settle(ending: Ending, run: str, record: Record) -> None:
    """End the run that this one took back, before this one ends: one of them is always to blame."""
    undone = Journal.open(ending.archive.store, run, clock=ending.hands.tools.now)
    inexact = "" if record.result == "done" else ", not exactly"
    result = f"{TAKEN_BACK} by run {record.run_id}{inexact}"
    if not undone.summary.ended:
        remember_unread(Past(undone, ending.archive, ending.hands.tools), result)
    if undone.summary.result != result:
        undone.append("finished", {"result": result})


def _pair(ending: Ending, after: State) -> None:
    """Remember which id of the source is which of the target, so that renames are recognised."""
    plan, archive = ending.plan, ending.archive
    if plan.source.identity == plan.target.identity:
        return  # the ids of an account are what they are
    source = archive.load_snapshot(plan.source.snapshot)
    if source is None:
        return
    known = archive.pairs(plan.source.identity)
    rules = ending.environment.identity_rules
    fold = ending.hands.writer.traits.fold
    # What cannot be told apart is of no use to remember, and was no obstacle to the run.
    people = None if plan.people.assignments is Assignments.NONE else source.state.people
    try:
        resolution = resolve(State(source.state.roles, people), after, rules, known, fold=fold)
    except InvalidInput:
        return
    found = known.merged(learn(source.state, after, resolution))
    if found != known:
        archive.save_pairs(plan.source.identity, found)


def _gaps(record: Record) -> list[str]:
    """Who was without what, and for how long, where an import dropped members (DESIGN 4.3)."""
    began = {entry.step.number: entry.began for entry in record.steps}
    notes = []
    for entry in record.steps:
        dropped = entry.outcome.get("dropped") if _restores(entry) else None
        if not dropped:
            continue
        since = began.get(entry.step.needs) if entry.step.needs is not None else None
        long = f" for at most {entry.ended - since:.0f} s" if since and entry.ended else ""
        named = sorted(
            {f"{item['kind']} {item['principal']} in {item['role']!r}" for item in dropped}
        )
        more = f" and {len(named) - checks.SHOWN} more" if len(named) > checks.SHOWN else ""
        notes.append(
            f"an import dropped {len(dropped)} assignments, which were put back{long}: "
            f"{', '.join(named[: checks.SHOWN])}{more}"
        )
    return notes


def _need(plan: Plan, record: Record) -> Need:
    """How much of who holds what has to be read to verify a run.

    Where nobody was moved and every import left the ids as they were, nobody can have lost a role.
    """
    if plan.people.adds or plan.people.removes:
        return Need.ALL
    kept = (entry.outcome.get("ids") == "kept" for entry in record.steps if _restores(entry))
    return Need.NOTHING if all(kept) else Need.HOLDERS


def _with_members(seen: Verification, record: Record, rows: Mapping[str, str]) -> Verification:
    """What was learned, with what became of members whose role got a new id, and of their rows."""
    learned = dict(seen.learned)
    for role_type, way in rows.items():
        learned[role_type] = replace(learned.get(role_type, Learned()), rows=way)
    for entry in record.steps:
        # Where the new ids never showed, nobody can say what became of the holders of the old ones.
        if _restores(entry) and entry.outcome.get("ids") == "minted" and entry.outcome["shown"]:
            members = "dropped" if entry.outcome["dropped"] else "carried"
            role_type = entry.step.role_type
            learned[role_type] = replace(learned.get(role_type, Learned()), members=members)
    return replace(seen, learned=learned)


def _restores(entry: StepRecord) -> bool:
    return entry.step.kind == "restore"


def _learn(archive: Archive, seen: Verification, run_id: str, at: str) -> None:
    try:
        known = archive.behaviour()
    except InvalidInput:  # damaged, and so planned with --relearn: this run writes it anew
        known = Behaviour()
    learned = known.joined(seen.learned, run=run_id, at=at)
    if learned.role_types != known.role_types:
        archive.save_behaviour(learned)


def _unrecorded(
    plan: Plan, record: Record, error: MigrateError | KeyboardInterrupt
) -> PartlyApplied:
    return PartlyApplied(
        f"every step was done and verified, but that could not be recorded: {_said(error)}",
        where=plan.target.environment,
        target=record.target,
        remedy=f"Nothing is left to do on the target: role-migrate resume {record.run_id} records "
        "it.",
    )


def _said(error: MigrateError | KeyboardInterrupt) -> str:
    return "interrupted" if isinstance(error, KeyboardInterrupt) else str(error)


def _different(plan: Plan, seen: Verification, record: Record) -> VerificationFailed:
    faults = seen.faults
    shown = "; ".join(
        f"{fault.role_type} role {fault.name!r} {fault.kind.value}"
        + (f" ({', '.join(fault.details)})" if fault.details else "")
        for fault in faults[: checks.SHOWN]
    )
    more = f"; and {len(faults) - checks.SHOWN} more" if len(faults) > checks.SHOWN else ""
    foreign = any(not fault.ours for fault in faults)
    roles = any(fault.kind is not Kind.MEMBERS for fault in faults)
    remedy = "What the platform would not do is remembered: the next plan shows it as 'cannot be "
    remedy = f"{remedy}changed here'." if roles else ""
    if any(fault.kind is Kind.MEMBERS for fault in faults):
        remedy += f" role-migrate rollback {record.run_id} gives everybody back what they held."
    if foreign:
        remedy += " What the plan does not touch was changed by somebody else meanwhile, or by "
        remedy += "the import as a side effect; it was left as it is."
    return VerificationFailed(
        f"{len(faults)} role{' is' if len(faults) == 1 else 's are'} not as desired after the run: "
        f"{shown}{more}",
        where=plan.target.environment,
        target="changed by every step of the plan, but not exactly as desired",
        remedy=remedy.strip(),
    )
