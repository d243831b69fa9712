"""The values everything else is about: identities, roles, states, snapshots, selections.

All are frozen and slotted; dicts inside them are never changed after construction. Field names
follow the project's words, not a platform's wire names.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import NamedTuple

PermissionValue = str | tuple[str, ...]
"""A permission's value: a string, or a tuple of strings, just as the platform holds it."""

Permissions = Mapping[str, PermissionValue]

RoleKey = tuple[str, str]
"""(role type, role name): what a role is matched by between environments."""

PrincipalKey = tuple[str, str]
"""(kind, folded name): what a user or group is matched by; how names fold is the platform's."""

ACCOUNT = ""
"""The scope that is the whole account."""

HELD = "held"
"""The value of the permission that an opaque role stands for."""


class Capture(StrEnum):
    """How a section of a snapshot came to be. A failed or short read is an error, never one."""

    CAPTURED = "captured"
    EMPTY = "empty"
    NOT_CAPTURED = "not captured"
    SEEN_IN_USE = "seen in use"


class Mode(StrEnum):
    """`incremental` creates and updates; `full` also deletes what the source does not have."""

    INCREMENTAL = "incremental"
    FULL = "full"


class Assignments(StrEnum):
    """What becomes of who holds what: `none` leaves it, `merge` adds, `exact` removes as well."""

    NONE = "none"
    MERGE = "merge"
    EXACT = "exact"


@dataclass(frozen=True, slots=True)
class Identity:
    """What an environment really is, whatever name a config gives it."""

    platform: str
    url: str
    account: str


@dataclass(frozen=True, slots=True)
class Role:
    """A named set of permissions of one role type.

    `id` and `ref_id` belong to one environment only: they are no part of a role's content.
    """

    role_type: str
    name: str
    description: str = ""
    permissions: Permissions = field(default_factory=dict)
    id: str | None = None
    ref_id: str | None = None

    @classmethod
    def opaque(cls, role_type: str, name: str, spelled: str | None = None) -> "Role":
        """A role of which nobody shows what it grants: it stands for one permission, called as it
        is. `spelled` is its name as its environment spells it, where names fold: it becomes the id.
        """
        return cls(role_type, name, permissions={name: HELD}, id=spelled)

    @property
    def key(self) -> RoleKey:
        """(role type, name)."""
        return (self.role_type, self.name)

    def same_content(self, other: "Role") -> bool:
        """Whether both hold the same type, name, description and permissions, ids aside."""
        return (
            self.role_type == other.role_type
            and self.name == other.name
            and self.description == other.description
            and self.permissions == other.permissions
        )


@dataclass(frozen=True, slots=True)
class Section:
    """The roles of one role type, with how they were captured. Roles are sorted by name."""

    capture: Capture
    roles: tuple[Role, ...] = ()

    @classmethod
    def of(cls, roles: tuple[Role, ...]) -> "Section":
        """A completely captured section: `captured`, or `empty` where there are no roles."""
        ordered = tuple(sorted(roles, key=lambda role: role.name))
        return cls(Capture.CAPTURED if ordered else Capture.EMPTY, ordered)

    def holding(self, roles: Iterable[Role]) -> "Section":
        """A section that was captured in the same way, with other roles."""
        if self.complete:
            return Section.of(tuple(roles))
        return replace(self, roles=tuple(sorted(roles, key=lambda role: role.name)))

    @property
    def complete(self) -> bool:
        """Whether everything that the environment holds is in here."""
        return self.capture in (Capture.CAPTURED, Capture.EMPTY)


class PrincipalKind(StrEnum):
    """Who can hold a role."""

    USER = "user"
    GROUP = "group"


@dataclass(frozen=True, slots=True)
class Principal:
    """A user (name: e-mail) or group, spelled as the platform spells it.

    `id` is the platform's, `org_id` a user's id in its organisation. A user that is known by
    `org_id` only has that as name. `primary` is the role that goes first where the platform keeps
    roles in an order that means something.
    """

    kind: PrincipalKind
    name: str
    id: str | None = None
    org_id: str | None = None
    primary: str | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """A bot that roles are held in; `name` is unique in its account, made so where it is not."""

    name: str
    id: str


class Assignment(NamedTuple):
    """A principal holds a role in a scope. `principal` is the folded name, `scope` a bot's name,
    or ACCOUNT. Only what is held directly: what a user holds through a group is the group's."""

    kind: str
    principal: str
    role_type: str
    role: str
    scope: str

    @property
    def holder(self) -> PrincipalKey:
        """(kind, folded name)."""
        return (self.kind, self.principal)

    @property
    def role_key(self) -> RoleKey:
        """(role type, role name)."""
        return (self.role_type, self.role)


@dataclass(frozen=True, slots=True)
class People:
    """Who holds what, as captured; None in a state means that it was not captured.

    `groups_of` maps a user's folded name to the folded names of all groups it is in, nested ones
    included. `unseen_groups` are groups whose roles no user's row shows, for no user in them has
    one: what they hold is `seen in use` at best and never removed. `maybe_direct` are users'
    assignments that show only through a group in a row that may stand for a direct one as well.
    `complete` is False where only holders were read, not every user, group and bot.

    Users who hold nothing and are in no group need not be among the principals, for a platform
    may not list them. Plans are made, and applied, with those of them that they turn on looked up.
    """

    account_id: str
    principals: Mapping[PrincipalKey, Principal]
    scopes: Mapping[str, Scope]
    assignments: frozenset[Assignment]
    groups_of: Mapping[str, frozenset[str]] = field(default_factory=dict)
    unseen_groups: frozenset[str] = frozenset()
    maybe_direct: frozenset[Assignment] = frozenset()
    complete: bool = True


@dataclass(frozen=True, slots=True)
class State:
    """What an environment holds: one section of roles per role type, and who holds them."""

    roles: Mapping[str, Section]
    people: People | None = None

    @property
    def captured(self) -> frozenset[str]:
        """The role types that were looked at, be it only in part."""
        return frozenset(
            role_type
            for role_type, section in self.roles.items()
            if section.capture is not Capture.NOT_CAPTURED
        )

    def all_roles(self) -> tuple[Role, ...]:
        """Every role, by role type, then name."""
        return tuple(role for kind in sorted(self.roles) for role in self.roles[kind].roles)

    def by_key(self) -> dict[RoleKey, Role]:
        """Every role under its (role type, name)."""
        return {role.key: role for role in self.all_roles()}

    def with_seen(self, roles: Iterable[Role]) -> "State":
        """With roles that were seen elsewhere, or before, in the sections that were seen in part.

        There, that a role was not seen does not say that there is none.
        """
        known = self.by_key()
        added: dict[str, list[Role]] = {}
        for role in roles:
            if role.key not in known and self.in_part(role.role_type):
                added.setdefault(role.role_type, []).append(role)
        sections = {
            role_type: self.roles[role_type].holding((*self.roles[role_type].roles, *found))
            for role_type, found in added.items()
        }
        return replace(self, roles={**self.roles, **sections})

    def in_part(self, role_type: str) -> bool:
        """Whether the roles of a type are those that were seen in use: others may be there."""
        section = self.roles.get(role_type)
        return section is not None and section.capture is Capture.SEEN_IN_USE


@dataclass(frozen=True, slots=True)
class Selection:
    """Which roles are in scope: shell patterns over names, case matters. Default: all."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    def covers(self, name: str) -> bool:
        """Whether a role of this name is in scope."""
        if self.include and not matches(name, self.include):
            return False
        return not matches(name, self.exclude)

    @property
    def everything(self) -> bool:
        """Whether it leaves nothing out."""
        return not self.include and not self.exclude

    def folded(self, fold: Callable[[str], str]) -> "Selection":
        """With patterns as names are matched."""
        return Selection(tuple(map(fold, self.include)), tuple(map(fold, self.exclude)))


def matches(name: str, patterns: tuple[str, ...]) -> bool:
    """Whether a name is one of the patterns, literally or as a shell pattern.

    Literally first, because role names may hold brackets and question marks of their own.
    """
    return any(name == pattern or fnmatchcase(name, pattern) for pattern in patterns)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A state with its envelope: where it was taken, when (ISO 8601, UTC), by which version."""

    environment: str
    identity: Identity
    captured_at: str
    version: str
    selection: Selection
    state: State
