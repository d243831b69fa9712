"""Approve a plan, and find out whether enough people did."""

from pathlib import Path

from migrate.actor import Actor, Approver
from migrate.approval import (
    Approval,
    Judged,
    Proof,
    changes_digest,
    judge,
    same_person,
)
from migrate.archive import Archive
from migrate.config import Environment
from migrate.connect import Connections
from migrate.errors import NOT_BY_US, GuardRefused, UsageError
from migrate.pipeline import checks
from migrate.pipeline.waiving import (
    CLOCKS_DIFFER,
    Waivers,
    in_time,
    proof_of,
    signers_of,
    waived_for,
)
from migrate.plan import Plan
from migrate.planfile import plan_digest
from migrate.signing import Signers, sign
from migrate.statement import Statement, Together, statement_bytes
from migrate.tools import epoch, stamp


def approve(
    plans: tuple[Plan, ...],
    connections: Connections,
    *,
    name: str,
    change_ref: str,
    key: Path | None,
    together: Together | None = None,
) -> tuple[Judged, ...]:
    """Say yes to what plans do, and return all approvals that each has now.

    Several are the plans of a set, and approved `together`: it is signed once. Reads and writes
    the store alone. Raises UsageError for whoever made a plan, GuardRefused where one is refused
    by a guard, or where the approval does not count; the store is unchanged then.
    """
    tools = connections.tools
    approver, at = Actor(name or tools.actor.name, tools.actor.place), tools.timestamp()
    statements = [
        Statement(
            plan=plan.id,
            plan_digest=plan_digest(plan),
            changes=changes_digest(plan),
            target=plan.target.identity,
            planner=plan.planner,
            approver=approver,
            at=at,
            change_ref=change_ref,
            together=together,
        )
        for plan in plans
    ]
    for plan in plans:
        _may_approve(plan, approver, connections)
    signature = sign(statement_bytes(statements[0]), key) if key else ""
    given = [Approval(each, signature) for each in statements]
    for plan, each in zip(plans, given, strict=True):
        _counts(plan, each, connections)
    for plan, each in zip(plans, given, strict=True):
        archive = _archive(plan, connections)
        checks.known(plan, archive)
        archive.save_approval(each)
    config = connections.config
    return tuple(
        found(
            plan,
            config.environment(plan.target.environment),
            _archive(plan, connections),
            connections,
        )
        for plan in plans
    )


def _archive(plan: Plan, connections: Connections) -> Archive:
    return connections.archive(connections.config.environment(plan.target.environment))


def _may_approve(plan: Plan, approver: Actor, connections: Connections) -> None:
    environment = connections.config.environment(plan.target.environment)
    archive = connections.archive(environment)
    checks.right_target(plan, environment.identity, archive.location)
    waived = waived_for(plan, environment, archive, connections)
    checks.allowed(plan.verdicts, environment.name, waived.leave)
    if same_person(approver.name, plan.planner.name):
        raise UsageError(
            f"{plan.planner.name!r} made this plan: somebody else has to approve it",
            where=environment.name,
            target=NOT_BY_US,
            remedy="Have it approved by another person; --by NAME says who is approving.",
        )


def _counts(plan: Plan, given: Approval, connections: Connections) -> None:
    environment = connections.config.environment(plan.target.environment)
    archive = connections.archive(environment)
    waived = waived_for(plan, environment, archive, connections)
    alone = judged(plan, (given,), connections, waived)
    if not alone.counted:
        raise GuardRefused(
            f"this approval would not count: {alone.refused[0].partition(': ')[2]}",
            where=environment.name,
            target=NOT_BY_US,
            remedy="With allowed_signers in the config, sign by a key that it has for you: "
            "--sign-with KEY."
            if connections.config.approval.allowed_signers
            else "Have it approved by somebody else.",
        )


def found(
    plan: Plan, environment: Environment, archive: Archive, connections: Connections
) -> Judged:
    """The approvals that a plan has in the store, and which of them count."""
    waived = waived_for(plan, environment, archive, connections)
    return judged(plan, tuple(archive.approvals(changes_digest(plan))), connections, waived)


def enough(
    plan: Plan, environment: Environment, archive: Archive, connections: Connections
) -> tuple[Approver, ...]:
    """The approvers of a plan that is to be applied. Raises GuardRefused where they are too few."""
    needed = connections.config.approvals_of(environment)
    has = found(plan, environment, archive, connections)
    if waived_for(plan, environment, archive, connections).owners:
        needed = max(needed, 1)  # whoever answers for a waiver does not decide alone
    if len(has.counted) >= needed:
        return has.counted
    count = f"{needed} approval{'s' * (needed != 1)}"
    why = f" ({'; '.join(has.refused)})" if has.refused else ""
    raise GuardRefused(
        f"{environment.name} asks for {count}, and this plan has {len(has.counted)}{why}",
        where=environment.name,
        target="unchanged",
        remedy=f"Have it approved: role-migrate approve {plan.id} --change-ref REF"
        + (" --sign-with KEY" if connections.config.approval.allowed_signers else ""),
    )


def judged(
    plan: Plan, given: tuple[Approval, ...], connections: Connections, waived: Waivers
) -> Judged:
    """Which of some approvals count for a plan now."""
    terms, now = connections.config.approval, connections.tools.now()
    in_time(plan, connections)
    signers = signers_of(connections)
    keys: frozenset[str] = frozenset()
    if signers is not None:
        planners = {plan.planner.name, *(each.statement.planner.name for each in given)}
        keys = frozenset().union(*(signers.keys_of(name) for name in sorted(planners)))
    return judge(
        plan,
        [(each, _proof(each, signers, now)) for each in given],
        since=stamp(now - terms.valid_for),
        until=stamp(now + CLOCKS_DIFFER),
        proven_only=signers is not None,
        planners_keys=keys,
        owners=tuple(owner.name for owner in waived.owners.values()),
    )


def _proof(given: Approval, signers: Signers | None, now: float) -> Proof | str | None:
    said = given.statement
    data, moments = statement_bytes(said), (epoch(said.at), now)
    return proof_of(data, given.signature, signers, moments, said.approver.name)
