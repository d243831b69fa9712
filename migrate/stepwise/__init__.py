"""An order made step by step, where no plain one keeps everybody's access within its bounds. Pure.

Every single assignment, and every single permission of a role, is a step of its own here. Those
that give (an assignment that is made, a permission that is gained) only ever help others on: once
one does no harm it never will, and is taken at once. Those that take are done at once where
whoever needs what they take has it for good by then. Where neither goes on, what can be taken for
others still give the same for a while is tried, one after the other, and gone back on where that
leads nowhere. So an order is missed only where too many of these tries would be needed.
"""

from collections.abc import Iterable

from migrate.model import Assignment
from migrate.moves import Part
from migrate.replay import Replay
from migrate.stepwise.search import Common, Search
from migrate.stepwise.shaping import ended, squeezed

__all__ = ["Common", "stepwise"]


def stepwise(
    replay: Replay,
    adds: Iterable[Assignment],
    removes: Iterable[Assignment],
    common: Common,
    *,
    careful: bool,
) -> tuple[Part, ...] | None:
    """An order within the bounds, of few calls, or None where none was found.

    `careful` keeps pruning apart from the import before it.
    """
    found = Search(replay, common).run(adds, removes)
    if found is None:
        return None
    parts = ended(found, replay.roles, careful=careful)
    return squeezed(parts, replay) if replay.within_bounds(parts) else None
