"""Options of commands that take a whole fleet, and what they are for a single target: nothing."""

from dataclasses import replace
from typing import Any, TypeVar

import click

from migrate.errors import UsageError
from migrate.fleet.waves import Terms

Function = TypeVar("Function", bound=Any)

FORMS = ("text", "json", "md")
"""What a fleet can be shown in."""


def working(function: Function) -> Function:
    """`--workers` and `--executor`."""
    for option in (
        click.option(
            "--executor",
            metavar="WHERE",
            help="Of a fleet: threads (the default), or dask:ADDRESS of a scheduler.",
        ),
        click.option(
            "--workers",
            type=click.IntRange(1, 256),
            help="Of a fleet: how many targets are worked on at a time.",
        ),
    ):
        function = option(function)
    return function


def marching(function: Function) -> Function:
    """`--canary`, `--wave`, `--max-failures`, and as `working`."""
    for option in (
        click.option(
            "--max-failures",
            type=click.IntRange(min=1),
            help="Of a fleet: begin no other target after so many that did not end well.",
        ),
        click.option(
            "--wave",
            type=click.IntRange(min=0),
            help="Of a fleet: how many make a wave after the canary; 0: all the rest.",
        ),
        click.option(
            "--canary",
            metavar="N|NAME",
            help="Of a fleet: how many go first, or which; all must end well.",
        ),
    ):
        function = option(function)
    return working(function)


def only_for_fleets(**given: object) -> None:
    """Raises UsageError where options of a fleet were given for one target."""
    named = [f"--{name.replace('_', '-')}" for name, value in given.items() if value]
    if named:
        raise UsageError(
            f"{', '.join(named)}: this is one target, and no fleet",
            target="unchanged",
            remedy="Leave it out, or name the folder of a set.",
        )


def form_of(form: str, forms: tuple[str, ...] = FORMS) -> str:
    """The format of the answer; raises UsageError for one that only a single target has."""
    if form not in forms:
        raise UsageError(
            f"--format {form}: a fleet is shown as {', '.join(forms)}",
            target="unchanged",
            remedy="Choose one of these; each target's plan and run has every format.",
        )
    return form


def terms(known: Terms, **given: Any) -> Terms:
    """The terms of the config, with what the command line says."""
    said = {name: value for name, value in given.items() if value is not None}
    canary = said.get("canary")
    if isinstance(canary, str) and canary.isdecimal():
        said["canary"] = int(canary)
    return replace(known, **said)
