"""Apply: lock, read, check, claim, back up, carry out, and always a record."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from migrate import lock as locks
from migrate.archive import Archive
from migrate.canonical import dumps_pretty
from migrate.config import Environment
from migrate.connect import Connections
from migrate.errors import UNCHANGED, Interrupted, MigrateError, PartlyApplied
from migrate.journal import Journal, is_unfinished, new_run_id
from migrate.lock import Lock, Terms
from migrate.model import Assignments, Snapshot
from migrate.pipeline import checks
from migrate.pipeline.finishing import Ending, end, finish, unverified
from migrate.pipeline.planning import capture_target, operator_of
from migrate.pipeline.record import Record
from migrate.pipeline.running import Hands, carry_out, said
from migrate.plan import Plan
from migrate.platforms.base import Need, Work, Writer
from migrate.snapshot import state_digest
from migrate.verification import Verification


@dataclass(frozen=True, slots=True)
class Target:
    """An environment that is about to be written to, under its lock."""

    environment: Environment
    archive: Archive
    writer: Writer
    lock: Lock
    run_id: str
    connections: Connections


@contextmanager
def locked(environment: Environment, connections: Connections) -> Iterator[Target]:
    """Hold the lock on a target for a run to come.

    Raises TargetLocked, RunUnfinished, and StoreFailed for a store that can't hold a lock.
    """
    tools = connections.tools
    run_id = new_run_id(tools.now(), tools.random_hex(6))
    with untouched():
        archive = connections.archive(environment)
        writer = connections.writer(environment)
        lock = locks.acquire(
            archive.whole,
            environment.identity,
            run=run_id,
            who=tools.who,
            clock=tools.now,
            left_unfinished=lambda run: is_unfinished(archive.store, run),
            terms=Terms(call_timeout=int(writer.timeout) + 1),
        )
    writer.fence = lambda: lock.ensure(writer.timeout)
    if lock.takeover:
        tools.tell(str(lock.takeover))
    try:
        yield Target(environment, archive, writer, lock, run_id, connections)
    except BaseException as error:
        lock.__exit__(type(error), error, error.__traceback__)
        raise
    try:
        lock.release()
    except (MigrateError, KeyboardInterrupt) as late:
        # What was to be done is done; the lock falls by itself when its lease is over.
        why = str(late) or "interrupted"
        tools.tell(f"warning: the lock could not be released: {why}")


@contextmanager
def untouched() -> Iterator[None]:
    """What happens inside writes to no platform, and an error that comes out says so."""
    try:
        yield
    except MigrateError as error:
        error.target = error.target or UNCHANGED
        raise


def apply(
    plan: Plan, target: Target, record: Record, fresh: Snapshot | None = None
) -> Verification | None:
    """Run a plan on a locked target. `fresh` is a capture taken under the same lock.

    Returns None where there was nothing to do. Raises the errors of `migrate.pipeline.checks`
    before any write, PartlyApplied between writes, VerificationFailed after them. Whatever goes
    wrong once something was written is PartlyApplied. `record` holds what was done in every case,
    and the run's id once there is a journal of it.
    """
    tools = target.connections.tools
    record.started_at = tools.timestamp()
    try:
        return _apply(plan, target, record, fresh)
    except MigrateError as error:
        record.error = error
        error.target = error.target or record.target
        record.result = record.result or "refused, target unchanged"
        raise
    except KeyboardInterrupt as stop:
        record.error = _interrupted(plan, record, stop)
        raise record.error from None
    finally:
        record.requests = target.writer.requests
        record.finished_at = tools.timestamp()
        if record.steps:
            _keep_report(target, record)


def _apply(
    plan: Plan, target: Target, record: Record, fresh: Snapshot | None
) -> Verification | None:
    environment, archive, connections = target.environment, target.archive, target.connections
    checks.right_target(plan, environment.identity, archive.location)
    checks.unused(plan, archive)
    need = Need.HOLDERS if plan.people.assignments is Assignments.NONE else Need.ALL
    now = fresh or capture_target(environment, target.writer, archive, connections, need).snapshot
    checks.unmoved(plan, now.state)
    checks.still_held(plan, now.state)
    checks.still_promoted(plan, environment.promote_builtins)
    checks.no_worse(
        plan,
        now.state,
        connections.config.guards,
        target.writer.traits,
        environment.keep,
        operator_of(environment),
    )
    if state_digest(now.state) != plan.target.digest:
        planned_on = archive.load_snapshot(plan.target.snapshot)
        record.moved_elsewhere = checks.elsewhere(plan, planned_on, now.state)
    if plan.empty:
        record.result = "nothing to do"
        return None
    work = target.writer.work(plan, now.state)
    holder = archive.claim(plan.id, target.run_id)
    if holder is not None:
        raise checks.used(plan, holder)
    return _run(plan, target, record, now, work)


def _run(plan: Plan, target: Target, record: Record, now: Snapshot, work: Work) -> Verification:
    archive, tools = target.archive, target.connections.tools
    journal = None
    try:
        record.backup = state_digest(now.state)  # kept when it was captured
        for digest, data in work.payloads.items():
            archive.save_import(digest, data)
        journal = Journal.create(
            archive.store,
            target.run_id,
            clock=tools.now,
            body=_started(plan, record, work, str(tools.who)),
        )
        record.run_id = target.run_id
        carry_out(plan, now.state, work, Hands(target.writer, target.lock, journal, tools), record)
    except PartlyApplied:
        record.result = "partly applied"
        raise
    except (Exception, KeyboardInterrupt) as error:
        if record.target != UNCHANGED:
            raise
        # Nothing was written: the plan can be used again once the cause is mended.
        record.result = "failed, target unchanged"
        try:
            end(journal, record.result)
            archive.release_claim(plan.id, target.run_id)
        except MigrateError as second:
            error.add_note(f"and the plan could not be given back: {second}")
        raise
    ending = Ending(plan, target.environment, archive, target.writer, target.lock, journal, tools)
    try:
        return finish(ending, work, now, record)
    except (MigrateError, KeyboardInterrupt):
        raise
    except Exception as error:
        raise _unforeseen(plan, record, journal, error) from error


def _unforeseen(plan: Plan, record: Record, journal: Journal, error: Exception) -> PartlyApplied:
    """What nobody foresaw, after every step was done: that must not hide what was written."""
    if record.result:
        return PartlyApplied(
            "every step was done and the target was read back, but that could not be recorded: "
            + said(error),
            where=plan.target.environment,
            target=record.target,
            remedy=f"role-migrate runs show {record.run_id} tells what was done; if it counts as "
            f'unfinished: role-migrate runs abandon {record.run_id} --reason "…".',
        )
    failure = unverified(plan, record, MigrateError(said(error)))
    try:
        end(journal, record.result)
    except MigrateError as second:
        failure.add_note(f"and the end of the run could not be recorded: {second}")
    return failure


def _started(plan: Plan, record: Record, work: Work, who: str) -> dict[str, Any]:
    return {
        "plan": plan.id,
        "target": plan.target.environment,
        "source": plan.source.environment,
        "mode": plan.mode.value,
        "backup": record.backup,
        "who": who,
        "steps": [asdict(step) for step in work.steps],
    }


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
        target.archive.save_report(record.run_id, dumps_pretty(record.to_value()))
    except MigrateError as error:
        target.connections.tools.tell(f"warning: the report could not be stored: {error}")
