"""Options that several commands share, so that they mean and say the same everywhere."""

import sys
from collections.abc import Callable
from typing import Any, TypeVar

import click

from migrate.cli.formats import PLAN_FORMATS, Form
from migrate.cli.formats import reports as reports
from migrate.errors import UsageError
from migrate.model import Assignments, Mode, Selection

"""What a plan can be shown in; a run is shown in the first four."""

Function = TypeVar("Function", bound=Callable[..., Any])


def sides(function: Function) -> Function:
    """`--from` and `--to`, and what they need for bare exports."""
    return _sides(function, source_needed=True)


def sides_or_file(function: Function) -> Function:
    """As `sides`, with `--assignments-file` in place of `--from`."""
    function = click.option(
        "--assignments-file",
        metavar="F",
        help="The source: what this file (JSON, CSV, - for standard input) gives and takes.",
    )(function)
    return _sides(function, source_needed=False)


def _sides(function: Function, *, source_needed: bool) -> Function:
    for option in (
        click.option(
            "--role-type", metavar="TYPE", help="Role type of a bare export that is empty."
        ),
        click.option(
            "--source-env",
            metavar="NAME",
            help="Environment that a bare export in file: came from.",
        ),
        click.option(
            "--to",
            "target",
            required=source_needed,
            metavar="T",
            help="The target: an environment.",
        ),
        click.option(
            "--from",
            "source",
            required=source_needed,
            metavar="S",
            help="The source: an environment, file:PATH, dir:DIR, sha256:DIGEST or run:ID.",
        ),
    ):
        function = option(function)
    return function


def scope(function: Function) -> Function:
    """`--role` and `--exclude-role`."""
    for option in (
        click.option(
            "--exclude-role", multiple=True, metavar="GLOB", help="Leave these roles alone."
        ),
        click.option("--role", multiple=True, metavar="GLOB", help="Only these roles."),
    ):
        function = option(function)
    return function


def overriding(function: Function) -> Function:
    """`--allow` and `--reason`."""
    for option in (
        click.option(
            "--reason",
            default="",
            metavar="TEXT",
            callback=spelled_out,
            help="Why a guard is allowed.",
        ),
        click.option(
            "--allow",
            multiple=True,
            metavar="GUARD",
            help="Allow what a guard refuses; stays in the plan with its --reason.",
        ),
    ):
        function = option(function)
    return function


def unresolved(function: Function) -> Function:
    """`--on-unresolved`."""
    return click.option(
        "--on-unresolved",
        type=click.Choice(["error", "skip"]),
        default="error",
        show_default=True,
        help="What to do with assignments of names that the target does not have.",
    )(function)


def unseen(function: Function) -> Function:
    """`--allow-unseen-roles`."""
    return click.option(
        "--allow-unseen-roles",
        is_flag=True,
        help="Give roles that nobody in the target holds, one account first (allows unseen_roles).",
    )(function)


def planning(function: Function) -> Function:
    """What decides about a plan: mode, assignments, scope, overrides."""
    for option in (
        click.option(
            "--without-profile",
            is_flag=True,
            help="Full mode onto a protected target that no probe speaks for (allows no_profile).",
        ),
        click.option(
            "--accept-membership-risk",
            is_flag=True,
            help="Go on where it can't be read who holds roles (allows membership_unread).",
        ),
        click.option(
            "--allow-membership-gap",
            is_flag=True,
            help="Prune though an import drops members for a moment (allows membership_gap).",
        ),
        unseen,
        click.option(
            "--prune-held",
            is_flag=True,
            help="Delete roles also where somebody holds them (allows held_roles).",
        ),
        unresolved,
        click.option(
            "--assignments",
            type=click.Choice([mode.value for mode in Assignments]),
            default=Assignments.NONE.value,
            show_default=True,
            help="none leaves who holds what alone; merge adds; exact adds and removes.",
        ),
        click.option(
            "--relearn",
            is_flag=True,
            help="Plan as if nothing were known of what the target cannot do.",
        ),
        overriding,
        click.option(
            "--mode",
            type=click.Choice([mode.value for mode in Mode]),
            default=Mode.INCREMENTAL.value,
            show_default=True,
            help="incremental never deletes; full makes the target's custom roles the source's.",
        ),
    ):
        function = option(function)
    return scope(function)


def output(function: Function) -> Function:
    """`--format` for the answer on stdout, and `--report` beside it."""
    return _output(function, PLAN_FORMATS[:4])


def plan_output(function: Function) -> Function:
    """As `output`, in every format that a plan has."""
    return _output(function, PLAN_FORMATS)


def _output(function: Function, forms: tuple[str, ...]) -> Function:
    for option in (
        click.option(
            "--report",
            multiple=True,
            metavar="FORMAT=FILE",
            help="Also write a report, in a format of --format. Repeatable.",
        ),
        click.option(
            "--format",
            "form",
            type=Form(forms),
            default="text",
            show_default=True,
            help="The answer on stdout.",
        ),
    ):
        function = option(function)
    return function


def consent(function: Function) -> Function:
    """`--yes`."""
    return click.option("-y", "--yes", is_flag=True, help="Do not ask before writing.")(function)


def spelled_out(context: click.Context, option: click.Parameter, text: str) -> str:
    """A text that is kept in plans and journals: bytes that are no text must not get there."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise click.BadParameter("this is not valid text (UTF-8)", context, option) from None
    return text


def selection(role: tuple[str, ...], exclude_role: tuple[str, ...]) -> Selection:
    """The selection that the options make."""
    return Selection(role, exclude_role)


def allowed(allow: tuple[str, ...], **stand_for: bool) -> tuple[str, ...]:
    """The guards that `--allow` names, and those whose own options are given."""
    return (*allow, *(rule for rule, given in stand_for.items() if given))


def must_be_able_to_ask(yes: bool, what: str = "this writes to the target") -> None:
    """Raises UsageError where nobody said yes and nobody can be asked."""
    if not yes and not sys.stdin.isatty():
        raise UsageError(
            f"{what}, and there is no terminal to ask on",
            target="unchanged",
            remedy="Add --yes to say that it was reviewed.",
        )


def confirm(question: str) -> bool:
    """Ask on the terminal; no is the default."""
    return click.confirm(question, err=True)
