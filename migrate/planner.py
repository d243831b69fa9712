"""Making a plan out of two snapshots."""

from dataclasses import dataclass, field, replace

from migrate.behaviour import Behaviour
from migrate.diff import Comparison, Rules, compare
from migrate.errors import UsageError
from migrate.guards import GuardRule, Override
from migrate.hotfix import reverted
from migrate.identity import called_here, scope_here
from migrate.judging import custom_names, judge
from migrate.model import (
    Mode,
    PrincipalKey,
    Selection,
    Snapshot,
    State,
)
from migrate.peopleplan import Sides
from migrate.peopleplanner import PeopleRequest, plan_people
from migrate.plan import NO_WAY, Plan, Side, Source, Terms, desired, same_platform
from migrate.profile import without_probes
from migrate.traits import Traits


@dataclass(frozen=True, slots=True)
class Request:
    """What a plan is asked to do, beside its two sides.

    `unread` says why it is not known who holds roles in the target, "" where it is. `operator` is
    whom the run acts as, where that can be told. `unprofiled` as in `Facts`.
    `base` is what is known to be there by runs of ours, None where nothing is.
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
    base: State | None = None
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
    same_platform(source.side, target, NO_WAY)
    names = request.people.rules
    selections = scope_here(request.selection, source.selection, source.state, names)
    called = called_here(source.state, selections, names)
    check_patterns(request.selection, source.state, called, target.state)
    found: Comparison = compare(
        called,
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
        source_names=custom_names(called, selections, traits),
        source_terms=_terms(called, request.rules),
        overrides=request.overrides,
        verdicts=(),
        undoes=source.undoes,
    )
    goal = desired(plan, target.state)
    whole = source.selection.everything
    sides = Sides(without_probes(source.state), target.state, goal, selections, whole)
    people = plan_people(sides, request.people, behaviour, traits, request.unread)
    dropping = tuple(
        role_type for role_type in plan.role_types if behaviour.of(role_type).members == "dropped"
    )
    notes = (*source.notes, *people.notes)
    plan = replace(plan, people=replace(people, dropping=dropping, notes=notes))
    plan = replace(plan, reverts=reverted(plan, request.base) if request.base else ())
    judged = judge(
        plan,
        target.state,
        request.guards,
        traits,
        operator=request.operator,
        unprofiled=request.unprofiled,
        base=request.base,
        reached=people.reached,
    )
    return replace(plan, verdicts=judged)


def _sizes(source: Source, target: State, traits: Traits) -> dict[str, int]:
    """How many roles the source holds of each type that both sides captured."""
    seen = target.captured
    sections = source.state.roles
    # What ships with a platform is in use on every server: it does not make a source.
    in_use = State({kind: each for kind, each in sections.items() if source.state.in_part(kind)})
    made = custom_names(in_use, (), traits)
    sizes = {
        role_type: len(section.roles) if section.complete else len(made[role_type])
        for role_type, section in sections.items()
        if role_type in seen and (section.complete or role_type in made)
    }
    if source.selection.everything or not any(sizes.values()):
        return sizes
    # Captured in part: that nothing of a type was asked for does not mean that there is nothing.
    return {role_type: size for role_type, size in sizes.items() if size}


def _terms(source: State, rules: Rules) -> Terms:
    renamed = rules.permission_map or {}
    permissions: dict[str, set[str]] = {}
    for role in source.all_roles():
        names = permissions.setdefault(role.role_type, set())
        names.update(role.permissions)
    return Terms(
        {
            role_type: frozenset(renamed.get(name, name) for name in names)
            for role_type, names in permissions.items()
        },
        frozenset(role.name for role in source.all_roles()),
    )


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
