"""Resume: go on with a run that was cut off, from any machine that reaches the store."""

from collections.abc import Callable
from dataclasses import replace

from migrate.archive import Archive
from migrate.archive.pruned import pruned_at
from migrate.config import Environment
from migrate.connect import Connections
from migrate.errors import (
    NOT_BY_US,
    Conflicting,
    OutsideFailed,
    PartlyApplied,
    UsageError,
)
from migrate.history import checked_head
from migrate.journal import Journal, Summary, undone_by
from migrate.keeping import Kind
from migrate.lock import Terms
from migrate.model import State
from migrate.pipeline import checks
from migrate.pipeline.applying import UNWRITTEN, go_on, recorded
from migrate.pipeline.capture import capture_target
from migrate.pipeline.evidence import Evidence, gather, look
from migrate.pipeline.giving_up import left, way_on
from migrate.pipeline.locking import Target, locked, untouched
from migrate.pipeline.record import Record
from migrate.pipeline.running import taken_up
from migrate.plan import Plan
from migrate.standing import Standing
from migrate.tools import Tools
from migrate.verification import Verification

CLOCKS_DIFFER = float(Terms().clock_allowance)
"""Seconds beyond its time-out after which a call has arrived or never will."""


def resume(
    run_id: str,
    environment: Environment,
    connections: Connections,
    begin: Callable[[Plan], Record],
) -> Verification | None:
    """Bring a run to its end: settle what is unknown, do what is left, verify.

    Returns None where there is nothing to do. Raises UsageError for a run that was set aside,
    Conflicting where somebody else changed what the rest of it rests on, and as `apply`.
    """
    if has_ended(run_id, environment, connections):
        return None
    with untouched(NOT_BY_US):
        archive, tools = connections.archive(environment), connections.tools
        settles = (run_id, *undone_by(archive.store, run_id))
    with locked(environment, connections, run_id=run_id, settles=settles) as target:
        with untouched(NOT_BY_US):
            # Under the lock: until then whoever began it may have gone on.
            evidence = gather(run_id, archive, tools)
            if _ended(evidence.journal.summary, run_id, tools):
                return None
            checked_head(archive.store)
        record = begin(evidence.plan)
        record.run_id, record.backup = run_id, evidence.begun.backup
        record.approvers = record.approvers or evidence.begun.approvers
        record.steps = taken_up(evidence.work, evidence.journal.summary)
        with recorded(evidence.plan, target, record):
            return _resume(evidence, target, record)


def has_ended(run_id: str, environment: Environment, connections: Connections) -> bool:
    """Whether there is nothing left to do of a run, which is told.

    Raises UsageError for a run that was set aside, and as `Journal.open`.
    """
    with untouched(NOT_BY_US):
        store, tools = connections.archive(environment).store, connections.tools
        return _ended(Journal.open(store, run_id, clock=tools.now).summary, run_id, tools)


def _ended(summary: Summary, run_id: str, tools: Tools) -> bool:
    if summary.abandoned:
        raise UsageError(
            f"run {run_id} was set aside: it can't be gone on with",
            target=NOT_BY_US,
            remedy=f"Promote again: the new plan holds what is missing. role-migrate runs show "
            f"{run_id} tells what the run did.",
        )
    if summary.finished:
        tools.tell(f"nothing to do: run {run_id} has ended ({summary.result})")
    return summary.finished


def _resume(evidence: Evidence, target: Target, record: Record) -> Verification:
    plan, tools = evidence.plan, target.connections.tools
    if evidence.wrote:
        record.target = left(record)
    try:
        standing = _look(evidence, target)
    except OutsideFailed as error:
        if not evidence.wrote:
            raise
        raise PartlyApplied(
            f"the run could not be gone on with: {error}",
            target=f"{NOT_BY_US}; as the run left it: {record.target}",
            remedy=f"{error.remedy} {way_on(record.run_id)}".strip(),
        ) from error
    if any(entry.state != "done" for entry in record.steps):
        _unchanged(standing, evidence, record)
    done = [(entry.step, entry.outcome) for entry in record.steps if entry.state == "done"]
    target.writer.take_up(done, standing.now)
    record.moved_elsewhere = list(standing.elsewhere())
    evidence.journal.append("note", {"resumedBy": str(tools.who)})
    before = replace(evidence.before, state=standing.rebased())
    return go_on(
        plan,
        target,
        record,
        before,
        evidence.work,
        evidence.journal,
        # What whoever takes over a lock relies on, too (DESIGN 4.6).
        due=evidence.due(tools.now(), target.writer.timeout + CLOCKS_DIFFER),
    )


def _look(evidence: Evidence, target: Target) -> Standing:
    environment, connections, writer = target.environment, target.connections, target.writer
    writer.know(evidence.before.state)

    def read() -> State:
        target.lock.ensure(writer.timeout)
        # As `apply` does: it must be the right account still.
        return capture_target(
            environment, writer, target.archive, connections, evidence.need
        ).snapshot.state

    return look(evidence, read, writer.traits, connections.tools, environment.verify_timeout)


def _unchanged(standing: Standing, evidence: Evidence, record: Record) -> None:
    conflicts = standing.conflicts()
    if not conflicts:
        return
    run_id = evidence.journal.run_id
    shown = "; ".join(str(conflict) for conflict in conflicts[: checks.SHOWN])
    more = f"; and {len(conflicts) - checks.SHOWN} more" if len(conflicts) > checks.SHOWN else ""
    raise Conflicting(
        f"somebody else changed what run {run_id} touches: {shown}{more}",
        where=evidence.plan.target.environment,
        target=f"{NOT_BY_US}; as the run left it: {record.target}",
        remedy=f"Put that back and resume, or role-migrate rollback {run_id}, or set the run aside "
        f'with role-migrate runs abandon {run_id} --reason "…" and promote again: the new plan '
        "shows all of it.",
    )


def reclaim(plan: Plan, run_id: str, target: Target) -> None:
    """Give a plan back that a run claimed and never began to carry out; under the lock.

    Whoever claimed it is gone: it would hold the lock. Does nothing for a run that wrote.
    """
    archive, tools = target.archive, target.connections.tools
    if archive.begun(run_id):
        journal = Journal.open(archive.store, run_id, clock=tools.now)
        if journal.summary.ended and journal.summary.result != UNWRITTEN:
            return
        if not journal.summary.ended:
            journal.append("finished", {"result": UNWRITTEN})
    elif pruned_at(archive, Kind.RUN, run_id) is not None:
        return  # it had a journal once
    archive.release_claim(plan.id, run_id)


def settled_by(plan: Plan, archive: Archive) -> tuple[str, ...]:
    """The runs that a plan brings to an end when it runs; () for one that undoes none."""
    if plan.undoes is None:
        return ()
    run = plan.undoes.run
    return (run, *undone_by(archive.store, run))
