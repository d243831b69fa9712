"""What of a history is asked for: the changes of a run narrowed, and told as rows. Pure."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from migrate.access import AccessChange
from migrate.diff import Action
from migrate.historyfile import Ended, RoleChange
from migrate.levels import Values
from migrate.model import Assignment, PrincipalKind, matches


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for; what is left empty asks for everything.

    `roles` are shell patterns; `principals` folded names, of users or groups; `permissions` names
    on the wire.
    """

    roles: tuple[str, ...] = ()
    principals: frozenset[tuple[str, str]] = frozenset()
    permissions: Collection[str] = ()

    @property
    def everything(self) -> bool:
        """Whether nothing is left out."""
        return not (self.roles or self.principals or self.permissions)


class Row(NamedTuple):
    """One thing that a run made different: of a role, of who holds it, or of who may do what.

    `what` is create, update, delete (of a role), assign, remove (of an assignment), gain, loss or
    changed (of access). `through` are the roles of access, each with the group it is held through.
    """

    what: str
    role_type: str = ""
    role: str = ""
    kind: str = ""
    principal: str = ""
    scope: str = ""
    permission: str = ""
    before: Values = ()
    after: Values = ()
    through: tuple[tuple[str, str], ...] = ()


def narrowed(ended: Ended, wanted: Wanted) -> Ended | None:
    """A run with only the changes that are asked for; None where it made none of these."""
    if wanted.everything:
        return ended
    nothing_of_roles = bool(wanted.principals)
    nothing_of_holding = bool(wanted.permissions)
    found = replace(
        ended,
        roles=() if nothing_of_roles else tuple(_roles(ended.roles, wanted)),
        adds=() if nothing_of_holding else tuple(_held(ended.adds, wanted)),
        removes=() if nothing_of_holding else tuple(_held(ended.removes, wanted)),
        access=tuple(_access(ended.access, wanted)),
    )
    return None if found.empty else found


def rows(ended: Ended) -> Iterator[Row]:
    """Everything that a run made different: roles, then who holds them, then access by user."""
    for change in ended.roles:
        role = Row(change.action.value, change.role_type, change.name)
        if change.described or not change.permissions or change.action is not Action.UPDATE:
            yield role
        for each in change.permissions:
            before, after = (() if side is None else (side,) for side in (each.before, each.after))
            yield role._replace(permission=each.name, before=before, after=after)
    for what, items in (("assign", ended.adds), ("remove", ended.removes)):
        for item in items:
            yield Row(what, item.role_type, item.role, item.kind, item.principal, item.scope)
    yield from _access_rows(ended)


def _access_rows(ended: Ended) -> Iterator[Row]:
    found = [
        Row(
            delta.direction.value,
            change.role_type,
            "",
            kind,
            principal,
            change.scope,
            delta.permission,
            delta.before,
            delta.after,
            through,
        )
        for change in ended.access
        for delta in change.deltas
        for through in [tuple((way.role, way.group) for way in change.through(delta))]
        for kind, principal in change.principals
    ]
    found.sort(key=lambda row: (row.kind != PrincipalKind.USER, row.principal, row[:7]))
    yield from found


def _roles(changes: tuple[RoleChange, ...], wanted: Wanted) -> Iterator[RoleChange]:
    for change in changes:
        if wanted.roles and not matches(change.name, wanted.roles):
            continue
        if wanted.permissions:
            named = tuple(p for p in change.permissions if p.name in wanted.permissions)
            if named:
                yield replace(change, permissions=named, described=False)
        else:
            yield change


def _held(items: tuple[Assignment, ...], wanted: Wanted) -> Iterator[Assignment]:
    for item in items:
        if wanted.roles and not matches(item.role, wanted.roles):
            continue
        if not wanted.principals or item.holder in wanted.principals:
            yield item


def _access(changes: tuple[AccessChange, ...], wanted: Wanted) -> Iterator[AccessChange]:
    for change in changes:
        principals = tuple(
            who for who in change.principals if not wanted.principals or who in wanted.principals
        )
        deltas = tuple(
            delta
            for delta in change.deltas
            if not wanted.permissions or delta.permission in wanted.permissions
            if not wanted.roles or any(matches(role, wanted.roles) for role in delta.roles)
        )
        if principals and deltas:
            yield replace(change, principals=principals, deltas=deltas)


def permissions_of(ended: Ended) -> frozenset[str]:
    """The names of all permissions that a run made different, of roles or of people."""
    of_roles = (each.name for change in ended.roles for each in change.permissions)
    of_people = (delta.permission for change in ended.access for delta in change.deltas)
    return frozenset((*of_roles, *of_people))
