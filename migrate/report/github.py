"""What GitHub Actions reads in a job's output and files, as text: annotations, outputs, summaries.

The runner takes a line that begins with `::name` for a command, and `##[name]` anywhere in a line;
so names from an account must not come to stand there. Azure Pipelines and TeamCity read `##vso[…]`
and `##teamcity[…]` in the same way. (docs.github.com, Workflow commands for GitHub Actions.)
"""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from migrate.report.escape import inert

SUMMARY_LIMIT = 1024 * 1024
"""Bytes that the summary of a step may have; a longer one is not shown at all."""

MOST = 10
"""Annotations of one level that are shown of a step; what comes after is dropped in silence."""

_LONGEST = 4000
_IN_A_LINE = re.compile(r"##(?=\w*\[)")
_AT_ITS_START = re.compile(r"(^|[\r\n])([^\S\r\n]*)::")


def unheeded(text: str) -> str:
    """The text so that no runner takes any of it for a command; as JSON it means the same."""
    if "##" in text:
        text = _IN_A_LINE.sub(r"#\\u0023", text)
    return _AT_ITS_START.sub(r"\1\2:\\u003a", text) if "::" in text else text


def annotation(
    level: str, message: str, *, title: str = "", file: str = "", line: int | None = None
) -> str:
    """The command that shows a message beside the job, and beside the line of a file.

    `level` is error, warning or notice. What messages hold stays data, whatever it spells.
    """
    said = {"file": file, "line": str(line) if line and file else "", "title": title}
    properties = ",".join(f"{name}={_property(value)}" for name, value in said.items() if value)
    return f"::{level}{' ' if properties else ''}{properties}::{_data(message)}"


class Note(NamedTuple):
    """What an annotation is to say, and beside which line of which file."""

    title: str
    message: str
    file: str = ""
    line: int | None = None


def annotations(level: str, notes: Sequence[Note]) -> list[str]:
    """Those of one level; the last one says how many are left out."""
    if len(notes) > MOST:
        more = len(notes) - MOST + 1
        notes = [*notes[: MOST - 1], Note("role-migrate", f"and {more} more: see the log")]
    return [
        annotation(level, each.message, title=each.title, file=each.file, line=each.line)
        for each in notes
    ]


def outputs(facts: Mapping[str, str], mark: str) -> str:
    """Lines for $GITHUB_OUTPUT. `mark` is a random text, by which each value ends.

    Raises ValueError where a value holds it: it could make up an output of its own.
    """
    if any(mark in value for value in facts.values()):
        raise ValueError("a value holds the mark that is to end it")
    lines = (f"{name}<<{mark}\n{value}\n{mark}\n" for name, value in facts.items())
    return "\n" + "".join(lines)  # what was there before may lack the end of its last line


def fitting(page: str, room: int) -> str:
    """A page of Markdown in at most `room` bytes: whole, or without its folded parts, or cut.

    "" where not even a note has room.
    """
    if len(page.encode()) <= room:
        return page
    note = "\nShortened: the log, and the store, have all of it.\n"
    room -= len(note.encode())
    if room < 0:
        return ""
    head = page.partition("\n<details>")[0] + "\n"
    if len(head.encode()) > room:
        cut = head.encode()[:room].decode(errors="ignore")
        head = cut[: cut.rfind("\n") + 1]
    return head + note


def fitting_all(pages: Sequence[str], room: int) -> str:
    """Pages in at most `room` bytes; where not all have room the last comes first."""
    whole = "\n".join(pages)
    if len(pages) < 2 or len(whole.encode()) <= room:
        return fitting(whole, room)
    last = fitting(pages[-1], room)
    before = fitting_all(pages[:-1], room - len(last.encode()) - 1)
    return f"{before}\n{last}" if before else last


def _data(text: str) -> str:
    whole = "\n".join(inert(line) for line in text.splitlines())
    if len(whole) > _LONGEST:
        whole = f"{whole[:_LONGEST]} …"
    return whole.replace("%", "%25").replace("\n", "%0A")


def _property(text: str) -> str:
    safe = inert(text).replace("%", "%25")
    return safe.replace(":", "%3A").replace(",", "%2C")
