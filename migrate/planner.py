"""Making a plan out of two snapshots, and judging one again on another state of the target."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from migrate.access_rules import AccessFacts
from migrate.behaviour import Behaviour
from migrate.diff import Action, Comparison, Rules, compare, in_scope
from migrate.errors import UsageError
from migrate.guards import GuardRule, Override, Verdict, evaluate, folded
from migrate.model import (
    Mode,
    PrincipalKey,
    RoleKey,
    Selection,
    Snapshot,
    State,
)
from migrate.peopleplan import Reach, holders_of, reach
from migrate.peopleplanner import PeopleRequest, Sides, plan_people
from migrate.plan import Plan, Side, Source, desired, same_platform
from migrate.platform_rules import refusals
from migrate.profile import made_by_probe, without_probes
from migrate.rules import Facts
from migrate.traits import Traits


@dataclass(frozen=True, slots=True)
class Request:
    """What a plan is asked to do, beside its two sides.

    `unread` says why it is not known who holds roles in the target, "" where it is. `operator` is
    whom the run acts as, where that can be told. `unprofiled` as in `Facts`.
    """

    mode: Mode
    selection: Selection
    rules: Rules
    guards: tuple[GuardRule, ...]
    overrides: tuple[Override, ...]
    store: str
    unread: str = ""
    operator: PrincipalKey | None = None
    unprofiled: tuple[str, ...] = ()
    people: PeopleRequest = field(default_factory=PeopleRequest)


def make(
    source: Source,
    target: Snapshot,
    request: Request,
    *,
    behaviour: Behaviour,
    traits: Traits,
    plan_id: str,
    created_at: str,
    version: str,
) -> Plan:
    """Plan the way from `target` to `source`, guards judged.

    Raises UsageError where the two sides are of different platforms, or where a `--role` pattern
    matches no role on either side.
    """
    same_platform(source.side, target, "roles cannot travel between platforms")
    selections = (request.selection, source.selection)
    check_patterns(request.selection, source.state, target.state)
    found: Comparison = compare(
        source.state,
        target.state,
        mode=request.mode,
        selections=selections,
        rules=request.rules,
        behaviour=behaviour,
        traits=traits,
    )
    plan = Plan(
        id=plan_id,
        created_at=created_at,
        version=version,
        mode=request.mode,
        source=source.side,
        target=Side.of(target),
        store=request.store,
        selections=tuple(dict.fromkeys(part for part in selections if not part.everything)),
        rules=replace(request.rules, permission_map=None),
        changes=found.changes,
        left=found.left,
        unknown=found.unknown,
        equal=found.equal,
        # What was worked out, not read, can't have come up short.
        source_sizes={} if source.worked_out else _sizes(source, target.state, traits),
        source_names=_custom_names(source.state, selections, traits),
        overrides=request.overrides,
        verdicts=(),
        undoes=source.undoes,
    )
    wanted = without_probes(source.state)
    sides = Sides(wanted, target.state, desired(plan, target.state), selections)
    people = plan_people(sides, request.people, behaviour, traits, request.unread)
    dropping = tuple(
        role_type for role_type in plan.role_types if behaviour.of(role_type).members == "dropped"
    )
    notes = (*source.notes, *people.notes)
    plan = replace(plan, people=replace(people, dropping=dropping, notes=notes))
    judged = judge(
        plan,
        target.state,
        request.guards,
        traits,
        operator=request.operator,
        unprofiled=request.unprofiled,
        reached=people.reached,
    )
    return replace(plan, verdicts=judged)


def judge(
    plan: Plan,
    target: State,
    guards: tuple[GuardRule, ...],
    traits: Traits,
    keep: tuple[str, ...] = (),
    operator: PrincipalKey | None = None,
    unprofiled: tuple[str, ...] = (),
    reached: Reach | None = None,
) -> tuple[Verdict, ...]:
    """The guards' verdicts on a plan over a target's state, `keep` of today's config included.

    `reached` is what it changes for whom in just this state, where that is known.
    """
    own = plan.undoes.own if plan.undoes else frozenset[RoleKey]()
    facts = Facts(
        environment=plan.target.environment,
        mode=plan.mode,
        source_sizes=plan.source_sizes,
        source_names=plan.source_names,
        target_names={
            role_type: frozenset(name for name in names if (role_type, name) not in own)
            for role_type, names in _custom_names(target, plan.selections, traits).items()
            if role_type in plan.source_names
        },
        changes=plan.changes,
        own=own,
        unknown=plan.unknown,
        keep=(*plan.rules.keep, *keep),
        promote_builtins=plan.rules.promote_builtins,
        traits=traits,
        unread=_unread(plan, target),
        held=_held(plan, target, own),
        dropping=plan.people.dropping,
        breaches=tuple(breach for order in plan.people.orders for breach in order.breaches),
        moves=len(plan.people.adds) + len(plan.people.removes),
        # The way back is open whatever is known of the platform.
        unprofiled=() if plan.undoes else unprofiled,
        unseen=() if plan.undoes else plan.people.not_seen(target),
        refusals=tuple(refusals(plan.people, target.people, traits, operator)),
    )
    if traits.opaque_roles:
        guards = tuple(folded(rule, traits.fold_role) for rule in guards)
    access = _access_facts(plan, target, traits, operator, reached)
    return evaluate(facts, access, guards, plan.overrides)


def _unread(plan: Plan, target: State) -> str:
    if target.people is not None:
        return ""
    # A plan that can be applied says itself why it was not known when it was made.
    later = "it could be when the plan was made, and can't be now" if plan.store else ""
    return plan.people.unread or later


def _held(plan: Plan, target: State, own: frozenset[RoleKey]) -> Mapping[RoleKey, int]:
    deleted = frozenset(change.key for change in plan.of(Action.DELETE))
    gone = deleted.difference(plan.people.moved, own)
    return holders_of(target.people, gone) if target.people and gone else {}


def _access_facts(
    plan: Plan,
    target: State,
    traits: Traits,
    operator: PrincipalKey | None,
    reached: Reach | None,
) -> AccessFacts | None:
    after = desired(plan, target)
    if target.people is None:
        return None
    reached = reached or reach(target, after, plan.people.held_after(target.people), traits)
    if reached is None:
        return None
    names: dict[str, set[str]] = {}
    for role in (*target.all_roles(), *after.all_roles()):
        names.setdefault(role.role_type, set()).update(role.permissions)
    source_names = frozenset(name for found in plan.source_names.values() for name in found)
    here = frozenset(role.name for role in (*target.all_roles(), *after.all_roles()))
    return AccessFacts(
        before=reached.before,
        after=reached.after,
        changes=reached.changes,
        users=reached.users,
        operator=operator,
        permissions={kind: frozenset(found) for kind, found in names.items()},
        roles=source_names | here,
        traits=traits,
    )


def _sizes(source: Source, target: State, traits: Traits) -> dict[str, int]:
    """How many roles the source holds of each type that both sides captured."""
    seen = target.captured
    everything = _custom_names(source.state, (), traits)
    sizes = {
        # What ships with a platform is in use on every server: it does not make a source.
        role_type: len(section.roles) if section.complete else len(everything[role_type])
        for role_type, section in source.state.roles.items()
        if role_type in everything and role_type in seen
    }
    if source.selection.everything or not any(sizes.values()):
        return sizes
    # Captured in part: that nothing of a type was asked for does not mean that there is nothing.
    return {role_type: size for role_type, size in sizes.items() if size}


def _custom_names(
    state: State, selections: tuple[Selection, ...], traits: Traits
) -> dict[str, frozenset[str]]:
    return {
        role_type: frozenset(
            role.name
            for role in in_scope(section.roles, selections)
            if not traits.is_built_in(role_type, role.name) and not made_by_probe(role.name)
        )
        for role_type, section in state.roles.items()
        if section.complete or state.in_part(role_type)
    }


def check_patterns(selection: Selection, *states: State) -> None:
    """Raises UsageError where a `--role` pattern matches no role of a state, or of two."""
    names = {role.name for state in states for role in state.all_roles()}
    side = " on either side" if len(states) > 1 else ""
    for pattern in selection.include:
        if not any(Selection((pattern,)).covers(name) for name in names):
            raise UsageError(
                f"--role {pattern!r} matches no role{side}",
                target="unchanged",
                remedy="Check the spelling: names are matched exactly, case included.",
            )
