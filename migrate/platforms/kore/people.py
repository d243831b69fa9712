"""Reads who is in an account and who holds what: alluserroles, groups, bots (kore.md D)."""

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextvars import copy_context
from dataclasses import dataclass, replace
from typing import Any

from migrate.causes import Cause
from migrate.errors import PlatformFailed
from migrate.platforms.base import Need, PeopleUnreadable
from migrate.platforms.kore.channel import BOTS, ReadChannel
from migrate.platforms.kore.paging import Listing, Meaning, Request, Row, read_all, read_first
from migrate.platforms.kore.rows import AccountRows, RowReader


class PeopleEncrypted(PeopleUnreadable):
    """Who is there, or holds what, comes encrypted: payload encryption is on (kore.md E)."""


@dataclass(frozen=True, slots=True)
class PeopleRead:
    """The rows, and by path what `offset` was found to count: hand it in the next time."""

    rows: AccountRows
    meanings: Mapping[str, Meaning]


@dataclass(frozen=True, slots=True)
class _Source:
    """One listing. `ids` are the fields of which the first that is there tells rows apart."""

    path: str
    request: Request
    ids: tuple[str, ...]
    kept: frozenset[str] | None = None


USERS_PER_PAGE = 500
"""Rows asked for in one call: no largest page is documented, and calls are dear (kore.md D, E)."""

USERS = "/api/public/alluserroles"
GROUPS = "/api/public/groups"

DOCUMENTED: Mapping[str, Meaning] = {USERS: Meaning.RECORD}
"""What `offset` counts by the vendor's words, where they are clear (kore.md D). A first guess."""


def read_people(
    channel: ReadChannel,
    need: Need,
    *,
    where: str,
    meanings: Mapping[str, Meaning] = DOCUMENTED,
) -> PeopleRead:
    """Every row of what is needed, one call per page, the listings side by side.

    `meanings` is what an earlier read returned. Raises PeopleEncrypted, and PlatformFailed for a
    list that is short or not as documented; where one listing fails the others are given up.
    """
    wanted = _sources(where) if need is Need.ALL else _sources(where)[:1]
    listings = _side_by_side(channel, wanted, meanings)
    found = {
        source.path: listing.meaning
        for source, listing in zip(wanted, listings, strict=True)
        if listing.meaning is not None
    }
    readers = [RowReader(source.request.what, where) for source in wanted]
    users = tuple(readers[0].user(row) for row in listings[0].rows)
    if need is Need.HOLDERS:
        return PeopleRead(AccountRows(users), found)
    groups = tuple(readers[1].group(row) for row in listings[1].rows)
    bots = tuple(readers[2].bot(row) for row in listings[2].rows)
    return PeopleRead(AccountRows(users, groups, bots), found)


def read_account(channel: ReadChannel, *, where: str) -> str:
    """The accountId of the account, in one call; "" where there is no user to show it.

    Users' rows are all that is documented to show it (kore.md D). Raises PeopleEncrypted, and
    PlatformFailed for an answer that is not as documented.
    """
    source = _sources(where)[0]
    request = replace(source.request, limit=1)
    try:
        rows = read_first(_fetch(channel, source, threading.Event()), _id_of(source), request)
    except PeopleEncrypted as error:
        otherwise = ", or leave account_id out of the config: nothing else shows it"
        raise unreadable(request.what, where, otherwise) from error
    return next((RowReader(request.what, where).user(row).account_id for row in rows), "")


def _sources(where: str) -> tuple[_Source, _Source, _Source]:
    return (
        _Source(
            USERS,
            Request("users", USERS_PER_PAGE, "Get User Roles Details", where),
            ("userId", "orgUserId", "username"),
        ),
        _Source(GROUPS, Request("groups", 50, "Get Groups", where), ("_id",)),
        # Nothing else is kept of a bot: its row holds the secrets of its apps.
        _Source(
            BOTS, Request("bots", 50, "Get Bots", where), ("_id",), kept=frozenset({"_id", "name"})
        ),
    )


class _Stopped(Exception):
    """Another listing failed: this one need not go on."""


def _side_by_side(
    channel: ReadChannel, sources: tuple[_Source, ...], meanings: Mapping[str, Meaning]
) -> list[Listing]:
    stop = threading.Event()

    def read(source: _Source) -> Listing:
        fetch = _fetch(channel, source, stop)
        return read_all(fetch, _id_of(source), source.request, meanings.get(source.path))

    with ThreadPoolExecutor(len(sources)) as pool:
        try:
            # What is said there is said of the same target as here.
            futures = [pool.submit(copy_context().run, read, source) for source in sources]
            wait(futures, return_when=FIRST_EXCEPTION)
        finally:
            # Also after an interrupt: whoever still reads ends with the call that is under way.
            stop.set()
    errors = [future.exception() for future in futures]
    for error in errors:
        if error is not None and not isinstance(error, _Stopped):
            raise error
    return [future.result() for future in futures]


def _fetch(
    channel: ReadChannel, source: _Source, stop: threading.Event
) -> Callable[[int, int], Any]:
    def fetch(offset: int, limit: int) -> Any:
        if stop.is_set():
            raise _Stopped
        return _page(channel, source, {"limit": str(limit), "offset": str(offset)})

    return fetch


def page_ids(
    channel: ReadChannel, path: str, params: Mapping[str, str], *, where: str
) -> tuple[tuple[str, ...], int]:
    """What tells the rows of one page apart, in order, and the total that the page names.

    `path` is USERS, GROUPS or BOTS; no other parameters are sent than `params`. Raises
    PeopleEncrypted, and PlatformFailed where the page is not as documented.
    """
    source = next(each for each in _sources(where) if each.path == path)
    answer = _page(channel, source, params)
    rows = answer.get(source.request.rows) if isinstance(answer, dict) else None
    total = answer.get("total") if isinstance(answer, dict) else None
    if not isinstance(rows, list) or type(total) is not int:
        raise PlatformFailed(f"{source.request.what}: the page is not as documented", where=where)
    id_of = _id_of(source)
    return tuple(id_of(row) if isinstance(row, dict) else "" for row in rows), total


def _page(channel: ReadChannel, source: _Source, params: Mapping[str, str]) -> Any:
    answer = channel.get(source.path, params, what=source.request.what)
    if source.path == USERS and encrypted(answer):
        raise unreadable(source.request.what, source.request.where)
    return answer if source.kept is None else _bare(answer, source.request.rows, source.kept)


def _bare(answer: Any, name: str, kept: frozenset[str]) -> Any:
    """An answer whose rows hold nothing but what is kept."""
    if not isinstance(answer, dict) or not isinstance(answer.get(name), list):
        return answer
    rows = [
        {key: row[key] for key in kept & row.keys()} if isinstance(row, dict) else None
        for row in answer[name]
    ]
    return {"total": answer.get("total"), "availableMore": answer.get("availableMore"), name: rows}


def _id_of(source: _Source) -> Callable[[Row], str]:
    def id_of(row: Row) -> str:
        values = (row.get(key) for key in source.ids)
        return next((own for own in values if isinstance(own, str) and own), "")

    return id_of


def encrypted(answer: Any) -> bool:
    """Whether text that says nothing stands in the documented answer's place.

    How an encrypted answer looks is documented nowhere: a bare string, or an object of strings
    without any of the documented fields, is what a cipher text, its key and its vector can be.
    """
    if isinstance(answer, dict):
        rows = answer.get("users")
        if rows is not None:
            return isinstance(rows, str)
        known = {"total", "availableMore"} & answer.keys()
        return not known and bool(answer) and all(isinstance(v, str) for v in answer.values())
    return isinstance(answer, str)


def unreadable(what: str, where: str, otherwise: str = "") -> PeopleEncrypted:
    """The error for an encrypted answer to the call `what`; `otherwise` is another way on."""
    return PeopleEncrypted(
        f"{what}: the platform answers encrypted: payload encryption is on for this app",
        where=where,
        remedy=f"Turn payload encryption off for the app in the admin console{otherwise}.",
        cause=Cause.PAYLOAD_ENCRYPTION,
    )
