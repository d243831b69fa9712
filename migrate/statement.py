"""What somebody says yes to: what a plan does, or what all plans of a set do. Pure."""

from dataclasses import dataclass
from typing import Any

from migrate.actor import Actor, actor_to_value
from migrate.canonical import dumps
from migrate.model import Identity
from migrate.snapshot import identity_from_value, identity_to_value


@dataclass(frozen=True, slots=True)
class Subject:
    """A plan that was looked at, who made it, for which target, and the digest of what it does."""

    plan: str
    plan_digest: str
    changes: str
    target: Identity
    planner: Actor


@dataclass(frozen=True, slots=True)
class Together:
    """The set that a plan was approved in: its digest, and all of its plans."""

    digest: str
    subjects: tuple[Subject, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """What somebody says yes to. `plan` is the one that was looked at, `planner` who made it.

    `changes` is the `changes_digest` that it holds for, `at` in ISO 8601, UTC. Where a whole set
    was approved, `together` is that set, and it is the set that is signed, once for all of it.
    """

    plan: str
    plan_digest: str
    changes: str
    target: Identity
    planner: Actor
    approver: Actor
    at: str
    change_ref: str
    together: Together | None = None

    @property
    def subject(self) -> Subject:
        """The plan of it."""
        return Subject(self.plan, self.plan_digest, self.changes, self.target, self.planner)

    @property
    def sound(self) -> bool:
        """Whether what is signed says the same as the statement: the set has just this plan."""
        return self.together is None or self.subject in self.together.subjects


def statement_bytes(statement: Statement) -> bytes:
    """What is signed: the statement as canonical JSON; of a set what is the same for all of it."""
    value = to_value(statement)
    if statement.together is not None:
        value = {name: value[name] for name in ("set", "approver", "at", "changeRef")}
    return dumps(value)


def to_value(statement: Statement) -> dict[str, Any]:
    """The JSON value of a statement."""
    value = {
        **subject_to_value(statement.subject),
        "approver": actor_to_value(statement.approver),
        "at": statement.at,
        "changeRef": statement.change_ref,
    }
    if statement.together is not None:
        value["set"] = {
            "digest": statement.together.digest,
            "plans": [subject_to_value(each) for each in statement.together.subjects],
        }
    return value


def from_value(said: dict[str, Any]) -> Statement:
    """The statement in a JSON value that its schema allows."""
    subject, group = subject_from_value(said), said.get("set")
    return Statement(
        plan=subject.plan,
        plan_digest=subject.plan_digest,
        changes=subject.changes,
        target=subject.target,
        planner=subject.planner,
        approver=Actor(**said["approver"]),
        at=said["at"],
        change_ref=said["changeRef"],
        together=Together(group["digest"], tuple(map(subject_from_value, group["plans"])))
        if group
        else None,
    )


def subject_to_value(subject: Subject) -> dict[str, Any]:
    """The JSON value of a plan that was looked at."""
    return {
        "plan": subject.plan,
        "planDigest": subject.plan_digest,
        "changes": subject.changes,
        "target": identity_to_value(subject.target),
        "planner": actor_to_value(subject.planner),
    }


def subject_from_value(value: dict[str, Any]) -> Subject:
    """The plan in a JSON value that may hold more."""
    return Subject(
        plan=value["plan"],
        plan_digest=value["planDigest"],
        changes=value["changes"],
        target=identity_from_value(value["target"]),
        planner=Actor(**value["planner"]),
    )
