"""What is checked between reading the target and the first write. All pure but for the claim."""

from migrate.archive import Archive
from migrate.diff import Change
from migrate.errors import NOT_BY_US, GuardRefused, PlanStale, PlanUsed, UsageError
from migrate.guards import GuardRule, Verdict, can_be_allowed, refusals
from migrate.model import ACCOUNT, Identity, PrincipalKey, Snapshot, State
from migrate.plan import Plan, moved
from migrate.planfile import plan_digest
from migrate.planner import judge
from migrate.snapshot import role_digest
from migrate.traits import Traits
from migrate.wording import quoted

SHOWN = 5


def right_target(plan: Plan, identity: Identity, location: str) -> None:
    """A plan only runs on the environment and from the store that it was made for."""
    if not plan.store:
        raise UsageError(
            "this plan compares files and can't be applied",
            target="unchanged",
            remedy="Make a plan with an environment's name as --to.",
        )
    if plan.target.identity != identity:
        raise PlanStale(
            f"the plan was made for {_named(plan.target.identity)}, but the config's "
            f"{plan.target.environment!r} is now {_named(identity)}",
            target="unchanged",
            remedy="Make a new plan, or use the config that the plan was made with.",
        )
    if plan.store != location:
        raise PlanStale(
            f"the plan belongs to the store {plan.store}, but the config names {location}",
            target="unchanged",
            remedy="Use the config that the plan was made with: locks and claims are there.",
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


def unmoved(plan: Plan, target: State) -> None:
    """Raises PlanStale where a role that the plan touches is no longer what it was."""
    changed = moved(plan, target)
    if not changed:
        return
    names = ", ".join(f"{change.role_type} role {change.name!r}" for change in changed[:SHOWN])
    more = f" and {len(changed) - SHOWN} more" if len(changed) > SHOWN else ""
    raise PlanStale(
        f"changed since the plan was made: {names}{more}; {_how(changed[0], target)}",
        where=plan.target.environment,
        target="unchanged",
        remedy="Make a new plan, and review what changed in between.",
    )


def still_promoted(plan: Plan, listed: tuple[str, ...]) -> None:
    """Raises PlanStale where a built-in changes that today's config does not list any more."""
    names = {change.name for change in plan.changes} & set(plan.rules.promote_builtins)
    if names - set(listed):
        raise PlanStale(
            f"promote_builtins does not list {', '.join(sorted(names - set(listed)))} any more",
            where=plan.target.environment,
            target="unchanged",
            remedy="Make a new plan.",
        )


def still_held(plan: Plan, target: State) -> None:
    """Raises PlanStale where an assignment that the plan adds is there, or one it removes is not.

    So it is too where it is no longer known who holds roles, as it was when the plan was made.
    """
    people = plan.people
    if not (people.adds or people.removes):
        return
    held = target.people.assignments if target.people else frozenset()
    moved = [item for item in people.adds if item in held]
    moved += [item for item in people.removes if item not in held]
    if target.people is not None and not moved:
        return
    shown = ", ".join(f"{item.principal!r} in role {item.role!r}" for item in moved[:SHOWN])
    more = f" and {len(moved) - SHOWN} more" if len(moved) > SHOWN else ""
    raise PlanStale(
        f"assignments changed since the plan was made: {shown or 'nobody can say which'}{more}",
        where=plan.target.environment,
        target="unchanged",
        remedy="Make a new plan, and review what changed in between.",
    )


def still_there(plan: Plan, target: State) -> None:
    """Raises PlanStale where somebody to whom the plan gives a role, or a bot, is there no more."""
    people = target.people
    if people is None:
        return
    gone = {
        f"{item.kind} {quoted(item.principal)}"
        for item in plan.people.adds
        if item.holder not in people.principals
    }
    gone |= {
        f"bot {quoted(item.scope)}"
        for item in plan.people.adds
        if item.scope != ACCOUNT and item.scope not in people.scopes
    }
    if not gone:
        return
    more = f" and {len(gone) - SHOWN} more" if len(gone) > SHOWN else ""
    raise PlanStale(
        f"not there any more, as they were when the plan was made: "
        f"{', '.join(sorted(gone)[:SHOWN])}{more}",
        where=plan.target.environment,
        target="unchanged",
        remedy="Make a new plan, and review what changed in between.",
    )


def elsewhere(plan: Plan, planned_on: Snapshot | None, target: State) -> list[str]:
    """What changed in the target since planning in roles that the plan does not touch."""
    if planned_on is None:
        return ["the target changed since the plan was made, in roles that it does not touch"]
    touched = {change.key for change in plan.changes}
    then, now = planned_on.state.by_key(), target.by_key()
    notes = []
    for key in sorted((then.keys() | now.keys()) - touched):
        was, has = then.get(key), now.get(key)
        if key[0] not in target.roles or (
            was is not None and has is not None and role_digest(was) == role_digest(has)
        ):
            continue
        what = "is new" if was is None else "is gone" if has is None else "changed"
        notes.append(f"{key[0]} role {key[1]!r} {what} since the plan was made")
    return notes


def allowed(verdicts: tuple[Verdict, ...], environment: str) -> None:
    """Raises GuardRefused where a guard refuses, with every refusal and how to allow it."""
    refused = refusals(verdicts)
    if not refused:
        return
    names = [verdict.rule for verdict in refused if can_be_allowed(verdict.rule)]
    if len(names) == len(refused):
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
) -> tuple[Verdict, ...]:
    """Judge again with today's config and target; a plan that passed must pass still."""
    planned = {verdict.rule for verdict in refusals(plan.verdicts)}
    now = judge(plan, target, guards, traits, keep, operator)
    worse = [verdict for verdict in refusals(now) if verdict.rule not in planned]
    if worse:
        raise PlanStale(
            "a guard that let the plan pass refuses it now: "
            + "; ".join(f"{verdict.rule}: {verdict.message}" for verdict in worse),
            where=plan.target.environment,
            target="unchanged",
            remedy="Make a new plan: the target or the guards in the config changed.",
        )
    allowed(now, plan.target.environment)
    return now


def _how(change: Change, target: State) -> str:
    now = target.by_key().get(change.key)
    if now is None:
        return "it is gone"
    if change.before is None:
        return "it exists by now"
    if now.same_content(change.before):
        return "its ids are others now, as if it was deleted and made again"
    return "its content is another now"


def _named(identity: Identity) -> str:
    return f"{identity.platform} account {identity.account} at {identity.url}"
