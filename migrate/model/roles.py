"""Roles, the sections of them that a capture has, and which of them are in scope."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import lru_cache

PermissionValue = str | tuple[str, ...]
"""A permission's value: a string, or a tuple of strings, just as the platform holds it."""

Permissions = Mapping[str, PermissionValue]

RoleKey = tuple[str, str]
"""(role type, role name): what a role is matched by between environments."""

HELD = "held"
"""The value of the permission that an opaque role stands for."""


class Capture(StrEnum):
    """How a section of a snapshot came to be. A failed or short read is an error, never one."""

    CAPTURED = "captured"
    EMPTY = "empty"
    NOT_CAPTURED = "not captured"
    SEEN_IN_USE = "seen in use"


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

    def known_by(self, id: str | None, ref_id: str | None) -> "Role":
        """The same role with other ids. For very many: `replace` takes three times as long."""
        return Role(self.role_type, self.name, self.description, self.permissions, id, ref_id)

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


@lru_cache(maxsize=1024)
def values_of(*held: str) -> tuple[str, ...]:
    """A list of values as a permission has it: sorted, for its order means nothing; one tuple for
    all of the very many permissions that have the same."""
    return tuple(sorted(held))


def matches(name: str, patterns: tuple[str, ...]) -> bool:
    """Whether a name is one of the patterns, literally or as a shell pattern.

    Literally first, because role names may hold brackets and question marks of their own.
    """
    return any(name == pattern or fnmatchcase(name, pattern) for pattern in patterns)


def in_scope(roles: Iterable[Role], selections: Iterable[Selection]) -> tuple[Role, ...]:
    """The roles that every selection covers."""
    wanted = [selection for selection in selections if not selection.everything]
    return tuple(
        role for role in roles if not wanted or all(part.covers(role.name) for part in wanted)
    )
