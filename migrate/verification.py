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
from migrate.model import Capture, Role, RoleKey, Section, State
from migrate.traits import Traits


class Kind(StrEnum):
    """How a role differs from the desired one."""

    MISSING = "missing"
    DIFFERENT = "different"
    NOT_DELETED = "not deleted"
    EXTRA = "not ours"
    MEMBERS = "held by others"


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
    contradicted: Collection[str] = (),
) -> Verification:
    """Compare the role types of `found` with the desired state.

    `before` is the target just before the run, `imported` the roles that our import files held:
    only of those anything is learned. `contradicted` are the role types of which the import's
    answer itself differed from what was sent: there an old value is not just late.
    """
    had, wanted, has = before.by_key(), desired.by_key(), found.by_key()
    ours = {change.key for change in changes}
    sent = frozenset(imported)
    seen = {role_type: _Seen(_names(before, role_type)) for role_type in found.roles}
    deviations = []
    for key in sorted(wanted.keys() | has.keys()):
        if key[0] not in seen:
            continue
        want, have, was = wanted.get(key), has.get(key), had.get(key)
        if (want is None or have is None) and found.in_part(key[0]):
            continue  # nobody holds it, which is all that is known
        if key in ours and _visible(was, have):
            seen[key[0]].visible = True
        if key in sent and want is not None and have is not None:
            seen[key[0]].sent(want, have, was, traits)
        if want is None or have is None:
            deviations.append(_present(key, want, have, key in ours, seen[key[0]]))
        elif not want.same_content(have):
            deviations.append(_content(want, have, was, key in ours, key in sent, traits))
    for role_type in seen.keys() & set(contradicted):
        seen[role_type].contradicted = True
    for change in changes:
        if change.after is None and change.key not in has and change.role_type in seen:
            seen[change.role_type].visible = True
            seen[change.role_type].disproved.add("keeps_roles")
    return Verification(
        tuple(deviations),
        frozenset(role_type for role_type, sight in seen.items() if sight.visible),
        {role_type: sight.learned() for role_type, sight in seen.items()},
    )


@dataclass(slots=True)
class _Seen:
    """What is gathered of one role type while its roles are gone through.

    Of the names of permissions that were sent, `dropped` are absent and `obeyed` became what was
    sent. One that is what it was before (`stuck`) proves nothing alone, since somebody may have
    set it back; where the platform keeps what it does not take, it is as good as dropped. `known`
    are the names that roles of the type had before.
    """

    known: frozenset[str]
    visible: bool = False
    contradicted: bool = False
    fills: bool = False
    merges: bool = False
    keeps_roles: bool = False
    dropped: set[str] = field(default_factory=set)
    stuck: set[str] = field(default_factory=set)
    disproved: set[str] = field(default_factory=set)
    obeyed: set[str] = field(default_factory=set)
    ids: set[bool] = field(default_factory=set)

    def sent(self, want: Role, have: Role, was: Role | None, traits: Traits) -> None:
        """Take in what became of a role that was imported."""
        had = was.permissions if was else {}
        if was is not None:
            self.ids.add(was.id == have.id)
        for name in want.permissions.keys() | have.permissions.keys():
            wanted, got, held = (
                each.get(name) for each in (want.permissions, have.permissions, had)
            )
            if got == wanted:
                if held != wanted and wanted is not None:
                    self.obeyed.add(name)
                    if name not in self.known:
                        self.disproved.add("drops_unknown")
                elif held is not None and wanted is None:
                    self.disproved.add("merges")
            elif wanted is None:
                if got is not None and is_denied(got, traits.denied):
                    self.fills = True
                elif got == held:
                    self.merges = True
            elif got is None:
                self.dropped.add(name)
            elif got == held:
                self.stuck.add(name)

    def learned(self) -> Learned:
        """What the role type teaches; a name that was obeyed once is not one to be dropped."""
        merges = self.merges and (self.visible or self.contradicted)
        drops = self.dropped | self.stuck if merges else self.dropped
        ids = None
        if self.visible and self.ids:
            # Where nothing shows at all, all that is old may just be late.
            ids = "minted" if False in self.ids else "kept"
        return Learned(
            fills=self.fills,
            merges=merges,
            keeps_roles=self.keeps_roles,
            drops=frozenset(drops - self.obeyed),
            ids=ids,
            disproved=frozenset(self.disproved),
            obeyed=frozenset(self.obeyed),
        )


def _names(state: State, role_type: str) -> frozenset[str]:
    section = state.roles.get(role_type, Section(Capture.NOT_CAPTURED))
    return frozenset(name for role in section.roles for name in role.permissions)


def _visible(was: Role | None, have: Role | None) -> bool:
    if was is None or have is None:
        return was is not have
    return was.id != have.id or not was.same_content(have)


def _present(
    key: RoleKey, want: Role | None, have: Role | None, ours: bool, seen: _Seen
) -> Deviation:
    if want is not None:
        return Deviation(*key, Kind.MISSING, ours, excused=False)
    if ours:
        seen.keeps_roles = True
        return Deviation(*key, Kind.NOT_DELETED, ours, excused=False)
    detail = "it was not there before the run"
    return Deviation(*key, Kind.EXTRA, ours, excused=False, details=(detail,))


def _content(
    want: Role, have: Role, was: Role | None, ours: bool, sent: bool, traits: Traits
) -> Deviation:
    details = []
    excused = want.description == have.description
    if not excused:
        details.append(f"description is {have.description!r}, not {want.description!r}")
    for change in permission_changes(want, have):
        name, should, found = change.name, change.before, change.after
        held = was.permissions.get(name) if was else None
        if should is None and found is not None and is_denied(found, traits.denied):
            details.append(f"permission {name!r}: absent became {shown(found)}")
            continue
        excused = False
        if found is None and sent:
            details.append(f"permission {name!r}: the platform dropped it")
        elif should is None and found == held:
            details.append(f"permission {name!r}: kept {shown(held)}, should be absent")
        else:
            details.append(f"permission {name!r}: is {shown(found)}, should be {shown(should)}")
    return Deviation(*want.key, Kind.DIFFERENT, ours, excused, tuple(details))
