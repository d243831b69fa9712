"""Effective access: who may do what where and through which roles, and what changes in it.

Thousands of users hold a few hundred different sets of roles: what changes is worked out once for
each set, and those whose access changes alike share one `AccessChange`.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, partial
from typing import NamedTuple

from migrate.levels import Levels, Values, plain
from migrate.model import Assignment, PermissionValue, PrincipalKey, PrincipalKind, Role, RoleKey

Where = tuple[str, str]
"""(role type, scope): access of different role types never mixes."""

Grant = Mapping[PermissionValue, tuple[str, ...]]
"""The strongest values of one permission -> the names of the roles that give each, sorted."""


class Way(NamedTuple):
    """A role as somebody holds it: through a group, or directly where `group` is ""."""

    role: str
    group: str = ""


Ways = frozenset[Way]
_NO_WAYS: Ways = frozenset()
_NOTHING: Mapping[str, PermissionValue] = {}


@dataclass(frozen=True, slots=True)
class Access:
    """Who holds which roles where, in which ways, and what those roles grant.

    `held` has users, with what comes through groups, and groups. What a set of roles grants is
    worked out when asked for: mostly few sets of roles, and few permissions, are of interest.
    """

    held: Mapping[PrincipalKey, Mapping[Where, Ways]]
    permissions: Mapping[RoleKey, Mapping[str, PermissionValue]]
    levels: Levels

    def granted(self, role_type: str, roles: Iterable[str], permission: str) -> Grant:
        """What some roles together give of one permission; {} where all of them leave it out."""
        giving: dict[PermissionValue, tuple[str, ...]] = {}
        for role in sorted(roles):
            value = self.permissions.get((role_type, role), _NOTHING).get(permission)
            if value is not None:
                giving[value] = (*giving.get(value, ()), role)
        if len(giving) < 2:
            return giving
        return {value: giving[value] for value in self.levels.strongest(tuple(giving))}

    def grants(self, principal: PrincipalKey, where: Where) -> Mapping[str, Grant]:
        """Every permission that a principal has there, by name, with what gives it."""
        roles = role_names(self.held.get(principal, {}).get(where, _NO_WAYS))
        names = {name for role in roles for name in self.permissions.get((where[0], role), ())}
        return {name: self.granted(where[0], roles, name) for name in sorted(names)}


class Direction(StrEnum):
    """How a permission changes. NOTE: absent instead of the denied value, or the reverse."""

    GAIN = "gain"
    CHANGED = "changed"
    LOSS = "loss"
    NOTE = "note"

    @property
    def gains(self) -> bool:
        """Whether something is granted that was not; CHANGED both gains and loses."""
        return self in (Direction.GAIN, Direction.CHANGED)

    @property
    def loses(self) -> bool:
        """Whether something is no longer granted."""
        return self in (Direction.LOSS, Direction.CHANGED)


class Delta(NamedTuple):
    """One permission's change, and the roles that give what is new or gave what is gone."""

    permission: str
    direction: Direction
    before: Values
    after: Values
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AccessChange:
    """What changes alike for some principals (users first, by name) in one scope."""

    role_type: str
    scope: str
    principals: tuple[PrincipalKey, ...]
    deltas: tuple[Delta, ...]
    before: Ways
    after: Ways

    def through(self, delta: Delta) -> tuple[Way, ...]:
        """How the roles of one of the deltas are held or, of what is gone, were held; sorted."""
        ways = self.before if delta.direction is Direction.LOSS or not delta.after else self.after
        return tuple(sorted(way for way in ways if way.role in delta.roles))


def role_names(ways: Ways) -> frozenset[str]:
    """The roles that are held in some ways."""
    return frozenset(way.role for way in ways)


def effective(
    roles: Mapping[RoleKey, Role],
    holdings: Mapping[PrincipalKey, Iterable[Assignment]],
    groups_of: Mapping[str, frozenset[str]],
    levels: Levels,
) -> Access:
    """What everybody who holds a role may do, by what each holds (`model.by_holder`) and by the
    groups that each user is in, as in `model.People`.

    A role that is not in `roles` grants nothing: what its removal takes away shows as a loss.
    """
    held: dict[PrincipalKey, dict[Where, set[Way]]] = defaultdict(partial(defaultdict, set))
    direct = cache(Way)  # many hold the same
    for holder, items in holdings.items():
        own = held[holder]
        for _, _, role_type, role, scope in items:
            own[role_type, scope].add(direct(role))
    of_group = {
        name: [(where, {Way(way.role, name) for way in ways}) for where, ways in own.items()]
        for (kind, name), own in held.items()
        if kind == PrincipalKind.GROUP
    }
    for user, groups in groups_of.items():
        for where, ways in (each for group in groups for each in of_group.get(group, ())):
            held[PrincipalKind.USER.value, user][where].update(ways)
    permissions = {
        key: {name: plain(value) for name, value in role.permissions.items()}
        for key, role in roles.items()
    }
    frozen = {
        who: {where: frozenset(ways) for where, ways in own.items()}
        for who, own in held.items()
        if own
    }
    return Access(frozen, permissions, levels)


def access_changes(before: Access, after: Access) -> tuple[AccessChange, ...]:
    """What changes for whom, by role type, scope and principals; what stays is left out."""
    alike: dict[tuple[Where, Ways, Ways], list[PrincipalKey]] = {}
    still = before.permissions == after.permissions
    for principal in before.held.keys() | after.held.keys():
        had, has = before.held.get(principal, {}), after.held.get(principal, {})
        if still and had == has:
            continue
        for where in had.keys() | has.keys():
            key = (where, had.get(where, _NO_WAYS), has.get(where, _NO_WAYS))
            alike.setdefault(key, []).append(principal)
    known: dict[tuple[str, frozenset[str], frozenset[str]], tuple[Delta, ...]] = {}
    changes = []
    for (where, then, now), principals in alike.items():
        roles = (where[0], role_names(then), role_names(now))
        if roles not in known:
            known[roles] = tuple(_deltas(before, after, *roles))
        if known[roles]:
            who = sorted(principals, key=lambda each: (each[0] != PrincipalKind.USER, each))
            changes.append(AccessChange(*where, tuple(who), known[roles], then, now))
    return tuple(sorted(changes, key=lambda each: (each.role_type, each.scope, each.principals)))


def _deltas(
    before: Access, after: Access, role_type: str, then: frozenset[str], now: frozenset[str]
) -> Iterator[Delta]:
    suspects: set[str] = set()
    for role in then | now:
        held = before.permissions.get((role_type, role), _NOTHING) if role in then else _NOTHING
        given = after.permissions.get((role_type, role), _NOTHING) if role in now else _NOTHING
        if held != given:
            suspects.update(name for name, _ in held.items() ^ given.items())
    for name in sorted(suspects):
        had = before.granted(role_type, then, name)
        has = after.granted(role_type, now, name)
        if had.keys() == has.keys():
            continue
        gained = [has[value] for value in has if not after.levels.covered(value, had)]
        lost = [had[value] for value in had if not after.levels.covered(value, has)]
        if gained:
            direction = Direction.CHANGED if lost else Direction.GAIN
        else:
            direction = Direction.LOSS if lost else Direction.NOTE
        giving = gained or lost or (has or had).values()
        roles = tuple(sorted({role for each in giving for role in each}))
        yield Delta(name, direction, in_order(had), in_order(has), roles)


def in_order(values: Iterable[PermissionValue]) -> Values:
    """Values that stand side by side, as they are written."""
    return tuple(sorted(values, key=lambda value: (value,) if isinstance(value, str) else value))
