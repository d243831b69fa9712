"""`init`: write a first config."""

import os
import sys
import tempfile
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

import click

from migrate.cli.files import answer, write
from migrate.cli.runtime import Runtime
from migrate.errors import Exit, InvalidInput, UsageError
from migrate.report.escape import inert

if TYPE_CHECKING:
    from migrate.config.sketch import Wanted

_URLS = {"kore": "https://bots.kore.ai", "faircom": None}
_STORE = ".role-migrate"


@click.command(short_help="Write a first config, with comments.")
@click.option(
    "--platform",
    type=click.Choice(sorted(_URLS, reverse=True)),
    help="What the environments are on; kore where nobody can be asked.",
)
@click.option(
    "--env",
    "environments",
    multiple=True,
    metavar="NAME=URL",
    help="An environment, in the order of promotion. Repeatable.",
)
@click.option(
    "--login",
    "logins",
    multiple=True,
    metavar="NAME=ID",
    help="The client id of an environment's admin app, or a user name. Repeatable.",
)
@click.option(
    "--store", metavar="URL|DIR", help="Where all is kept: s3://BUCKET/PREFIX, or a folder."
)
@click.option("--force", is_flag=True, help="Overwrite the config that is there.")
@click.pass_obj
def init(
    runtime: Runtime,
    platform: str | None,
    environments: tuple[str, ...],
    logins: tuple[str, ...],
    store: str | None,
    force: bool,
) -> int:
    """Write a config for your environments, and check it. Asks on a terminal for what is missing.

    No secret goes into it, nor is one asked for: it names the variables that they are in.

    \b
    Examples:
      role-migrate init
      role-migrate init --env dev=https://bots.kore.ai --env prod=https://bots.kore.ai \\
        --login dev=cs-1111 --login prod=cs-2222 --store s3://acme-role-migrate/store
    """
    from migrate.config.sketch import LOGINS, sketch, variables_of

    path, source = runtime.config_place
    if os.path.lexists(path) and not force:
        raise UsageError(
            "there is a config already",
            where=str(path),
            remedy="Edit it, name another file with --config before init, or add --force.",
        )
    asks = sys.stdin is not None and sys.stdin.isatty()
    given, known = _pairs(environments, "--env"), _pairs(logins, "--login")
    if platform is None and asks:
        platform = click.prompt(
            "Platform", type=click.Choice(list(_URLS)), default="kore", err=True
        )
    platform = platform or "kore"
    wanted = _wanted(platform, given, known, asks=asks)
    if store is None and asks:
        store = click.prompt("Store (s3://BUCKET/PREFIX or a folder)", default=_STORE, err=True)
    text = sketch(platform, wanted, store or _STORE)
    _check(text, path)
    write(path, text.encode())
    command = (
        "role-migrate" if source != "--config" else f"role-migrate --config {quote(str(path))}"
    )
    lines = [f"{path}: {', '.join(each.name for each in wanted)}, on {platform}"]
    missing = [each.name for each in wanted if not each.login]
    if missing:
        lines.append(f"next: fill in {LOGINS[platform].name} of {', '.join(missing)}")
    variables = [each for each in variables_of(platform, wanted).values() if each not in os.environ]
    if variables:
        lines.append(f"next: set {', '.join(variables)}, or name other places of the secrets")
    lines.append(f"next: {command} doctor")
    answer("\n".join(map(inert, lines)) + "\n")
    return Exit.DONE


def _pairs(given: tuple[str, ...], option: str) -> dict[str, str]:
    """NAME=VALUE by name; a value that is left out is ""."""
    pairs: dict[str, str] = {}
    for text in given:
        name, _, value = text.partition("=")
        if not name or name in pairs:
            raise UsageError(
                f"{option} {text}: {'this name is given twice' if name else 'there is no name'}",
                remedy=f"Write {option} NAME=…, once for each environment.",
            )
        pairs[name] = value
    return pairs


def _wanted(
    platform: str, given: dict[str, str], logins: dict[str, str], *, asks: bool
) -> "tuple[Wanted, ...]":
    """The environments, each with its URL and login, asked for where they are missing."""
    from migrate.config.sketch import LOGINS, Wanted

    if not given and asks:
        names = click.prompt(
            "Environments, in the order of promotion", default="dev prod", err=True
        )
        given = dict.fromkeys(names.replace(",", " ").split(), "")
    unknown = sorted(logins.keys() - given.keys())
    if unknown:
        raise UsageError(
            f"--login {unknown[0]}: there is no such environment",
            remedy=f"Add --env {unknown[0]}=URL, or correct the name.",
        )
    found = []
    for name, url in given.items():
        if not url and asks:
            url = click.prompt(f"URL of {name}", default=_URLS[platform], err=True)
        login = logins.get(name, "")
        if not login and asks:
            what = f"{LOGINS[platform].name} of {name} (leave it empty to fill it in later)"
            login = click.prompt(what, default="", show_default=False, err=True)
        found.append(Wanted(name, url, login))
    bare = next((each.name for each in found if not each.url), "NAME")
    if not found or bare != "NAME":
        raise UsageError(
            f"--env {bare} has no URL" if found else "no environment is named",
            remedy=f"Write --env {bare}=https://HOST, or run it on a terminal, where it asks.",
        )
    return tuple(found)


def _check(text: str, path: Path) -> None:
    """Read the text as commands will read the config. Raises InvalidInput with every fault."""
    from migrate.config import load

    with tempfile.TemporaryDirectory() as folder:
        sketched = Path(folder) / path.name
        sketched.write_text(text, encoding="utf-8", errors="surrogateescape")
        try:
            load(sketched, {})
        except InvalidInput as error:
            raise InvalidInput(
                "this would be no sound config, and was not written",
                where=str(path),
                remedy="Correct what --env, --login or --store say.",
                faults=error.faults,
            ) from None
