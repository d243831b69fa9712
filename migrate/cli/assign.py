"""`assign`: give and take roles as a file says."""

import click

from migrate.cli import options
from migrate.cli.ci import ci
from migrate.cli.runtime import Runtime
from migrate.errors import UsageError


@click.command(short_help="Give and take roles as a file says, in one go.")
@ci
@click.option(
    "-f",
    "--file",
    "path",
    required=True,
    metavar="FILE",
    help="Who is to hold which role, and who no longer: JSON or CSV; - is standard input.",
)
@click.option("--env", "name", required=True, metavar="E", help="The environment.")
@options.unresolved
@options.unseen
@options.overriding
@click.option("--dry-run", is_flag=True, help="Stop after the plan.")
@options.consent
@options.output
@click.pass_obj
def assign(
    runtime: Runtime,
    path: str,
    name: str,
    on_unresolved: str,
    allow_unseen_roles: bool,
    allow: tuple[str, ...],
    reason: str,
    dry_run: bool,
    yes: bool,
    form: str,
    report: tuple[str, ...],
) -> int:
    """Plan what FILE asks for, ask, and run it. With --yes nobody is asked.

    Whatever the file does not name stays as it is. The plan goes to stderr and the report of the
    run to stdout; with --dry-run the plan is the answer.

    \b
    Examples:
      role-migrate assign -f joiners.csv --env prod --dry-run
      role-migrate assign -f joiners.csv --env prod --yes
    """
    from migrate.cli.plans import read_assignments
    from migrate.cli.promoting import carry_out, show_plan
    from migrate.pipeline.planning import Wish
    from migrate.pipeline.sources import Spelled
    from migrate.pipeline.ways import Way

    reports = options.reports(report)
    if not dry_run:
        options.must_be_able_to_ask(yes)
        if path == "-" and not yes:
            raise UsageError(
                "standard input is the file, so nobody can be asked on it",
                target="unchanged",
                remedy="Add --yes or --dry-run, or name a file.",
            )
    file = read_assignments(path, runtime)
    way = Way(file, Spelled("environment", name))
    allow = options.allowed(allow, unseen_roles=allow_unseen_roles)
    wish = Wish.of_file(allow, reason, skip_unresolved=on_unresolved == "skip")
    if dry_run:
        return show_plan(way, wish, runtime, form, reports)
    return carry_out(way, wish, runtime, form, reports, yes=yes)
