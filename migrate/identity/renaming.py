"""Roles that the source calls by a new name, recognised by the ids that belonged together."""

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass

from migrate.identity.pairs import Pair, Pairs
from migrate.identity.rules import ROLE, IdentityRules
from migrate.model import Role, RoleKey, State
from migrate.traits import Traits
from migrate.wording import quoted


@dataclass(frozen=True, slots=True)
class Rename:
    """The target's role `old` is what the source now calls `new` (as the target will call it)."""

    role_type: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Renames:
    """What was recognised as renamed, and sentences on it and on what only looked like it."""

    found: tuple[Rename, ...] = ()
    notes: tuple[str, ...] = ()


def _everything(name: str) -> bool:
    return True


def renames(
    source: State,
    target: State,
    remembered: Pairs,
    rules: IdentityRules,
    traits: Traits,
    *,
    whole: bool = True,
    covers: Callable[[str], bool] = _everything,
) -> Renames:
    """Find roles of the target that the source has renamed since the pairs were remembered.

    Clear is only this: the source had S as A and calls it B now, the target still has T as A,
    the source has no A any more and the target no B. Both states must hold all their roles: the
    source's is `whole` where it was not narrowed when it was captured. `covers` says which names
    of the target are in scope: both must be. Anything less clear is no rename, but two roles, and
    a note where one of them is in scope.
    """
    names = Counter((role.role_type, rules.role(role.name)) for role in source.all_roles())
    old_ids = {(role.role_type, role.id): role for role in source.all_roles() if role.id}
    new_ids = {(role.role_type, role.id): role for role in target.all_roles() if role.id}
    here = target.by_key().keys()
    found, notes = [], []
    for pair in remembered.of(ROLE).values():
        role = old_ids.get((pair.role_type, pair.source_id))
        its = new_ids.get((pair.role_type, pair.target_id))
        if role is None or its is None or rules.role(role.name) == its.name:
            continue
        new = (role.role_type, rules.role(role.name))
        outside = [name for name in (its.name, new[1]) if not covers(name)]
        if len(outside) > 1:
            continue
        doubt = _doubt(pair, role, its) or _taken(its.key, new, names, here)
        known = whole and all(_complete(each, role.role_type) for each in (source, target))
        if not doubt and not known:
            doubt = "not all roles of both sides are known"
        if not doubt and any(traits.is_built_in(role.role_type, each.name) for each in (role, its)):
            doubt = "it ships with the platform: give it an alias under identity.roles"
        if not doubt and outside:
            doubt = f"{quoted(outside[0])} is out of scope"
        if doubt:
            notes.append(
                f"{pair.role_type} role {quoted(role.name)} was {quoted(its.name)} in the target "
                f"by its id, and is not taken for a rename: {doubt}"
            )
        else:
            found.append(Rename(role.role_type, its.name, new[1]))
            notes.append(
                f"{pair.role_type} role {quoted(its.name)} is called {quoted(new[1])} in the "
                "source now: its holders move"
            )
    return Renames(tuple(found), tuple(notes))


def _doubt(pair: Pair, role: Role, its: Role) -> str:
    """Why it was not the source alone that renamed it; "" if it was."""
    if its.name != pair.target_name:
        return f"the target has renamed it itself, from {quoted(pair.target_name)}"
    if role.name == pair.source_name:
        return "the source has not renamed it; the aliases in the config have changed"
    return ""


def _taken(old: RoleKey, new: RoleKey, names: Counter[RoleKey], here: Collection[RoleKey]) -> str:
    """Which of the two names means another role as well; "" if none does."""
    if names[old]:
        return f"the source still has a role that is {quoted(old[1])} in the target"
    if names[new] > 1:
        return f"the source has {names[new]} roles that would be {quoted(new[1])} in the target"
    if new in here:
        return f"the target has a role {quoted(new[1])} as well"
    return ""


def _complete(state: State, role_type: str) -> bool:
    section = state.roles.get(role_type)
    return section is not None and section.complete
