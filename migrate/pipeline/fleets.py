"""Plan for a group: the source is read once, and each target gets a plan of its own."""

import uuid
from collections.abc import Sequence
from dataclasses import replace

from migrate.assignments_file import AssignmentsFile
from migrate.config import Environment
from migrate.connect import Connections
from migrate.errors import Exit, MigrateError
from migrate.fleet.outcome import STATES, UNFINISHED, Outcome, failed
from migrate.fleet.sets import FleetSet, Member, Missing
from migrate.fleet.waves import Terms, cut
from migrate.model import Assignments, Mode, Snapshot
from migrate.pipeline import confirming, promotion
from migrate.pipeline.confirming import steady
from migrate.pipeline.errands import Errand
from migrate.pipeline.fleet_standing import environment_of, standing
from migrate.pipeline.locking import untouched
from migrate.pipeline.planning import Planned, Wish
from migrate.pipeline.sources import Spelled, obtain
from migrate.pipeline.ways import EVERYTHING, Way, check
from migrate.plan import Plan
from migrate.platforms.base import Need


def read_once(way: Way, wish: Wish, connections: Connections) -> Way:
    """The way with its source read, so that all plans are made from the same one.

    Where roles may be deleted its lists are read twice, and must agree: Unsteady otherwise.
    """
    with untouched():
        check(way, wish)
        what = way.source
        if isinstance(what, AssignmentsFile):
            return way
        need = Need.NOTHING if wish.assignments is Assignments.NONE else Need.ALL

        def take() -> Snapshot:
            taken = obtain(what, connections, way.hints, EVERYTHING, need)
            if what.kind == "environment" and wish.mode is Mode.FULL:
                reader = connections.reader(connections.config.environment(what.value))
                confirming.confirm(reader, taken, taken.state.roles, connections.tools)
            return taken

        return replace(way, taken=steady(take, connections.tools))


def plan_for(environment: Environment, way: Way, wish: Wish, connections: Connections) -> Planned:
    """The plan for one target of a group; `way` leads from a source that was read once."""
    to = Spelled("environment", environment.name)
    return promotion.plan(replace(way, to=to), wish, connections)


def make_set(
    group: str,
    source: str,
    order: tuple[str, ...],
    plans: Sequence[Plan],
    failures: Sequence[Outcome],
    terms: Terms,
    connections: Connections,
) -> FleetSet:
    """The set of some plans, in the order of the group's names.

    Raises UsageError for a canary that has no plan.
    """
    tools = connections.tools
    made = {plan.target.environment: plan for plan in plans}
    names = tuple(name for name in order if name in made)
    return FleetSet(
        id=str(uuid.UUID(hex=tools.random_hex(32))),
        created_at=tools.timestamp(),
        version=tools.version,
        planner=tools.actor,
        group=group,
        source=source,
        waves=cut(names, terms.canary, terms.wave),
        members=tuple(Member.of(made[name]) for name in names),
        missing=tuple(
            Missing(each.environment, each.exit_code, each.what or each.state) for each in failures
        ),
    )


def lost(errand: Errand, error: BaseException | None, connections: Connections) -> Outcome:
    """What became of an errand of which no worker answered, as far as the store tells."""
    why = (
        f"its worker did not answer ({type(error).__name__})" if error else "it was not waited for"
    )
    try:
        environment = environment_of(errand.environment, errand.target, connections)
        found = standing(environment, errand.plan, connections)
    except MigrateError as unread:
        return failed(errand.environment, unread, errand.plan)
    if found.run and found.state != UNFINISHED:
        return found
    code = Exit.PARTLY if found.run else Exit.FAILED
    remedy = found.remedy or "Run it again: a run that was begun meanwhile is gone on with."
    return replace(
        found,
        exit_code=int(code),
        state=found.state if found.run else STATES[code],
        what=why,
        remedy=remedy,
    )
