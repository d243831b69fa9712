"""Who holds what, from the rows of the look-ups. Pure.

A user's row shows a role once for each way in which the user holds it, or once for all ways:
documented is neither (kore.md D). Where rows without groups and with groups show for the same user
and role anywhere in the account, there is one row per way; until then a row with groups may hide
that the user holds the role directly as well.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from migrate.errors import PlatformFailed
from migrate.model import (
    ACCOUNT,
    Assignment,
    People,
    Principal,
    PrincipalKey,
    PrincipalKind,
    Scope,
    Section,
)
from migrate.platforms.kore.catalogue import fold
from migrate.platforms.kore.memberships import Failed, Memberships, memberships
from migrate.platforms.kore.rows import AccountRows, UserRow
from migrate.wording import quoted

_USER, _GROUP = PrincipalKind.USER.value, PrincipalKind.GROUP.value


class OutOfStep(PlatformFailed):
    """Lists that were read one after the other are of different moments: roles of an export and of
    users' rows, say, where writes are slow to show. Read again they may fit together.
    """


_DIRECT = ""
"""Stands among the groups through which a role is held where it is held directly."""

Ways = Mapping[Assignment, set[str]]
"""What users hold, as if directly, and through which groups each comes, _DIRECT among them."""


def people_of(
    rows: AccountRows,
    roles: Mapping[str, Section],
    *,
    where: str,
    bots: Mapping[str, str] = MappingProxyType({}),
) -> People:
    """Who holds the roles of the types in `roles`, which were exported at about the same time.

    Role types that `roles` lacks are left out. Where only holders were read, groups and bots are
    those that rows name; then two bots of one name are told apart only where rows name both, or
    `bots` has a name for one of them, by its id: those are kept. Users whose names differ only by
    case have their ids in their keys, in the way of bots. Raises PlatformFailed for such users
    without ids, groups of one name, rows of different accounts, and OutOfStep for roles or groups
    that one call names and another does not know.
    """

    def failed(what: str, kind: type[PlatformFailed] = PlatformFailed) -> PlatformFailed:
        return kind(
            what,
            where=where,
            remedy="Nothing is planned on what does not fit together; if somebody changed the "
            "account just now, try again, else put it right in the console.",
        )

    def moved(what: str) -> PlatformFailed:
        return failed(what, OutOfStep)

    users = _users(rows.users, failed)
    groups = memberships(rows.groups, users, failed, moved)
    scopes = _scope_names(rows, bots)
    ways = _ways(users, _role_names(rows.users, roles, moved), groups, scopes, moved)
    through = {group for found in ways.values() for group in found if group != _DIRECT}
    held_through = _groups_of(ways, groups.groups_of)
    return People(
        account_id=_account_id(rows.users, failed),
        principals={
            **_principals(users, groups.outsiders),
            **{
                (_GROUP, name): Principal(PrincipalKind.GROUP, name, groups.ids.get(name))
                for name in sorted({*groups.ids, *through})
            },
        },
        scopes={name: Scope(name, own) for own, name in scopes.items()},
        assignments=frozenset(_assignments(ways)),
        groups_of=held_through,
        unseen_groups=groups.unseen - through,
        maybe_direct=_maybe_direct(ways),
        complete=groups.known,
    )


def _users(rows: tuple[UserRow, ...], failed: Failed) -> dict[str, UserRow]:
    """The rows by folded name; with the id behind it where several share theirs."""
    names = Counter(fold(_USER, row.name) for row in rows)
    users: dict[str, UserRow] = {}
    for row in rows:
        key = fold(_USER, row.name)
        if names[key] > 1:
            key += f" [{row.id or row.org_id}]"
        if key in users:
            raise failed(f"users that cannot be told apart, by name or by id: {quoted(row.name)}")
        users[key] = row
    return users


def _principals(
    users: Mapping[str, UserRow], outsiders: Mapping[str, Principal]
) -> dict[PrincipalKey, Principal]:
    found = {
        (_USER, name): Principal(PrincipalKind.USER, row.name, row.id or None, row.org_id or None)
        for name, row in users.items()
    }
    return {**found, **{(_USER, name): user for name, user in outsiders.items()}}


def _account_id(rows: Iterable[UserRow], failed: Failed) -> str:
    found = sorted({row.account_id for row in rows})
    if len(found) > 1:
        listed = ", ".join(quoted(own) if own else "none" for own in found)
        raise failed(f"users of one account have different accountIds: {listed}")
    return found[0] if found else ""


def _role_names(
    rows: Iterable[UserRow], roles: Mapping[str, Section], moved: Failed
) -> dict[tuple[str, str], str]:
    """Role names by role type and id, as exported: rows may hold what the console shows."""
    names = {
        (role_type, role.id): role.name
        for role_type, section in roles.items()
        for role in section.roles
        if role.id is not None
    }
    shown = {
        (held.role_type, held.role_id): held.role_name
        for row in rows
        for held in row.held
        if held.role_type in roles
    }
    unknown = [f"{quoted(shown[key])} ({key[1]})" for key in sorted(shown.keys() - names.keys())]
    if unknown:
        more = f" and {len(unknown) - 5} more" if len(unknown) > 5 else ""
        raise moved(
            "users hold roles that the export of a moment ago does not have, so roles changed "
            f"while they were read: {', '.join(unknown[:5])}{more}"
        )
    return names


def _scope_names(rows: AccountRows, known: Mapping[str, str]) -> dict[str, str]:
    """A name for every bot, by id: the `known` one, else its own, with the id behind it where
    bots share theirs."""
    names = {bot.id: bot.name for bot in rows.bots or ()}
    for row in rows.users:
        for held in row.held:
            if held.bot_id:
                names.setdefault(held.bot_id, held.bot_name or held.bot_id)
    fresh = {own: name for own, name in names.items() if own not in known}
    while True:
        count = Counter((*known.values(), *fresh.values()))
        if all(count[name] == 1 for name in fresh.values()):
            return {own: known.get(own) or fresh[own] for own in names}
        fresh = {own: f"{name} [{own}]" if count[name] > 1 else name for own, name in fresh.items()}


def _ways(
    users: Mapping[str, UserRow],
    role_names: Mapping[tuple[str, str], str],
    groups: Memberships,
    scopes: Mapping[str, str],
    moved: Failed,
) -> Ways:
    ways: dict[Assignment, set[str]] = {}
    for user, row in users.items():
        for held in row.held:
            role = role_names.get((held.role_type, held.role_id))
            if role is None:
                continue  # of a role type that was not asked for
            scope = scopes[held.bot_id] if held.bot_id else ACCOUNT
            way = ways.setdefault(Assignment(_USER, user, held.role_type, role, scope), set())
            for reference in held.groups:
                name = groups.name_of(reference)
                if name is None:
                    raise moved(
                        f"{quoted(row.name)} holds {quoted(role)} through the group "
                        f"{quoted(reference.name)}, which Get Groups does not list"
                    )
                way.add(name)
            if not held.groups:
                way.add(_DIRECT)
    return ways


def _assignments(ways: Ways) -> Iterator[Assignment]:
    for held, through in ways.items():
        for group in through:
            yield held if group == _DIRECT else held._replace(kind=_GROUP, principal=group)


def _maybe_direct(ways: Ways) -> frozenset[Assignment]:
    if any(_DIRECT in through and len(through) > 1 for through in ways.values()):
        return frozenset()
    return frozenset(held for held, through in ways.items() if _DIRECT not in through)


def _groups_of(ways: Ways, listed: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    """The groups of every user: as listed, and those that the user's roles come through."""
    found = {user: set(groups) for user, groups in listed.items()}
    for held, through in ways.items():
        shown = through - {_DIRECT}
        if shown:
            found.setdefault(held.principal, set()).update(shown)
    return {user: frozenset(groups) for user, groups in found.items()}
