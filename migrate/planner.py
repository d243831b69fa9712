"""Making a plan out of two snapshots, and judging one again on another state of the target."""

from dataclasses import dataclass, replace

from migrate.behaviour import Behaviour
from migrate.diff import Comparison, Rules, compare, in_scope
from migrate.errors import UsageError
from migrate.guards import GuardRule, Override, Verdict, evaluate
from migrate.model import (
    Mode,
    Selection,
    Snapshot,
    State,
)
from migrate.plan import Plan, Side
from migrate.rules import Facts
from migrate.snapshot import content_digest, state_digest
from migrate.traits import Traits


@dataclass(frozen=True, slots=True)
class Request:
    """What a plan is asked to do, beside its two sides."""

    mode: Mode
    selection: Selection
    rules: Rules
    guards: tuple[GuardRule, ...]
    overrides: tuple[Override, ...]
    store: str


def make(
    source: Snapshot,
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
    _check_sides(source, target)
    selections = (request.selection, source.selection)
    _check_patterns(request.selection, source.state, target.state)
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
        source=_side(source, content_digest(source.state), state_digest(source.state)),
        target=_side(target, state_digest(target.state), state_digest(target.state)),
        store=request.store,
        selections=tuple(dict.fromkeys(part for part in selections if not part.everything)),
        rules=replace(request.rules, permission_map=None),
        changes=found.changes,
        left=found.left,
        unknown=found.unknown,
        equal=found.equal,
        source_sizes=_sizes(source, target.state),
        source_names=_custom_names(source.state, selections, traits),
        overrides=request.overrides,
        verdicts=(),
    )
    return replace(plan, verdicts=judge(plan, target.state, request.guards, traits))


def judge(
    plan: Plan,
    target: State,
    guards: tuple[GuardRule, ...],
    traits: Traits,
    keep: tuple[str, ...] = (),
) -> tuple[Verdict, ...]:
    """The guards' verdicts on a plan over a target's state, `keep` of today's config included."""
    facts = Facts(
        environment=plan.target.environment,
        mode=plan.mode,
        source_sizes=plan.source_sizes,
        source_names=plan.source_names,
        target_names={
            role_type: names
            for role_type, names in _custom_names(target, plan.selections, traits).items()
            if role_type in plan.source_names
        },
        changes=plan.changes,
        unknown=plan.unknown,
        keep=(*plan.rules.keep, *keep),
        promote_builtins=plan.rules.promote_builtins,
        traits=traits,
    )
    return evaluate(facts, guards, plan.overrides)


def _side(snapshot: Snapshot, digest: str, stored: str) -> Side:
    return Side(snapshot.environment, snapshot.identity, snapshot.captured_at, digest, stored)


def _sizes(source: Snapshot, target: State) -> dict[str, int]:
    """How many roles the source holds of each type that both sides captured."""
    seen = target.captured
    sizes = {
        role_type: len(section.roles)
        for role_type, section in source.state.roles.items()
        if section.complete and role_type in seen
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
            if not traits.is_built_in(role_type, role.name)
        )
        for role_type, section in state.roles.items()
        if section.complete
    }


def _check_sides(source: Snapshot, target: Snapshot) -> None:
    if source.identity.platform != target.identity.platform:
        raise UsageError(
            f"{source.environment!r} is a {source.identity.platform} environment and "
            f"{target.environment!r} a {target.identity.platform} one: roles cannot travel between "
            "platforms",
            target="unchanged",
            remedy="Name two environments of one platform.",
        )


def _check_patterns(selection: Selection, source: State, target: State) -> None:
    names = {role.name for state in (source, target) for role in state.all_roles()}
    for pattern in selection.include:
        if not any(Selection((pattern,)).covers(name) for name in names):
            raise UsageError(
                f"--role {pattern!r} matches no role in the source or the target",
                target="unchanged",
                remedy="Check the spelling: names are matched exactly, case included.",
            )
