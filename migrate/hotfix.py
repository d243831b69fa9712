"""What was done by hand since the last verified run, and which of it a plan would take back. Pure.

The base is what that run left, as far as it is known to be ours: a role that a run leaves alone
keeps the base that it had, so that what was done by hand to it is still seen by the next plan.
"""

from collections.abc import Collection
from dataclasses import replace

from migrate.diff import Change
from migrate.model import (
    Assignment,
    Assignments,
    People,
    PermissionValue,
    Role,
    RoleKey,
    Selection,
    State,
)
from migrate.plan import Origin, Plan, Reverted
from migrate.wording import quoted

SHOWN = 5
"""So many roles are named in a message."""


def reverted(plan: Plan, base: State) -> tuple[Reverted, ...]:
    """What a plan would take back that was done in the target since `base`, by role.

    Nothing for a plan that takes a run back, or does what a file asks for by name: those are meant.
    """
    if plan.undoes is not None or plan.source.origin is not Origin.SNAPSHOT:
        return ()
    known = base.by_key()
    found: dict[RoleKey, list[str]] = {}
    for change in plan.changes:
        if change.role_type in base.captured:
            done = _of_role(change, known.get(change.key))
            if done:
                found[change.key] = done
    for key, given in _of_holders(plan, base):
        found.setdefault(key, []).append(given)
    return tuple(Reverted(*key, tuple(done)) for key, done in sorted(found.items()))


def next_base(
    plan: Plan, source: State | None, old: State | None, after: State, foreign: Collection[RoleKey]
) -> State:
    """The base that a run leaves: its plan's part as read back, everything else as it was known.

    `source` is what was promoted, where it is kept still; `foreign` are roles that somebody else
    changed while the run was under way. Without an `old` base all that is there is taken for known.
    """
    if old is None:
        return after
    ours = {change.key for change in plan.changes}
    if source is not None and plan.source.origin is Origin.SNAPSHOT:
        there = after.by_key()
        ours |= {
            role.key
            for role in source.all_roles()
            if _covered(role.key, plan.selections)
            and role.key in there
            and role.same_content(there[role.key])
        }
    ours -= set(foreign)
    sections = {}
    for role_type, section in after.roles.items():
        before = old.roles.get(role_type)
        if before is None:
            sections[role_type] = section
            continue
        roles = {role.name: role for role in before.roles if role.key not in ours}
        roles |= {role.name: role for role in section.roles if role.key in ours}
        sections[role_type] = section.holding(roles.values())
    base = State({**old.roles, **sections}, _people(plan, old, after))
    return _without_gone(base)


def _without_gone(base: State) -> State:
    """The base without holders of roles that are not in it any more: they went with the role."""
    if base.people is None:
        return base
    there = base.by_key()
    held = frozenset(
        item
        for item in base.people.assignments
        if item.role_key in there
        or not ((section := base.roles.get(item.role_type)) and section.complete)
    )
    return replace(base, people=replace(base.people, assignments=held))


def _of_role(change: Change, known: Role | None) -> list[str]:
    """What was done to a role since it was last `known`, and goes."""
    there, then = change.before, change.after
    if there is None:
        return ["was deleted, and comes back"] if known is not None else []
    if known is not None and known.same_content(there):
        return []
    if then is None:
        return ["was made, and goes" if known is None else "was changed, and goes"]
    if known is None:
        return ["was made, and becomes another"]
    what = []
    if there.description not in (known.description, then.description):
        what.append("its description was changed")
    for name in sorted(known.permissions.keys() | there.permissions.keys()):
        was, has = known.permissions.get(name), there.permissions.get(name)
        if was != has and then.permissions.get(name) != has:
            to = then.permissions.get(name)
            what.append(
                f"{name} was set from {_shown(was)} to {_shown(has)}, and becomes {_shown(to)}"
            )
    return what


def _of_holders(plan: Plan, base: State) -> list[tuple[RoleKey, str]]:
    people = base.people
    if people is None or plan.people.assignments is Assignments.NONE:
        return []
    # Whoever goes along to a role's new name loses nothing.
    renamed = {(each.role_type, each.old): each.new for each in plan.people.moved}
    given = frozenset(plan.people.adds)
    gone = {change.key for change in plan.changes if change.after is None}
    found = [
        (item.role_key, f"{_named(item)} was given it, and loses it")
        for item in plan.people.removes
        if item not in people.assignments
        and item.role_key not in gone
        and item._replace(role=renamed.get(item.role_key, item.role)) not in given
    ]
    found += [
        (item.role_key, f"it was taken from {_named(item)}, who gets it back")
        for item in plan.people.adds
        if item in people.assignments
    ]
    return sorted(found)


def _people(plan: Plan, old: State, after: State) -> People | None:
    """Who is known to hold what by runs: what people do by hand is not, unless a plan covers it."""
    if after.people is None or old.people is None:
        return after.people or old.people
    held, now = old.people.assignments, after.people.assignments
    exact = plan.people.assignments is Assignments.EXACT and plan.source.origin is Origin.SNAPSHOT
    covered = {item for item in held | now if exact and _covered(item.role_key, plan.selections)}
    added = now.intersection(plan.people.adds)
    kept = held.difference(plan.people.removes, covered)
    return replace(after.people, assignments=frozenset(kept | added | (now & covered)))


def _covered(key: RoleKey, selections: Collection[Selection]) -> bool:
    return all(selection.covers(key[1]) for selection in selections)


def _named(item: Assignment) -> str:
    return f"{item.kind} {quoted(item.principal)}"


def _shown(value: PermissionValue | None) -> str:
    if value is None:
        return "absent"
    return value if isinstance(value, str) else " + ".join(value)


def objection(reverts: Collection[Reverted], source: str, target: str) -> str:
    """What a guard says of a plan that takes things back, and how to carry them back instead."""
    if not reverts:
        return ""
    shown = [f"{each.role!r}: {', '.join(each.what)}" for each in [*reverts][:SHOWN]]
    more = f"; and {len(reverts) - SHOWN} roles more" if len(reverts) > SHOWN else ""
    roles = " ".join(f"--role {each.role!r}" for each in [*reverts][:SHOWN])
    return (
        f"since the last run somebody changed {target} by hand, and this plan takes that back: "
        f"{'; '.join(shown)}{more} (to carry it back: role-migrate plan --from {target} "
        f"--to {source} {roles})"
    )
