"""`plan`: show what would change."""

from pathlib import Path

import click
from click.core import ParameterSource

from migrate.cli import fleet_options, options
from migrate.cli.ci import ci
from migrate.cli.files import destination, make_folder
from migrate.cli.formats import PLAN_FORMATS
from migrate.cli.runtime import Runtime
from migrate.errors import Exit, MigrateError, UsageError
from migrate.model import Mode

_WITH_A_SOURCE = (
    *("assignments", "role", "exclude_role", "relearn", "source_env", "role_type", "folder"),
    *("prune_held", "allow_membership_gap", "accept_membership_risk"),
)
"""Parameters that mean nothing to an assignments file, which says itself all that is to change."""


@click.command(short_help="Show what would change; save it as a plan.")
@ci
@options.sides_or_file
@click.option(
    "--target-snapshot",
    metavar="last|file:PATH",
    help="Plan on a snapshot of the target, without its credentials.",
)
@options.planning
@click.option(
    "--refresh",
    metavar="PLAN",
    help="Make this plan again, and say whether it still does the same.",
)
@click.option(
    "--show-principals",
    is_flag=True,
    help="Name users and groups in md, junit, sarif and the CI job's annotations, too.",
)
@click.option("-o", "--out", metavar="FILE", help="Write the plan to a file, too.")
@click.option(
    "--write-import-files",
    "folder",
    metavar="DIR",
    help="Write the exact bytes that would be uploaded.",
)
@click.option(
    "--to-group", "group", metavar="G", help="Plan for all of a group; --out is a folder."
)
@click.option("--partial", is_flag=True, help="A set may leave out targets that can't be planned.")
@click.option(
    "--workers",
    type=click.IntRange(1, 256),
    help="Of a group: how many targets are planned for at a time.",
)
@click.option("--exit-code", is_flag=True, help="Exit with 10 where something would change.")
@options.plan_output
@click.pass_context
def plan(
    context: click.Context,
    source: str | None,
    assignments_file: str | None,
    target: str | None,
    source_env: str | None,
    role_type: str | None,
    target_snapshot: str | None,
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
    refresh: str | None,
    show_principals: bool,
    out: str | None,
    folder: str | None,
    group: str | None,
    partial: bool,
    workers: int | None,
    exit_code: bool,
    form: str,
    report: tuple[str, ...],
) -> int:
    """Compare source and target and save the plan; nothing is written to either.

    A plan that a guard refuses is saved and shown, too; the exit code is 4 then.

    \b
    Examples:
      role-migrate plan --from dev --to prod -o plan.json
      role-migrate plan --from dev --to prod --mode full --role "Ops*"
      role-migrate plan --from dir:roles/dev --to prod --target-snapshot last
      role-migrate plan --from qa --to-group production --out fleet
    """
    from migrate.cli.plans import (
        FOR_MANY,
        leave_of,
        load,
        make_plan,
        read_assignments,
        show,
        write_import_files,
        write_plan,
    )
    from migrate.cli.refreshing import asked_again, compared
    from migrate.model import Assignments
    from migrate.pipeline import checks
    from migrate.pipeline.planning import Wish
    from migrate.pipeline.sources import Hints, spelled
    from migrate.pipeline.ways import Way

    runtime: Runtime = context.obj
    old = load(refresh, runtime) if refresh is not None else None
    if old is None:
        _one_source(context)
    if group is None:
        fleet_options.only_for_fleets(partial=partial, workers=workers)
    forms = PLAN_FORMATS if group is None else fleet_options.FORMS
    reports = options.reports(report, forms)
    file = destination(out, "--out") if group is None else None
    if folder is not None:
        make_folder(Path(folder))
    if old is not None:
        way, wish = asked_again(context, old)
    elif assignments_file is not None:
        asked = read_assignments(assignments_file, runtime)
        way = Way(asked, spelled(target or ""), target_snapshot=target_snapshot)
        allow = options.allowed(allow, unseen_roles=allow_unseen_roles)
        wish = Wish.of_file(allow, reason, skip_unresolved=on_unresolved == "skip")
    else:
        hints = Hints(source_env, role_type)
        way = Way(spelled(source or ""), spelled(target or ""), hints, target_snapshot)
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
    if group is not None:
        from migrate.cli.fleet_planning import Asked, plan_group

        form = fleet_options.form_of(form)
        asked_for = Asked(out, workers, form, reports, partial, show_principals, exit_code)
        return plan_group(group, way, wish, runtime, asked_for)
    planned = make_plan(way, wish, runtime)
    runtime.job.shows(planned.plan, principals=show_principals)
    write_plan(planned.plan, file, reports, runtime, principals=show_principals)
    if folder is not None:
        write_import_files(planned, Path(folder), runtime)
    show(planned.plan, form, runtime, principals=show_principals or form not in FOR_MANY)
    if old is not None:
        runtime.voice.say(compared(old, planned.plan, runtime))
    try:
        checks.allowed(
            planned.plan.verdicts, planned.plan.target.environment, leave_of(planned.plan, runtime)
        )
    except MigrateError as refusal:
        runtime.voice.error(refusal)
        return refusal.exit_code
    return Exit.PENDING if exit_code and not planned.plan.empty else Exit.DONE


def _one_source(context: click.Context) -> None:
    """Raises UsageError where there is not just one of `--from` and `--assignments-file`, and
    where an option does not go with a file.
    """
    given = {
        option.name: option.opts[-1]
        for option in context.command.params
        if context.get_parameter_source(option.name or "") is not ParameterSource.DEFAULT
    }
    if ("target" in given) is ("group" in given):
        raise UsageError(
            "a plan has one target: --to T, or --to-group G",
            target="unchanged",
            remedy="Leave one of them out." if "group" in given else "Add --to, or --refresh PLAN.",
        )
    idle = [given[name] for name in ("folder",) if name in given]
    if "group" in given and idle:
        raise UsageError(
            f"{idle[0]} does not go with --to-group",
            target="unchanged",
            remedy="Leave it out, or plan for one target.",
        )
    if ("source" in given) is ("assignments_file" in given):
        raise UsageError(
            "a plan has one source: --from S, or --assignments-file F",
            target="unchanged",
            remedy="Leave one of them out." if "source" in given else "Add one of them.",
        )
    if "source" in given:
        return
    idle = [given[name] for name in _WITH_A_SOURCE if name in given]
    idle += ["--mode full"] if context.params["mode"] == Mode.FULL.value else []
    if idle:
        raise UsageError(
            f"{', '.join(idle)} does not go with --assignments-file, which changes no role and "
            "nothing but what its lines name",
            target="unchanged",
            remedy="Leave it out.",
        )
