"""A run that ended, as the history keeps it: who, when, by which plan, and what became different.

Names only, no ids: it is read long after the objects that it speaks of are gone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from migrate import accessfile
from migrate.access import AccessChange
from migrate.actor import (
    Actor,
    Approver,
    actor_to_value,
    approver_from_value,
    approver_to_value,
)
from migrate.diff import Action, PermissionChange
from migrate.errors import InvalidInput
from migrate.model import Assignment, Identity
from migrate.peoplefile import assignment_from_value, assignments_to_value
from migrate.snapshot import identity_from_value, identity_to_value

SCHEMA = "urn:role-migrate:schema:history:1"
FORMAT_VERSION = 1
NOWHERE = Identity("", "", "")


class Basis(StrEnum):
    """What the changes of an entry rest on: two reads of the target, or only what was meant."""

    READ_BACK = "read back"
    PLANNED = "planned"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class RoleChange:
    """What became different in one role; `described` where its description did."""

    action: Action
    role_type: str
    name: str
    permissions: tuple[PermissionChange, ...] = ()
    described: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """An environment by name and identity; `digest` is the content digest of what it held."""

    environment: str
    identity: Identity = NOWHERE
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Ended:
    """A run that wrote something and ended.

    `applier` began it, `ended_by` brought it to its end. `reason` is why it was set aside. Times
    are ISO 8601, UTC. `backup` and `after` are state digests of snapshots, `after` and the digest
    of `target` "" where nobody read the target back. What is not known is "" or ().
    """

    run: str
    plan: str
    plan_digest: str
    mode: str
    assignments: str
    source: Place
    target: Place
    planner: Actor
    applier: Actor
    ended_by: Actor
    approvers: tuple[Approver, ...]
    result: str
    reason: str
    undoes: str
    started_at: str
    finished_at: str
    backup: str
    after: str
    basis: Basis
    roles: tuple[RoleChange, ...] = ()
    adds: tuple[Assignment, ...] = ()
    removes: tuple[Assignment, ...] = ()
    access: tuple[AccessChange, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether it names no change at all."""
        return not (self.roles or self.adds or self.removes or self.access)


def to_value(ended: Ended) -> dict[str, Any]:
    """The JSON value, without its place in the chain."""
    return {
        "run": ended.run,
        "plan": ended.plan,
        "planDigest": ended.plan_digest,
        "mode": ended.mode,
        "assignments": ended.assignments,
        "source": _place_to_value(ended.source),
        "target": _place_to_value(ended.target),
        "planner": actor_to_value(ended.planner),
        "applier": actor_to_value(ended.applier),
        "endedBy": actor_to_value(ended.ended_by),
        "approvers": [approver_to_value(each) for each in ended.approvers],
        "result": ended.result,
        "reason": ended.reason,
        "undoes": ended.undoes,
        "startedAt": ended.started_at,
        "finishedAt": ended.finished_at,
        "backup": ended.backup,
        "after": ended.after,
        "basis": ended.basis.value,
        "roles": [_role_to_value(change) for change in ended.roles],
        "adds": assignments_to_value(ended.adds),
        "removes": assignments_to_value(ended.removes),
        "access": accessfile.to_value(ended.access),
    }


def from_value(value: Mapping[str, Any], *, where: str) -> Ended:
    """Read one back. Raises InvalidInput for what this version does not write."""
    try:
        return Ended(
            run=value["run"],
            plan=value["plan"],
            plan_digest=value["planDigest"],
            mode=value["mode"],
            assignments=value["assignments"],
            source=_place_from_value(value["source"]),
            target=_place_from_value(value["target"]),
            planner=Actor(**value["planner"]),
            applier=Actor(**value["applier"]),
            ended_by=Actor(**value["endedBy"]),
            approvers=tuple(map(approver_from_value, value["approvers"])),
            result=value["result"],
            reason=value["reason"],
            undoes=value["undoes"],
            started_at=value["startedAt"],
            finished_at=value["finishedAt"],
            backup=value["backup"],
            after=value["after"],
            basis=Basis(value["basis"]),
            roles=tuple(_role_from_value(item) for item in value["roles"]),
            adds=tuple(assignment_from_value(item) for item in value["adds"]),
            removes=tuple(assignment_from_value(item) for item in value["removes"]),
            access=accessfile.from_value(value["access"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInput(
            f"this is no sound entry of a history: it lacks a sound {error}",
            where=where,
            remedy="Somebody changed it; restore the object from an older version or a backup.",
        ) from error


def _place_to_value(place: Place) -> dict[str, Any]:
    return {
        "environment": place.environment,
        "identity": identity_to_value(place.identity),
        "digest": place.digest,
    }


def _place_from_value(value: Mapping[str, Any]) -> Place:
    return Place(value["environment"], identity_from_value(value["identity"]), value["digest"])


def _role_to_value(change: RoleChange) -> dict[str, Any]:
    return {
        "action": change.action.value,
        "roleType": change.role_type,
        "name": change.name,
        "described": change.described,
        "permissions": [
            {"name": each.name, "before": each.before, "after": each.after}
            for each in change.permissions
        ],
    }


def _role_from_value(value: Mapping[str, Any]) -> RoleChange:
    def held(part: Any) -> Any:
        return tuple(part) if isinstance(part, list) else part

    return RoleChange(
        Action(value["action"]),
        value["roleType"],
        value["name"],
        tuple(
            PermissionChange(each["name"], held(each["before"]), held(each["after"]))
            for each in value["permissions"]
        ),
        value["described"],
    )
