"""`plan`: show what would change."""

from pathlib import Path

import click

from migrate.cli import options
from migrate.cli.files import destination
from migrate.cli.runtime import Runtime
from migrate.errors import Exit, MigrateError


@click.command(short_help="Show what would change; save it as a plan.")
@options.sides
@click.option(
    "--target-snapshot",
    metavar="last|file:PATH",
    help="Plan on a snapshot of the target, without its credentials.",
)
@options.planning
@click.option("-o", "--out", metavar="FILE", help="Write the plan to a file, too.")
@click.option(
    "--write-import-files",
    "folder",
    metavar="DIR",
    help="Write the exact bytes that would be uploaded.",
)
@click.option("--exit-code", is_flag=True, help="Exit with 10 where something would change.")
@options.output
@click.pass_obj
def plan(
    runtime: Runtime,
    source: str,
    target: str,
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
    prune_held: bool,
    allow_membership_gap: bool,
    accept_membership_risk: bool,
    out: str | None,
    folder: str | None,
    exit_code: bool,
    form: str,
    report: tuple[str, ...],
) -> int:
    """Compare source and target and save the plan; nothing is written to either.

    A plan that a guard refuses is saved and shown, too; the exit code is 4 then.
    """
    from migrate.cli.plans import show, write_import_files, write_plan
    from migrate.model import Assignments, Mode
    from migrate.pipeline import checks, promotion
    from migrate.pipeline.planning import Wish
    from migrate.pipeline.sources import Hints, spelled

    reports, file = options.reports(report), destination(out, "--out")
    way = promotion.Way(
        spelled(source), spelled(target), Hints(source_env, role_type), target_snapshot
    )
    wish = Wish(
        Mode(mode),
        options.selection(role, exclude_role),
        options.allowed(allow, prune_held, allow_membership_gap, accept_membership_risk),
        reason,
        relearn,
        Assignments(assignments),
        on_unresolved == "skip",
    )
    planned = promotion.plan(way, wish, runtime.connections)
    write_plan(planned.plan, file, reports, runtime)
    if folder:
        write_import_files(planned, Path(folder), runtime)
    show(planned.plan, form, runtime)
    try:
        checks.allowed(planned.plan.verdicts, planned.plan.target.environment)
    except MigrateError as refusal:
        runtime.voice.error(refusal)
        return refusal.exit_code
    return Exit.PENDING if exit_code and not planned.plan.empty else Exit.DONE
