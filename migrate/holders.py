"""Who holds a permission in a state, in which ways, and who of them gained or lost it. Pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from migrate.access import Grant, Way, effective, in_order, role_names
from migrate.errors import UsageError
from migrate.levels import Levels, Values
from migrate.model import PrincipalKind, State, by_holder
from migrate.traits import Traits
from migrate.wording import quoted

Place = tuple[str, str, str, str]
"""(kind, folded name, role type, scope): where a permission is held, and by whom."""

Outcome = tuple[str, str, str, str, Values]
"""A place, and what is held there in the end; () is nothing."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody who holds a permission in one scope: its strongest `values`, and the `ways` in which
    the roles that give them are held. `principal` is the folded name, `name` the platform's."""

    kind: str
    principal: str
    name: str
    role_type: str
    scope: str
    values: Values
    ways: tuple[Way, ...]

    @property
    def place(self) -> Place:
        """Who, and where."""
        return (self.kind, self.principal, self.role_type, self.scope)


@dataclass(frozen=True, slots=True)
class Moved:
    """What became of a permission of somebody between two states; () is not held."""

    kind: str
    principal: str
    name: str
    role_type: str
    scope: str
    before: Values
    after: Values

    @property
    def outcome(self) -> Outcome:
        """Who holds what, where, in the end."""
        return (self.kind, self.principal, self.role_type, self.scope, self.after)


def holders(state: State, permission: str, levels: Levels) -> tuple[Holder, ...]:
    """Everybody to whom a permission grants something, users by name, then groups.

    A user has what comes through groups, too. () where nobody's roles were captured.
    """
    people = state.people
    if people is None:
        return ()
    roles = {key: role for key, role in state.by_key().items() if permission in role.permissions}
    alone = effective(roles, {}, {}, levels)
    giving = {key for key in roles if levels.granting(alone.granted(key[0], (key[1],), permission))}
    held = (item for item in people.assignments if item.role_key in giving)
    those = {key: roles[key] for key in giving}
    access = effective(those, by_holder(held), people.groups_of, levels)
    # Thousands of users hold a few hundred different sets of roles.
    known: dict[tuple[str, frozenset[str]], Grant] = {}
    found = []
    for (kind, principal), places in access.held.items():
        spelled = people.principals.get((kind, principal))
        for (role_type, scope), ways in places.items():
            names = role_names(ways)
            if (role_type, names) not in known:
                known[role_type, names] = access.granted(role_type, names, permission)
            grant = known[role_type, names]
            strongest = {role for names in grant.values() for role in names}
            found.append(
                Holder(
                    kind,
                    principal,
                    spelled.name if spelled else principal,
                    role_type,
                    scope,
                    in_order(grant),
                    tuple(sorted(way for way in ways if way.role in strongest)),
                )
            )
    found.sort(key=lambda one: (one.kind != PrincipalKind.USER, one.place))
    return tuple(found)


def moves(before: Iterable[Holder], after: Iterable[Holder]) -> tuple[Moved, ...]:
    """Whose values differ between two answers of `holders`, in their order."""
    had, has = ({one.place: one for one in side} for side in (before, after))
    found = []
    for place, one in (had | has).items():
        then, now = (side[place].values if place in side else () for side in (had, has))
        if then != now:
            kind, principal, role_type, scope = place
            found.append(Moved(kind, principal, one.name, role_type, scope, then, now))
    found.sort(key=lambda one: (one.kind != PrincipalKind.USER, one.principal, one.role_type))
    return tuple(found)


def known_permissions(state: State) -> frozenset[str]:
    """The names of all permissions that any role of a state has."""
    return frozenset(name for role in state.all_roles() for name in role.permissions)


def documented(traits: Traits) -> frozenset[str]:
    """The names of all permissions that a platform documents."""
    return frozenset(name for each in traits.role_types.values() for name in each.known)


def named(text: str, known: Collection[str], labels: Mapping[str, str]) -> str:
    """The name on the wire of a permission, given by that or by its label, in any case.

    Raises UsageError that names the nearest where there is none of that name.
    """
    if text in known:
        return text
    spelled = {label.casefold(): name for name, label in labels.items() if name in known}
    spelled |= {name.casefold(): name for name in known}
    if text.casefold() in spelled:
        return spelled[text.casefold()]
    near = [spelled[each] for each in get_close_matches(text.casefold(), spelled, 3, 0.6)]
    guess = f"Did you mean {' or '.join(map(quoted, dict.fromkeys(near)))}?" if near else ""
    raise UsageError(
        f"no role has, and nothing documents, a permission {quoted(text)}",
        remedy=guess or "role-migrate snapshot --env E --format json shows the names in use.",
    )
