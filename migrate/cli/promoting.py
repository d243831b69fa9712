"""Plan and apply in one go, as `promote` and `assign` do it."""

from pathlib import Path
from typing import TYPE_CHECKING

from migrate.cli import options
from migrate.cli.plans import FOR_MANY, leave_of, make_plan, show, traits_for, write_plan
from migrate.cli.reporting import Reports, begin, reporting
from migrate.errors import Exit

if TYPE_CHECKING:
    from collections.abc import Callable

    from migrate.cli.runtime import Runtime
    from migrate.pipeline.planning import Wish
    from migrate.pipeline.ways import Way
    from migrate.plan import Plan


def answer_plan(
    plan: "Plan", runtime: "Runtime", form: str, reports: Reports, out: Path | None = None
) -> int:
    """Stop after the plan, which is the answer. Raises GuardRefused once it is shown."""
    from migrate.pipeline import checks

    write_plan(runtime.job.shows(plan), out, reports, runtime)
    show(plan, form, runtime, principals=form not in FOR_MANY)
    checks.allowed(plan.verdicts, plan.target.environment, leave_of(plan, runtime))
    return Exit.DONE


def show_plan(way: "Way", wish: "Wish", runtime: "Runtime", form: str, reports: Reports) -> int:
    """Make a plan, and stop after it."""
    planned = make_plan(way, wish, runtime)
    return answer_plan(planned.plan, runtime, form, reports)


def telling(runtime: "Runtime") -> "Callable[[Plan], None]":
    """Shows a plan on stderr."""
    from migrate.report import plan_text

    def tell(plan: "Plan") -> None:
        everything = runtime.voice.verbose
        runtime.job.shows(plan)
        for line in plan_text.render(plan, traits_for(plan), everything=everything).splitlines():
            runtime.voice.say(line)

    return tell


def asking(plan: "Plan") -> bool:
    """Ask on the terminal whether a plan shall be applied."""
    return options.confirm(f"Apply it to {plan.target.environment}?")


def carry_out(
    way: "Way", wish: "Wish", runtime: "Runtime", form: str, reports: Reports, *, yes: bool
) -> int:
    """Show the plan on stderr, ask unless `yes`, and run it; the answer is the run's report."""
    from migrate.pipeline.promoting import promote

    with reporting(runtime, form, reports):
        promote(
            way,
            wish,
            runtime.connections,
            show=telling(runtime),
            agreed=None if yes else asking,
            begin=begin(runtime),
        )
    return Exit.DONE
