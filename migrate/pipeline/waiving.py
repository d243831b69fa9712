"""Set a guard aside for one plan, and find out which guards are."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from migrate.actor import Actor
from migrate.approval import Proof, changes_digest
from migrate.archive import Archive
from migrate.config import Environment
from migrate.connect import Connections
from migrate.errors import NOT_BY_US, GuardRefused, UsageError
from migrate.guards import can_be_allowed, rule_names
from migrate.pipeline import checks
from migrate.pipeline.checks import Leave
from migrate.plan import Plan
from migrate.planfile import plan_digest
from migrate.signing import Signers, sign
from migrate.tools import epoch, stamp
from migrate.waiver import Waived, Waiver, WaiverStatement, statement_bytes, waived

CLOCKS_DIFFER = 300.0
"""Seconds that an approval or a waiver may seem to come from the future."""


@dataclass(frozen=True, slots=True)
class Waivers:
    """What lets a plan pass, who answers for it, and for each guard why."""

    leave: Leave
    owners: Mapping[str, Actor]
    reasons: Mapping[str, str]
    refused: tuple[str, ...] = ()


def waive(
    plan: Plan,
    connections: Connections,
    *,
    rule: str,
    reason: str,
    until: str,
    name: str,
    key: Path | None,
) -> str:
    """Set a guard aside for what a plan does, until a time (ISO 8601, UTC); returns the key.

    Reads and writes the store alone. Raises UsageError for a guard that can't be set aside or does
    not refuse the plan, and for a time that is over.
    """
    environment = connections.config.environment(plan.target.environment)
    archive, tools = connections.archive(environment), connections.tools
    checks.right_target(plan, environment.identity, archive.location)
    if not can_be_allowed(rule):
        why = "always holds" if rule in rule_names() else "is no guard"
        raise UsageError(f"--guard {rule}: it {why}", target=NOT_BY_US)
    if not any(verdict.rule == rule and verdict.message for verdict in plan.verdicts):
        raise UsageError(
            f"--guard {rule}: it does not object to this plan",
            target=NOT_BY_US,
            remedy="See the plan's guards for what refuses it.",
        )
    at = tools.timestamp()
    if until <= at:
        raise UsageError(
            f"--until {until} is over", target=NOT_BY_US, remedy="Name a time to come."
        )
    owner = Actor(name or tools.actor.name, tools.actor.place)
    statement = WaiverStatement(
        plan=plan.id,
        plan_digest=plan_digest(plan),
        changes=changes_digest(plan),
        target=plan.target.identity,
        rule=rule,
        reason=reason,
        owner=owner,
        at=at,
        until=until,
    )
    given = Waiver(statement, sign(statement_bytes(statement), key) if key else "")
    alone = _judged(plan, (given,), connections)
    if alone.refused:
        raise UsageError(
            f"this waiver would not count: {alone.refused[0].partition(': ')[2]}",
            target=NOT_BY_US,
            remedy="Sign by a key that allowed_signers has for you: --sign-with KEY.",
        )
    checks.known(plan, archive)
    return archive.save_waiver(given)


def waived_for(
    plan: Plan, environment: Environment, archive: Archive, connections: Connections
) -> Waivers:
    """Which guards are set aside for a plan, by whom and why, and what the policy takes."""
    found = _judged(plan, tuple(archive.waivers(changes_digest(plan))), connections)
    leave = Leave(frozenset(found.owners), connections.policy(environment).waivers_only)
    return Waivers(leave, found.owners, found.reasons, found.refused)


def in_time(plan: Plan, connections: Connections) -> None:
    """Raises GuardRefused where this machine's clock is behind what it acts on.

    What has expired would count again, if a clock that was set back were believed.
    """
    environment = connections.config.environments.get(plan.target.environment)
    base = connections.archive(environment).base() if environment else None
    for what, at in (("the plan was made", plan.created_at), ("a run ended", base and base.at)):
        if at and epoch(at) > connections.tools.now() + CLOCKS_DIFFER:
            raise GuardRefused(
                f"this machine's clock is wrong, or another's was: {what} at {at}",
                where=plan.target.environment,
                target=NOT_BY_US,
                remedy="Set the clock (NTP), and try again.",
            )


def signers_of(connections: Connections) -> Signers | None:
    """The allowed signers of the config; None where it has none. Raises InvalidInput."""
    path = connections.config.approval.allowed_signers
    if path is None:
        return None
    signers = Signers(path)
    signers.check()
    return signers


def proof_of(
    data: bytes,
    signature: str,
    signers: Signers | None,
    moments: tuple[float, ...],
    claimed: str,
) -> Proof | str | None:
    """Who signed some bytes, why that proves nothing, or None where nothing is to be proven."""
    if signers is None or not signature:
        return None
    return signers.proof(data, signature, moments, claimed)


def _judged(plan: Plan, given: tuple[Waiver, ...], connections: Connections) -> Waived:
    signers, now = signers_of(connections), connections.tools.now()
    in_time(plan, connections)
    return waived(
        changes_digest(plan),
        plan.target.identity,
        [(each, _proof(each, signers, now)) for each in given],
        now=stamp(now),
        latest=stamp(now + CLOCKS_DIFFER),
        proven_only=signers is not None,
    )


def _proof(given: Waiver, signers: Signers | None, now: float) -> Proof | str | None:
    said = given.statement
    data, moments = statement_bytes(said), (epoch(said.at), now)
    return proof_of(data, given.signature, signers, moments, said.owner.name)
