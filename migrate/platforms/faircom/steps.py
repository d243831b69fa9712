"""The steps of a plan: which calls give and take what, and in which order. Pure."""

from collections.abc import Collection, Iterable, Iterator
from itertools import groupby

from migrate.errors import PlanStale
from migrate.model import Assignment, PrincipalKey, Role, RoleKey, State
from migrate.moves import Move
from migrate.plan import Plan
from migrate.platform_rules import making_room
from migrate.platforms.assign_step import assign_step
from migrate.platforms.base import Step, Work
from migrate.platforms.faircom.catalogue import MOST_ROLES, ROLE_TYPE
from migrate.platforms.faircom.channel import Entry
from migrate.wording import quoted

MOST = 100
"""Accounts and roles, in pairs, that one call gives or takes. No limit is documented, and a call
need not be all or nothing (faircom.md 4.1, 5): the fewer pairs, the less is in doubt."""


def work_of(plan: Plan, target: State) -> Work:
    """Every step of a plan on the target as it is now.

    Roles that nobody was seen to hold go first, to one account each, so that nothing else was done
    where one is not there; then what must make room, all else that is given, so that nobody is
    without any role on the way, and what is taken. Raises PlanStale where somebody holds more roles
    than when the plan was made, and too many.
    """
    people = plan.people
    held = target.people
    room = making_room(held, people.adds, people.removes, MOST_ROLES) if held else frozenset()
    parts_first = [order.parts[0] for order in people.orders]
    if room and not any(part.move is Move.REMOVE and part.items for part in parts_first):
        names = ", ".join(sorted({quoted(item.principal) for item in room})[:5])
        raise PlanStale(
            f"more roles are held by now than when the plan was made, and {MOST_ROLES} is the most "
            f"that one account can hold on the way: {names}",
            where=plan.target.environment,
            target="unchanged",
            remedy="Make a new plan.",
        )
    # What a run took back was there before it: there is no doubt that has to be tried.
    tries = () if plan.undoes else _tries(plan, target, {item.holder for item in room})
    parts = [
        *(((item,), False, f", to see that role {quoted(item.role)} is there") for item in tries),
        *((part, True, "") for part in _parts(room)),
        *((part, False, "") for part in _parts({*people.adds}.difference(tries))),
        *((part, True, "") for part in _parts({*people.removes}.difference(room))),
    ]
    spelled = _spelled(plan, target)
    steps = [
        assign_step(
            number,
            part,
            ROLE_TYPE,
            removing=removing,
            remark=remark,
            spelled={item.role: spelled[item.role_key] for item in part},
        )
        for number, (part, removing, remark) in enumerate(parts)
    ]
    return Work(tuple(steps), {}, frozenset())


def _tries(plan: Plan, target: State, full: Collection[PrincipalKey]) -> tuple[Assignment, ...]:
    """For each role that the target does not show, whom it is given to before all others.

    Who is `full` can't be given anything before room is made: those roles are not tried alone.
    """
    first: dict[RoleKey, Assignment] = {}
    unseen = frozenset(plan.people.not_seen(target))
    for item in sorted(plan.people.adds):
        if item.role_key in unseen and item.holder not in full:
            first.setdefault(item.role_key, item)
    return tuple(first[key] for key in sorted(first))


def _parts(items: Iterable[Assignment]) -> Iterator[tuple[Assignment, ...]]:
    ordered = sorted(items, key=lambda item: (item.role, item.principal))
    for start in range(0, len(ordered), MOST):
        yield tuple(ordered[start : start + MOST])


def _spelled(plan: Plan, target: State) -> dict[RoleKey, str]:
    """How roles are spelled: as the target shows them, else as the source does."""

    def spelling(role: Role) -> str:
        return role.id or role.name

    known = {role.key: spelling(role) for role in (*plan.people.unseen, *target.all_roles())}
    items = (*plan.people.adds, *plan.people.removes)
    return {item.role_key: known.get(item.role_key, item.role) for item in items}


def entries(step: Step, items: Iterable[Assignment], before: State) -> tuple[Entry, ...]:
    """What a call sends of a step: one entry for each role, its accounts spelled as they are."""
    known = before.people.principals if before.people is not None else {}
    spelled: dict[str, str] = step.arguments["spelled"]

    def account(holder: PrincipalKey) -> str:
        return known[holder].name if holder in known else holder[1]

    ordered = sorted(items, key=lambda item: (item.role, item.principal))
    return tuple(
        {"roleNames": (spelled[role],), "usernames": tuple(account(i.holder) for i in held)}
        for role, held in groupby(ordered, key=lambda item: item.role)
    )
