"""What an order is made of: its moves, the roles that they change, and how roles are held."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from migrate.model import Assignment, Permissions, PermissionValue, PrincipalKey, RoleKey

Grants = frozenset[tuple[str, PermissionValue]]
"""What is granted: every permission with its value and with each weaker one that grants, too."""

Granting = Callable[[Permissions], Grants]
"""What some permissions grant."""

Holder = tuple[PrincipalKey, str]
"""(principal, scope)."""

Hold = tuple[RoleKey, str]
"""A role as somebody holds it: through a group, or directly where the group is ""."""

Holds = frozenset[Hold]

Holdings = Mapping[Holder, Holds]
"""In which ways a principal holds roles of one type in a scope: it has a role while any is left."""


Hidden = Mapping[Holder, frozenset[RoleKey]]
"""Roles that somebody may hold directly, before and after, without that it shows."""


class Move(StrEnum):
    """One part of an order. Parts that turn out empty cost nothing and are left out."""

    IMPORT = "import"
    REPLACE = "import and prune"
    CREATE = "create"
    NARROW = "narrow"
    UPDATE = "update"
    ADD = "add"
    ADD_EXISTING = "add to existing roles"
    ADD_CREATED = "add to created roles"
    REMOVE = "remove"
    PRUNE = "prune"


GIVING = frozenset({Move.ADD, Move.ADD_EXISTING, Move.ADD_CREATED})
"""The moves that make assignments."""

Waits = Mapping[str, Mapping[str, PermissionValue | None]]
"""Names of roles, each with the permissions that do not become yet what they will be, and what
they are meanwhile; None where they are absent."""


@dataclass(frozen=True, slots=True)
class Part:
    """A move of an order: all that it is about or, where `items` or `roles` says so, some of it.

    `items` are the assignments that are made or taken back, `roles` those that are imported.
    """

    move: Move
    items: frozenset[Assignment] | None = None
    roles: Waits | None = None

    def holds(self, item: Assignment, created: bool) -> bool:
        """Whether an assignment is among those that the move is about; `created`: its role is."""
        if self.items is not None:
            return item in self.items
        return self.move is (Move.ADD_CREATED if created else Move.ADD_EXISTING) or (
            self.move in (Move.ADD, Move.REMOVE)
        )


@dataclass(frozen=True)
class Roles:
    """The roles of one type: what each grants before and after.

    A role is absent from `before` where it is new, from `after` where it is pruned. `texts` are
    roles that change in nothing that grants, and have to be imported all the same.
    """

    before: Mapping[RoleKey, Permissions]
    after: Mapping[RoleKey, Permissions]
    texts: frozenset[RoleKey] = frozenset()

    @cached_property
    def created(self) -> frozenset[RoleKey]:
        """Roles that only exist afterwards."""
        return frozenset(self.after.keys() - self.before.keys())

    @cached_property
    def pruned(self) -> frozenset[RoleKey]:
        """Roles that only exist before."""
        return frozenset(self.before.keys() - self.after.keys())

    @cached_property
    def updated(self) -> frozenset[RoleKey]:
        """Roles whose permissions change."""
        both = self.before.keys() & self.after.keys()
        return frozenset(key for key in both if self.before[key] != self.after[key])


@dataclass(frozen=True, slots=True)
class Breach:
    """Somebody's access out of bounds after one move, until the next.

    `too_much`: more than before and after together grant; else less than both of them do.
    """

    permission: str
    too_much: bool
    move: Move
    holders: tuple[Holder, ...]


def item_of(hold: Hold, holder: Holder) -> Assignment:
    """The assignment by which somebody holds a role."""
    (kind, name), scope = holder
    key, group = hold
    return Assignment(*(("group", group) if group else (kind, name)), *key, scope)


def waiting(
    permissions: Permissions, waits: Mapping[str, PermissionValue | None]
) -> dict[str, PermissionValue]:
    """A role's permissions, with those that wait as they are meanwhile."""
    meanwhile = {name: value for name, value in waits.items() if value is not None}
    return {**{name: v for name, v in permissions.items() if name not in waits}, **meanwhile}
