"""What a plan says of assignments that a target may have, and does not show. Pure."""

from collections.abc import Collection, Iterable, Iterator

from migrate.assigning import by_a_group
from migrate.behaviour import Behaviour
from migrate.model import Assignment, People
from migrate.moves import Move
from migrate.ordering import Order
from migrate.wording import quoted

SHOWN = 5


def unshown_notes(
    people: People, orders: Iterable[Order], adds: Collection[Assignment], learned: Behaviour
) -> list[str]:
    """Sentences on who may hold what unseen, where the plan could take it or makes it anew.

    An import may drop the members of its roles, unless it is known not to; only those that show
    are put back then.
    """
    loose = {
        order.role_type
        for order in orders
        if any(move in _IMPORTS for move in order.moves) and _may_drop(learned, order.role_type)
    }
    return [*_made_anew(people, adds), *_behind_groups(people, loose), *_of_groups(people, loose)]


_IMPORTS = frozenset(Move) - {Move.ADD, Move.ADD_EXISTING, Move.ADD_CREATED, Move.REMOVE}


def _may_drop(learned: Behaviour, role_type: str) -> bool:
    known = learned.of(role_type)
    return known.ids != "kept" and known.members != "carried"


def _made_anew(people: People, adds: Collection[Assignment]) -> Iterator[str]:
    again = sorted(set(adds) & people.maybe_direct)
    if again:
        yield (
            "given directly, be it that they have it so already, which does not show beside what "
            f"a group gives them: {_named(again)}"
        )


def _behind_groups(people: People, loose: Collection[str]) -> Iterator[str]:
    held = people.assignments
    hidden = [
        item
        for item in sorted(people.maybe_direct)
        if item.role_type in loose and by_a_group(item, people, held)
    ]
    if hidden:
        yield (
            "what users hold directly besides a group may not show, and can't be put back if an "
            f"import drops it; as far as this plan can tell that may be: {_named(hidden)}"
        )


def _of_groups(people: People, loose: Collection[str]) -> Iterator[str]:
    if people.unseen_groups and loose:
        yield (
            "what these groups hold does not show, for no user in them has a row, and can't be put "
            f"back if an import drops it: {_some([quoted(each) for each in people.unseen_groups])}"
        )


def _named(items: Iterable[Assignment]) -> str:
    return _some(
        [
            f"{quoted(item.principal)} {quoted(item.role)}"
            + (f" in bot {quoted(item.scope)}" if item.scope else "")
            for item in items
        ]
    )


def _some(texts: list[str]) -> str:
    more = f" and {len(texts) - SHOWN} more" if len(texts) > SHOWN else ""
    return ", ".join(sorted(texts)[:SHOWN]) + more
