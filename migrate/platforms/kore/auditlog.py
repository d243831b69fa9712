"""Reads what the admin console's audit log says of roles: Get Admin Console Audit Logs (kore.md F).

Next to nothing of it is documented by more than one sample, in which the dates are the wrong way
round and all ids are the same. So rows are told apart by all that they hold, `offset` may count
pages or records, and totals are hints. It is only ever asked to explain: what is read is bounded.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from migrate.auditlog import AuditLog, Logged
from migrate.canonical import dumps
from migrate.errors import AccessDenied, PlatformFailed
from migrate.platforms.kore.channel import ReadChannel
from migrate.redaction import struck
from migrate.tools import stamp
from migrate.wording import shape_words, value_words

AUDIT_LOGS = "/api/public/auditlogs"
WHAT = "Get Admin Console Audit Logs"
SCOPE = "Logs > Admin Console Audit Logs"

SIZE = 100
"""Rows of a page: the most that may be asked for (kore.md F)."""
PAGES = 5
"""Pages that are read at most: calls are dear (kore.md E), and this is only to explain."""
LONGEST = 300
"""Characters of an entry's text that are kept."""

_DOERS = ("User Name", "User", "User Email")
"""What the console calls who did it, by age; the API's sample has none of them (kore.md F)."""
_YEAR_10000 = 253_402_300_800_000


def said_since(channel: ReadChannel, since: str, until: str, *, where: str) -> AuditLog:
    """What was logged of roles after `since` and up to `until` (both ISO 8601, UTC, in seconds).

    Where nothing comes it is asked again with the dates as in the vendor's sample. Raises
    PlatformFailed where the log may not be read, or the answer is not as documented.
    """
    rows, cut = _Desk(channel, where, since, until).read()
    if not rows:
        try:
            rows, cut = _Desk(channel, where, until, since).read()
        except PlatformFailed:
            cut = ""  # dates that are the wrong way round, as they look
    entries = (_entry(row) for row in rows)
    told = [entry for entry in entries if entry and (not entry.at or entry.at > since)]
    return AuditLog(tuple(told), cut)


def try_to_read(channel: ReadChannel, now: float, *, where: str) -> None:
    """Ask for the log of the last minute, by one call. Raises as `said_since`."""
    _Desk(channel, where, stamp(now - 60), stamp(now)).try_it()


@dataclass(frozen=True, slots=True)
class _Page:
    """Rows by all that they hold, whether more is said to follow, and the total, -1 if none is."""

    rows: Mapping[str, Mapping[str, Any]]
    more: bool
    total: int


class _Desk:
    """Where the log is asked for, page by page."""

    def __init__(self, channel: ReadChannel, where: str, start: str, end: str) -> None:
        self._channel = channel
        self._where = where
        self._dates = {"fromDate": _spelled(start), "toDate": _spelled(end)}

    def read(self) -> tuple[list[Mapping[str, Any]], str]:
        """The rows of up to PAGES pages, each once; and why they are not all, "" if they are."""
        first = page = self._page(0)
        seen = dict(first.rows)
        by_record, offset = False, 0
        for number in range(1, PAGES):
            if not page.more:
                break
            offset = offset + len(page.rows) if by_record else number
            page = self._page(offset)
            if number == 1:
                # A page at offset 1 that starts with the second row counts records.
                by_record = bool(page.rows) and [*page.rows][:1] == [*first.rows][1:2]
            if page.rows.keys() <= seen.keys():
                return [*seen.values()], "a page brought nothing new"
            seen |= page.rows
        of = f" of {page.total}" if page.total > len(seen) else ""
        short = page.more or bool(of)
        return [*seen.values()], f"{len(seen)} entries{of} were read" if short else ""

    def try_it(self) -> None:
        """Ask for one page, whatever is on it."""
        self._page(0)

    def _page(self, offset: int) -> _Page:
        params = {"size": str(SIZE), "offset": str(offset), **self._dates}
        try:
            answer = self._channel.get(AUDIT_LOGS, params, what=WHAT)
        except AccessDenied as denied:
            denied.what += f"; it takes the scope {SCOPE}"
            raise
        if not isinstance(answer, dict):
            raise self._odd(f"it is {shape_words(answer)}, not an object")
        total, more, rows = (answer.get(key) for key in ("total", "moreAvailable", "auditlogs"))
        if not isinstance(more, bool):
            raise self._odd(f"moreAvailable is {value_words(more)}, not true or false")
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise self._odd("auditlogs is not a list of objects")
        by_content = {dumps(row).decode(): row for row in rows}
        return _Page(by_content, more, total if type(total) is int else -1)

    def _odd(self, fault: str) -> PlatformFailed:
        return PlatformFailed(
            f"{WHAT}: the answer is not as documented: {fault}",
            where=self._where,
            remedy="Look at the audit log in the console.",
        )


def _entry(row: Mapping[str, Any]) -> Logged | None:
    """What a row says, if it is about roles: every event of those is called so (kore.md F)."""
    name, category, text = (_text(row, key) for key in ("Name", "Category", "Description"))
    if not text or "role" not in f"{name} {category} {text}".casefold():
        return None
    who = next((_text(row, key) for key in _DOERS if _text(row, key)), "")
    return Logged(_at(row), name, text, who)


def _text(row: Mapping[str, Any], key: str) -> str:
    value = row.get(key)
    text = struck(" ".join(value.split())) if isinstance(value, str) else ""
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _at(row: Mapping[str, Any]) -> str:
    """When a row is from, in ISO 8601, UTC, to the second; "" where it does not say."""
    stamped, written = row.get("timestampValue"), row.get("Date/Time")
    if type(stamped) is int and 0 < stamped < _YEAR_10000:
        moment = datetime.fromtimestamp(stamped / 1000, UTC)
    else:
        try:
            moment = datetime.fromisoformat(str(written))
            moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        except (ValueError, OverflowError):
            return ""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _spelled(time: str) -> str:
    """A time as this call takes it, with milliseconds."""
    return time.replace("Z", ".000Z")
