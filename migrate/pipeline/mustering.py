"""Before a fleet is begun: which of its targets will be refused, as far as the store tells."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from migrate.connect import Connections
from migrate.errors import Blocked, MigrateError, OutsideFailed
from migrate.fleet.outcome import Outcome, failed
from migrate.fleet.sets import FleetSet, Member
from migrate.pipeline import checks
from migrate.pipeline.fleet_standing import environment_of, standing
from migrate.pipeline.locking import untouched
from migrate.pipeline.protection import may_run
from migrate.pipeline.waiving import waived_for
from migrate.plan import Plan


def muster(
    fleet: FleetSet,
    plans: Mapping[str, Plan],
    connections: Connections,
    *,
    confirmed: bool,
    width: int,
) -> dict[str, Outcome]:
    """How each target stands; one with nothing begun that would be refused, as it would be.

    `plans` are those at hand, others are the store's. Reads the store alone, `width` targets at a
    time. What can't be found out now is left to the target's own turn.
    """

    def look(member: Member) -> Outcome:
        try:
            with untouched():
                return _looked(member, plans.get(member.environment), connections, confirmed)
        except (OutsideFailed, Blocked):
            return Outcome(member.environment, "", plan=member.subject.plan)
        except MigrateError as refusal:
            return failed(member.environment, refusal, member.subject.plan)

    with ThreadPoolExecutor(width, thread_name_prefix="muster") as pool:
        return {each.environment: each for each in pool.map(look, fleet.members)}


def _looked(
    member: Member, plan: Plan | None, connections: Connections, confirmed: bool
) -> Outcome:
    environment = environment_of(member.environment, member.subject.target, connections)
    archive = connections.archive(environment)
    found = standing(environment, member.subject.plan, connections)
    plan = plan or archive.load_plan(member.subject.plan)
    if found.run or plan is None:
        return found
    leave = waived_for(plan, environment, archive, connections).leave
    checks.allowed(plan.verdicts, environment.name, leave)
    may_run(plan, environment, connections, environment.name if confirmed else None)
    return found
