"""Who holds which role in which way: directly, through a group, through a group in a group. Pure.

A role that a group holds shows with every user in the group, and in the groups inside it, under
the name of the group that holds it. A group without users shows with nobody: then nothing tells
that it holds a role.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from migrate.sandbox.kore.account import Account, StoredRole


@dataclass(frozen=True, slots=True)
class Holding:
    """One row of a user: a role, for bot roles in which bot, and the groups it comes through.

    Without groups it is held directly; in a merged row nothing tells whether it is.
    """

    role: StoredRole
    bot: str | None = None
    groups: tuple[str, ...] = ()


def holdings(account: Account, group_rows: str) -> dict[str, tuple[Holding, ...]]:
    """The rows of every user by name, in the order of the account's roles.

    `group_rows` is the switch: `one` row per way of holding a role, or `merged` into one row.
    """
    inside = members(account)
    ways: dict[str, dict[tuple[str, str | None], list[str | None]]] = {
        user.name: {} for user in account.users
    }
    roles = {role.id: role for role in account.roles}
    for role in account.roles:
        for holder in role.holders:
            group = holder.get("group")
            for user in (holder["user"],) if group is None else inside[group]:
                place = (role.id, holder.get("bot"))
                ways[user].setdefault(place, []).append(group)
    return {
        user: tuple(
            Holding(roles[role_id], bot, groups)
            for (role_id, bot), through in held.items()
            for groups in _rows(through, group_rows)
        )
        for user, held in ways.items()
    }


def members(account: Account) -> dict[str, tuple[str, ...]]:
    """The users in every group by its name, those of the groups inside it included, once each."""
    groups = {group.name: group for group in account.groups}
    found: dict[str, tuple[str, ...]] = {}
    for start in groups:
        users: dict[str, None] = {}
        waiting, seen = [start], {start}
        while waiting:
            group = groups[waiting.pop(0)]
            users.update(dict.fromkeys(group.users))
            waiting += [name for name in group.groups if name not in seen]
            seen.update(group.groups)
        found[start] = tuple(users)
    return found


def groups_of(inside: Mapping[str, tuple[str, ...]], user: str) -> tuple[str, ...]:
    """The names of the groups that a user is in, by the answer of `members`."""
    return tuple(group for group, users in inside.items() if user in users)


def _rows(through: list[str | None], group_rows: str) -> list[tuple[str, ...]]:
    if group_rows == "one":
        return [() if group is None else (group,) for group in through]
    return [tuple(group for group in through if group is not None)]
