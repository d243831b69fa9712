"""What the pure rooms must know of a platform, as plain values.

Each platform folder builds one `Traits`; nothing in here knows any platform by name.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from migrate.model import Assignment


@dataclass(frozen=True, slots=True)
class RoleTypeTraits:
    """What is known of one role type.

    `untouchable` built-ins are never changed by anybody; `built_in` holds every name, in any
    version of the platform, that ships with it (the untouchable ones included); `known` maps the
    documented permission names to their documented values.
    """

    untouchable: frozenset[str] = frozenset()
    built_in: frozenset[str] = frozenset()
    known: Mapping[str, Collection[str]] = field(default_factory=dict)


def _as_it_is(kind: str, name: str) -> str:
    return name


def _nothing_against(assignment: Assignment) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Traits:
    """What is known of a platform.

    `denied` is the value that, where it stands in place of an absent permission, grants nothing
    more (Kore.ai: NO); None where there is no such value. `value_order` has chains of values, each
    stronger than the one before. `fold` gives what a name (kind, name) is matched by: a
    principal's, or a role's with the kind "role". `not_assignable` says why the platform never
    gives or takes an assignment, or ""; `caution` what deserves a word about one that is made, or
    "".
    `sensitive` are permissions whose gain deserves a reviewer's eye, `role_management` is the one
    without which nobody can give roles; "" where there is none. `labels` are the names that the
    platform shows people for permissions which have another on the wire, `nouns` what it calls
    kinds of principals.

    `opaque_roles`: roles can't be listed, made, changed or deleted, and what they grant is not
    shown; all that can travel is who holds them. `shows_everybody`: a capture has every user, also
    those who hold nothing. `most_roles` is how many roles one principal can hold. `only_by` has
    roles that nobody but one user (by folded name) can give or take.
    """

    platform: str
    role_types: Mapping[str, RoleTypeTraits]
    denied: str | None = None
    value_order: Sequence[Sequence[str]] = ()
    fold: Callable[[str, str], str] = _as_it_is
    not_assignable: Callable[[Assignment], str] = _nothing_against
    caution: Callable[[Assignment], str] = _nothing_against
    sensitive: tuple[str, ...] = ()
    role_management: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    nouns: Mapping[str, str] = field(default_factory=dict)
    opaque_roles: bool = False
    shows_everybody: bool = False
    most_roles: int | None = None
    only_by: Mapping[str, str] = field(default_factory=dict)

    def fold_role(self, name: str) -> str:
        """What a role's name is matched by."""
        return self.fold("role", name)

    def noun(self, kind: str) -> str:
        """What the platform calls a kind of principals."""
        return self.nouns.get(kind, kind)

    def built_in(self, role_type: str) -> frozenset[str]:
        """The names of the roles that ship with the platform; none of a type that is not known."""
        known = self.role_types.get(role_type)
        return known.built_in if known else frozenset()

    def is_built_in(self, role_type: str, name: str) -> bool:
        """Whether a role ships with the platform."""
        return name in self.built_in(role_type)

    def is_untouchable(self, role_type: str, name: str) -> bool:
        """Whether a role is a built-in that nobody can change."""
        known = self.role_types.get(role_type)
        return known is not None and name in known.untouchable
