"""Pages of a list, under either meaning of `offset` (kore.md D)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from migrate.sandbox.calls import Call
from migrate.sandbox.kore.calls import INVALID, Refused
from migrate.sandbox.kore.switches import Switches

Row = TypeVar("Row")

LARGEST_PAGE = 50
"""Of roles, groups and bots (kore.md D); of users, none is documented."""


@dataclass(frozen=True, slots=True)
class Window:
    """The part of a list that a page shows: the index of its first row, and its most rows."""

    start: int
    size: int


def window(call: Call, offset: str, switches: Switches, most: int | None = None) -> Window:
    """Where the page is that a call asks for. Raises Refused (412) for no such numbers.

    `offset` says what the parameter counts: a `page`, or a `record`. More rows than the largest
    page are not refused, they are just not given; `most` is that of a list whose largest page is
    documented.
    """
    largest = min(switches.largest_page, most or switches.largest_page)
    size = min(_number(call, "limit", switches.default_page, 1), largest)
    given = _number(call, "offset", 0, 0)
    start = given * size if offset == "page" else given
    if call.fault == "page_repeats":
        start = max(0, start - size)
    return Window(start, size)


def page(
    name: str, rows: Sequence[Row], part: Window, show: Callable[[Row], Any]
) -> dict[str, Any]:
    """A page as the platform answers with it: {total, availableMore, NAME: [rows]}."""
    return {
        "total": len(rows),
        "availableMore": part.start + part.size < len(rows),
        name: [show(row) for row in rows[part.start : part.start + part.size]],
    }


def _number(call: Call, name: str, usual: int, least: int) -> int:
    text = call.query.get(name)
    if text is None:
        return usual
    if not (text.isascii() and text.isdecimal() and len(text) < 10) or int(text) < least:
        raise Refused(412, INVALID, 412)
    return int(text)
