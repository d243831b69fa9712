"""Waivers: a guard's refusal of one plan, set aside by somebody who answers for it. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from migrate.actor import Actor, actor_to_value
from migrate.approval import Proof
from migrate.canonical import dumps
from migrate.model import Identity
from migrate.snapshot import identity_from_value, identity_to_value

SCHEMA = "urn:role-migrate:schema:waiver:1"


@dataclass(frozen=True, slots=True)
class WaiverStatement:
    """What is set aside: the guard `rule`, for the `changes` (see `approval.changes_digest`).

    `at` and `until` in ISO 8601, UTC: from then on, and no longer.
    """

    plan: str
    plan_digest: str
    changes: str
    target: Identity
    rule: str
    reason: str
    owner: Actor
    at: str
    until: str


@dataclass(frozen=True, slots=True)
class Waiver:
    """A statement, and the SSH signature over its bytes, "" where nobody signed it."""

    statement: WaiverStatement
    signature: str = ""


@dataclass(frozen=True, slots=True)
class Waived:
    """The guards that are set aside, with who answers for it and why; and what does not count."""

    owners: Mapping[str, Actor]
    reasons: Mapping[str, str]
    refused: tuple[str, ...]


def statement_bytes(statement: WaiverStatement) -> bytes:
    """What is signed: the statement as canonical JSON."""
    return dumps(_statement_to_value(statement))


def to_value(waiver: Waiver) -> dict[str, Any]:
    """The JSON value of a waiver."""
    return {
        "$schema": SCHEMA,
        "formatVersion": 1,
        "statement": _statement_to_value(waiver.statement),
        "signature": waiver.signature,
    }


def from_value(value: dict[str, Any]) -> Waiver:
    """The waiver in a JSON value that its schema allows."""
    said = value["statement"]
    statement = WaiverStatement(
        plan=said["plan"],
        plan_digest=said["planDigest"],
        changes=said["changes"],
        target=identity_from_value(said["target"]),
        rule=said["waives"],
        reason=said["reason"],
        owner=Actor(**said["owner"]),
        at=said["at"],
        until=said["until"],
    )
    return Waiver(statement, value["signature"])


def waived(
    changes: str,
    target: Identity,
    found: Iterable[tuple[Waiver, Proof | str | None]],
    *,
    now: str,
    latest: str,
    proven_only: bool,
) -> Waived:
    """Which guards are set aside for some changes `now` (ISO 8601, UTC).

    Each waiver comes with the proof of its signature, the reason why that proves nothing, or None
    where it has none. None counts that is from after `latest`, which allows for clocks that differ.
    """
    owners: dict[str, Actor] = {}
    reasons: dict[str, str] = {}
    refused = []
    for waiver, proof in found:
        said = waiver.statement
        why = ""
        if (said.target, said.changes) != (target, changes):
            why = "it is for another plan"
        elif said.at > latest:
            why = "it is from the future: a clock is wrong, here or there"
        elif said.until <= now:
            why = f"it ended at {said.until}"
        elif isinstance(proof, str):
            why = proof
        elif proven_only and proof is None:
            why = "it is not signed"
        if why:
            refused.append(f"the waiver of {said.rule} by {said.owner.name!r}: {why}")
            continue
        name = proof.principal if isinstance(proof, Proof) else said.owner.name
        owners[said.rule] = Actor(name, said.owner.place)
        reasons[said.rule] = said.reason
    return Waived(owners, reasons, tuple(refused))


def _statement_to_value(statement: WaiverStatement) -> dict[str, Any]:
    return {
        "plan": statement.plan,
        "planDigest": statement.plan_digest,
        "changes": statement.changes,
        "target": identity_to_value(statement.target),
        "waives": statement.rule,
        "reason": statement.reason,
        "owner": actor_to_value(statement.owner),
        "at": statement.at,
        "until": statement.until,
    }
