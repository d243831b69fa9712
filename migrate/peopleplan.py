"""What a plan does with who holds what, and what it does to what everybody may do. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from migrate.access import Access, AccessChange, access_changes, effective
from migrate.assigning import Unassigned
from migrate.errors import UNCHANGED, UsageError
from migrate.identity import IdentityRules, Rename
from migrate.levels import Levels
from migrate.model import (
    Assignment,
    Assignments,
    People,
    PrincipalKind,
    Role,
    RoleKey,
    Selection,
    State,
    by_holder,
    holder_of,
)
from migrate.ordering import Order
from migrate.traits import Traits

USER = PrincipalKind.USER.value


@dataclass(frozen=True, slots=True)
class PeoplePlan:
    """Who gains and loses which permission by a plan.

    `unread` says why nobody's access is known; it is "" where the holders were read. `access`
    holds the changes, grouped by those whom they reach alike. `dropping` are the role types of
    which an import is known to drop members, who are put back by the next call.

    `adds` and `removes` are the assignments to make and to take back, `left` those that differ
    and stay as they are, `moved` the roles whose holders go to another name: the source's name for
    them. `unseen` are the roles in `adds` that the target was not seen to have, where roles can't
    be listed. `orders` has the moves of each role type that changes. `reached` is kept while the
    plan is made, and goes into no file.
    """

    unread: str = ""
    access: tuple[AccessChange, ...] = ()
    dropping: tuple[str, ...] = ()
    assignments: Assignments = Assignments.NONE
    adds: tuple[Assignment, ...] = ()
    removes: tuple[Assignment, ...] = ()
    left: tuple[Unassigned, ...] = ()
    moved: tuple[Rename, ...] = ()
    unseen: tuple[Role, ...] = ()
    notes: tuple[str, ...] = ()
    orders: tuple[Order, ...] = ()
    reached: "Reach | None" = field(default=None, compare=False, repr=False)

    def held_after(self, people: People) -> frozenset[Assignment]:
        """Who holds what once the assignments are made."""
        return people.assignments.union(self.adds).difference(self.removes)

    def not_seen(self, target: State) -> tuple[RoleKey, ...]:
        """The roles in `unseen` that a target does not show by now either."""
        seen = target.by_key()
        return tuple(role.key for role in self.unseen if role.key not in seen)


def known_people(state: State, word: str, unread: str = "") -> People:
    """Who holds what in a state; `word` says which side it is, `unread` why it is not known.

    Raises UsageError where it is not, or only in part.
    """
    if state.people is not None and state.people.complete:
        return state.people
    raise UsageError(
        f"assignments are asked for, but those of the {word} are not known"
        f"{f': {unread}' if unread else ''}",
        target=UNCHANGED,
        remedy="Use environments, or snapshots that hold assignments.",
    )


@dataclass(frozen=True, slots=True)
class Sides:
    """The source, the target now, and the target's roles as they will be.

    `selections` go by the target's names. `whole`: the source was not narrowed when it was
    captured.
    """

    source: State
    target: State
    goal: State
    selections: tuple[Selection, ...]
    whole: bool = True

    def covers(self, name: str) -> bool:
        """Whether a role is in scope, by the target's name."""
        return all(selection.covers(name) for selection in self.selections)

    def called_here(self, rules: IdentityRules) -> Mapping[RoleKey, Role]:
        """The source's roles under the target's names."""
        return {(role.role_type, rules.role(role.name)): role for role in self.source.all_roles()}


@dataclass(frozen=True, slots=True)
class Reach:
    """What everybody may do before and after a plan; `users` is the number of users known."""

    before: Access
    after: Access
    changes: tuple[AccessChange, ...]
    users: int


def reach(
    before: State, after: State, held_after: frozenset[Assignment], traits: Traits
) -> Reach | None:
    """Compare what everybody may do before and after; None where holders are unknown.

    `after` has the roles as they will be, `held_after` who will hold them: holding a role that is
    gone grants nothing.
    """
    people = before.people
    if people is None:
        return None
    levels = Levels.of(traits.value_order, traits.denied)
    then = effective(before.by_key(), people.by_holder, people.groups_of, levels)
    now = _moved(then, after.by_key(), people, held_after)
    users = sum(kind == "user" for kind, _ in people.principals)
    return Reach(then, now, access_changes(then, now), users)


def holders_of(people: People, roles: frozenset[RoleKey]) -> Mapping[RoleKey, int]:
    """How many users and groups hold each of some roles, by role; those without holders are out."""
    held: dict[RoleKey, set[tuple[str, str]]] = {}
    for assignment in people.assignments if roles else ():
        if assignment.role_key in roles:
            held.setdefault(assignment.role_key, set()).add(assignment.holder)
    return {key: len(principals) for key, principals in sorted(held.items())}


def _moved(
    then: Access,
    roles: Mapping[RoleKey, Role],
    people: People,
    held: frozenset[Assignment],
) -> Access:
    """What `effective` gives of `held`, worked out only for those for whom it is not as it was."""
    gained = by_holder(held - people.assignments)
    moving = {*gained, *map(holder_of, people.assignments - held)}
    group = PrincipalKind.GROUP.value
    groups = {name for kind, name in moving if kind == group}
    within = {user for user, of in people.groups_of.items() if not groups.isdisjoint(of)}
    moving.update((USER, user) for user in within)
    needed = moving.union(each for each in people.by_holder if each[0] == group)
    kept = {each: held.intersection(people.by_holder.get(each, ())) for each in needed}
    some = effective(
        roles,
        {each: (*items, *gained.get(each, ())) for each, items in kept.items()},
        {user: of for user, of in people.groups_of.items() if (USER, user) in moving},
        then.levels,
    )
    same = {holder: own for holder, own in then.held.items() if holder not in moving}
    anew = {holder: own for holder, own in some.held.items() if holder in moving}
    return Access({**same, **anew}, some.permissions, then.levels)
