"""Planning who holds what: from the source's assignments to moves in an order. Pure."""

from dataclasses import dataclass, field, replace
from functools import cache

from migrate.assigning import Delta, Rules, delta
from migrate.behaviour import Behaviour
from migrate.errors import UNCHANGED, Fault, InvalidInput
from migrate.identity import (
    IdentityRules,
    Pairs,
    Resolution,
    Unresolved,
    called_alike,
    renames,
    resolve,
    translated,
)
from migrate.lookups import SETTLED, LookUp
from migrate.model import (
    ACCOUNT,
    Assignment,
    Assignments,
    RoleKey,
    State,
)
from migrate.peopleorders import Reached, orders
from migrate.peopleplan import PeoplePlan, Sides, known_people, reach
from migrate.platform_rules import first_roles, move_notes, unseen_roles, with_room
from migrate.traits import Traits
from migrate.unshown import unshown_notes


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
        alone = orders(sides, request.rules, Delta(), None, learned, traits)
        return PeoplePlan(unread, orders=alone)
    unseen = unseen_roles(sides.source, sides.target, request.rules)
    sides = replace(sides, target=sides.target.with_seen(unseen), goal=sides.goal.with_seen(unseen))
    renamed = renames(
        sides.source,
        sides.target,
        request.remembered,
        request.rules,
        traits,
        whole=sides.whole,
        covers=sides.covers,
    )
    found = renamed.found
    wanted: frozenset[Assignment] = frozenset()
    notes = list(renamed.notes)
    resolution = Resolution({}, {}, {})
    if request.assignments is not Assignments.NONE:
        wanted, resolution, skipped = _wanted(sides, request, traits)
        notes += [*resolution.notes, *skipped]
    shown = people if learned.rows != "one" else replace(people, maybe_direct=frozenset())
    rules = _rules(sides, request, resolution, traits)
    merged = learned.rows == "merged"
    changes = delta(request.assignments, shown, wanted, found, replace(rules, merged=merged))
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
        moved=found,
        unseen=tuple(role for role in unseen if role.key in given),
        notes=tuple(notes),
    )
    reached = reach(sides.target, sides.goal, plan.held_after(people), traits)
    if reached is None:
        raise AssertionError("the target's holders are known")
    known = Reached(reached.before, reached.after)
    found_orders = orders(sides, request.rules, changes, known, learned, traits)
    found_orders = with_room(found_orders, people, changes, traits)
    unshown = unshown_notes(shown, found_orders, changes.adds, learned)
    notes += unshown
    return replace(
        plan, access=reached.changes, orders=found_orders, notes=tuple(notes), reached=reached
    )


def _wanted(
    sides: Sides, request: PeopleRequest, traits: Traits
) -> tuple[frozenset[Assignment], Resolution, list[str]]:
    people = sides.source.people
    if people is None:
        raise AssertionError("checked before")
    rules = request.rules

    held = {name for _, name in people.role_counts}
    names = held.union(role.name for role in sides.source.all_roles())
    covered = {name for name in names if sides.covers(rules.role(name))}
    if not covered >= held:
        scoped = frozenset(item for item in people.assignments if item.role in covered)
        people = replace(people, assignments=scoped)
    roles = {
        role_type: section.holding(role for role in section.roles if role.name in covered)
        for role_type, section in sides.source.roles.items()
    }
    source = State(roles, people)
    resolution = resolve(
        source,
        sides.target,
        rules,
        request.remembered,
        roles_after=sides.goal.by_key().keys(),
        fold=traits.fold,
    )
    doubt = request.look_up.doubt(item.kind for item in resolution.unresolved)
    if resolution.unresolved and not request.skip_unresolved:
        raise _unresolved(resolution.unresolved, doubt, request.look_up.remedy)
    skipped = [f"skipped: {item}" for item in resolution.unresolved]
    notes = [doubt, *skipped] if doubt else skipped
    wanted = people.assignments
    if not called_alike(people, resolution):
        wanted = translated(wanted, resolution).assignments
    return wanted, resolution, notes


def _unresolved(names: tuple[Unresolved, ...], doubt: str, ask: str) -> InvalidInput:
    count = "one name" if len(names) == 1 else f"{len(names)} names"
    what = f"{count} of the source can't be resolved in the target"
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
    named = sides.called_here(request.rules)
    after = frozenset(sides.goal.by_key())
    bots = set(resolution.scopes.values())
    here = set(resolution.principals.values())

    @cache
    def in_scope(key: RoleKey) -> bool:
        return key[0] in sides.source.captured and sides.covers(key[1])

    def foreign(item: Assignment) -> str:
        if item.role_key not in named and item.role_key in after:
            if not sides.source.in_part(item.role_type):
                return "the source has no such role"
            if item.holder not in here:  # else all that it holds is known, though not all roles
                return "the source was not seen to have the role, and does not have this holder"
        if item.scope != ACCOUNT and item.scope not in bots:
            return "the source has no such bot"
        return ""

    vague = sides.source.people.maybe_direct if sides.source.people else ()
    doubtful = translated(vague, resolution).assignments
    return Rules(in_scope, foreign, traits.not_assignable, after, doubtful)
