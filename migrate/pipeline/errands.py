"""What is done with one target of a fleet: apply its plan, resume its run, or take it back.

An errand names the config, the environment, its account and the plan, so that it can be run by any
process that reaches the store; whatever it does twice, as where a worker died, it does right: the
target's claim and journal say how far it came.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

from migrate import __version__
from migrate import lock as locks
from migrate.archive import Archive
from migrate.config import Environment
from migrate.connect import Connections
from migrate.errors import (
    NOT_BY_US,
    UNCHANGED,
    Exit,
    Interrupted,
    MigrateError,
    PlanStale,
    TargetLocked,
    UsageError,
)
from migrate.fleet import outcome
from migrate.fleet.outcome import Outcome, failed
from migrate.journal import undone_by
from migrate.model import Identity
from migrate.pipeline.fleet_standing import environment_of, is_undone, standing
from migrate.pipeline.giving_up import said
from migrate.pipeline.patience import patiently
from migrate.pipeline.record import Record
from migrate.pipeline.resuming import resume
from migrate.pipeline.rolling_back import Back, roll_back
from migrate.pipeline.saved import apply_saved
from migrate.plan import Plan
from migrate.planfile import plan_digest

NOT_AGAIN = (outcome.DONE, outcome.STATES[Exit.DIFFERENT])
"""States of targets to which nothing is applied again."""


@dataclass(frozen=True, slots=True)
class Errand:
    """One target's errand. `target` is the account that its plan was made for.

    `confirmed`: the command line named the fleet that it is meant for. `version` is that of who
    sends it.
    """

    verb: Literal["apply", "resume", "rollback"]
    config: str
    environment: str
    plan: str
    plan_digest: str
    target: Identity
    confirmed: bool = False
    back: Back = field(default_factory=Back)
    version: str = __version__


def run_errand(
    errand: Errand,
    connections: Connections,
    begin: Callable[[Plan], Record],
) -> Outcome:
    """Do an errand, wait for the lock of a run of its own that died, and say what became of it.

    Raises nothing: what goes wrong with one target is no other one's trouble.
    """
    began, records = time.monotonic(), list[Record]()

    def recorded(plan: Plan) -> Record:
        records.append(begin(plan))
        return records[-1]

    try:
        done = _patiently(errand, connections, recorded)
    except MigrateError as error:
        for each in records:
            each.error = each.error or error
        done = failed(errand.environment, error)
    except KeyboardInterrupt:
        done = _stopped(errand, connections)
    except Exception as bug:  # noqa: BLE001 - said as this target's outcome, and the others go on
        target = records[-1].target if records else NOT_BY_US
        done = failed(errand.environment, MigrateError(said(bug), target=target))
    last = records[-1] if records else None
    return replace(
        done,
        plan=done.plan or errand.plan,
        run=done.run or (last.run_id if last else ""),
        requests=sum(each.requests for each in records),
        seconds=time.monotonic() - began,
    )


def _stopped(errand: Errand, connections: Connections) -> Outcome:
    """What became of an errand that was told to stop before it wrote: as others left the target."""
    stop = Interrupted(
        "interrupted before any write",
        target=NOT_BY_US,
        remedy="The same command can be run again.",
    )
    try:
        environment = environment_of(errand.environment, errand.target, connections)
        found = standing(environment, errand.plan, connections)
    except (MigrateError, KeyboardInterrupt):
        return failed(errand.environment, stop)
    if found.state == outcome.UNFINISHED:
        return replace(found, what=f"interrupted before any write, and {found.what}")
    if not found.run:
        stop.target = UNCHANGED
    return failed(errand.environment, stop)


def _patiently(
    errand: Errand, connections: Connections, begin: Callable[[Plan], Record]
) -> Outcome:
    """Do an errand; where a run of it was cut off on another machine, its lock is waited for."""
    environment = environment_of(errand.environment, errand.target, connections)
    archive, tools = connections.archive(environment), connections.tools

    def worth_waiting(held: TargetLocked) -> bool:
        own = archive.claimed_by(errand.plan)
        return held.died or (
            bool(own and held.run)
            and (held.run == own or own in undone_by(archive.store, held.run))
        )

    return patiently(
        lambda: _once(errand, environment, archive, connections, begin),
        worth_waiting,
        lambda: locks.holder(archive.whole, environment.identity),
        tools,
    )


def _once(
    errand: Errand,
    environment: Environment,
    archive: Archive,
    connections: Connections,
    begin: Callable[[Plan], Record],
) -> Outcome:
    found = standing(environment, errand.plan, connections)
    undoing = is_undone(found, archive)
    if errand.verb == "resume" or (errand.verb == "rollback" and undoing):
        if found.state != outcome.UNFINISHED:
            return found
        resume(found.run, environment, connections, begin)
        state = outcome.ROLLED_BACK if undoing else outcome.DONE
        return Outcome(errand.environment, state, plan=errand.plan, run=found.run)
    if errand.verb == "rollback":
        return _back(errand, found, environment, connections, begin)
    if undoing or found.state in NOT_AGAIN:
        return found
    plan = _plan(errand, archive)
    verified = apply_saved(plan, connections, begin, environment.name if errand.confirmed else None)
    state = outcome.NOTHING if verified is None else outcome.DONE
    return Outcome(errand.environment, state, plan=errand.plan)


def _back(
    errand: Errand,
    found: Outcome,
    environment: Environment,
    connections: Connections,
    begin: Callable[[Plan], Record],
) -> Outcome:
    if not found.run or found.state == outcome.ROLLED_BACK:
        return found
    done = roll_back(
        found.run,
        errand.back,
        environment,
        connections,
        show=lambda _plan: None,
        agreed=None,
        begin=begin,
    )
    state = outcome.NOTHING if done is None else outcome.ROLLED_BACK
    return Outcome(errand.environment, state, plan=errand.plan)


def _plan(errand: Errand, archive: Archive) -> Plan:
    plan = archive.load_plan(errand.plan)
    if plan is None:
        raise UsageError(
            f"the store does not have plan {errand.plan}",
            where=errand.environment,
            target=UNCHANGED,
            remedy="Use the config that the set was made with, or make the set anew.",
        )
    if plan_digest(plan) != errand.plan_digest:
        raise PlanStale(
            f"plan {plan.id} in the store is not the one of the set",
            where=errand.environment,
            target=UNCHANGED,
            remedy="Find out who changed it; make the set anew.",
        )
    return plan
