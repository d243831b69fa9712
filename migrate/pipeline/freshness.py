"""Whether what a plan rests on is still so when it is applied. Pure."""

from migrate.access import AccessChange, Delta
from migrate.diff import Change
from migrate.digests import role_digest
from migrate.errors import PlanStale
from migrate.model import ACCOUNT, Assignments, PrincipalKey, Snapshot, State
from migrate.peopleplan import reach
from migrate.pipeline.checks import SHOWN
from migrate.plan import Origin, Plan, desired, moved
from migrate.tools import epoch
from migrate.traits import Traits
from migrate.wording import quoted


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


def same_reach(plan: Plan, target: State, traits: Traits) -> None:
    """Raises PlanStale where the plan would change somebody's access otherwise than it says.

    Whoever was given a role since that the plan changes gains or loses by it, too.
    """
    if target.people is None or plan.people.unread:
        return
    held = plan.people.held_after(target.people)
    found = reach(target, desired(plan, target), held, traits)
    if found is None:
        return
    then, now = _by_principal(plan.people.access), _by_principal(found.changes)
    moved = sorted({who for (who, *_), _ in then.items() ^ now.items()})
    if not moved:
        return
    names = [f"{kind} {quoted(name)}" for kind, name in moved]
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    raise PlanStale(
        "who gains or loses what by this plan is no longer what it says, for others hold the "
        f"roles now: {', '.join(names[:SHOWN])}{more}",
        where=plan.target.environment,
        target="unchanged",
        remedy="Make a new plan, and review who gains and loses what.",
    )


def young_enough(plan: Plan, limit: float, now: float) -> None:
    """Raises PlanStale where the source's assignments are older than the target's config allows.

    An old source must not give leavers their access back. `limit` is in seconds.
    """
    if plan.people.assignments is Assignments.NONE or plan.source.origin is not Origin.SNAPSHOT:
        return
    taken = epoch(plan.source.captured_at)
    if now - taken > limit:
        raise PlanStale(
            f"the source was captured at {plan.source.captured_at}: its assignments are too old",
            where=plan.target.environment,
            target="unchanged",
            remedy="Make a new plan, or set max_source_age for the target if it is meant.",
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
        if (
            target.in_part(key[0])
            or key[0] not in target.roles
            or (was is not None and has is not None and role_digest(was) == role_digest(has))
        ):
            continue
        what = "is new" if was is None else "is gone" if has is None else "changed"
        notes.append(f"{key[0]} role {key[1]!r} {what} since the plan was made")
    return notes


def _by_principal(
    changes: tuple[AccessChange, ...],
) -> dict[tuple[PrincipalKey, str, str], tuple[Delta, ...]]:
    """What changes for each; other roles that somebody holds beside it make no difference."""
    return {
        (who, change.role_type, change.scope): change.deltas
        for change in changes
        for who in change.principals
    }


def _how(change: Change, target: State) -> str:
    now = target.by_key().get(change.key)
    if now is None:
        return "it is gone"
    if change.before is None:
        return "it exists by now"
    if now.same_content(change.before):
        return "its ids are others now, as if it was deleted and made again"
    return "its content is another now"
