"""What has to change in a target for it to hold what a source holds, and what is left as it is.

Roles are matched by (role type, exact name): ids differ between environments and a refId is only
a hint (kore.md C). Pure: everything that decides is an argument.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeGuard

from migrate.behaviour import Behaviour, Learned, achievable
from migrate.errors import InvalidInput
from migrate.model import (
    Capture,
    Mode,
    PermissionValue,
    Role,
    RoleKey,
    Section,
    Selection,
    State,
    in_scope,
    matches,
)
from migrate.profile import made_by_probe
from migrate.traits import Traits


class Action(StrEnum):
    """What is done to a role in the target."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


class Reason(StrEnum):
    """Why a difference is left as it is."""

    BUILT_IN = "built-in"
    KEPT = "kept"
    TARGET_ONLY = "only in the target"
    UNREACHABLE = "cannot be changed here"
    PROBE = "made by a probe"
    NOT_CAPTURED = "not captured"


@dataclass(frozen=True, slots=True)
class Change:
    """One change to one role. `before` is the target's role, `after` what it will be.

    `after` carries the ids of the source, `before` those of the target; content is what counts.
    """

    action: Action
    role_type: str
    name: str
    before: Role | None
    after: Role | None

    @property
    def key(self) -> RoleKey:
        """(role type, name)."""
        return (self.role_type, self.name)


@dataclass(frozen=True, slots=True)
class Left:
    """A difference that the plan leaves as it is, with why. `name` is "" for a whole role type."""

    role_type: str
    name: str
    reason: Reason
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PermissionChange:
    """One permission of one role; None means absent, which is not the same as denied."""

    name: str
    before: PermissionValue | None
    after: PermissionValue | None


@dataclass(frozen=True, slots=True)
class Rules:
    """What a target's config says about promotions into it."""

    keep: tuple[str, ...] = ()
    promote_builtins: tuple[str, ...] = ()
    permission_map: Mapping[str, str] | None = None
    send_source_id: bool = False


@dataclass(frozen=True, slots=True)
class Comparison:
    """Changes and what is left, each by role type, then name; `unknown` permissions per role."""

    changes: tuple[Change, ...]
    left: tuple[Left, ...]
    unknown: tuple[tuple[RoleKey, str], ...] = ()
    equal: int = 0


def compare(
    source: State,
    target: State,
    *,
    mode: Mode,
    selections: tuple[Selection, ...],
    rules: Rules,
    behaviour: Behaviour,
    traits: Traits,
) -> Comparison:
    """Compare the roles in scope and say what has to change.

    A role type that either side has not captured is left alone; one that the source has only
    seen in part never causes a deletion. Opaque roles are never changed.
    """
    changes: list[Change] = []
    left: list[Left] = []
    unknown: list[tuple[RoleKey, str]] = []
    equal = 0
    for role_type in sorted(source.roles.keys() | target.roles.keys()):
        wanted, held = source.roles.get(role_type), target.roles.get(role_type)
        if not (_captured(wanted) and _captured(held)):
            left.append(Left(role_type, "", Reason.NOT_CAPTURED))
            continue
        known = frozenset[str]().union(*(role.permissions for role in held.roles))
        of_type = _RoleType(role_type, mode, rules, behaviour.of(role_type), traits, known)
        sources = in_scope((renamed(role, rules) for role in wanted.roles), selections)
        targets = {role.name: role for role in in_scope(held.roles, selections)}
        if traits.opaque_roles:
            equal += sum(role.name in targets for role in sources)
            continue
        found = [of_type.one(role, targets.pop(role.name, None)) for role in sources]
        equal += sum(change is None and not leaves for change, leaves in found)
        found += [of_type.surplus(role, prune=wanted.complete) for role in targets.values()]
        changes += [change for change, _ in found if change is not None]
        left += [item for _, leaves in found for item in leaves]
        unknown += of_type.unknown(changes)
    changes.sort(key=lambda change: change.key)
    left.sort(key=lambda item: (item.role_type, item.name))
    return Comparison(tuple(changes), tuple(left), tuple(unknown), equal)


def permission_changes(before: Role | None, after: Role | None) -> tuple[PermissionChange, ...]:
    """The permissions that differ between two versions of a role, by name."""
    had = before.permissions if before else {}
    has = after.permissions if after else {}
    return tuple(
        PermissionChange(name, had.get(name), has.get(name))
        for name in sorted(had.keys() | has.keys())
        if had.get(name) != has.get(name)
    )


def renamed(role: Role, rules: Rules) -> Role:
    """A source role with its permissions renamed as the target's config says.

    Raises InvalidInput where two permissions would become one with different values.
    """
    if not rules.permission_map or rules.permission_map.keys().isdisjoint(role.permissions):
        return role
    permissions: dict[str, PermissionValue] = {}
    for name, value in role.permissions.items():
        new = rules.permission_map.get(name, name)
        if permissions.setdefault(new, value) != value:
            raise InvalidInput(
                f"permission_map makes {new!r} out of two permissions that have different values",
                where=f"{role.role_type} role {role.name!r}",
                target="unchanged",
                remedy="Map them to different names, or give both one value in the source.",
            )
    return replace(role, permissions=permissions)


@dataclass(frozen=True, slots=True)
class _RoleType:
    role_type: str
    mode: Mode
    rules: Rules
    learned: Learned
    traits: Traits
    known: frozenset[str]

    def one(self, role: Role, held: Role | None) -> tuple[Change | None, list[Left]]:
        """What becomes of a role that the source has."""
        if made_by_probe(role.name):
            return None, [Left(self.role_type, role.name, Reason.PROBE)]
        if held is not None and role.same_content(held):
            return None, []
        if self._fixed(role.name, held):
            return None, [Left(self.role_type, role.name, Reason.BUILT_IN, _differs(held, role))]
        unknown = self._unknown(role)
        after, because = achievable(role, held, self.learned, self.traits.denied, unknown)
        left = [Left(self.role_type, role.name, Reason.UNREACHABLE, because)] if because else []
        if held is not None and after.same_content(held):
            return None, left
        action = Action.UPDATE if held is not None else Action.CREATE
        return Change(action, self.role_type, role.name, held, after), left

    def surplus(self, held: Role, *, prune: bool) -> tuple[Change | None, list[Left]]:
        """What becomes of a role that only the target has."""
        if self.traits.is_built_in(self.role_type, held.name):
            return None, [Left(self.role_type, held.name, Reason.BUILT_IN, ("only in the target",))]
        if matches(held.name, self.rules.keep):
            return None, [Left(self.role_type, held.name, Reason.KEPT)]
        if self.mode is not Mode.FULL or not prune:
            return None, [Left(self.role_type, held.name, Reason.TARGET_ONLY)]
        if self.learned.keeps_roles:
            because = ("a full import here does not delete roles; delete it in the console",)
            return None, [Left(self.role_type, held.name, Reason.UNREACHABLE, because)]
        return Change(Action.DELETE, self.role_type, held.name, held, None), []

    def unknown(self, changes: list[Change]) -> list[tuple[RoleKey, str]]:
        """Permission names that changes set, and that no role of the target has."""
        mine = [each for each in changes if each.role_type == self.role_type and each.after]
        return [(each.key, name) for each in mine for name in sorted(self._unknown(each.after))]

    def _unknown(self, role: Role | None) -> frozenset[str]:
        # A target that has not one permission of this type to show tells nothing about its names.
        has = role.permissions.keys() if role and self.known else self.known
        return frozenset() if has <= self.known else frozenset(has - self.known)

    def _fixed(self, name: str, held: Role | None) -> bool:
        """Whether a role is left alone as built-in; one that the target lacks can't be made."""
        if not self.traits.is_built_in(self.role_type, name):
            return False
        if held is None or self.traits.is_untouchable(self.role_type, name):
            return True
        return name not in self.rules.promote_builtins


def _captured(section: Section | None) -> TypeGuard[Section]:
    return section is not None and section.capture is not Capture.NOT_CAPTURED


def _differs(held: Role | None, role: Role) -> tuple[str, ...]:
    if held is None:
        return ("only in the source",)
    names = tuple(f"permission {change.name!r}" for change in permission_changes(held, role))
    return ("description", *names) if held.description != role.description else names
