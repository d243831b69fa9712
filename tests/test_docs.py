"""README.md and docs/: their commands run, print what they show, and name what there is."""

import inspect
import re
import shlex
from collections.abc import Iterator
from contextlib import nullcontext, suppress
from pathlib import Path

import click
import pytest

from migrate.cli import cli
from migrate.cli.commands import COMMANDS
from migrate.cli.runtime import Runtime
from migrate.cli.sandbox import SERVED, states_of
from migrate.sandbox import Sandbox
from tests.pages import ROOT, Session, blocks, codes, links, slugs

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


FLEET = [f"prod-{region}=prod" for region in ("eu", "us", "jp")]
"""What some pages have beside the environments of `sandbox serve`."""


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_a_page_tells_what_happens(path: Path, tmp_path: Path) -> None:
    session = Session(tmp_path)
    with Sandbox(states_of((*SERVED, *FLEET)), tmp_path, s3=False) as box:
        box.write_ready(session.ready)
        session.play(path)


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_links_lead_somewhere(path: Path) -> None:
    for link in links(path):
        name, _, anchor = link.partition("#")
        if name.startswith(("https://", "http://")):
            continue
        target = (path.parent / name).resolve() if name else path
        assert target.exists(), f"{named(path)}: there is no {link}"
        assert not anchor or anchor in slugs(target), f"{named(path)}: there is no {link}"


def test_every_page_is_in_the_index() -> None:
    listed = set(links(ROOT / "docs" / "README.md"))
    assert {path.name for path in PAGES[1:]} - {"README.md"} <= listed


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_what_a_page_names_is_there(path: Path) -> None:
    commands = dict(every_command())
    options = {option for command in commands.values() for option in options_of(command)}
    for code in mentioned(path):
        words = shlex.split(code, comments=True) if code.count("'") % 2 == 0 else code.split()
        if words[:1] == ["role-migrate"]:
            parses(words[1:])
        elif words and words[0] in COMMANDS and " --" in code:
            parses(words)
        elif code.startswith("--"):
            for word in code.replace("|", " ").split():
                if word.startswith("--"):
                    assert word.partition("=")[0] in options, f"{named(path)}: {code}"


def mentioned(path: Path) -> Iterator[str]:
    """What a page writes in backticks, and the lines of its shell blocks that run the command."""
    yield from codes(path)
    for block in blocks(path):
        if block.language in ("sh", "bash", "console"):
            text = re.sub(r"\$\((?!role-migrate)[^)]*\)", "X", block.text.replace("\\\n", " "))
            for line in text.splitlines():
                if found := re.search(r"(?:^|[;&(] *|\b\w+=\$\()(role-migrate [^;&|)>]*)", line):
                    yield found[1]


def every_command() -> Iterator[tuple[str, click.Command]]:
    """Every command by its path, groups included, the program's own first."""
    yield "role-migrate", cli
    yield from below(cli, "role-migrate")


def below(group: click.Group, path: str) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group, **cli.context_settings)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield f"{path} {name}", command
        if isinstance(command, click.Group):
            yield from below(command, f"{path} {name}")


def options_of(command: click.Command) -> list[str]:
    context = click.Context(command, **cli.context_settings)
    return [name for each in command.get_params(context) for name in each.opts]


def parses(words: list[str], wholly: bool = False) -> None:
    """Parse a command line, and run nothing.

    Raises click.UsageError for a command or an option that there is not; and `wholly` also for a
    value that is not taken, or one that is missing.
    """
    command: click.Command = cli
    context = click.Context(cli, info_name="role-migrate", obj=Runtime(), **cli.context_settings)
    while True:
        rest: list[str] = []
        with nullcontext() if wholly else suppress(click.BadOptionUsage):  # `plan --to-group`
            _, rest, _ = command.make_parser(context).parse_args(list(words))
        if not isinstance(command, click.Group):
            break
        if not rest:
            return
        name, found, left = command.resolve_command(context, rest)
        assert found is not None
        command, words = found, left
        context = click.Context(found, parent=context, info_name=name)
    if wholly:
        command.make_context(context.info_name, list(words), parent=context.parent)


@pytest.mark.parametrize("path", [path for path, _ in every_command()])
def test_help_teaches_by_example(path: str) -> None:
    command = dict(every_command())[path]
    assert command.help is not None
    head, found, examples = inspect.cleandoc(command.help).partition("\b\nExamples:\n")
    assert found, f"{path} --help has no examples"
    assert head.strip()
    lines = [line.strip() for line in examples.replace("\\\n", " ").splitlines()]
    shown = [line for line in lines if line.startswith(path)]
    assert shown, f"none of the examples of {path} is one"
    for line in lines:
        if run := re.search(r"role-migrate [^>|)]*", line):
            parses(shlex.split(run[0], comments=True)[1:], wholly=True)
