"""Verify: compare what was read back with the desired state, exactly, and learn from what differs.

What differs is told apart: a permission that came back denied in place of absent is a note; what
the platform did otherwise with our own import is learned, so that the next plan expects it; and a
role that the plan does not touch was changed by somebody else, or by the import as a side effect.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from migrate.behaviour import Learned, is_denied, shown
from migrate.diff import Change, permission_changes
from migrate.model import Role, RoleKey, State
from migrate.traits import Traits


class Kind(StrEnum):
    """How a role differs from the desired one."""

    MISSING = "missing"
    DIFFERENT = "different"
    NOT_DELETED = "not deleted"
    EXTRA = "not ours"


@dataclass(frozen=True, slots=True)
class Deviation:
    """A role that is not as desired. `ours`: the plan touches it. `excused`: a note, no fault."""

    role_type: str
    name: str
    kind: Kind
    ours: bool
    excused: bool
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verification:
    """What reading back showed.

    `visible` holds the role types of which at least one change shows in what was read, so that
    the rest is not just late. `learned` is what a platform did, by role type.
    """

    deviations: tuple[Deviation, ...]
    visible: frozenset[str]
    learned: Mapping[str, Learned] = field(default_factory=dict)

    @property
    def faults(self) -> tuple[Deviation, ...]:
        """The deviations that are more than a note."""
        return tuple(deviation for deviation in self.deviations if not deviation.excused)


def verify(
    before: State,
    desired: State,
    found: State,
    changes: tuple[Change, ...],
    imported: Collection[RoleKey],
    traits: Traits,
) -> Verification:
    """Compare the role types of `found` with the desired state.

    `before` is the target just before the run, `imported` the roles that our import files held.
    """
    had, wanted, has = before.by_key(), desired.by_key(), found.by_key()
    ours = {change.key for change in changes}
    seen = {role_type: _Seen() for role_type in found.roles}
    deviations = []
    for key in sorted(wanted.keys() | has.keys()):
        if key[0] not in seen:
            continue
        want, have, was = wanted.get(key), has.get(key), had.get(key)
        if key in ours and _visible(was, have):
            seen[key[0]].visible = True
        if key in imported and was is not None and have is not None:
            seen[key[0]].ids.add(was.id == have.id)
        if want is None or have is None:
            deviations.append(_present(key, want, have, was, key in ours, seen[key[0]]))
        elif not want.same_content(have):
            deviations.append(_content(want, have, was, key in ours, seen[key[0]], traits))
    for change in changes:
        if change.after is None and change.key not in has and change.role_type in seen:
            seen[change.role_type].visible = True
    return Verification(
        tuple(deviations),
        frozenset(role_type for role_type, sight in seen.items() if sight.visible),
        {role_type: sight.learned() for role_type, sight in seen.items()},
    )


@dataclass(slots=True)
class _Seen:
    """What is gathered of one role type while its roles are gone through."""

    visible: bool = False
    fills: bool = False
    merges: bool = False
    keeps_roles: bool = False
    drops: set[str] = field(default_factory=set)
    ids: set[bool] = field(default_factory=set)

    def learned(self) -> Learned:
        ids = None if not self.ids else "minted" if False in self.ids else "kept"
        return Learned(self.fills, self.merges, self.keeps_roles, frozenset(self.drops), ids)


def _visible(was: Role | None, have: Role | None) -> bool:
    if was is None or have is None:
        return was is not have
    return not was.same_content(have)


def _present(
    key: RoleKey, want: Role | None, have: Role | None, was: Role | None, ours: bool, seen: _Seen
) -> Deviation:
    if want is not None:
        return Deviation(*key, Kind.MISSING, ours, excused=False)
    if ours:
        seen.keeps_roles = True
        return Deviation(*key, Kind.NOT_DELETED, ours, excused=False)
    detail = "it was not there before the run" if was is None else "it came back"
    return Deviation(*key, Kind.EXTRA, ours, excused=False, details=(detail,))


def _content(
    want: Role, have: Role, was: Role | None, ours: bool, seen: _Seen, traits: Traits
) -> Deviation:
    details = []
    excused = want.description == have.description
    if not excused:
        details.append(f"description is {have.description!r}, not {want.description!r}")
    for change in permission_changes(want, have):
        held = was.permissions.get(change.name) if was else None
        if (
            change.before is None
            and change.after is not None
            and is_denied(change.after, traits.denied)
        ):
            seen.fills = True
            details.append(f"permission {change.name!r}: absent became {shown(change.after)}")
            continue
        excused = False
        if change.after is None and held is None:
            seen.drops.add(change.name)
            details.append(f"permission {change.name!r}: the platform dropped it")
        elif change.before is None and change.after == held:
            seen.merges = True
            details.append(f"permission {change.name!r}: kept {shown(held)}, should be absent")
        else:
            details.append(
                f"permission {change.name!r}: is {shown(change.after)}, "
                f"should be {shown(change.before)}"
            )
    return Deviation(*want.key, Kind.DIFFERENT, ours, excused, tuple(details))
