"""What an environment is and holds, and what may become of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from migrate.model.people import People
from migrate.model.roles import Capture, Role, RoleKey, Section, Selection


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
class State:
    """What an environment holds: one section of roles per role type, and who holds them.

    `digests` keeps those that `migrate.digests` has worked out of it: with ids, and without.
    """

    roles: Mapping[str, Section]
    people: People | None = None
    digests: dict[bool, str] = field(init=False, compare=False, repr=False, default_factory=dict)

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


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Snapshot:
    """A state with its envelope: where it was taken, when (ISO 8601, UTC), by which version."""

    environment: str
    identity: Identity
    captured_at: str
    version: str
    selection: Selection
    state: State
