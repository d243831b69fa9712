"""`promote`: plan and apply in one go."""

import click

from migrate.cli import options
from migrate.cli.ci import ci
from migrate.cli.runtime import Runtime


@click.command(short_help="Plan and apply in one go.")
@ci
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
    allow_unseen_roles: bool,
    prune_held: bool,
    allow_membership_gap: bool,
    accept_membership_risk: bool,
    without_profile: bool,
    dry_run: bool,
    yes: bool,
    form: str,
    report: tuple[str, ...],
) -> int:
    """Show the plan, ask, and run it. With --yes nobody is asked.

    The plan goes to stderr and the report of the run to stdout; with --dry-run the plan is the
    answer.

    \b
    Examples:
      role-migrate promote --from dev --to prod
      role-migrate promote --from dev --to prod --role "Ops*" --dry-run
      role-migrate promote --from qa --to prod --assignments merge --yes
    """
    from migrate.cli.promoting import carry_out, show_plan
    from migrate.model import Assignments, Mode
    from migrate.pipeline.planning import Wish
    from migrate.pipeline.sources import Hints, spelled
    from migrate.pipeline.ways import Way

    reports = options.reports(report)
    way = Way(spelled(source), spelled(target), Hints(source_env, role_type))
    wish = Wish(
        Mode(mode),
        options.selection(role, exclude_role),
        options.allowed(
            allow,
            held_roles=prune_held,
            membership_gap=allow_membership_gap,
            membership_unread=accept_membership_risk,
            no_profile=without_profile,
            unseen_roles=allow_unseen_roles,
        ),
        reason,
        relearn,
        Assignments(assignments),
        on_unresolved == "skip",
    )
    if dry_run:
        return show_plan(way, wish, runtime, form, reports)
    options.must_be_able_to_ask(yes)
    return carry_out(way, wish, runtime, form, reports, yes=yes)
