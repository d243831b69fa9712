"""`--ci` and `--dotenv`: what a pipeline is told of a command, beside its exit code."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from migrate.cli.files import destination
from migrate.cli.job import DOTENV, Ci
from migrate.cli.runtime import Runtime

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


def _ci(context: click.Context, option: click.Parameter, value: str) -> None:
    runtime = context.find_object(Runtime)
    if runtime is not None and not context.resilient_parsing:
        _tell(runtime, context, value)


def _tell(runtime: Runtime, context: click.Context, value: str) -> None:
    runtime.job.command = context.info_name or ""
    runtime.job.ci = Ci.here() if value == "auto" else Ci(value)
    runtime.voice.read_along = runtime.job.ci is Ci.GITHUB


def _dotenv(context: click.Context, option: click.Parameter, value: str | None) -> None:
    runtime = context.find_object(Runtime)
    if runtime is not None and not context.resilient_parsing:
        runtime.job.dotenv = destination(value, "--dotenv")
