"""`promote`: plan and apply in one go."""

import click

from migrate.cli import options
from migrate.cli.runtime import Runtime
from migrate.errors import Exit


@click.command(short_help="Plan and apply in one go.")
@options.sides
@options.planning
@click.option("--dry-run", is_flag=True, help="Stop after the plan.")
@options.consent
@options.output
@click.pass_obj
def promote(
    runtime: Runtime,
    source: str,
    target: str,
    source_env: str | None,
    role_type: str | None,
    mode: str,
    role: tuple[str, ...],
    exclude_role: tuple[str, ...],
    allow: tuple[str, ...],
    reason: str,
    relearn: bool,
    assignments: str,
    on_unresolved: str,
    prune_held: bool,
    allow_membership_gap: bool,
    accept_membership_risk: bool,
    dry_run: bool,
    yes: bool,
    form: str,
    report: tuple[str, ...],
) -> int:
    """Show the plan, ask, and run it. With --yes nobody is asked.

    The plan goes to stderr and the report of the run to stdout; with --dry-run the plan is the
    answer.
    """
    from migrate.cli.plans import begin, reporting, show, traits_for, write_plan
    from migrate.model import Assignments, Mode
    from migrate.pipeline import checks, promotion
    from migrate.pipeline.planning import Wish
    from migrate.pipeline.sources import Hints, spelled
    from migrate.plan import Plan
    from migrate.report import plan_text

    reports = options.reports(report)
    way = promotion.Way(spelled(source), spelled(target), Hints(source_env, role_type))
    wish = Wish(
        Mode(mode),
        options.selection(role, exclude_role),
        options.allowed(allow, prune_held, allow_membership_gap, accept_membership_risk),
        reason,
        relearn,
        Assignments(assignments),
        on_unresolved == "skip",
    )
    if dry_run:
        planned = promotion.plan(way, wish, runtime.connections)
        write_plan(planned.plan, None, reports, runtime)
        show(planned.plan, form, runtime)
        checks.allowed(planned.plan.verdicts, planned.plan.target.environment)
        return Exit.DONE
    options.must_be_able_to_ask(yes)

    def tell(plan: Plan) -> None:
        everything = runtime.voice.verbose
        for line in plan_text.render(plan, traits_for(plan), everything=everything).splitlines():
            runtime.voice.say(line)

    def agreed(plan: Plan) -> bool:
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
