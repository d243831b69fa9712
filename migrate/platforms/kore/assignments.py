"""Batches for Assign Admin Roles and Assign Bot Roles (kore.md D). Pure; `assign_calls` sends."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any, NamedTuple

from migrate.errors import PlanStale
from migrate.model import ACCOUNT, Assignment, People, Principal, PrincipalKind, RoleKey
from migrate.platforms.kore.catalogue import fold
from migrate.wording import quoted

MOST = 100
"""Users and groups in one call. The vendor names no limit (kore.md D)."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What one role in one scope gains and loses: user names (e-mails, or organisation ids where
    `by_org_id`) and group names. `bot_id` is empty for admin roles."""

    role_id: str
    bot_id: str = ""
    by_org_id: bool = False
    add_users: tuple[str, ...] = ()
    remove_users: tuple[str, ...] = ()
    add_groups: tuple[str, ...] = ()
    remove_groups: tuple[str, ...] = ()

    @property
    def body(self) -> dict[str, Any]:
        """The entry as it is sent: lists that are not used are `[]`, never left out."""
        users = "OrgUserIds" if self.by_org_id else "Users"
        return {
            "roleId": self.role_id,
            **({"botId": self.bot_id} if self.bot_id else {}),
            f"add{users}": list(self.add_users),
            f"remove{users}": list(self.remove_users),
            "addGroups": list(self.add_groups),
            "removeGroups": list(self.remove_groups),
        }

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> "Entry":
        """The entry whose `body` this is."""
        by_org_id = "addOrgUserIds" in body
        users = "OrgUserIds" if by_org_id else "Users"
        return cls(
            role_id=body["roleId"],
            bot_id=body.get("botId", ""),
            by_org_id=by_org_id,
            add_users=tuple(body[f"add{users}"]),
            remove_users=tuple(body[f"remove{users}"]),
            add_groups=tuple(body["addGroups"]),
            remove_groups=tuple(body["removeGroups"]),
        )


@dataclass(frozen=True, slots=True)
class Batch:
    """What one call sends: entries of one role type."""

    role_type: str
    entries: tuple[Entry, ...]

    @property
    def bodies(self) -> list[dict[str, Any]]:
        """The request's body."""
        return [entry.body for entry in self.entries]

    @classmethod
    def from_bodies(cls, role_type: str, bodies: Iterable[Mapping[str, Any]]) -> "Batch":
        """The batch whose `bodies` these are, say from a journal."""
        return cls(role_type, tuple(Entry.from_body(body) for body in bodies))


class _Change(NamedTuple):
    """One name in one list; sorted, those of one entry follow each other."""

    role: str
    scope: str
    by_org_id: bool
    kind: str
    name: str
    add: bool

    @property
    def entry(self) -> tuple[str, str, bool]:
        """What all names of an entry share."""
        return self[:3]


def batches(
    adds: Iterable[Assignment],
    removes: Iterable[Assignment],
    target: People,
    role_ids: Mapping[RoleKey, str],
    size: int = MOST,
) -> tuple[Batch, ...]:
    """The calls that add and remove just that, as few as there can be, the same for the same.

    A call holds at most `size` users and groups. A role in a scope is one entry of a call, beside
    one for users that are known by organisation id only: the vendor documents one list of users
    or the other, not both. Nothing is promised of the order in which a call's entries are done:
    who needs one asks for batches of the first part first. Raises PlanStale that lists every role,
    principal and bot that the target does not know.
    """
    wanted = dict.fromkeys(adds, True)
    for each in removes:
        if each in wanted:
            raise AssertionError(f"{each} is both added and removed")
        wanted[each] = False
    _check_known(wanted, target, role_ids)
    found: list[Batch] = []
    for role_type in sorted({each.role_type for each in wanted}):
        changes = sorted(
            _change(each, target.principals[each.holder], add)
            for each, add in wanted.items()
            if each.role_type == role_type
        )
        for start in range(0, len(changes), size):
            entries = groupby(changes[start : start + size], key=lambda change: change.entry)
            found.append(
                Batch(
                    role_type,
                    tuple(
                        _entry(
                            role_ids[role_type, role],
                            target.scopes[scope].id if scope != ACCOUNT else "",
                            tuple(names),
                        )
                        for (role, scope, _), names in entries
                    ),
                )
            )
    return tuple(found)


def _change(assignment: Assignment, principal: Principal, add: bool) -> _Change:
    name, org_id = principal.name, principal.org_id
    by_org_id = principal.kind == PrincipalKind.USER and name == org_id
    if org_id and assignment.principal != fold(assignment.kind, name):
        # Others have this name, case aside: which of them an e-mail means is documented nowhere.
        name, by_org_id = org_id, True
    return _Change(assignment.role, assignment.scope, by_org_id, assignment.kind, name, add)


def _entry(role_id: str, bot_id: str, changes: tuple[_Change, ...]) -> Entry:
    def names(kind: PrincipalKind, add: bool) -> tuple[str, ...]:
        return tuple(each.name for each in changes if (each.kind, each.add) == (kind, add))

    return Entry(
        role_id,
        bot_id,
        changes[0].by_org_id,
        add_users=names(PrincipalKind.USER, True),
        remove_users=names(PrincipalKind.USER, False),
        add_groups=names(PrincipalKind.GROUP, True),
        remove_groups=names(PrincipalKind.GROUP, False),
    )


def _check_known(
    wanted: Iterable[Assignment], target: People, role_ids: Mapping[RoleKey, str]
) -> None:
    unknown: set[str] = set()
    for each in wanted:
        if each.role_key not in role_ids:
            unknown.add(f"the {each.role_type} role {quoted(each.role)}")
        if each.holder not in target.principals:
            unknown.add(f"the {each.kind} {quoted(each.principal)}")
        if each.scope != ACCOUNT and each.scope not in target.scopes:
            unknown.add(f"the bot {quoted(each.scope)}")
    if unknown:
        raise PlanStale(
            f"the target does not have (any more) what is to be assigned: "
            f"{', '.join(sorted(unknown))}",
            remedy="Plan again.",
        )
