"""Promotions from end to end, as the commands ask for them: plan only, or plan and apply in one go.

What an assignments file asks for goes the same way as what another environment holds.
"""

from collections.abc import Callable
from pathlib import Path

from migrate.assignments_file import AssignmentsFile
from migrate.config import Environment
from migrate.connect import Connections
from migrate.errors import Interrupted, UsageError
from migrate.model import Assignments, Snapshot
from migrate.pipeline import checks, lookups
from migrate.pipeline.applying import apply
from migrate.pipeline.capture import Captured, capture_target
from migrate.pipeline.checks import Leave
from migrate.pipeline.confirming import steady
from migrate.pipeline.locking import locked, untouched, warn_of_runs
from migrate.pipeline.planning import Planned, Wish, plan_offline, plan_on, plan_towards
from migrate.pipeline.protection import not_in_one_go, on_the_path
from migrate.pipeline.record import Record
from migrate.pipeline.saved import refusing
from migrate.pipeline.sources import Spelled, asked, confirm, from_file, obtain
from migrate.pipeline.ways import EVERYTHING, Way, check, fitting, source_of, stand_in, target_of
from migrate.plan import Plan
from migrate.platforms.base import PeopleUnreadable, Reader
from migrate.verification import Verification


def plan(way: Way, wish: Wish, connections: Connections) -> Planned:
    """Plan without writing to any platform: only readers are made."""
    with untouched():
        return _plan(way, wish, connections)


def _plan(way: Way, wish: Wish, connections: Connections) -> Planned:
    check(way, wish)
    if way.to.kind == "file":
        if way.target_snapshot is not None:
            raise UsageError(
                "--target-snapshot stands in for reading an environment: it does not go with "
                "--to file:PATH",
                remedy="Name the environment with --to, or leave --target-snapshot out.",
            )
        return _compare(way, wish, connections)
    environment = target_of(way, connections)
    wish = fitting(wish, environment)
    warn_of_runs(environment, connections)
    if way.target_snapshot is None:
        reader = connections.reader(environment)
        return _read_and_planned(way, wish, environment, reader, connections)

    def make() -> Planned:
        source = source_of(way, wish, environment, connections)
        target = stand_in(way.target_snapshot or "", environment, connections, way.hints)
        return _planned(way, source, target, environment, None, connections, wish)

    return steady(make, connections.tools)


def _read_and_planned(
    way: Way, wish: Wish, environment: Environment, reader: Reader, connections: Connections
) -> Planned:
    """The plan, on both sides as they are now."""

    moving = wish.assignments is not Assignments.NONE

    def make() -> Planned:
        source = source_of(way, wish, environment, connections)
        archive = connections.archive(environment)
        target = capture_target(environment, reader, archive, connections, wish.need, moving=moving)
        return _planned(way, source, target, environment, reader, connections, wish)

    try:
        return steady(make, connections.tools)
    except PeopleUnreadable as error:
        if moving and isinstance(way.source, Spelled):
            error.remedy += " Or leave --assignments out: roles can travel alone."
        raise


def _planned(
    way: Way,
    source: Snapshot | AssignmentsFile,
    target: Captured,
    environment: Environment,
    reader: Reader | None,
    connections: Connections,
    wish: Wish,
) -> Planned:
    """The plan; without a `reader` of the target nobody whom it does not show is looked up.

    Raises Unsteady where it deletes roles and the source's list of them is not sure.
    """
    if isinstance(source, Snapshot):
        if reader is not None:
            target = lookups.for_plan(source, target, wish, environment, reader, connections)

        def check(plan: Plan) -> None:
            on_the_path(plan, source.state, environment, connections)
            confirm(None if way.taken else way.source, source, connections, plan)

        return plan_on(source, target, environment, connections, wish, check, reader)
    if reader is not None:
        target = lookups.looked_up(target, source.users, environment, reader, connections)
    desired = asked(source, target, environment, connections.tools, skip=wish.skip_unresolved)
    return plan_towards(desired, target, environment, connections, wish)


def promote(
    way: Way,
    wish: Wish,
    connections: Connections,
    *,
    show: Callable[[Plan], None],
    agreed: Callable[[Plan], bool] | None,
    begin: Callable[[Plan], Record],
) -> Verification | None:
    """Plan and apply. `agreed` asks somebody; None means that nobody needs to be asked.

    Without asking, the lock is taken first and the target read once, under it. With asking, the
    target is read again under the lock, for it may have moved while somebody was thinking.
    """
    with untouched():
        check(way, wish)
        environment = target_of(way, connections)
        fit = fitting(wish, environment)

    def make(reader: Reader) -> Planned:
        return _read_and_planned(way, fit, environment, reader, connections)

    return carry_through(environment, connections, make, show=show, agreed=agreed, begin=begin)


def carry_through(
    environment: Environment,
    connections: Connections,
    make: Callable[[Reader], Planned],
    *,
    settles: tuple[str, ...] = (),
    show: Callable[[Plan], None],
    agreed: Callable[[Plan], bool] | None,
    begin: Callable[[Plan], Record],
) -> Verification | None:
    """Make a plan and run it, as `promote` does. `settles` are unfinished runs that it ends."""
    not_in_one_go(environment, connections)
    if agreed is None:
        with locked(environment, connections, settles=settles) as target:
            with untouched():
                planned = make(target.writer)
            show(planned.plan)
            record = begin(planned.plan)
            _allowed(planned.plan, record, environment, connections)
            return apply(planned.plan, target, record, planned.target)
    with untouched():
        planned = make(connections.reader(environment))
    show(planned.plan)
    record = begin(planned.plan)
    _allowed(planned.plan, record, environment, connections)
    if planned.plan.empty:
        record.result = "nothing to do"
        return None
    if not agreed(planned.plan):
        record.result = "not agreed to"
        raise Interrupted(
            "not agreed to", where=environment.name, target="unchanged", remedy="Nothing was done."
        )
    with locked(environment, connections, settles=settles) as target:
        return apply(planned.plan, target, record)


def _allowed(
    plan: Plan, record: Record, environment: Environment, connections: Connections
) -> None:
    leave = Leave(waivers_only=connections.policy(environment).waivers_only)
    with refusing(record):
        checks.allowed(plan.verdicts, environment.name, leave)


def _compare(way: Way, wish: Wish, connections: Connections) -> Planned:
    if isinstance(way.source, AssignmentsFile):
        raise UsageError(
            "an assignments file is planned for an environment, not for a file",
            remedy="Name the environment with --to, and its snapshot with --target-snapshot.",
        )
    target = from_file(Path(way.to.value), connections.config, way.hints)
    source = obtain(way.source, connections, way.hints, EVERYTHING)
    known = connections.config.environments.values()
    rules = [item for item in known if item.identity == target.identity] or [
        item for item in known if item.platform == target.identity.platform
    ]
    if not rules:
        raise UsageError(
            f"no environment of the config is on {target.identity.platform}",
            where=way.to.value,
            remedy="Compare snapshots of a platform that the config names.",
        )
    return plan_offline(source, target, rules[0], connections, fitting(wish, rules[0]))
