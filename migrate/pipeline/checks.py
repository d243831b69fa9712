"""What is checked between reading the target and the first write. All pure but for the claim."""

from dataclasses import dataclass

from migrate.archive import Archive
from migrate.errors import NOT_BY_US, UNCHANGED, GuardRefused, PlanStale, PlanUsed, UsageError
from migrate.guards import GuardRule, Outcome, Verdict, can_be_allowed, refusals
from migrate.judging import judge
from migrate.model import Identity, PrincipalKey, State
from migrate.plan import Plan
from migrate.planfile import plan_digest
from migrate.traits import Traits

SHOWN = 5


def right_target(plan: Plan, identity: Identity, location: str) -> None:
    """A plan only runs on the environment and from the store that it was made for."""
    if not plan.store:
        raise UsageError(
            "this plan compares files and can't be applied",
            target="unchanged",
            remedy="Make a plan with an environment's name as --to.",
        )
    right_account(plan.target.environment, plan.target.identity, identity)
    if plan.store != location:
        raise PlanStale(
            f"the plan belongs to the store {plan.store}, but the config names {location}",
            target="unchanged",
            remedy="Use the config that the plan was made with: locks and claims are there.",
        )


def right_account(environment: str, planned: Identity, now: Identity) -> None:
    """Raises PlanStale where the config means another account than a plan by an environment."""
    if planned != now:
        raise PlanStale(
            f"the plan was made for {_named(planned)}, but the config's {environment!r} is now "
            f"{_named(now)}",
            target=UNCHANGED,
            remedy="Make a new plan, or use the config that the plan was made with.",
        )


def unused(plan: Plan, archive: Archive) -> None:
    """Raises PlanUsed where a run has this plan already."""
    run = archive.claimed_by(plan.id)
    if run is not None:
        raise used(plan, run)


def used(plan: Plan, run: str) -> PlanUsed:
    """The error for a plan that a run has already."""
    return PlanUsed(
        f"plan {plan.id} was used already, by run {run}",
        where=plan.target.environment,
        target=NOT_BY_US,
        remedy=f"role-migrate runs show {run} tells what it did; make a new plan for what is left.",
    )


def known(plan: Plan, archive: Archive) -> None:
    """Make sure that the store has the plan, for whoever has to go on with its run.

    Raises PlanStale where it has another one under this plan's id.
    """
    if archive.holds_plan(plan):
        return  # as it nearly always is, and reading it takes many times as long
    kept = archive.load_plan(plan.id)
    if kept is None:
        archive.save_plan(plan)
    elif plan_digest(kept) != plan_digest(plan):
        raise PlanStale(
            f"plan {plan.id} is not the one that the store keeps under this id",
            where=plan.target.environment,
            target="unchanged",
            remedy="Find out who changed it; apply the plan by its id, or make a new one.",
        )


@dataclass(frozen=True, slots=True)
class Leave:
    """What lets a plan pass guards that refuse it: the names of guards that are waived.

    With `waivers_only` the policy takes nothing else: what whoever planned allowed is refused.
    """

    waived: frozenset[str] = frozenset()
    waivers_only: bool = False


def allowed(verdicts: tuple[Verdict, ...], environment: str, leave: Leave | None = None) -> None:
    """Raises GuardRefused where a guard refuses, with every refusal and how to allow it."""
    leave = leave or Leave()
    refused = [
        verdict
        for verdict in verdicts
        if verdict.outcome is Outcome.REFUSE
        or (leave.waivers_only and verdict.outcome is Outcome.ALLOWED)
        if verdict.rule not in leave.waived or not can_be_allowed(verdict.rule)
    ]
    if not refused:
        return
    names = [verdict.rule for verdict in refused if can_be_allowed(verdict.rule)]
    if len(names) == len(refused) and leave.waivers_only:
        remedy = "The policy takes waivers only: role-migrate waive PLAN" + "".join(
            f" --guard {name}" for name in names[:1]
        )
        remedy += ' --reason "why" --until DATE'
    elif len(names) == len(refused):
        options = " ".join(f"--allow {name}" for name in names)
        remedy = f'If this is meant, plan again with: {options} --reason "why"'
    else:
        remedy = "This can't be allowed: check that source, target and mode are the right ones."
    raise GuardRefused(
        "; ".join(f"{verdict.rule}: {verdict.message}" for verdict in refused),
        where=environment,
        target="unchanged",
        remedy=remedy,
    )


def no_worse(
    plan: Plan,
    target: State,
    guards: tuple[GuardRule, ...],
    traits: Traits,
    keep: tuple[str, ...],
    operator: PrincipalKey | None,
    unprofiled: tuple[str, ...],
    base: State | None,
    leave: Leave | None = None,
) -> tuple[Verdict, ...]:
    """Judge again with today's config and target; a plan that passed must pass still."""
    planned = {verdict.rule for verdict in refusals(plan.verdicts)}
    now = judge(plan, target, guards, traits, keep, operator, unprofiled, base)
    worse = [verdict for verdict in refusals(now) if verdict.rule not in planned]
    if worse:
        raise PlanStale(
            "a guard that let the plan pass refuses it now: "
            + "; ".join(f"{verdict.rule}: {verdict.message}" for verdict in worse),
            where=plan.target.environment,
            target="unchanged",
            remedy="Make a new plan: the target or the guards in the config changed.",
        )
    allowed(now, plan.target.environment, leave)
    return now


def _named(identity: Identity) -> str:
    return f"{identity.platform} account {identity.account} at {identity.url}"
