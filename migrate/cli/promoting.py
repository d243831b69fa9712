"""Plan and apply in one go, as `promote` and `assign` do it."""

from pathlib import Path
from typing import TYPE_CHECKING

from migrate.cli import options
from migrate.cli.plans import begin, reporting, show, traits_for, write_plan
from migrate.errors import Exit

if TYPE_CHECKING:
    from migrate.cli.runtime import Runtime
    from migrate.pipeline.planning import Wish
    from migrate.pipeline.ways import Way
    from migrate.plan import Plan

Reports = tuple[tuple[str, Path], ...]
"""Formats and files of `--report`."""


def show_plan(way: "Way", wish: "Wish", runtime: "Runtime", form: str, reports: Reports) -> int:
    """Stop after the plan, which is the answer. Raises GuardRefused once it is shown."""
    from migrate.pipeline import checks, promotion

    planned = promotion.plan(way, wish, runtime.connections)
    write_plan(planned.plan, None, reports, runtime)
    show(planned.plan, form, runtime)
    checks.allowed(planned.plan.verdicts, planned.plan.target.environment)
    return Exit.DONE


def carry_out(
    way: "Way", wish: "Wish", runtime: "Runtime", form: str, reports: Reports, *, yes: bool
) -> int:
    """Show the plan on stderr, ask unless `yes`, and run it; the answer is the run's report."""
    from migrate.pipeline import promotion
    from migrate.report import plan_text

    def tell(plan: "Plan") -> None:
        everything = runtime.voice.verbose
        for line in plan_text.render(plan, traits_for(plan), everything=everything).splitlines():
            runtime.voice.say(line)

    def agreed(plan: "Plan") -> bool:
        return options.confirm(f"Apply it to {plan.target.environment}?")

    with reporting(runtime, form, reports):
        promotion.promote(
            way,
            wish,
            runtime.connections,
            show=tell,
            agreed=None if yes else agreed,
            begin=begin(runtime),
        )
    return Exit.DONE
