"""`rollback`: take back what a run did."""

import click

from migrate.cli import fleet_options, options
from migrate.cli.ci import ci
from migrate.cli.files import destination
from migrate.cli.runtime import Runtime
from migrate.errors import NOT_BY_US, Exit, UsageError
from migrate.model import Mode


@click.command(short_help="Take back what a run did.")
@ci
@click.argument("run", metavar="RUN|DIR")
@click.option(
    "--mode",
    type=click.Choice([mode.value for mode in Mode]),
    default=Mode.FULL.value,
    show_default=True,
    help="full deletes roles that the run made; incremental leaves them, without its holders.",
)
@click.option("--empty-created", is_flag=True, help="Take roles that stay from everybody.")
@click.option(
    "--to-backup",
    is_flag=True,
    help="Go back to all that was there before the run, whoever changed it since.",
)
@options.overriding
@click.option("--dry-run", is_flag=True, help="Stop after the plan.")
@click.option("-o", "--out", metavar="FILE", help="With --dry-run: write the plan to a file.")
@fleet_options.working
@options.consent
@options.output
@click.pass_obj
def rollback(
    runtime: Runtime,
    run: str,
    mode: str,
    empty_created: bool,
    to_backup: bool,
    allow: tuple[str, ...],
    reason: str,
    dry_run: bool,
    out: str | None,
    workers: int | None,
    executor: str | None,
    yes: bool,
    form: str,
    report: tuple[str, ...],
) -> int:
    """Make a plan back to what RUN found, show it, ask, and run it. With --yes nobody is asked.

    Only what the run changed goes back, and only where it still is as the run left it. A run that
    was cut off is ended by it. The plan passes the guards as any other, and can be rolled back.
    DIR is a set: all of its runs are taken back, the last first; with --dry-run --out it makes the
    set of plans that does so.

    \b
    Examples:
      role-migrate rollback 20261126T012159Z-ceb680 --dry-run
      role-migrate rollback 20261126T012159Z-ceb680 --yes
      role-migrate rollback fleet --dry-run --out back
    """
    from migrate.cli.finding import find_run
    from migrate.cli.fleet_planning import Asked, plan_fleet_back
    from migrate.cli.fleet_running import go_back_or_on
    from migrate.cli.fleets import is_fleet
    from migrate.cli.promoting import answer_plan, asking, telling
    from migrate.cli.reporting import begin, reporting
    from migrate.pipeline.locking import untouched
    from migrate.pipeline.rolling_back import Back, plan_back, roll_back

    reports, file = options.reports(report), None if is_fleet(run) else destination(out, "--out")
    _check(mode, out, empty_created=empty_created, to_backup=to_backup, dry_run=dry_run)
    if is_fleet(run) and dry_run:
        taken = Back(Mode(mode), empty_created, to_backup, allow, reason)
        forms = options.reports(report, fleet_options.FORMS)
        return plan_fleet_back(
            run, taken, runtime, Asked(out, workers, fleet_options.form_of(form), forms)
        )
    if not dry_run:
        options.must_be_able_to_ask(yes)
    back = Back(Mode(mode), empty_created, to_backup, allow, reason)
    if is_fleet(run):
        return go_back_or_on(
            "rollback",
            run,
            runtime,
            back=back,
            yes=yes,
            form=fleet_options.form_of(form),
            reports=options.reports(report, fleet_options.FORMS),
            executor=executor,
            workers=workers,
        )
    fleet_options.only_for_fleets(workers=workers, executor=executor)
    with untouched(NOT_BY_US):
        environment = find_run(runtime, run)
    if dry_run:
        planned = plan_back(run, back, environment, runtime.connections)
        return answer_plan(planned.plan, runtime, form, reports, file)
    with reporting(runtime, form, reports):
        roll_back(
            run,
            back,
            environment,
            runtime.connections,
            show=telling(runtime),
            agreed=None if yes else asking,
            begin=begin(runtime),
        )
    return Exit.DONE


def _check(
    mode: str, out: str | None, *, empty_created: bool, to_backup: bool, dry_run: bool
) -> None:
    """Raises UsageError for options that do not go together."""
    less = "--mode incremental" if mode == Mode.INCREMENTAL.value else "--empty-created"
    if to_backup and (mode == Mode.INCREMENTAL.value or empty_created):
        raise UsageError(
            f"--to-backup goes back to all that was there, and deletes roles that the run made: "
            f"{less} does not go with it",
            target=NOT_BY_US,
            remedy="Leave one of them out.",
        )
    if out is not None and not dry_run:
        raise UsageError(
            "--out writes the plan of a --dry-run to a file",
            target=NOT_BY_US,
            remedy="Add --dry-run, or leave --out out: the plan is kept in the store anyway.",
        )
