"""Planning who holds what: from the source's assignments to moves in an order. Pure."""

from dataclasses import dataclass, field, replace
from functools import cache, partial

from migrate.access import Access, Levels, Ways, role_names
from migrate.assigning import Delta, Rules, delta
from migrate.behaviour import Behaviour
from migrate.errors import UNCHANGED, Fault, InvalidInput
from migrate.identity import (
    IdentityRules,
    Pairs,
    Resolution,
    Unresolved,
    renames,
    resolve,
    translated,
)
from migrate.lookups import SETTLED, LookUp
from migrate.model import (
    ACCOUNT,
    Assignment,
    Assignments,
    Permissions,
    PermissionValue,
    RoleKey,
    Selection,
    State,
)
from migrate.ordering import Order, order
from migrate.peopleplan import PeoplePlan, known_people, reach
from migrate.platform_rules import first_roles, move_notes, unseen_roles, with_room
from migrate.replay import Grants, Holdings, Roles
from migrate.traits import Traits


@dataclass(frozen=True, slots=True)
class PeopleRequest:
    """What a plan is to do with assignments, and how names of the source are matched.

    `look_up` is what became of looking up those whom the target does not show.
    """

    assignments: Assignments = Assignments.NONE
    rules: IdentityRules = field(default_factory=IdentityRules)
    remembered: Pairs = field(default_factory=Pairs)
    skip_unresolved: bool = False
    look_up: LookUp = SETTLED


@dataclass(frozen=True, slots=True)
class Sides:
    """The source, the target now, and the target's roles as they will be."""

    source: State
    target: State
    goal: State
    selections: tuple[Selection, ...]


def plan_people(
    sides: Sides, request: PeopleRequest, learned: Behaviour, traits: Traits, unread: str
) -> PeoplePlan:
    """What becomes of assignments and access.

    Raises UsageError where assignments are asked for and either side's are not known, InvalidInput
    that lists every ambiguous or unresolved name.
    """
    people = sides.target.people
    if request.assignments is not Assignments.NONE:
        known_people(sides.source, "source")
        known_people(sides.target, "target", unread)
    if people is None:
        return PeoplePlan(unread, orders=_orders(sides, Delta(), None, learned, traits))
    unseen = unseen_roles(sides.source, sides.target, request.rules)
    sides = replace(sides, target=sides.target.with_seen(unseen), goal=sides.goal.with_seen(unseen))
    renamed = renames(sides.source, sides.target, request.remembered, request.rules, traits)
    found = [rename for rename in renamed.found if _covers(sides, rename.new)]
    wanted: frozenset[Assignment] = frozenset()
    notes = list(renamed.notes)
    resolution = Resolution({}, {}, {})
    if request.assignments is not Assignments.NONE:
        wanted, resolution, skipped = _wanted(sides, request, traits)
        notes += [*resolution.notes, *skipped]
    changes = delta(
        request.assignments, people, wanted, found, _rules(sides, request, resolution, traits)
    )
    notes += request.look_up.notes(changes.adds, people)
    firsts = first_roles(sides.source.people, request.rules, resolution)
    notes += move_notes(changes.adds, changes.removes, people, firsts, traits)
    given = {item.role_key for item in changes.adds}
    plan = PeoplePlan(
        unread=unread,
        assignments=request.assignments,
        adds=tuple(sorted(changes.adds)),
        removes=tuple(sorted(changes.removes)),
        left=changes.left,
        moved=tuple((rename.role_type, rename.old) for rename in found),
        unseen=tuple(role for role in unseen if role.key in given),
        notes=tuple(notes),
    )
    reached = reach(sides.target, sides.goal, plan.held_after(people), traits)
    if reached is None:
        raise AssertionError("the target's holders are known")
    orders = _orders(sides, changes, (reached.before, reached.after), learned, traits)
    orders = with_room(orders, people, changes, traits)
    return replace(plan, access=reached.changes, orders=orders, reached=reached)


def _wanted(
    sides: Sides, request: PeopleRequest, traits: Traits
) -> tuple[frozenset[Assignment], Resolution, list[str]]:
    people = sides.source.people
    if people is None:
        raise AssertionError("checked before")
    covered = cache(partial(_covers, sides))
    scoped = frozenset(item for item in people.assignments if covered(item.role))
    source = replace(sides.source, people=replace(people, assignments=scoped))
    resolution = resolve(
        source,
        sides.target,
        request.rules,
        request.remembered,
        roles_after=sides.goal.by_key().keys(),
        fold=traits.fold,
    )
    doubt = request.look_up.doubt(item.kind for item in resolution.unresolved)
    if resolution.unresolved and not request.skip_unresolved:
        raise _unresolved(resolution.unresolved, doubt, request.look_up.remedy)
    skipped = [f"skipped: {item}" for item in resolution.unresolved]
    notes = [doubt, *skipped] if doubt else skipped
    return translated(scoped, resolution).assignments, resolution, notes


def _unresolved(names: tuple[Unresolved, ...], doubt: str, ask: str) -> InvalidInput:
    what = f"{len(names)} names of the source can't be resolved in the target"
    remedy = (
        "Add them to the target, map them under identity in the config, or leave their "
        "assignments out with --on-unresolved skip."
    )
    return InvalidInput(
        f"{what}; {doubt}" if doubt else what,
        target=UNCHANGED,
        remedy=f"{ask} Else: {remedy}" if doubt else remedy,
        faults=tuple(Fault(str(item)) for item in names),
    )


def _rules(sides: Sides, request: PeopleRequest, resolution: Resolution, traits: Traits) -> Rules:
    named = {(role.role_type, request.rules.role(role.name)) for role in sides.source.all_roles()}
    after = frozenset(sides.goal.by_key())
    bots = set(resolution.scopes.values())
    here = set(resolution.principals.values())

    @cache  # asked of every assignment, and there are few roles
    def in_scope(key: RoleKey) -> bool:
        return key[0] in sides.source.captured and _covers(sides, key[1])

    def foreign(item: Assignment) -> str:
        if item.role_key not in named and item.role_key in after:
            if not sides.source.in_part(item.role_type):
                return "the source has no such role"
            if item.holder not in here:  # else all that it holds is known, though not all roles
                return "the source was not seen to have the role, and does not have this holder"
        if item.scope != ACCOUNT and item.scope not in bots:
            return "the source has no such bot"
        return ""

    return Rules(in_scope, foreign, traits.not_assignable, after)


def _covers(sides: Sides, name: str) -> bool:
    return all(selection.covers(name) for selection in sides.selections)


def _orders(
    sides: Sides,
    changes: Delta,
    access: tuple[Access, Access] | None,
    learned: Behaviour,
    traits: Traits,
) -> tuple[Order, ...]:
    levels = Levels.of(traits.value_order, traits.denied)
    moving = {item.role_type for item in (*changes.adds, *changes.removes)}
    orders = []
    for role_type in sorted(sides.goal.roles):
        roles = Roles(_permissions(sides.target, role_type), _permissions(sides.goal, role_type))
        texts = _changed_texts(sides, role_type)
        if not (roles.created or roles.pruned or roles.updated or texts or role_type in moving):
            continue
        before, after = ({}, {}) if access is None else (_held(each, role_type) for each in access)
        found = order(
            role_type,
            roles,
            before,
            after,
            (changes.adds, changes.removes),
            lambda permissions: granting(permissions, levels),
            described=texts,
            careful=bool(before)
            and learned.of(role_type).ids != "kept"
            and _found_again(sides, roles.created),
        )
        orders.append(found)
    return tuple(orders)


def _found_again(sides: Sides, created: frozenset[RoleKey]) -> bool:
    """Whether a second import finds the roles that the first one made, whatever it matches by."""
    taken = {role.ref_id for role in sides.target.all_roles()}
    source = sides.source.by_key()
    found = [source[key].ref_id if key in source else None for key in created]
    return len({*found}) == len(found) and not any(ref is None or ref in taken for ref in found)


def granting(permissions: Permissions, levels: Levels) -> Grants:
    """What permissions grant: each value with every weaker one that grants anything."""
    return frozenset(
        (name, each) for name, value in permissions.items() for each in _and_weaker(value, levels)
    )


def _and_weaker(value: PermissionValue, levels: Levels) -> tuple[PermissionValue, ...]:
    plain = value[0] if isinstance(value, tuple) and len(value) == 1 else value
    return levels.granting((plain, *levels.weaker.get(plain, ())))


def _permissions(state: State, role_type: str) -> dict[RoleKey, Permissions]:
    return {role.key: role.permissions for role in state.roles[role_type].roles}


def _changed_texts(sides: Sides, role_type: str) -> bool:
    now = {role.name: role for role in sides.target.roles[role_type].roles}
    return any(
        role.name in now and not role.same_content(now[role.name])
        for role in sides.goal.roles[role_type].roles
    )


def _held(access: Access, role_type: str) -> Holdings:
    @cache  # many hold the same
    def keys(ways: Ways) -> frozenset[RoleKey]:
        return frozenset((role_type, name) for name in role_names(ways))

    return {
        (principal, scope): keys(ways)
        for principal, places in access.held.items()
        for (kind, scope), ways in places.items()
        if kind == role_type
    }
