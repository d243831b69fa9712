"""The plan: the exact list of changes from the target's state to the desired one.

It is self-contained (`apply` never reads the source), bound to the state of every object that it
touches, and carries the identities of both sides and of the store. `migrate.planner` makes it,
`migrate.planfile` reads and writes it as a file.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from migrate.actor import Actor
from migrate.diff import Action, Change, Left, Rules
from migrate.digests import content_digest, role_digest, state_digest
from migrate.errors import UNCHANGED, UsageError
from migrate.guards import Override, Verdict
from migrate.model import (
    Identity,
    Mode,
    Role,
    RoleKey,
    Selection,
    Snapshot,
    State,
)
from migrate.peopleplan import PeoplePlan


class Origin(StrEnum):
    """Where the desired state of a plan comes from."""

    SNAPSHOT = "snapshot"
    ASSIGNMENTS_FILE = "assignments file"
    RUN = "run"


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a plan. `digest`: the content digest of a source, the state digest of a target.

    `snapshot` is the digest under which the store has the snapshot.

    A source that is no snapshot says so by its `origin`: `environment` is then what it is called (a
    file's name, a run that is taken back), `identity` the target's own, `captured_at`
    when it was read, `digest` that of its bytes, and `snapshot` is empty, for what such a source
    leads to was never captured.
    """

    environment: str
    identity: Identity
    captured_at: str
    digest: str
    snapshot: str
    origin: Origin = Origin.SNAPSHOT

    @classmethod
    def of(cls, taken: Snapshot, digest: str = "") -> "Side":
        """The side that a snapshot is; `digest` where it is not the one it is stored under."""
        stored = state_digest(taken.state)
        return cls(taken.environment, taken.identity, taken.captured_at, digest or stored, stored)


@dataclass(frozen=True, slots=True)
class Source:
    """What a plan works towards: a state, what the plan calls the place it comes from, and which
    roles of that place it holds. `notes` are sentences on it that the plan is to carry, `undoes`
    the run that it takes back.
    """

    side: Side
    state: State
    selection: Selection = field(default_factory=Selection)
    notes: tuple[str, ...] = ()
    undoes: "Undoes | None" = None

    @classmethod
    def of(cls, taken: Snapshot) -> "Source":
        """What was captured, as it is."""
        side = Side.of(taken, content_digest(taken.state))
        return cls(side, taken.state, taken.selection)

    @property
    def identity(self) -> Identity:
        """What the place it comes from really is."""
        return self.side.identity

    @property
    def worked_out(self) -> bool:
        """Whether it was never captured, for nothing was like that yet."""
        return self.side.origin is not Origin.SNAPSHOT


@dataclass(frozen=True, slots=True)
class Undoes:
    """The run that a plan takes back.

    `own` are roles that the run made and that nobody holds but by it: deleting them is no loss
    that a guard has to see.
    """

    run: str
    own: frozenset[RoleKey] = frozenset()


@dataclass(frozen=True, slots=True)
class Terms:
    """Every name that a source has, as the target would call it; permissions by role type."""

    permissions: Mapping[str, frozenset[str]] = field(default_factory=dict)
    roles: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Reverted:
    """What a plan would take back of one role that was done by hand, each thing in words.

    `log` is what the target's own audit log says of the role, where it could be read.
    """

    role_type: str
    role: str
    what: tuple[str, ...]
    log: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan, and who made it. `store` is "" for a comparison that can't be applied.

    `source_sizes` (roles captured per type), `source_names` (custom roles in scope per type) and
    `source_terms` are what guards rest on when the plan is applied, far from the source. `digests`
    keeps what `planfile` and `approval` have worked out of it.
    """

    id: str
    created_at: str
    version: str
    mode: Mode
    source: Side
    target: Side
    store: str
    selections: tuple[Selection, ...]
    rules: Rules
    changes: tuple[Change, ...]
    left: tuple[Left, ...]
    unknown: tuple[tuple[RoleKey, str], ...]
    equal: int
    source_sizes: Mapping[str, int]
    source_names: Mapping[str, frozenset[str]]
    source_terms: Terms
    overrides: tuple[Override, ...]
    verdicts: tuple[Verdict, ...]
    people: PeoplePlan = field(default_factory=PeoplePlan)
    undoes: Undoes | None = None
    reverts: tuple[Reverted, ...] = ()
    planner: Actor = field(default_factory=Actor)
    digests: dict[str, str] = field(init=False, compare=False, repr=False, default_factory=dict)

    def of(self, action: Action) -> tuple[Change, ...]:
        """The changes of one kind."""
        return tuple(change for change in self.changes if change.action is action)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to do."""
        return not (self.changes or self.people.adds or self.people.removes)

    @property
    def touched_types(self) -> tuple[str, ...]:
        """The role types of which roles or their holders change."""
        items = (*self.people.adds, *self.people.removes)
        return tuple(sorted({*self.role_types, *(item.role_type for item in items)}))

    @property
    def role_types(self) -> tuple[str, ...]:
        """The role types that change."""
        return tuple(sorted({change.role_type for change in self.changes}))


NO_WAY = "roles cannot travel between platforms"
"""Why nothing can be planned between two of different ones."""


def same_platform(source: Side | Snapshot, target: Snapshot, why: str) -> None:
    """Raises UsageError where two are of different platforms; `why` says what that rules out."""
    one_platform((source.environment, source.identity), (target.environment, target.identity), why)


def one_platform(source: tuple[str, Identity], target: tuple[str, Identity], why: str) -> None:
    """As `same_platform`, of two environments by what they are called and are."""
    (here, one), (there, other) = source, target
    if one.platform != other.platform:
        raise UsageError(
            f"{here!r} is a {one.platform} environment and {there!r} a {other.platform} one: {why}",
            target=UNCHANGED,
            remedy="Name two environments of one platform.",
        )


def moved(plan: Plan, target: State) -> tuple[Change, ...]:
    """The changes whose role is no longer what it was when the plan was made, ids included.

    All changes of a role type count that `target` does not hold, for nothing is known of them.
    """
    now = target.by_key()
    seen = target.captured
    return tuple(
        change
        for change in plan.changes
        if change.role_type not in seen or not _same(change.before, now.get(change.key))
    )


def desired(plan: Plan, target: State) -> State:
    """The target's state with the plan's changes made. New roles have no id yet.

    Roles that are not seen there, and that somebody is given, are taken to be there.
    """
    sections = {}
    for role_type, section in target.roles.items():
        changes = [change for change in plan.changes if change.role_type == role_type]
        if not changes:
            sections[role_type] = section
            continue
        roles = {role.name: role for role in section.roles}
        for change in changes:
            if change.after is None:
                roles.pop(change.name, None)
            else:
                before = roles.get(change.name)
                ids = (before.id, before.ref_id) if before else (None, None)
                roles[change.name] = change.after.known_by(*ids)
        sections[role_type] = section.holding(roles.values())
    return State(sections, target.people).with_seen(plan.people.unseen)


def _same(before: Role | None, now: Role | None) -> bool:
    if before is None or now is None:
        return before is now
    return role_digest(before) == role_digest(now)
