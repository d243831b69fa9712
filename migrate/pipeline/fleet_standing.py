"""How a target of a fleet stands: read off its claim, journal and lock, and nowhere else."""

from migrate import lock as locks
from migrate.archive import Archive
from migrate.config import Environment
from migrate.errors import Exit, RunUnfinished
from migrate.fleet import outcome
from migrate.fleet.outcome import NOT_TRIED, STATES, UNFINISHED, Outcome
from migrate.journal import Journal, first_unfinished, undone_by
from migrate.pipeline.giving_up import way_on
from migrate.tools import Tools

DONE, DIFFERENT = "done", "different"
"""Results of runs, as their journals have them."""


def standing(environment: str, plan: str, archive: Archive, tools: Tools) -> Outcome:
    """How a plan's target stands. Reads the store alone.

    Where no run wrote anything, or none was begun, it is `not tried`.
    """
    run = archive.claimed_by(plan)
    if run is None or not archive.begun(run):
        return Outcome(environment, NOT_TRIED, plan=plan)
    summary = Journal.open(archive.store, run, clock=tools.now).summary
    if not summary.ended:
        return Outcome(
            environment,
            UNFINISHED,
            int(Exit.PARTLY),
            plan,
            run,
            "its run was begun and has not ended",
            target="as far as the run came",
            remedy=way_on(run),
        )
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
    return Outcome(environment, NOT_TRIED, plan=plan)


def cut_off(plan: str, environment: Environment, archive: Archive, tools: Tools) -> str | None:
    """The run of a plan that is to be gone on with: its own, or the one that takes that back."""
    run = archive.claimed_by(plan)
    if run is None or not archive.begun(run):
        return None
    why = locks.in_the_way(
        archive.whole,
        environment.identity,
        clock=tools.now,
        unsettled=lambda other: first_unfinished(archive.store, other),
    )
    other = why.run if isinstance(why, RunUnfinished) else ""
    if other and other != run and run in undone_by(archive.store, other):
        return other
    return run if first_unfinished(archive.store, run) == run else None
