"""Text from an account made safe in Markdown: no markup, no link, no mention, no table cell."""

import re

from migrate.report.escape import inert

_PLAIN = frozenset(" -.,/")


def text(value: str) -> str:
    """The text; what Markdown or HTML could read otherwise is written as character references."""
    return "".join(
        character
        if character.isalnum() or character in _PLAIN or not character.isascii()
        else f"&#{ord(character)};"
        for character in inert(value)
    )


def fenced(page: str) -> str:
    """A page of plain text as it is, in a block of code that nothing in it can end."""
    fence = "`" * max(3, max((len(run) for run in re.findall("`+", page)), default=0) + 1)
    return f"{fence}text\n{page}{fence}\n"


def code(value: str) -> str:
    """A name in the typeface of code; nobody is mentioned by it."""
    return f"<code>{text(value)}</code>"
