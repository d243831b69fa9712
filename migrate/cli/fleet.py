"""`fleet`: how a set stands, and a set as jobs of a CI system."""

import click

from migrate.cli import fleet_options, options
from migrate.cli.files import answer
from migrate.cli.runtime import Runtime
from migrate.errors import NOT_BY_US, Exit, UsageError


@click.group(short_help="Show how a fleet stands; hand it to a CI system.")
def fleet() -> None:
    """Sets of plans for several targets, as plan --to-group makes them.

    \b
    Examples:
      role-migrate fleet status fleet
    """


@fleet.command(short_help="Show how each target of a set stands.")
@click.argument("folder", metavar="DIR")
@click.option(
    "--format",
    "form",
    type=click.Choice(fleet_options.FORMS),
    default="text",
    show_default=True,
    help="The answer on stdout.",
)
@click.option("--report", multiple=True, metavar="FORMAT=FILE", help="Also write it to a file.")
@click.pass_obj
def status(runtime: Runtime, folder: str, form: str, report: tuple[str, ...]) -> int:
    """Read the claims and journals of a set's targets, and say which are done.

    It needs the store alone. The exit code is the worst of what the targets' runs ended with.

    \b
    Examples:
      role-migrate fleet status fleet
      role-migrate fleet status fleet --report md=fleet.md
    """
    from migrate.cli.fleet_status import show_standing
    from migrate.pipeline.locking import untouched

    with untouched(NOT_BY_US):
        return show_standing(folder, runtime, form, options.reports(report, fleet_options.FORMS))


@fleet.command(short_help="Print a set or a group as jobs of a CI system.")
@click.argument("folder", metavar="[DIR]", required=False)
@click.option("--group", metavar="G", help="A group of the config, of which nothing is planned.")
@click.option(
    "--ci",
    type=click.Choice(["github", "gitlab"]),
    required=True,
    help="github: JSON for strategy.matrix; gitlab: the YAML of a child pipeline.",
)
@click.option(
    "--wave",
    type=click.IntRange(min=1),
    metavar="N",
    help="Only the jobs of this wave; the first is 1.",
)
@click.pass_obj
def matrix(
    runtime: Runtime, folder: str | None, group: str | None, ci: str, wave: int | None
) -> int:
    """Print a job for each target: its runs share nothing but the store.

    Of a set the jobs apply the plans, each in its wave; of a group they have the targets' names.
    All jobs of one matrix of GitHub Actions start together: where waves count, make one for each.

    \b
    Examples:
      role-migrate fleet matrix fleet --ci github --wave 1
      role-migrate fleet matrix --group production --ci gitlab
    """
    from migrate.cli.fleets import load_set
    from migrate.config.fleet_settings import group_of
    from migrate.fleet.matrix import Job, github, gitlab, of_wave
    from migrate.fleet.waves import cut

    if (folder is None) is (group is None):
        raise UsageError(
            "a matrix is of a set or of a group",
            target=NOT_BY_US,
            remedy="Name the folder of a set, or --group G.",
        )
    jobs = []
    if folder is not None:
        known = load_set(folder)
        for number, names in enumerate(known.waves, 1):
            for name in names:
                subject = known.member(name).subject
                jobs.append(Job(name, number, subject.plan, subject.plan_digest))
    else:
        everybody = tuple(each.name for each in group_of(runtime.config, group or ""))
        held = runtime.config.fleet
        waves = cut(everybody, held.canary, held.wave)
        jobs = [Job(name, number) for number, names in enumerate(waves, 1) for name in names]
    if wave is not None:
        jobs = of_wave(jobs, wave)
    answer((github if ci == "github" else gitlab)(jobs))
    return Exit.DONE
