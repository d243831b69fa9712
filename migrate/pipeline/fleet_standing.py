"""How a target of a fleet stands: read off its claim, journal and lock, and nowhere else."""

from migrate import lock as locks
from migrate.archive import Archive
from migrate.config import Environment
from migrate.connect import Connections
from migrate.errors import NOT_BY_US, Exit
from migrate.fleet import outcome
from migrate.fleet.outcome import NOT_TRIED, STATES, UNFINISHED, Outcome
from migrate.journal import Journal, first_unfinished, undone_by
from migrate.model import Identity
from migrate.pipeline import checks
from migrate.pipeline.giving_up import way_on
from migrate.pipeline.locking import untouched

DONE, DIFFERENT = "done", "different"
"""Results of runs, as their journals have them."""


def environment_of(name: str, planned: Identity, connections: Connections) -> Environment:
    """The environment of a set's target, which must be the account that its plan was made for.

    Raises UsageError where the config has none of the name, PlanStale where it is another account.
    """
    with untouched(NOT_BY_US):
        environment = connections.config.environment(name)
        checks.right_account(name, planned, environment.identity)
    return environment


def standing(target: Environment, plan: str, connections: Connections) -> Outcome:
    """How a plan's target stands. Reads the store alone.

    Where no run wrote anything, or none was begun, it is `not tried`, or `nothing to do`; where the
    run was cut off that takes the plan's run back, `unfinished` by that one.
    """
    environment, archive = target.name, connections.archive(target)
    run = archive.claimed_by(plan)
    if run is None or not archive.begun(run):
        return _not_begun(environment, plan, archive)
    undoing = _undoing(run, target, archive)
    if undoing is not None:
        other, undone = undoing
        return _unfinished(environment, plan, other, f"the run that takes back run {undone}")
    summary = Journal.open(archive.store, run, clock=connections.tools.now).summary
    if not summary.ended:
        return _unfinished(environment, plan, run, "its run")
    if summary.abandoned:
        return Outcome(environment, "abandoned", plan=plan, run=run)
    result = summary.result or ""
    if result == DONE:
        return Outcome(environment, outcome.DONE, plan=plan, run=run)
    if result.startswith("rolled back"):
        return Outcome(environment, outcome.ROLLED_BACK, plan=plan, run=run)
    if result == DIFFERENT:
        return Outcome(
            environment,
            STATES[Exit.DIFFERENT],
            int(Exit.DIFFERENT),
            plan,
            run,
            "its run ended, and the target is not as desired",
            target="changed by every step of the plan, but not exactly as desired",
            remedy=f"role-migrate runs show {run} tells what differs.",
        )
    return _not_begun(environment, plan, archive)


def _not_begun(environment: str, plan: str, archive: Archive) -> Outcome:
    kept = archive.load_plan(plan)
    state = outcome.NOTHING if kept is not None and kept.empty else NOT_TRIED
    return Outcome(environment, state, plan=plan)


def is_undone(found: Outcome, archive: Archive) -> bool:
    """Whether what is unfinished is not the plan's own run, but one that takes it back."""
    return found.state == UNFINISHED and found.run != archive.claimed_by(found.plan)


def _unfinished(environment: str, plan: str, run: str, named: str) -> Outcome:
    return Outcome(
        environment,
        UNFINISHED,
        int(Exit.PARTLY),
        plan,
        run,
        f"{named} was begun and has not ended",
        target="as far as the run came",
        remedy=way_on(run),
    )


def _undoing(run: str, environment: Environment, archive: Archive) -> tuple[str, str] | None:
    """The unfinished run that takes a run back (or that run's own way back) and the run that it
    takes back; None without. Until it is settled the lock names it, be it held or not.
    """
    for left in locks.left_behind(archive.whole, environment.identity):
        other = first_unfinished(archive.store, left)
        undone = undone_by(archive.store, other) if other else ()
        if other and run in undone:
            return other, undone[0]
    return None
