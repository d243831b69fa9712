"""In which order to import, add, remove and prune, so that nobody's access leaves its bounds.

Between any two calls each principal must hold, in each scope, at least what it holds both before
and after, and never more than before and after together (DESIGN 4.3). No fixed order does that:
"update, then add, then remove" lets a leaver of a role that gains something hold it for a moment,
and takes from a role that is split before the other one gives. So plain orders are replayed on
paper, the cheapest first, and the first one that stays within the bounds is taken. Where none
does, one is made step by step (`stepwise`). Where that gets nowhere either, the plain order with an
intermediate set of permissions never gives too much; what is missing on the way is named.

Role types never meet: an admin role is held in the account, a bot role in a bot. Principals that
hold the same roles in the same ways before and after fare the same: each such pair is replayed
once.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from migrate.model import Assignment
from migrate.moves import Breach, Granting, Hidden, Holdings, Move, Part, Roles
from migrate.replay import Replay

if TYPE_CHECKING:
    from migrate.stepwise import Common

M = Move
CANDIDATES: tuple[tuple[Move, ...], ...] = (
    (M.REPLACE, M.ADD, M.REMOVE),
    (M.REMOVE, M.REPLACE, M.ADD),
    (M.ADD_EXISTING, M.REPLACE, M.ADD_CREATED, M.REMOVE),
    (M.ADD_EXISTING, M.REMOVE, M.REPLACE, M.ADD_CREATED),
    (M.IMPORT, M.ADD, M.REMOVE, M.PRUNE),
    (M.REMOVE, M.IMPORT, M.ADD, M.PRUNE),
    (M.ADD_EXISTING, M.IMPORT, M.ADD_CREATED, M.REMOVE, M.PRUNE),
    (M.ADD_EXISTING, M.REMOVE, M.IMPORT, M.ADD_CREATED, M.PRUNE),
    (M.CREATE, M.ADD, M.REMOVE, M.UPDATE, M.PRUNE),
    (M.CREATE, M.ADD, M.UPDATE, M.REMOVE, M.PRUNE),
    (M.CREATE, M.REMOVE, M.UPDATE, M.ADD, M.PRUNE),
    (M.NARROW, M.ADD, M.REMOVE, M.UPDATE, M.PRUNE),
)
"""Plain orders, those with fewer calls first. The last one never gives too much: while roles
hold only what they held and will hold, holding old and new ones together stays within the bound."""


@dataclass(frozen=True, slots=True)
class Order:
    """The parts of one role type's changes, in order, and what leaves the bounds on the way."""

    role_type: str
    parts: tuple[Part, ...]
    breaches: tuple[Breach, ...] = ()

    @property
    def moves(self) -> tuple[Move, ...]:
        """What is done, in order."""
        return tuple(part.move for part in self.parts)

    @classmethod
    def of(cls, role_type: str, *moves: Move) -> "Order":
        """An order of whole moves."""
        return cls(role_type, tuple(Part(move) for move in moves))


def order(
    role_type: str,
    roles: Roles,
    before: Holdings,
    after: Holdings,
    changes: tuple[frozenset[Assignment], frozenset[Assignment]],
    granting: Granting,
    common: "Common",
    *,
    careful: bool,
    hidden: Hidden | None = None,
) -> Order:
    """The cheapest order found within the bounds; else one that never gives too much.

    `changes` are the assignments to add and to remove. `careful` keeps pruning apart from the
    import before it, so that what that one does to members is seen first. `hidden` are roles that
    somebody may hold directly before and after: the bounds hold whether that is so or not. Raises
    nothing: what can't be avoided is in the order's breaches, for a guard to judge.
    """
    adds, removes = (
        frozenset(item for item in part if item.role_type == role_type) for part in changes
    )
    replay = Replay(roles, before, after, granting, hidden)
    candidates = list(dict.fromkeys(candidate_orders(roles, adds, removes, careful)))
    for parts in candidates:
        if replay.within_bounds(parts):
            return Order(role_type, parts)
    from migrate.stepwise import stepwise  # rarely needed, and large

    made = stepwise(replay, adds, removes, common, careful=careful)
    if made is not None:
        return Order(role_type, made)
    for parts in candidates:
        breaches = replay.breaches(parts)
        if not any(breach.too_much for breach in breaches):
            return Order(role_type, parts, breaches)
    raise AssertionError("the last candidate never gives too much")


def candidate_orders(
    roles: Roles, adds: Iterable[Assignment], removes: Iterable[Assignment], careful: bool
) -> Iterable[tuple[Part, ...]]:
    """The plain orders without the parts that do nothing here, those with fewer calls first."""
    added = {item.role_key for item in adds}
    updated = bool(roles.updated or roles.texts)
    changed = bool(roles.created) or updated
    needed = {
        # One full import does all of it, where there is something to prune.
        M.REPLACE: bool(roles.pruned) and changed and not careful,
        M.IMPORT: changed,
        M.CREATE: bool(roles.created),
        M.NARROW: changed,
        M.UPDATE: updated,
        M.ADD: bool(added),
        M.ADD_EXISTING: bool(added - roles.created),
        M.ADD_CREATED: bool(added & roles.created),
        M.REMOVE: any(True for _ in removes),
        M.PRUNE: bool(roles.pruned),
    }
    whole = [moves for moves in CANDIDATES if needed[M.REPLACE] or M.REPLACE not in moves]
    found = [tuple(Part(move) for move in moves if needed[move]) for moves in whole]
    return sorted(found, key=len)
