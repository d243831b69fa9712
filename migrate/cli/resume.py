"""`resume`: bring a run that was cut off to its end."""

import click

from migrate.cli import fleet_options, options
from migrate.cli.ci import ci
from migrate.cli.runtime import Runtime
from migrate.errors import NOT_BY_US, Exit


@click.command(short_help="Go on with a run that was cut off.")
@ci
@click.argument("run", metavar="RUN|DIR")
@fleet_options.working
@options.consent
@options.output
@click.pass_obj
def resume(
    runtime: Runtime,
    run: str,
    workers: int | None,
    executor: str | None,
    yes: bool,
    form: str,
    report: tuple[str, ...],
) -> int:
    """Go on with RUN from where it stopped, whoever began it on whatever machine.

    What it did is not done again; a call of unknown outcome is settled by reading the target
    back. A run that has ended has nothing left to do. DIR is a set: all of its runs that were cut
    off are gone on with.

    \b
    Examples:
      role-migrate resume 20261126T012159Z-ceb680
      role-migrate resume fleet
    """
    from migrate.cli.finding import find_run
    from migrate.cli.fleet_running import go_back_or_on
    from migrate.cli.fleets import is_fleet
    from migrate.cli.reporting import begin, reporting
    from migrate.pipeline.locking import untouched
    from migrate.pipeline.resuming import has_ended
    from migrate.pipeline.resuming import resume as go_on

    reports = options.reports(report)
    if is_fleet(run):
        options.must_be_able_to_ask(yes)
        return go_back_or_on(
            "resume",
            run,
            runtime,
            yes=yes,
            form=fleet_options.form_of(form),
            reports=options.reports(report, fleet_options.FORMS),
            executor=executor,
            workers=workers,
        )
    fleet_options.only_for_fleets(workers=workers, executor=executor)
    with untouched(NOT_BY_US):
        environment = find_run(runtime, run)
    if has_ended(run, environment, runtime.connections):
        return Exit.DONE
    options.must_be_able_to_ask(yes)
    if not yes and not options.confirm(f"Go on with run {run} on {environment.name}?"):
        runtime.voice.say("nothing was done")
        return Exit.INTERRUPTED
    with reporting(runtime, form, reports):
        go_on(run, environment, runtime.connections, begin(runtime))
    return Exit.DONE
