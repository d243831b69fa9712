"""Planning for an environment, as the commands ask for it; nothing is written to any platform.

What an assignments file asks for goes the same way as what another environment holds.
"""

from migrate.assignments_file import AssignmentsFile
from migrate.config import Environment
from migrate.connect import Connections
from migrate.model import Assignments, Snapshot
from migrate.pipeline import lookups
from migrate.pipeline.capture import Captured, capture_target
from migrate.pipeline.confirming import steady
from migrate.pipeline.locking import untouched, warn_of_runs
from migrate.pipeline.planning import Planned, Wish, plan_on, plan_towards
from migrate.pipeline.protection import on_the_path
from migrate.pipeline.sources import Spelled, asked, confirm
from migrate.pipeline.ways import Way, check, fitting, source_of, stand_in, target_of
from migrate.plan import Plan
from migrate.platforms.base import PeopleUnreadable, Reader


def plan(way: Way, wish: Wish, connections: Connections) -> Planned:
    """Plan without writing to any platform: only readers are made."""
    with untouched():
        return _plan(way, wish, connections)


def _plan(way: Way, wish: Wish, connections: Connections) -> Planned:
    check(way, wish)
    environment = target_of(way, connections)
    wish = fitting(wish, environment)
    warn_of_runs(environment, connections)
    if way.target_snapshot is None:
        reader = connections.reader(environment)
        return read_and_planned(way, wish, environment, reader, connections)

    def make() -> Planned:
        source = source_of(way, wish, environment, connections)
        target = stand_in(way.target_snapshot or "", environment, connections, way.hints)
        return _planned(way, source, target, environment, None, connections, wish)

    return steady(make, connections.tools)


def read_and_planned(
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
