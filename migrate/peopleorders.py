"""In which order each role type's changes are made: what a plan tells `ordering`. Pure."""

from collections import defaultdict
from dataclasses import dataclass
from functools import cache

from migrate.access import Access, Ways
from migrate.assigning import Delta
from migrate.behaviour import Behaviour
from migrate.identity import IdentityRules
from migrate.levels import Levels, plain
from migrate.model import People, Permissions, PermissionValue, RoleKey
from migrate.moves import Grants, Hidden, Holder, Holdings, Holds, Roles
from migrate.ordering import Order, order
from migrate.peopleplan import Sides
from migrate.traits import Traits


@dataclass(frozen=True, slots=True)
class Reached:
    """Who holds what before and after a plan."""

    before: Access
    after: Access


def orders(
    sides: Sides,
    rules: IdentityRules,
    changes: Delta,
    reached: Reached | None,
    learned: Behaviour,
    traits: Traits,
) -> tuple[Order, ...]:
    """An order for each role type of which roles or their holders change, by role type.

    `reached` is None where it is not known who holds roles.
    """
    levels = Levels.of(traits.value_order, traits.denied)
    moving = {item.role_type for item in (*changes.adds, *changes.removes)}
    found = []
    for role_type in sorted(sides.goal.roles):
        roles = _roles(sides, role_type)
        if not (roles.created or roles.pruned or roles.updated or roles.texts) and (
            role_type not in moving
        ):
            continue
        before = _held(reached.before, role_type) if reached else {}
        after = _held(reached.after, role_type) if reached else {}
        made = order(
            role_type,
            roles,
            before,
            after,
            (changes.adds, changes.removes),
            lambda permissions: granting(permissions, levels),
            levels.common,
            hidden=_hidden(sides.target.people, role_type, roles, after) if reached else None,
            careful=bool(before)
            and learned.of(role_type).ids != "kept"
            and _found_again(sides, rules, roles.created),
        )
        found.append(made)
    return tuple(found)


def granting(permissions: Permissions, levels: Levels) -> Grants:
    """What permissions grant: each value with every weaker one that grants anything."""
    return frozenset(
        (name, each) for name, value in permissions.items() for each in _and_weaker(value, levels)
    )


def _and_weaker(value: PermissionValue, levels: Levels) -> tuple[PermissionValue, ...]:
    value = plain(value)
    return levels.granting((value, *levels.weaker.get(value, ())))


def _roles(sides: Sides, role_type: str) -> Roles:
    now = {role.key: role for role in sides.target.roles[role_type].roles}
    then = {role.key: role for role in sides.goal.roles[role_type].roles}
    return Roles(
        {key: role.permissions for key, role in now.items()},
        {key: role.permissions for key, role in then.items()},
        frozenset(
            key
            for key in now.keys() & then.keys()
            if now[key].permissions == then[key].permissions
            and not now[key].same_content(then[key])
        ),
    )


def _held(access: Access, role_type: str) -> Holdings:
    @cache  # many hold the same
    def holds(ways: Ways) -> Holds:
        return frozenset(((role_type, way.role), way.group) for way in ways)

    return {
        (principal, scope): holds(ways)
        for principal, places in access.held.items()
        for (kind, scope), ways in places.items()
        if kind == role_type
    }


def _hidden(people: People | None, role_type: str, roles: Roles, after: Holdings) -> Hidden:
    """What users may keep directly, unseen, of which no other way is left to them."""
    found: dict[Holder, set[RoleKey]] = defaultdict(set)
    for item in people.maybe_direct if people else ():
        holder = (item.holder, item.scope)
        kept = {key for key, _ in after.get(holder, ())}
        if item.role_type == role_type and item.role_key in roles.after.keys() - kept:
            found[holder].add(item.role_key)
    return {holder: frozenset(keys) for holder, keys in found.items()}


def _found_again(sides: Sides, rules: IdentityRules, created: frozenset[RoleKey]) -> bool:
    """Whether a second import finds the roles that the first one made, whatever it matches by."""
    taken = {role.ref_id for role in sides.target.all_roles()}
    source = sides.called_here(rules)
    found = [source[key].ref_id if key in source else None for key in created]
    return len({*found}) == len(found) and not any(ref is None or ref in taken for ref in found)
