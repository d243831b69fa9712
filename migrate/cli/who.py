"""`who`: who holds a permission, or held it at a time."""

import click

from migrate.cli.dates import moment
from migrate.cli.files import answer
from migrate.cli.runtime import Runtime
from migrate.errors import Exit, UsageError


@click.command(short_help="Show who holds a permission, or held it at a time.")
@click.option("--permission", required=True, metavar="NAME", help="Its name, or its label.")
@click.option("--env", "name", required=True, metavar="E", help="The environment.")
@click.option("--at", metavar="DATE", help="A date (its end, in UTC) or a time; else now.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "csv"]),
    default="text",
    show_default=True,
    help="The answer on stdout.",
)
@click.pass_obj
def who(runtime: Runtime, permission: str, name: str, at: str | None, form: str) -> int:
    """Show who holds a permission, and in which way, by the captures in the store.

    Nothing is read but the store: role-migrate snapshot --env E captures what is so now.

    \b
    Examples:
      role-migrate who --permission "Single Sign On" --env prod
      role-migrate who --permission "Single Sign On" --env prod --at 2026-01-31
    """
    from migrate.canonical import dumps_pretty
    from migrate.connect import traits_of
    from migrate.pipeline.looking_back import to_value, who_held
    from migrate.report import who_text

    environment, now = runtime.config.environment(name), runtime.tools.now()
    asked = now if at is None else moment(at, "--at", end_of_day=True)
    if at is not None and moment(at, "--at") > now:
        raise UsageError(f"--at {at} has not come yet", remedy="Name a time that has passed.")
    found = to_value(who_held(permission, environment, runtime.connections, min(asked, now)))
    if form == "json":
        answer(dumps_pretty(found))
    else:
        traits = traits_of(environment)
        answer(who_text.to_csv(found) if form == "csv" else who_text.render(found, traits))
    return Exit.DONE
