"""From the list of accounts to who holds what (faircom.md 4.6). Pure.

The vendor shows roles in more than one form; all are taken. That a list is cut short for a login
without the right is nowhere said in it: it shows by who is missing.
"""

from collections.abc import Iterator, Mapping
from functools import cache, partial
from itertools import chain, repeat
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
    accounts = _by_name(rows_of(result, where=where), where)
    accounts = {name: accounts[name] for name in sorted(accounts)}
    spellings = dict.fromkeys(chain.from_iterable(row.roles for row in accounts.values()))
    folded = {spelling: fold("role", spelling) for spelling in spellings}
    spelled = {folded[spelling]: spelling for spelling in reversed(spellings)}
    roles = tuple(
        Role.opaque(ROLE_TYPE, name, spelled[name] if spelled[name] != name else None)
        for name in sorted(spelled.keys() - {GUEST})
    )
    people = _people(accounts, folded)
    _check_whole(people, fold(_USER, operator), where)
    return State({ROLE_TYPE: Section(Capture.SEEN_IN_USE, roles)}, people)


def _people(accounts: Mapping[str, Row], folded: Mapping[str, str]) -> People:
    """Who holds what, by the accounts' names and what each spelling of a role is folded to."""

    @cache  # many hold the same
    def own(roles: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(folded[each] for each in roles if folded[each] != GUEST))

    user, principals = _USER.value, {}
    holders: list[str] = []
    held: list[str] = []
    for name, row in accounts.items():
        roles = own(row.roles)
        holders += [name] * len(roles)
        held += roles
        first = roles[0] if len(roles) > 1 else None
        principals[user, name] = Principal(_USER, row.name, primary=first)
    columns = zip(repeat(user), holders, repeat(ROLE_TYPE), held, repeat(ACCOUNT), strict=False)
    return People("", principals, {}, frozenset(map(_ASSIGNMENT, columns)))


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
    accounts = result.get("accounts")
    rows = _sound(accounts) if isinstance(accounts, list) else None
    if rows is not None:
        return rows
    faults = list(_faults(accounts))
    more = f" and {len(faults) - SHOWN} more" if len(faults) > SHOWN else ""
    raise PlatformFailed(
        f"listAccounts: the answer is no sound list: {'; '.join(faults[:SHOWN])}{more}",
        where=where,
        remedy="Nothing is planned on a short or odd read; check the server's version.",
    )


_FORMS = ("roleNames", "roles")


def _roles(account: Mapping[str, Any]) -> list[Any]:
    """The names of an account's roles, each a string or in an object."""
    return [
        each.get("roleName") if isinstance(each, dict) else each
        for form in _FORMS
        for each in account.get(form) or ()
    ]


def _sound(accounts: list[Any]) -> tuple[Row, ...] | None:
    """The accounts in a list without faults: all of one kind are looked at together, which is
    faster. None where there are faults."""
    if not {*map(type, accounts)} <= {dict}:
        return None
    lists = [account.get(form) for form in _FORMS for account in accounts]
    if not {*map(type, lists)} <= {list, type(None)}:
        return None
    if accounts and not any(form in account for account in accounts for form in _FORMS):
        return None
    rows = tuple(Row(account.get("username"), tuple(_roles(account))) for account in accounts)
    names = [row.name for row in rows]
    names += chain.from_iterable(row.roles for row in rows)
    return rows if {*map(type, names)} <= {str} and all(names) else None


def _faults(accounts: Any) -> Iterator[str]:
    """What is wrong with a list of accounts, with its place."""
    if not isinstance(accounts, list):
        yield f"$.result.accounts: expected a list, found {value_words(accounts)}"
        return
    for index, account in enumerate(accounts):
        name = account.get("username") if isinstance(account, dict) else None
        if not isinstance(name, str) or not name:
            yield f"{_place(index)}: an account without a username"
            continue
        for form in _FORMS:
            held = account.get(form)
            if isinstance(held, list):
                for number, each in enumerate(_roles({form: held})):
                    if not isinstance(each, str) or not each:
                        yield f"{_place(index, form)}[{number}]: a role without a name"
            elif held is not None:
                yield f"{_place(index, form)}: expected a list, found {value_words(held)}"
    known = (account for account in accounts if isinstance(account, dict))
    if accounts and not any(form in account for account in known for form in _FORMS):
        yield "no account says which roles it holds"


def _place(index: int, form: str = "") -> str:
    return json_path(("result", "accounts", index, *([form] if form else [])))
