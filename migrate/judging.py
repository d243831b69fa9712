"""What the guards say of a plan over a state of its target: when it is made, and when it runs."""

from collections import Counter
from collections.abc import Mapping

from migrate.access_rules import AccessFacts
from migrate.diff import Action
from migrate.guards import GuardRule, Verdict, evaluate, folded
from migrate.hotfix import objection, reverted
from migrate.model import PrincipalKey, RoleKey, Selection, State, in_scope
from migrate.peopleplan import Reach, holders_of, reach
from migrate.plan import Plan, Reverted, desired
from migrate.platform_rules import refusals
from migrate.profile import made_by_probe
from migrate.rules import Facts
from migrate.traits import Traits


def judge(
    plan: Plan,
    target: State,
    guards: tuple[GuardRule, ...],
    traits: Traits,
    keep: tuple[str, ...] = (),
    operator: PrincipalKey | None = None,
    unprofiled: tuple[str, ...] = (),
    base: State | None = None,
    reached: Reach | None = None,
    reverts: tuple[Reverted, ...] = (),
) -> tuple[Verdict, ...]:
    """The guards' verdicts on a plan over a target's state, `keep` of today's config included.

    `reached` is what it changes for whom in just this state, where that is known. `reverts` is what
    it takes back that was done by hand, where there is no `base` to tell that by.
    """
    own = plan.undoes.own if plan.undoes else frozenset[RoleKey]()
    facts = Facts(
        environment=plan.target.environment,
        mode=plan.mode,
        source_sizes=plan.source_sizes,
        source_names=plan.source_names,
        target_names={
            role_type: frozenset(name for name in names if (role_type, name) not in own)
            for role_type, names in custom_names(target, plan.selections, traits).items()
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
        moves=Counter(item.role_key for item in (*plan.people.adds, *plan.people.removes)),
        # The way back is open whatever is known of the platform.
        unprofiled=() if plan.undoes else unprofiled,
        reverts=objection(
            reverted(plan, base) if base else reverts,
            plan.source.environment,
            plan.target.environment,
        ),
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
    moved = {(each.role_type, each.old) for each in plan.people.moved}
    gone = deleted.difference(moved, own)
    return holders_of(target.people, gone) if target.people and gone else {}


def _access_facts(
    plan: Plan,
    target: State,
    traits: Traits,
    operator: PrincipalKey | None,
    reached: Reach | None,
) -> AccessFacts | None:
    if target.people is None:
        return None
    after = desired(plan, target)
    reached = reached or reach(target, after, plan.people.held_after(target.people), traits)
    if reached is None:
        return None
    terms = plan.source_terms
    names = {role_type: set(found) for role_type, found in terms.permissions.items()}
    here = (*target.all_roles(), *after.all_roles())
    for role in here:
        names.setdefault(role.role_type, set()).update(role.permissions)
    return AccessFacts(
        before=reached.before,
        after=reached.after,
        changes=reached.changes,
        users=reached.users,
        operator=operator,
        permissions={kind: frozenset(found) for kind, found in names.items()},
        roles=terms.roles.union(role.name for role in here),
        principals=target.people.principals,
        traits=traits,
    )


def custom_names(
    state: State, selections: tuple[Selection, ...], traits: Traits
) -> dict[str, frozenset[str]]:
    """The names of the roles in scope that no platform ships with, by role type."""
    found = {}
    for role_type, section in state.roles.items():
        if section.complete or state.in_part(role_type):
            names = {role.name for role in in_scope(section.roles, selections)}
            made = names - traits.built_in(role_type)
            found[role_type] = frozenset(name for name in made if not made_by_probe(name))
    return found
