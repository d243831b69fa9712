"""Looks users up by e-mail: Get User Information, a POST that only reads (kore.md D).

Get User Roles Details may leave out whoever holds nothing; this call knows them, too. Every name
that is asked for must be answered, as found or as unknown: anything else is an error.
"""

from collections.abc import Collection, Mapping
from typing import Any

from migrate.errors import AccessDenied, PlatformFailed
from migrate.model import Principal, PrincipalKind
from migrate.platforms.base import Found, PeopleUnreadable
from migrate.platforms.kore.catalogue import fold
from migrate.platforms.kore.channel import USERS_INFO, ReadChannel
from migrate.platforms.kore.people import encrypted, unreadable
from migrate.platforms.kore.rows import HELD_IN, RowReader
from migrate.redaction import struck
from migrate.wording import quoted, value_words

MOST = 100
"""Names in one call. The vendor names no limit (kore.md D)."""

WHAT = "Get User Information"

_UNKNOWN = {"400", "404"}
"""Codes of a failure that mean that there is no such user; any other is a failure of the call."""


def find_users(channel: ReadChannel, names: Collection[str], *, where: str) -> tuple[Found, ...]:
    """The users of these e-mails who exist, spelled as the platform answers; a call per MOST.

    Names that differ only by case are one. Whether the call minds case is documented nowhere, so
    a name that is not found as it is spelled is asked for again in lower case. Ask only for users
    whom a capture did not show: one who holds a role all the same means that it was short.

    Raises PeopleUnreadable where the app may not ask or the answer is encrypted, and
    PlatformFailed for any other answer that does not say of every name what it is.
    """
    desk = _Desk(channel, where)
    wanted = _by_folded_name(names)
    found = desk.ask(wanted)
    left = [folded for folded in wanted if folded not in found]
    found |= desk.ask(_by_folded_name(set(left).difference(wanted.values())))
    return tuple(found[folded] for folded in sorted(found))


def _by_folded_name(names: Collection[str]) -> dict[str, str]:
    return {fold(PrincipalKind.USER, name): name for name in sorted(names)}


class _Desk:
    """Where users are asked for, batch by batch."""

    def __init__(self, channel: ReadChannel, where: str) -> None:
        self._channel = channel
        self._where = where
        self._entries = _EntryReader(WHAT, where)

    def ask(self, wanted: Mapping[str, str]) -> dict[str, Found]:
        """Those of `wanted` (names by folded name) who exist, by folded name."""
        found: dict[str, Found] = {}
        names = list(wanted.items())
        for start in range(0, len(names), MOST):
            part = dict(names[start : start + MOST])
            found |= self._entries.all(self._answer(list(part.values())), part)
        return found

    def _answer(self, names: list[str]) -> Any:
        try:
            answer = self._channel.look_up(
                USERS_INFO, {"emailIds": names, "status": "all"}, what=WHAT
            )
        except AccessDenied as denied:
            if "scope" not in denied.what.lower():
                raise
            raise PeopleUnreadable(
                denied.what,
                where=self._where,
                # By the vendor's page of the call; its neighbours need Role Management.
                remedy="Give the admin-console app the scope User Management > User Management, "
                "too, and deploy it again.",
                cause=denied.cause,
            ) from denied
        if encrypted(answer):
            raise unreadable(WHAT, self._where)
        return answer


class _EntryReader(RowReader):
    """Turns an answer's entries into users who were found, or None for those who were not."""

    def all(self, answer: Any, asked: Mapping[str, str]) -> dict[str, Found]:
        """Who was found, by folded name; `asked` has the names by folded name."""
        if not isinstance(answer, list):
            raise self._odd(f"it is {value_words(answer)}, not a list")
        entries: dict[str, Found | None] = {}
        for row in answer:
            name, found = self._entry(row)
            folded = fold(PrincipalKind.USER, name)
            if folded not in asked:
                raise self._odd(f"it tells of {quoted(name)}, who was not asked for")
            if folded in entries:
                raise self._odd(f"it tells of {quoted(name)} twice")
            entries[folded] = found
        missing = [quoted(name) for folded, name in asked.items() if folded not in entries]
        if missing:
            more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
            raise self._odd(f"it says nothing of {', '.join(missing[:5])}{more}")
        return {folded: found for folded, found in entries.items() if found is not None}

    def _entry(self, row: Any) -> tuple[str, Found | None]:
        info = row.get("userInfo") if isinstance(row, dict) else None
        if not isinstance(info, dict):
            raise self._odd(f"an entry is {value_words(row)}, without userInfo")
        name = self._text(info, "emailId", needed=True)
        status = self._text(info, "status").strip()
        if status.lower() == "failure":
            self._check_unknown(name, info.get("reason"))
            return name, None
        user = Principal(PrincipalKind.USER, name, self._text(info, "userId", needed=True))
        self._check_holds_nothing(name, row.get("roles"))
        return name, Found(user, "" if status.lower() == "active" else status)

    def _check_unknown(self, name: str, reason: Any) -> None:
        """Nobody of a name is one failure of many: `{errors: [{msg, code}]}` tells which."""
        whole = reason if isinstance(reason, dict) else {}
        errors = whole.get("errors")
        parts = [whole, *(errors if isinstance(errors, list) else ())]
        told = [part for part in parts if isinstance(part, dict)]
        codes = [str(part[key]) for part in told for key in ("code", "status") if key in part]
        if not _UNKNOWN.issuperset(codes):
            said = next((part["msg"] for part in told if isinstance(part.get("msg"), str)), "")
            why = f": {quoted(struck(said))}" if said else ""
            raise self._odd(f"{quoted(name)} failed with code {', '.join(codes)}{why}")

    def _check_holds_nothing(self, name: str, roles: Any) -> None:
        if roles is None:
            return
        if not isinstance(roles, dict):
            raise self._odd(f"roles is {value_words(roles)}, not an object")
        if any(self._list(roles, key) for key in HELD_IN.values()):
            raise PlatformFailed(
                f"{WHAT}: {quoted(name)} holds roles, of which Get User Roles Details showed none",
                where=self._where,
                remedy="If somebody changed the account just now, try again; else the list of "
                "users came short: check this user in the console.",
            )
