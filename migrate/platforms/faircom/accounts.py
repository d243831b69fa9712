"""From the list of accounts to who holds what (faircom.md 4.6). Pure.

The vendor shows roles in more than one form; all are taken. That a list is cut short for a login
without the right is nowhere said in it: it shows by who is missing.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import chain, compress
from typing import Any, NamedTuple

from migrate.causes import Cause
from migrate.errors import AccessDenied, PlatformFailed
from migrate.model import (
    ACCOUNT,
    Assignment,
    Capture,
    People,
    Principal,
    PrincipalKind,
    Role,
    Section,
    State,
)
from migrate.platforms.faircom.catalogue import ADMIN, GUEST, ROLE_TYPE, fold
from migrate.wording import json_path, quoted, value_words

_USER = PrincipalKind.USER
_ASSIGNMENT = partial(tuple.__new__, Assignment)
"""As `Assignment._make`, for very many at once: a third of the time."""
SHOWN = 5


class Row(NamedTuple):
    """An account as it is listed: names as the server spells them, roles in their order."""

    name: str
    roles: tuple[str, ...]


def state_of(result: Mapping[str, Any], *, operator: str, where: str) -> State:
    """Who holds what, by the result of a list of all accounts that `operator` asked for.

    Roles are those that somebody holds, never known to be all. Raises PlatformFailed where the
    result is no sound list, AccessDenied where it can't be all of it.
    """
    rows = rows_of(result, where=where)
    accounts = _by_name(rows, where)
    names = sorted(accounts)
    spellings = dict.fromkeys(chain.from_iterable(accounts[name].roles for name in names))
    folded = {spelling: fold("role", spelling) for spelling in spellings}
    spelled = {folded[spelling]: spelling for spelling in reversed(spellings)}
    assignments: list[tuple[str, ...]] = []
    principals, user = {}, _USER.value
    for name in names:
        row = accounts[name]
        held = dict.fromkeys([folded[each] for each in row.roles])
        held.pop(GUEST, None)
        first = next(iter(held)) if len(held) > 1 else None
        assignments += [(user, name, ROLE_TYPE, each, ACCOUNT) for each in held]
        principals[user, name] = Principal(_USER, row.name, primary=first)
    roles = tuple(
        Role.opaque(ROLE_TYPE, name, spelled[name] if spelled[name] != name else None)
        for name in sorted(spelled.keys() - {GUEST})
    )
    people = People("", principals, {}, frozenset(map(_ASSIGNMENT, assignments)))
    _check_whole(people, fold(_USER, operator), where)
    return State({ROLE_TYPE: Section(Capture.SEEN_IN_USE, roles)}, people)


def _by_name(rows: tuple[Row, ...], where: str) -> dict[str, Row]:
    found: dict[str, Row] = {}
    for row in rows:
        other = found.setdefault(fold(_USER, row.name), row)
        if other is not row:
            raise PlatformFailed(
                f"listAccounts: {quoted(other.name)} and {quoted(row.name)} can't be told apart: "
                "the server makes no difference between capitals and small letters",
                where=where,
                remedy="Nothing is planned on a list that does not fit together; try again.",
            )
    return found


def _check_whole(people: People, operator: str, where: str) -> None:
    """Raise AccessDenied where somebody is missing who must be there."""
    must = list(dict.fromkeys((operator, ADMIN)))
    missing = [name for name in must if (_USER.value, name) not in people.principals]
    administer = {name for name in must if _administers(name) in people.assignments}
    if missing:
        named = " and ".join(map(quoted, missing))
        seen = f"the list of accounts is cut short: {named} is not in it"
    elif not administer.issuperset(must):
        named = next(quoted(name) for name in must if name not in administer)
        seen = f"{named} does not show the role ADMIN"
    else:
        return
    raise AccessDenied(
        f"listAccounts: {seen}, and a server shows only accounts that a login is authorised to see",
        where=where,
        remedy="Log in as an account that holds the role ADMIN.",
        cause=Cause.RIGHTS,
    )


def _administers(name: str) -> Assignment:
    return Assignment(_USER.value, name, ROLE_TYPE, ADMIN, ACCOUNT)


def rows_of(result: Mapping[str, Any], *, where: str) -> tuple[Row, ...]:
    """The accounts in a list, with their roles in whichever documented form.

    Raises PlatformFailed, with every fault, where it is no sound list.
    """
    faults: list[str] = []
    found = result.get("accounts")
    rows = list(_rows(found, faults)) if isinstance(found, list) else []
    if not isinstance(found, list):
        faults.append(f"$.result.accounts: expected a list, found {value_words(found)}")
    elif found and not any(
        isinstance(each, dict) and not each.keys().isdisjoint(_FORMS) for each in found
    ):
        faults.append("no account says which roles it holds")
    if faults:
        more = f" and {len(faults) - SHOWN} more" if len(faults) > SHOWN else ""
        raise PlatformFailed(
            f"listAccounts: the answer is no sound list: {'; '.join(faults[:SHOWN])}{more}",
            where=where,
            remedy="Nothing is planned on a short or odd read; check the server's version.",
        )
    return tuple(rows)


_FORMS = ("roleNames", "roles")


def _rows(accounts: list[Any], faults: list[str]) -> Iterator[Row]:
    for index, account in enumerate(accounts):
        name = account.get("username") if isinstance(account, dict) else None
        if not isinstance(name, str) or not name:
            faults.append(f"{_place(index)}: an account without a username")
            continue
        roles: list[str] = []
        for form in _FORMS:
            held = account.get(form)
            if isinstance(held, list):
                roles += _names(held, partial(_place, index, form), faults)
            elif held is not None:
                found = value_words(held)
                faults.append(f"{_place(index, form)}: expected a list, found {found}")
        yield Row(name, tuple(roles))


def _names(held: list[Any], place: Callable[[], str], faults: list[str]) -> list[str]:
    """The names of roles in a list, each a string or in an object."""
    names: list[Any] = [each.get("roleName") if isinstance(each, dict) else each for each in held]
    if all(names) and {*map(type, names)} <= {str}:
        return names
    sound = [isinstance(name, str) and bool(name) for name in names]
    faults += [
        f"{place()}[{number}]: a role without a name"
        for number, is_sound in enumerate(sound)
        if not is_sound
    ]
    return list(compress(names, sound))


def _place(index: int, form: str = "") -> str:
    return json_path(("result", "accounts", index, *([form] if form else [])))
