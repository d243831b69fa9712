"""In which formats an answer comes, and where reports go."""

from pathlib import Path
from typing import Any

import click

from migrate.cli.files import destination
from migrate.errors import UsageError

PLAN_FORMATS = ("text", "json", "html", "md", "junit", "sarif")
ALSO = {"markdown": "md"}
"""Other names of formats."""


class Form(click.Choice[str]):
    """A format by one of its names."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name that the program uses."""
        return super().convert(ALSO.get(value, value), param, ctx)


def reports(
    given: tuple[str, ...], forms: tuple[str, ...] = ("json", "html", "md", "text")
) -> tuple[tuple[str, Path], ...]:
    """`--report` taken apart; raises UsageError for another format, or a folder that is not."""
    pairs = []
    for text in given:
        form, equals, path = text.partition("=")
        form = ALSO.get(form, form)
        if not equals or form not in forms or not path:
            raise UsageError(
                f"--report {text}: write FORMAT=FILE",
                remedy=f"The formats are {', '.join(forms)}.",
            )
        pairs.append((form, destination(path, f"--report {text}") or Path(path)))
    return tuple(pairs)


text_or_json = click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="The answer on stdout.",
)
"""`--format` of commands that only look."""
