"""The roles that a probe makes of one type: their names, and what they grant. Pure.

The role that somebody is given denies everything that it names. The others grant what the
account's own roles grant, and nobody holds them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from migrate.behaviour import is_denied
from migrate.model import Permissions, PermissionValue, Role, Section
from migrate.platforms.kore.catalogue import DENIED, TRAITS
from migrate.profile import PREFIX, made_by_probe, own_name

MAIN, HELD, SPARE, BY_REF, BY_ID, FIRST_MIRROR = range(1, 7)
"""The numbers in the names of a probe's roles. `BY_REF` and `BY_ID` are made while asking what an
import matches by."""

MOST_MIRRORS = 8
"""Values that one permission may have in an account for a full import to be rehearsed."""


class Mirror(NamedTuple):
    """What a copy of what others' roles hold is made with."""

    permissions: Permissions
    description: str


@dataclass(frozen=True, slots=True)
class Sketch:
    """What a probe makes of one role type.

    `denies` is a permission to deny, `grants` one to grant with its value, None where the account
    shows none. `known` are the names that the account's roles hold. `mirrors` hold together every
    permission with every value that the account's custom and editable roles have, and the longest
    and the shortest of their descriptions.
    """

    role_type: str
    mark: str
    denies: str
    grants: tuple[str, PermissionValue] | None
    known: frozenset[str]
    mirrors: tuple[Mirror, ...]

    def name(self, number: int) -> str:
        """The name of the role of a number."""
        return own_name(self.mark, number)

    def role(self, number: int, step: int, permissions: Permissions) -> Role:
        """A role of the probe; `step` goes into its description, so that a change shows."""
        about = f"{PREFIX} {self.mark}, step {step}: nobody needs this role"
        return Role(self.role_type, self.name(number), about, permissions)

    @property
    def no(self) -> PermissionValue:
        """The value that denies, as this role type has it."""
        return denied(self.role_type)

    @property
    def unknown(self) -> str:
        """A permission name that no platform knows."""
        return f"{PREFIX} {self.mark}"

    @property
    def strange_value(self) -> PermissionValue:
        """The value that the unknown permission gets: one that grants, as a real one would."""
        return "YES" if self.role_type == "admin" else ("YES",)

    @property
    def least(self) -> Permissions:
        """What a role holds that is to grant nothing."""
        return {self.denies: self.no}

    @property
    def whole(self) -> Permissions:
        """What the main role is made with: something to deny, and something to lose."""
        return {**self.least, self.grants[0]: self.grants[1]} if self.grants else self.least


def sketch(section: Section, role_type: str, mark: str) -> Sketch:
    """What to make beside the roles of a section."""
    roles = [role for role in section.roles if not made_by_probe(role.name)]
    seen = _values(roles)
    documented = TRAITS.role_types[role_type].known
    names = sorted(seen or documented, key=_harmless_first)
    grants = _grant(names, seen, documented, role_type)
    denies = next((name for name in names if grants is None or name != grants[0]), names[0])
    return Sketch(
        role_type, mark, denies, grants, frozenset(seen), _mirrors(others(roles, role_type))
    )


def _mirrors(roles: tuple[Role, ...]) -> tuple[Mirror, ...]:
    values = _values(roles)
    by_length = sorted({role.description for role in roles}, key=len)
    texts = by_length if len(by_length) < 2 else [by_length[0], by_length[-1]]
    most = max(len(texts), *map(len, values.values())) if values else len(texts)
    return tuple(
        Mirror(
            {name: held[min(number, len(held) - 1)] for name, held in values.items()},
            texts[min(number, len(texts) - 1)],
        )
        for number in range(most)
    )


def others(roles: Iterable[Role], role_type: str) -> tuple[Role, ...]:
    """The roles that a full import may change: not a probe's, and not the fixed built-ins.

    An import was seen to leave fixed built-ins alone (kore.md B).
    """
    return tuple(
        role
        for role in roles
        if not made_by_probe(role.name) and not TRAITS.is_untouchable(role_type, role.name)
    )


def denied(role_type: str) -> PermissionValue:
    """The value that denies, as a role type has it on the wire (kore.md A1)."""
    return DENIED if role_type == "admin" else (DENIED,)


def emptied(role: Role, about: str) -> Role:
    """A role with every permission that it holds denied."""
    no = denied(role.role_type)
    return Role(
        role.role_type, role.name, about, dict.fromkeys(role.permissions, no), role.id, role.ref_id
    )


def _harmless_first(name: str) -> tuple[bool, str]:
    return name in TRAITS.sensitive, name


def _values(roles: Iterable[Role]) -> dict[str, list[PermissionValue]]:
    """Every permission's values, each once, in a fixed order."""
    found: dict[str, set[PermissionValue]] = {}
    for role in roles:
        for name, value in role.permissions.items():
            found.setdefault(name, set()).add(value)
    return {name: sorted(values, key=str) for name, values in sorted(found.items())}


def _grant(
    names: list[str],
    seen: Mapping[str, list[PermissionValue]],
    documented: Mapping[str, Iterable[str]],
    role_type: str,
) -> tuple[str, PermissionValue] | None:
    """A permission of the account with a value that grants: one that is in use, else documented."""
    for name in names:
        for value in seen.get(name, []):
            if not is_denied(value, DENIED):
                return name, value
    for name in names:
        strongest = next((each for each in ("YES", "FULL") if each in documented.get(name, ())), "")
        if strongest:
            return name, strongest if role_type == "admin" else (strongest,)
    return None
