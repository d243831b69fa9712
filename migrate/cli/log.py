"""`log`: every change that runs made, with who planned, approved and applied it."""

from typing import TYPE_CHECKING

import click

from migrate.cli.dates import moment
from migrate.cli.files import answer
from migrate.cli.finding import archives
from migrate.cli.runtime import Runtime
from migrate.errors import Exit, UsageError

if TYPE_CHECKING:
    from migrate.archive import Archive
    from migrate.config import Environment
    from migrate.history import Entry
    from migrate.logbook import Wanted
    from migrate.traits import Traits


@click.command(short_help="Show every change, and who agreed to it.")
@click.option("--env", "name", metavar="E", help="Only this environment.")
@click.option("--role", multiple=True, metavar="GLOB", help="Only changes of these roles.")
@click.option("--user", multiple=True, metavar="NAME", help="Only of these users, or groups.")
@click.option("--permission", multiple=True, metavar="NAME", help="Only of these permissions.")
@click.option("--since", metavar="DATE", help="Only runs that ended since then (UTC).")
@click.option("--check", is_flag=True, help="Only check that every entry is there and unaltered.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "csv"]),
    default="text",
    show_default=True,
    help="The answer on stdout.",
)
@click.pass_obj
def log(
    runtime: Runtime,
    name: str | None,
    role: tuple[str, ...],
    user: tuple[str, ...],
    permission: tuple[str, ...],
    since: str | None,
    check: bool,
    form: str,
) -> int:
    """Show what runs changed in the environments of the config, newest first.

    Each entry is checked to follow from the one before it; an approver is proven by a signature,
    or claimed. Changes outside of our runs are not in here: role-migrate who shows them.

    \b
    Examples:
      role-migrate log --env prod --since 2026-01-01
      role-migrate log --user noa.levi@example.com --format csv > changes.csv
      role-migrate log --check
    """
    from migrate import history
    from migrate.canonical import dumps_pretty
    from migrate.connect import traits_of
    from migrate.logbook import narrowed
    from migrate.report import log_text
    from migrate.tools import stamp

    if check and (since is not None or role or user or permission):
        raise UsageError(
            "--check looks at every entry: no other choice goes with it but --env",
            remedy="Leave the other options out.",
        )
    from_then = "" if since is None else stamp(moment(since, "--since"))
    places = _places(runtime, name)
    histories = {place.name: history.read(shelf.store, from_then) for place, shelf in places}
    traits = {place.name: traits_of(place) for place, _ in places}
    names = _permissions(permission, histories, traits) if permission else {}
    lines = [
        log_text.Line(place, entry.number, entry.digest, kept)
        for place, entries in histories.items()
        for wanted in [_wanted(role, user, names.get(place, ()), traits[place])]
        for entry in reversed(entries)
        if (kept := None if check else narrowed(entry.ended, wanted)) is not None
    ]
    counts = {place: len(entries) for place, entries in histories.items()}
    if form == "json":
        answer(dumps_pretty(log_text.to_value(lines, counts)))
    elif check:
        answer("".join(f"{each}: {count} entries, all sound\n" for each, count in counts.items()))
    elif form == "csv":
        answer(log_text.to_csv(lines))
    else:
        answer(log_text.render(lines, traits, everything=runtime.voice.verbose))
    return Exit.DONE


def _places(runtime: Runtime, name: str | None) -> "list[tuple[Environment, Archive]]":
    if name is None:
        return archives(runtime)
    environment = runtime.config.environment(name)
    return [(environment, runtime.connections.archive(environment))]


def _wanted(
    role: tuple[str, ...], user: tuple[str, ...], permissions: tuple[str, ...], traits: "Traits"
) -> "Wanted":
    from migrate.logbook import Wanted

    principals = {(kind, traits.fold(kind, each)) for each in user for kind in ("user", "group")}
    return Wanted(role, frozenset(principals), permissions)


def _permissions(
    asked: tuple[str, ...],
    histories: "dict[str, tuple[Entry, ...]]",
    traits: "dict[str, Traits]",
) -> dict[str, tuple[str, ...]]:
    """The permissions that are asked for by their names on the wire, in each environment.

    One that no platform and no history knows is refused: it would seem never to have changed.
    """
    from migrate.holders import documented, named
    from migrate.logbook import permissions_of

    known = {name for each in traits.values() for name in documented(each)}
    known.update(
        name for row in histories.values() for each in row for name in permissions_of(each.ended)
    )
    return {
        place: tuple(named(each, known, own.labels) for each in asked)
        for place, own in traits.items()
    }
