"""Who is in which group, those in groups inside groups included. Pure."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from migrate.errors import PlatformFailed
from migrate.model import Principal, PrincipalKind
from migrate.platforms.kore.catalogue import fold
from migrate.platforms.kore.rows import GroupRef, GroupRow, Member, UserRow
from migrate.wording import quoted

Failed = Callable[[str], PlatformFailed]
"""Makes the error that says what does not fit together: for good, or as lists do that were read
while something changed."""


@dataclass(frozen=True, slots=True)
class Memberships:
    """Groups by name and who is in them. `known` is False where the groups were not read.

    `groups_of` maps users' folded names to groups, `outsiders` are members without a row among
    the users, and `unseen` are groups none of whose members has one.
    """

    known: bool
    ids: Mapping[str, str]
    names: Mapping[str, str]
    groups_of: Mapping[str, frozenset[str]]
    outsiders: Mapping[str, Principal]
    unseen: frozenset[str]

    def name_of(self, reference: GroupRef) -> str | None:
        """The group's name; None for a group that is not among those that were read."""
        if not self.known:
            return reference.name
        return _name_of(self.names, self.ids, reference)


def memberships(
    rows: tuple[GroupRow, ...] | None,
    users: Mapping[str, UserRow],
    failed: Failed,
    moved: Failed,
) -> Memberships:
    """Work out who is in which group; `users` are the users' rows by folded name.

    Raises what `failed` makes for two groups of one name, and what `moved` makes for a group
    inside a group that is not listed, and a group that lists fewer users than it counts.
    """
    if rows is None:
        return Memberships(False, {}, {}, {}, {}, frozenset())
    ids = {row.name: row.id for row in rows}
    names = {row.id: row.name for row in rows}
    _check_names(rows, failed)
    parents = _parents(rows, names, ids, moved)
    finder = _Finder(users)
    inside: dict[str, set[str]] = {row.name: set() for row in rows}
    groups_of: dict[str, set[str]] = {}
    for row in rows:
        around = _around(row.name, parents)
        members = {finder.name_of(member) for member in row.users}
        for group in around:
            inside[group] |= members
        for member in members:
            groups_of.setdefault(member, set()).update(around)
    _check_counts(rows, inside, moved)
    return Memberships(
        known=True,
        ids=ids,
        names=names,
        groups_of={
            name: frozenset(groups)
            for name, groups in groups_of.items()
            if name in users or name in finder.outsiders
        },
        outsiders=finder.outsiders,
        # A group whose members have no rows is as unseen as one without members.
        unseen=frozenset(name for name, members in inside.items() if members.isdisjoint(users)),
    )


class _Finder:
    """Finds the users that groups name by id, by e-mail, or by whichever is there."""

    def __init__(self, users: Mapping[str, UserRow]) -> None:
        self._users = users
        self._by_id = {row.id: name for name, row in users.items() if row.id}
        # Of several whose names differ only by case a group may mean the one that it spells.
        self._by_email = {row.email: name for name, row in users.items() if row.email}
        self._by_org_id = {row.org_id: name for name, row in users.items() if row.org_id}
        self.outsiders: dict[str, Principal] = {}

    def name_of(self, member: Member) -> str:
        """The folded name of a user; for one that only has an id, that id."""
        folded = fold(PrincipalKind.USER, member.email)
        if member.id in self._by_id:
            return self._by_id[member.id]
        if folded in self._users:
            return folded
        if member.email in self._by_email:
            return self._by_email[member.email]
        if not folded:
            return self._by_org_id.get(member.id, member.id)
        user = Principal(PrincipalKind.USER, member.email, member.id or None)
        self.outsiders.setdefault(folded, user)
        return folded


def _name_of(names: Mapping[str, str], ids: Mapping[str, str], reference: GroupRef) -> str | None:
    if reference.id in names:
        return names[reference.id]
    return reference.name if reference.name in ids else None


def _parents(
    rows: tuple[GroupRow, ...], names: Mapping[str, str], ids: Mapping[str, str], moved: Failed
) -> dict[str, list[str]]:
    """The groups that each group is directly in, by name."""
    parents: dict[str, list[str]] = {row.name: [] for row in rows}
    for row in rows:
        for child in row.groups:
            name = _name_of(names, ids, child)
            if name is None:
                raise moved(
                    f"the group {quoted(row.name)} holds the group {quoted(child.name)}, which "
                    "Get Groups does not list"
                )
            parents[name].append(row.name)
    return parents


def _around(group: str, parents: Mapping[str, list[str]]) -> frozenset[str]:
    """A group and all that it is in, also where they are in each other."""
    found, waiting = {group}, [group]
    while waiting:
        new = [each for each in parents[waiting.pop()] if each not in found]
        found.update(new)
        waiting += new
    return frozenset(found)


def _check_names(rows: tuple[GroupRow, ...], failed: Failed) -> None:
    count = Counter(row.name for row in rows)
    twice = sorted({row.name for row in rows if count[row.name] > 1})
    if twice:
        ids = "; ".join(
            f"{quoted(name)} ({', '.join(row.id for row in rows if row.name == name)})"
            for name in twice
        )
        raise failed(f"groups of one name, which roles are assigned by: {ids}")


def _check_counts(
    rows: tuple[GroupRow, ...], inside: Mapping[str, set[str]], moved: Failed
) -> None:
    for row in rows:
        listed = max(len(row.users), len(inside[row.name]))
        if row.count > listed:
            raise moved(
                f"the group {quoted(row.name)} lists {listed} of its {row.count} users: the "
                "list is short"
            )
