"""`--ci` and `--dotenv`: what a pipeline is told of a command, beside its exit code."""

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, TypeVar

import click

from migrate.cli.files import destination
from migrate.cli.job import DOTENV, Ci
from migrate.cli.runtime import Runtime
from migrate.errors import UsageError

Function = TypeVar("Function", bound=Callable[..., Any])


def ci(function: Function) -> Function:
    """`--ci` and `--dotenv`. Looked at first, so that wrong usage is told the pipeline, too."""
    for option in (
        click.option(
            "--dotenv",
            metavar="FILE",
            expose_value=False,
            is_eager=True,
            callback=_dotenv,
            help=f"Write plan, run and outcome as variables; GitLab has them in {DOTENV} anyway.",
        ),
        click.option(
            "--ci",
            type=click.Choice(["auto", *(each.value for each in Ci)]),
            default="auto",
            show_default=True,
            envvar="ROLE_MIGRATE_CI",
            expose_value=False,
            is_eager=True,
            callback=_ci,
            help="The CI system to tell in its own ways; auto looks which one this is.",
        ),
    ):
        function = option(function)
    return function


def overhear(runtime: Runtime, root: click.Group, arguments: Sequence[str] | None) -> None:
    """Take --ci and --dotenv from a command line that could not be parsed.

    Else the pipeline would be told nothing of it, and keep what an earlier command told.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    name = _command(words)
    command = root.get_command(click.Context(root), name)
    if runtime.job.command or command is None:
        return
    if not any(option.name == "ci" and option.is_eager for option in command.params):
        return
    _tell(runtime, name, _said(words, "--ci") or os.environ.get("ROLE_MIGRATE_CI", ""))
    with suppress(UsageError):
        runtime.job.dotenv = destination(_said(words, "--dotenv"), "--dotenv")


def _command(words: list[str]) -> str:
    before = ""
    for word in words:
        if not word.startswith("-") and before not in ("--config", "--log-format"):
            return word
        before = word
    return ""


def _said(words: list[str], option: str) -> str | None:
    """What the last of an option is given, as `--option value` or `--option=value`."""
    found = None
    for word, after in zip(words, [*words[1:], None], strict=True):
        if word == option and after is not None:
            found = after
        elif word.startswith(f"{option}="):
            found = word.partition("=")[2]
    return found


def _ci(context: click.Context, option: click.Parameter, value: str) -> None:
    runtime = context.find_object(Runtime)
    if runtime is not None and not context.resilient_parsing:
        _tell(runtime, context.info_name or "", value)


def _tell(runtime: Runtime, name: str, value: str) -> None:
    runtime.job.command = name
    runtime.job.ci = Ci(value) if value in list(Ci) else Ci.here()
    runtime.voice.read_along = runtime.job.ci is Ci.GITHUB


def _dotenv(context: click.Context, option: click.Parameter, value: str | None) -> None:
    runtime = context.find_object(Runtime)
    if runtime is not None and not context.resilient_parsing:
        if not runtime.job.command:  # --ci may come later, and not at all where this fails
            _tell(runtime, context.info_name or "", os.environ.get("ROLE_MIGRATE_CI", ""))
        runtime.job.dotenv = destination(value, "--dotenv")
