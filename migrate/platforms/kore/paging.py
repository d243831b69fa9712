"""Whole listings from pages, under either meaning of `offset` (kore.md D).

The vendor documents `offset` as a page's number in one place and as a record's in another, so the
answers decide: a page at offset 1 that starts with the second row counts records. A short read is
an error: whatever does not add up to the total that the platform names is refused.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from migrate.errors import PlatformFailed
from migrate.wording import quoted, shape_words, value_words

Row = Mapping[str, Any]

Fetch = Callable[[int, int], Any]
"""Asks for one page by offset and limit; answers `{total, availableMore, NAME: [rows]}`."""


class Meaning(StrEnum):
    """What `offset` counts."""

    PAGE = "page"
    RECORD = "record"


@dataclass(frozen=True, slots=True)
class Listing:
    """Every row, each once, in the platform's order; `meaning` is None where one page held all."""

    rows: tuple[Row, ...]
    meaning: Meaning | None


@dataclass(frozen=True, slots=True)
class Request:
    """What is listed: the key of the rows in an answer, the limit to ask for, and the names of
    the call and of the environment for messages."""

    rows: str
    limit: int
    what: str
    where: str


def read_all(
    fetch: Fetch, id_of: Callable[[Row], str], request: Request, hint: Meaning | None = None
) -> Listing:
    """Every row of a listing, in one call per page, whatever size the server makes its pages.

    `id_of` gives what no two rows share, "" where a row has none. `hint` is the meaning found
    earlier: it saves the call that finds it out, and costs two where it does not hold any more.
    A total that moves restarts the listing, once. Raises PlatformFailed for a total that moves
    again, a page without new rows, one that repeats rows, and whatever does not fit the total.
    """
    moved = False
    while True:
        try:
            return _Capture(fetch, id_of, request).run(hint)
        except _Moved as fault:
            if moved:
                raise _failed(f"{fault}, and so it did a moment before", request) from None
            moved = True
        except _Unsound as fault:
            if hint is not Meaning.RECORD:
                raise _failed(str(fault), request) from None
            hint = None


def read_first(fetch: Fetch, id_of: Callable[[Row], str], request: Request) -> tuple[Row, ...]:
    """The rows of the first page alone, in one call, for what any row shows.

    Raises PlatformFailed for a page that is not as documented, or empty though there are rows.
    """
    capture = _Capture(fetch, id_of, request)
    try:
        return tuple(capture.first().rows.values())
    except _Unsound as fault:
        raise _failed(str(fault), request) from None


class _Unsound(Exception):
    """What does not add up, in words."""


class _Moved(Exception):
    """The total changed between two pages."""


@dataclass(frozen=True, slots=True)
class _Page:
    rows: dict[str, Row]
    more: bool


class _Capture:
    """One go at reading a listing from its start."""

    def __init__(self, fetch: Fetch, id_of: Callable[[Row], str], request: Request) -> None:
        self._fetch = fetch
        self._id_of = id_of
        self._request = request
        self._seen: dict[str, Row] = {}
        self._total: int | None = None

    def run(self, hint: Meaning | None) -> Listing:
        page = first = self._page(0)
        self._add(first.rows)
        meaning: Meaning | None = hint if hint is Meaning.RECORD else None
        number = 0
        while self._goes_on(page):
            number += 1
            if meaning is None:
                page = self._page(1)
                meaning = self._meaning(list(first.rows), list(page.rows))
                known = len(first.rows) - 1 if meaning is Meaning.RECORD else 0
                self._add(dict(list(page.rows.items())[known:]))
                continue
            page = self._page(number if meaning is Meaning.PAGE else len(self._seen))
            self._add(page.rows)
        # With one row to a page both meanings ask for the same: nothing was found out.
        found = meaning if number and len(first.rows) > 1 else hint
        return Listing(tuple(self._seen.values()), found)

    def first(self) -> _Page:
        """The first page; more need not be asked for."""
        page = self._page(0)
        if not page.rows and self._total:
            raise _Unsound(f"the first page is empty, the total is {self._total}")
        return page

    def _page(self, offset: int) -> _Page:
        answer = self._fetch(offset, self._request.limit)
        name = self._request.rows
        if not isinstance(answer, dict):
            raise _Unsound(f"the answer is {shape_words(answer)}, not an object")
        total, more, rows = (answer.get(key) for key in ("total", "availableMore", name))
        if type(total) is not int or total < 0:
            raise _Unsound(f"total is {value_words(total)}, not a count")
        if not isinstance(more, bool):
            raise _Unsound(f"availableMore is {value_words(more)}, not true or false")
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise _Unsound(f"{name} is not a list of objects")
        if self._total is not None and total != self._total:
            raise _Moved(f"the total changed from {self._total} to {total} while it was read")
        self._total = total
        by_id = {self._id_of(row): row for row in rows}
        if "" in by_id:
            raise _Unsound(f"a row of {name} has nothing that tells it from the others")
        if len(by_id) != len(rows):
            raise _Unsound(f"a page of {name} holds a row twice")
        return _Page(by_id, more)

    def _goes_on(self, page: _Page) -> bool:
        """Whether another page must be asked for, if everything so far fits the total."""
        count = len(self._seen)
        if page.more and count >= (self._total or 0):
            raise _Unsound(f"more is said to follow after {count} rows, the total is {self._total}")
        if not page.more and count != self._total:
            raise _Unsound(f"the pages hold {count} rows in all, the total is {self._total}")
        if page.more and not page.rows:
            raise _Unsound(f"an empty page came after {count} of {self._total} rows")
        return page.more

    def _meaning(self, first: list[str], probe: list[str]) -> Meaning:
        """What `offset` counts, by the ids of the pages at offset 0 and 1."""
        if not set(first) & set(probe):
            return Meaning.PAGE
        if len(probe) >= len(first) and probe[: len(first) - 1] == first[1:]:
            return Meaning.RECORD
        raise _Unsound(f"the second page repeats rows of the first, {self._example(probe)}")

    def _add(self, rows: Mapping[str, Row]) -> None:
        repeated = [own for own in rows if own in self._seen]
        if repeated:
            raise _Unsound(f"a page repeats rows of earlier ones, {self._example(repeated)}")
        self._seen.update(rows)

    def _example(self, ids: list[str]) -> str:
        return f"{quoted(next(own for own in ids if own in self._seen))} for one"


def _failed(fault: str, request: Request) -> PlatformFailed:
    return PlatformFailed(
        f"{request.what}: the list did not come whole: {fault}",
        where=request.where,
        remedy="Nothing is planned on a short or odd read: run it again when nobody changes the "
        "account; if it stays so, compare with what the console shows.",
    )
