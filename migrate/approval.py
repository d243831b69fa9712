"""Approvals: what is approved, the record of it, and which of them count for a plan. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from migrate import planfile, statement
from migrate.actor import Actor, Approver
from migrate.canonical import dumps, sha256
from migrate.plan import Plan
from migrate.snapshot import identity_to_value
from migrate.statement import Statement

SCHEMA = "urn:role-migrate:schema:approval:1"
_OF_THE_PLAN = (
    *("mode", "assignments", "store", "selections", "keep", "promoteBuiltins", "sendSourceId"),
    *("changes", "overrides", "undoes"),
)
_OF_PEOPLE = ("unread", "access", "dropping", "assignments", "adds", "removes", "moved", "orders")


@dataclass(frozen=True, slots=True)
class Approval:
    """A statement, and the SSH signature over its bytes, "" where nobody signed it."""

    statement: Statement
    signature: str = ""


@dataclass(frozen=True, slots=True)
class Proof:
    """Whom a signature shows: a principal of the allowed signers, and the key's fingerprint."""

    principal: str
    key: str


@dataclass(frozen=True, slots=True)
class Judged:
    """The approvals that count, one for each person, and why each other one does not."""

    counted: tuple[Approver, ...]
    refused: tuple[str, ...]


def changes_digest(plan: Plan) -> str:
    """The digest of what a plan does, and of what it was let through with.

    It is the same for a plan that is made again and does the same: nothing of when and by whom it
    was made, or of what it leaves alone, is in it. Every verdict is, but not its wording, which has
    counts that mean nothing to what is done.
    """
    if "changes" not in plan.digests:
        plan.digests["changes"] = _changes_digest(plan)
    return plan.digests["changes"]


def _changes_digest(plan: Plan) -> str:
    value = planfile.to_value(plan)
    what = {name: value[name] for name in _OF_THE_PLAN}
    what["people"] = {name: value["people"][name] for name in _OF_PEOPLE}
    what["verdicts"] = [[verdict.rule, verdict.outcome.value] for verdict in plan.verdicts]
    for side in (plan.source, plan.target):
        what[f"{side.environment}: {side.origin.value}"] = identity_to_value(side.identity)
    what["direction"] = [plan.source.environment, plan.target.environment]
    return sha256(dumps(what))


def to_value(approval: Approval) -> dict[str, Any]:
    """The JSON value of an approval."""
    return {
        "$schema": SCHEMA,
        "formatVersion": 1,
        "statement": statement.to_value(approval.statement),
        "signature": approval.signature,
    }


def from_value(value: dict[str, Any]) -> Approval:
    """The approval in a JSON value that its schema allows."""
    return Approval(statement.from_value(value["statement"]), value["signature"])


def judge(
    plan: Plan,
    found: Iterable[tuple[Approval, Proof | str | None]],
    *,
    since: str,
    until: str,
    proven_only: bool,
    planners_keys: frozenset[str],
    owners: tuple[str, ...] = (),
) -> Judged:
    """Which approvals count for a plan now.

    Each comes with the proof of its signature, the reason why that proves nothing, or None where it
    has none. Those given before `since` or after `until` (ISO 8601, UTC) do not count;
    `planners_keys` are fingerprints, `owners` those who answer for a waiver of the plan.
    One person counts once, by key and by name, and nobody counts who made the plan, this one or the
    one that was looked at.
    """
    changes = changes_digest(plan)
    counted: list[Approver] = []
    refused = []
    for approval, proof in sorted(found, key=lambda each: each[0].statement.at):
        said = approval.statement
        name = proof.principal if isinstance(proof, Proof) else said.approver.name
        approver = Approver(
            Actor(name, said.approver.place),
            said.at,
            said.change_ref,
            proof.key if isinstance(proof, Proof) else "",
        )
        why = (
            _about_another(plan, changes, said)
            or _out_of_time(said, since, until)
            or (proof if isinstance(proof, str) else "")
            or ("it is not signed" if proven_only and proof is None else "")
            or _planned_it(plan, said, approver, planners_keys)
            or _owns(approver, said, owners)
            or _counted_already(approver, counted)
        )
        if why:
            refused.append(f"the one by {said.approver.name!r} of {said.at}: {why}")
        else:
            counted.append(approver)
    return Judged(tuple(counted), tuple(refused))


def same_person(one: str, other: str) -> bool:
    """Whether two names may be one person's: without regard to case, and to an e-mail's domain.

    Two who share the part before the @ count as one: that refuses too much, never too little.
    """
    return one.strip().casefold().partition("@")[0] == other.strip().casefold().partition("@")[0]


def _about_another(plan: Plan, changes: str, said: Statement) -> str:
    if not said.sound:
        return "the set that was approved does not hold it"
    if said.target != plan.target.identity:
        return "it is for another target"
    return "" if said.changes == changes else "it is for other changes"


def _out_of_time(said: Statement, since: str, until: str) -> str:
    if said.at > until:
        return "it is from the future: a clock is wrong, here or there"
    return "it is too old" if said.at < since else ""


def _planned_it(plan: Plan, said: Statement, approver: Approver, keys: frozenset[str]) -> str:
    names = {approver.actor.name, said.approver.name}
    for planner in (plan.planner, said.planner):
        if any(same_person(planner.name, name) for name in names):
            return f"{planner.name!r} made the plan"
    return "its key is one of whoever made the plan" if approver.key in keys else ""


def _owns(approver: Approver, said: Statement, owners: tuple[str, ...]) -> str:
    names = (approver.actor.name, said.approver.name)
    if any(same_person(owner, name) for owner in owners for name in names):
        return "they answer for a waiver of this plan"
    return ""


def _counted_already(approver: Approver, counted: list[Approver]) -> str:
    for other in counted:
        if approver.key and approver.key == other.key:
            return f"its key approved already, as {other.actor.name!r}"
        if same_person(approver.actor.name, other.actor.name):
            return f"{other.actor.name!r} approved already"
    return ""
