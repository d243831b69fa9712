"""What a platform says of who can hold what, beyond single assignments. Pure.

How many roles one principal can hold, and what then must go first; which roles only one user gives
and takes; what becomes of the order of somebody's roles; and roles that can't be listed. Numbers
and names are in `Traits`.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from migrate.assigning import Delta
from migrate.identity import IdentityRules, Resolution
from migrate.model import Assignment, People, PrincipalKey, Role, State, holder_of
from migrate.moves import Move, Part
from migrate.ordering import Order
from migrate.peopleplan import PeoplePlan
from migrate.traits import Traits
from migrate.wording import quoted

SHOWN = 5


def making_room(
    people: People,
    adds: Iterable[Assignment],
    removes: Iterable[Assignment],
    most: int | None,
) -> frozenset[Assignment]:
    """The removals that must go before the additions, as few as there can be.

    They are of those who would hold more than `most` roles if all additions went first.
    """
    if most is None:
        return frozenset()
    coming = Counter(map(holder_of, adds))
    going: dict[PrincipalKey, list[Assignment]] = defaultdict(list)
    over = {
        holder: more
        for holder, count in coming.items()
        if (more := len(people.by_holder.get(holder, ())) + count - most) > 0
    }
    for item in removes if over else ():
        going[item.holder].append(item)
    return frozenset(item for holder, more in over.items() for item in sorted(going[holder])[:more])


def with_room(
    orders: Iterable[Order], people: People, changes: Delta, traits: Traits
) -> tuple[Order, ...]:
    """Orders of additions and removals, with those removals first that make room.

    Roles do not change in them, so whoever is without what is not to stay is within the bounds.
    """
    removes = changes.removes
    room = making_room(people, changes.adds, removes, traits.most_roles)
    types = {item.role_type for item in room}

    def roomy(order: Order) -> Order:
        late = [part for part in order.parts if part.move is not Move.REMOVE or removes - room]
        return replace(order, parts=(Part(Move.REMOVE, room), *late))

    return tuple(roomy(order) if order.role_type in types else order for order in orders)


def move_notes(
    adds: Collection[Assignment],
    removes: Collection[Assignment],
    target: People,
    first: Mapping[PrincipalKey, str],
    traits: Traits,
) -> Iterator[str]:
    """What else a reviewer has to know of additions and removals, as sentences.

    `first` has the role that goes first in the source, by principal, in the target's names.
    """
    noted = sorted((item, note) for item in adds if (note := traits.caution(item)))
    yield from dict.fromkeys(note for _, note in noted)
    yield from _order_notes(adds, removes, target, first)
    room = making_room(target, adds, removes, traits.most_roles)
    for (kind, name), count in sorted(Counter(item.holder for item in room).items()):
        yield (
            f"{traits.noun(kind)} {quoted(name)} would hold more than {traits.most_roles} roles on "
            "the way, so "
            f"{count} {'is' if count == 1 else 'are'} taken from it before it is given others"
        )


def refusals(
    plan: PeoplePlan, people: People | None, traits: Traits, operator: PrincipalKey | None
) -> Iterator[str]:
    """What the platform would refuse of a plan, as sentences; `people` are the target's."""
    if people is not None:
        yield from _too_many(plan.adds, plan.removes, people, traits)
    for role, user in sorted(traits.only_by.items()):
        items = sorted(item for item in (*plan.adds, *plan.removes) if item.role == role)
        if items and operator is not None and operator[1] != user:
            yield (
                f"only {user} can give or take the role {role}, and this runs as {operator[1]}: "
                f"{_who(items, traits)}; log in as {user}, or leave it out: --exclude-role {role}"
            )


def _too_many(
    adds: Collection[Assignment],
    removes: Collection[Assignment],
    people: People,
    traits: Traits,
) -> Iterator[str]:
    most = traits.most_roles
    if most is None or not adds:
        return
    gaining = set(map(holder_of, adds))
    after = people.counts_after(adds, removes)
    full = {who: after[who] for who in sorted(gaining) if after[who] > most}
    if full:
        named = [
            f"{traits.noun(kind)} {quoted(name)} ({held})" for (kind, name), held in full.items()
        ]
        yield f"more than {most} roles would be held by {_some(named)}"


def _who(items: Iterable[Assignment], traits: Traits) -> str:
    named = {f"{traits.noun(item.kind)} {quoted(item.principal)}" for item in items}
    return _some(sorted(named))


def _some(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def unseen_roles(source: State, target: State, rules: IdentityRules) -> tuple[Role, ...]:
    """Roles that the source has and the target was not seen to have, where that is no proof.

    They are called as the target would call them.
    """
    here = target.by_key()
    wanted = ((role, rules.role(role.name)) for role in source.all_roles())
    return tuple(
        role if role.name == name else Role.opaque(role.role_type, name)
        for role, name in wanted
        if target.in_part(role.role_type) and (role.role_type, name) not in here
    )


def first_roles(
    source: People | None, rules: IdentityRules, resolution: Resolution
) -> dict[PrincipalKey, str]:
    """The role that goes first in the source, where it has an order, in the target's names."""
    known = source.principals if source else {}
    firsts = {here: known[key].primary for key, here in resolution.principals.items()}
    return {holder: rules.role(first) for holder, first in firsts.items() if first}


def _order_notes(
    adds: Collection[Assignment],
    removes: Collection[Assignment],
    target: People,
    first: Mapping[PrincipalKey, str],
) -> Iterator[str]:
    """Whose first role is not what it was, or should be: the order of roles can't be set."""
    stay = target.counts_after(adds, removes)
    lost = sorted(
        item
        for item in removes
        if stay[item.holder]
        and (known := target.principals.get(item.holder)) is not None
        and known.primary == item.role
    )
    if lost:
        yield (
            "the first role of an account is its primary one, and which one follows can't be "
            f"chosen: {_named(lost)}"
        )
    given = sorted(
        item for item in adds if stay[item.holder] > 1 and first.get(item.holder) == item.role
    )
    if given:
        yield (
            "whether a role that is given becomes the first, the primary one, as it is in the "
            f"source, can't be promised: {_named(given)}"
        )


def _named(items: list[Assignment]) -> str:
    return _some([f"{quoted(item.principal)} ({quoted(item.role)})" for item in items])
