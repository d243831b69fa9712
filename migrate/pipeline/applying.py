"""Apply: read, check, claim, back up, carry out, verify, and always a record."""

from collections.abc import Iterator
from contextlib import contextmanager

from migrate.canonical import dumps_pretty
from migrate.digests import state_digest
from migrate.errors import UNCHANGED, Interrupted, MigrateError, PartlyApplied
from migrate.history import checked_head
from migrate.journal import Journal
from migrate.model import Assignments, Snapshot
from migrate.pipeline import checks, freshness, lookups
from migrate.pipeline.begun import Begun
from migrate.pipeline.capture import capture_target
from migrate.pipeline.confirming import confirm, deleting, steady
from migrate.pipeline.finishing import Ending, finish, unverified
from migrate.pipeline.giving_up import said, way_on
from migrate.pipeline.hands import Hands
from migrate.pipeline.known import keep_known, known_state
from migrate.pipeline.locking import Target
from migrate.pipeline.planning import operator_of
from migrate.pipeline.profiles import unprofiled
from migrate.pipeline.protection import policy_notes
from migrate.pipeline.record import Record
from migrate.pipeline.running import carry_out, taken_up, warn_of_limits
from migrate.pipeline.waiving import waived_for
from migrate.plan import Plan
from migrate.planfile import plan_digest
from migrate.platforms.base import Need, Work
from migrate.verification import Verification

UNWRITTEN = "failed, target unchanged"
"""The result of a run that ended before it changed anything: its plan can be used again."""


def apply(
    plan: Plan, target: Target, record: Record, fresh: Snapshot | None = None
) -> Verification | None:
    """Run a plan on a locked target. `fresh` is a capture taken under the same lock.

    Returns None where there was nothing to do. Raises the errors of `migrate.pipeline.checks`
    before any write, PartlyApplied between writes, VerificationFailed after them. Whatever goes
    wrong once something was written is PartlyApplied. `record` holds what was done in every case,
    and the run's id once there is a journal of it.
    """
    with recorded(plan, target, record):
        return _apply(plan, target, record, fresh)


@contextmanager
def recorded(plan: Plan, target: Target, record: Record) -> Iterator[None]:
    """Complete the record of a run, and store its report, however the block ends."""
    tools = target.connections.tools
    record.started_at = tools.timestamp()
    try:
        yield
    except MigrateError as error:
        record.error = error
        error.target = error.target or record.target
        record.result = record.result or "refused, target unchanged"
        raise
    except KeyboardInterrupt as stop:
        record.error = _interrupted(plan, record, stop)
        raise record.error from None
    except Exception as bug:
        record.error = MigrateError(said(bug), target=record.target)
        record.result = record.result or (UNWRITTEN if record.target == UNCHANGED else "failed")
        raise
    finally:
        record.requests = target.writer.requests
        sides = {plan.source.environment, plan.target.environment}
        record.traffic = tools.traffic.to_value(sides)
        record.finished_at = tools.timestamp()
        if record.run_id:
            _keep_report(target, record)


def _apply(
    plan: Plan, target: Target, record: Record, fresh: Snapshot | None
) -> Verification | None:
    environment, archive, connections = target.environment, target.archive, target.connections
    checks.right_target(plan, environment.identity, archive.location)
    checks.unused(plan, archive)
    need = Need.HOLDERS if plan.people.assignments is Assignments.NONE else Need.ALL
    planned_on = archive.load_snapshot(plan.target.snapshot)
    if planned_on is not None:
        target.writer.know(planned_on.state)
    taken = iter([fresh] if fresh else [])

    def read() -> Snapshot:
        captured = next(taken, None)
        if captured is None:
            reader = target.writer
            captured = capture_target(environment, reader, archive, connections, need).snapshot
        # What is missing from a full import's file is deleted, so this list must be whole.
        confirm(target.writer, captured, deleting(plan), connections.tools)
        return captured

    now = steady(read, connections.tools)
    freshness.unmoved(plan, now.state)
    freshness.still_held(plan, now.state)
    now = lookups.for_run(plan, now, environment, target.writer, connections)
    freshness.still_there(plan, now.state)
    freshness.still_promoted(plan, environment.promote_builtins)
    checks.no_worse(
        plan,
        now.state,
        connections.guards(environment),
        target.writer.traits,
        environment.keep,
        operator_of(environment),
        unprofiled(environment, plan.mode, now.state, connections),
        known_state(archive),
        waived_for(plan, environment, archive, connections).leave,
    )
    freshness.young_enough(plan, environment.max_source_age, connections.tools.now())
    if state_digest(now.state) != plan.target.digest:
        freshness.same_reach(plan, now.state, target.writer.traits)
        record.moved_elsewhere = freshness.elsewhere(plan, planned_on, now.state)
    if plan.empty:
        record.result = "nothing to do"
        if now.selection.everything:
            keep_known(plan, archive, now, record)
        return None
    work = target.writer.work(plan, now.state)
    checks.known(plan, archive)
    record.policy = connections.policy(environment).digest
    record.notes += policy_notes(archive, record.policy)
    checked_head(archive.store)
    holder = archive.claim(plan.id, target.run_id)
    if holder is not None:
        raise checks.used(plan, holder)
    return _run(plan, target, record, now, work)


def _run(plan: Plan, target: Target, record: Record, now: Snapshot, work: Work) -> Verification:
    archive, tools = target.archive, target.connections.tools
    record.backup = state_digest(now.state)  # kept when it was captured
    begun = Begun(
        plan=plan.id,
        plan_digest=plan_digest(plan),
        source=plan.source.environment,
        target=plan.target.environment,
        mode=plan.mode.value,
        backup=record.backup,
        who=str(tools.who),
        steps=work.steps,
        imported=tuple(sorted(work.imported)),
        undoes=plan.undoes.run if plan.undoes else "",
        applier=tools.actor,
        approvers=record.approvers,
    )
    journal = None
    try:
        for digest, data in work.payloads.items():
            archive.save_import(digest, data)
        journal = Journal.create(
            archive.store, target.run_id, clock=tools.now, body=begun.to_body()
        )
    except (Exception, KeyboardInterrupt) as error:
        unwritten(error, plan, target, record, journal)
        raise
    record.run_id = run = target.run_id
    tools.tell(f"run {run} begins; if it is cut off: role-migrate resume {run}")
    return go_on(plan, target, record, now, work, journal)


def go_on(
    plan: Plan,
    target: Target,
    record: Record,
    before: Snapshot,
    work: Work,
    journal: Journal,
    *,
    due: float = 0.0,
) -> Verification:
    """Do what the journal does not know to be done, verify, and end the run.

    `before` is the target before the first step. `due` as for `carry_out`.
    """
    tools = target.connections.tools
    hands = Hands(plan, before.state, work, target.writer, target.lock, journal, tools)
    record.steps = taken_up(work, journal.summary)
    if any(entry.state == "done" and entry.step.writes for entry in record.steps):
        record.target = "changed"
    warn_of_limits(hands, record)
    try:
        carry_out(hands, record, due=due)
    except PartlyApplied:
        record.result = "partly applied"
        raise
    except (Exception, KeyboardInterrupt) as error:
        if record.target == UNCHANGED:
            unwritten(error, plan, target, record, journal)
        raise
    ending = Ending(plan, target.environment, target.archive, hands)
    try:
        return finish(ending, before, record)
    except (MigrateError, KeyboardInterrupt):
        raise
    except Exception as error:
        raise _unforeseen(plan, record, error) from error


def unwritten(
    error: BaseException, plan: Plan, target: Target, record: Record, journal: Journal | None
) -> None:
    """End a run that wrote nothing: its plan can be used again once the cause is mended."""
    record.result = UNWRITTEN
    try:
        if journal is not None:
            journal.append("finished", {"result": record.result})
        target.archive.release_claim(plan.id, target.run_id)
    except MigrateError as second:
        error.add_note(f"and the plan could not be given back: {second}")


def _unforeseen(plan: Plan, record: Record, error: Exception) -> PartlyApplied:
    """What nobody foresaw, after every step was done: that must not hide what was written."""
    if record.result:
        return PartlyApplied(
            "every step was done and the target was read back, but that could not be recorded: "
            + said(error),
            where=plan.target.environment,
            target=record.target,
            remedy=way_on(record.run_id),
        )
    return unverified(plan, record, MigrateError(said(error)))


def _interrupted(plan: Plan, record: Record, stop: KeyboardInterrupt) -> MigrateError:
    if record.target != UNCHANGED:
        return unverified(plan, record, stop)
    record.result = "interrupted"
    return Interrupted(
        "interrupted before any write",
        where=plan.target.environment,
        target=UNCHANGED,
        remedy="Nothing is in the way: the same command can be run again.",
    )


def _keep_report(target: Target, record: Record) -> None:
    """Store the report of a run; where that fails the printed one is left."""
    try:
        target.archive.save_report(record.run_id, "json", dumps_pretty(record.to_value()))
    except MigrateError as error:
        target.connections.tools.tell(f"warning: the report could not be stored: {error}")
