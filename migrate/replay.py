"""Replaying an order on paper: what everybody holds after each of its moves, and whether it is
within what they hold before and after (DESIGN 4.3)."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from migrate.model import Permissions, PermissionValue, PrincipalKey, RoleKey

Grants = frozenset[tuple[str, PermissionValue]]
"""What is granted: every permission with its value and with each weaker one that grants, too."""

Granting = Callable[[Permissions], Grants]
"""What some permissions grant."""

Holder = tuple[PrincipalKey, str]
"""(principal, scope)."""

Holdings = Mapping[Holder, frozenset[RoleKey]]
"""The roles of one type that are held by a principal in a scope, directly or through groups."""

Fate = tuple[frozenset[RoleKey], frozenset[RoleKey]]
"""Roles held before and after: whoever shares them fares the same."""


class Move(StrEnum):
    """One part of an order. Parts that turn out empty cost nothing and are left out.

    MAKE_ROOM is that part of REMOVE without which somebody would hold too many roles on the way.
    """

    IMPORT = "import"
    REPLACE = "import and prune"
    CREATE = "create"
    NARROW = "narrow"
    UPDATE = "update"
    ADD = "add"
    ADD_EXISTING = "add to existing roles"
    ADD_CREATED = "add to created roles"
    MAKE_ROOM = "remove to make room"
    REMOVE = "remove"
    PRUNE = "prune"


_NOTHING: Grants = frozenset()


@dataclass(frozen=True, slots=True)
class Roles:
    """The roles of one type: what each grants before and after.

    A role is absent from `before` where it is new, from `after` where it is pruned.
    """

    before: Mapping[RoleKey, Permissions]
    after: Mapping[RoleKey, Permissions]

    @property
    def created(self) -> frozenset[RoleKey]:
        """Roles that only exist afterwards."""
        return frozenset(self.after.keys() - self.before.keys())

    @property
    def pruned(self) -> frozenset[RoleKey]:
        """Roles that only exist before."""
        return frozenset(self.before.keys() - self.after.keys())

    @property
    def updated(self) -> frozenset[RoleKey]:
        """Roles whose permissions change."""
        both = self.before.keys() & self.after.keys()
        return frozenset(key for key in both if self.before[key] != self.after[key])


@dataclass(frozen=True, slots=True)
class Breach:
    """Somebody's access out of bounds after one move, until the next.

    `too_much`: more than before and after together grant; else less than both of them do.
    """

    permission: str
    too_much: bool
    move: Move
    holders: tuple[Holder, ...]


class Replay:
    """The people and roles of one role type, on which orders are tried."""

    def __init__(self, roles: Roles, before: Holdings, after: Holdings, granting: Granting) -> None:
        self._created, self._pruned = roles.created, roles.pruned
        self._old = {key: granting(held) for key, held in roles.before.items()}
        self._new = {key: granting(held) for key, held in roles.after.items()}
        self._narrow = {
            key: self._old[key] & self._new[key] for key in self._old.keys() & self._new.keys()
        }
        self._fates: dict[Fate, list[Holder]] = defaultdict(list)
        changing = roles.updated | self._pruned
        nothing: frozenset[RoleKey] = frozenset()
        for holder in before.keys() | after.keys():
            fate = (before.get(holder, nothing), after.get(holder, nothing))
            if fate[0] != fate[1] or not changing.isdisjoint(fate[0]):
                self._fates[fate].append(holder)

    def within_bounds(self, moves: tuple[Move, ...]) -> bool:
        """Whether nobody's access leaves its bounds after any of the moves."""
        return next(self._outside(moves), None) is None

    def breaches(self, moves: tuple[Move, ...]) -> tuple[Breach, ...]:
        """Everything that is out of bounds on the way, by move, then permission."""
        found: dict[tuple[int, bool, str], set[Holder]] = defaultdict(set)
        for fate, number, grants, too_much in self._outside(moves):
            for permission, _ in grants:
                found[number, too_much, permission].update(self._fates[fate])
        return tuple(
            Breach(permission, too_much, moves[number], tuple(sorted(holders)))
            for (number, too_much, permission), holders in sorted(found.items())
        )

    def _outside(self, moves: tuple[Move, ...]) -> Iterator[tuple[Fate, int, Grants, bool]]:
        stages = list(self._stages(moves))
        for fate in self._fates:
            before, after = _together(self._old, fate[0]), _together(self._new, fate[1])
            for number, (roles, done) in enumerate(stages):
                now = _together(roles, self._held(fate, done))
                if missing := (before & after) - now:
                    yield fate, number, missing, False
                if surplus := now - before - after:
                    yield fate, number, surplus, True

    def _stages(
        self, moves: tuple[Move, ...]
    ) -> Iterator[tuple[Mapping[RoleKey, Grants], frozenset[Move]]]:
        """The roles as they are after each move, and the moves made until then."""
        roles = dict(self._old)
        for number, move in enumerate(moves):
            if move in (Move.IMPORT, Move.UPDATE, Move.REPLACE):
                roles.update(self._new)
            elif move in (Move.CREATE, Move.NARROW):
                roles.update({key: self._new[key] for key in self._created})
            if move is Move.NARROW:
                roles.update(self._narrow)
            if move in (Move.PRUNE, Move.REPLACE):
                for key in self._pruned:
                    del roles[key]
            yield dict(roles), frozenset(moves[: number + 1])

    def _held(self, fate: Fate, done: frozenset[Move]) -> frozenset[RoleKey]:
        before, after = fate
        held = before
        if Move.ADD in done:
            held |= after
        if Move.ADD_EXISTING in done:
            held |= after - self._created
        if Move.ADD_CREATED in done:
            held |= after & self._created
        if Move.REMOVE in done:
            # Who holds a role that is pruned loses it by that, not by a removal of its own.
            held -= before - after - self._pruned
        return held


def _together(roles: Mapping[RoleKey, Grants], held: frozenset[RoleKey]) -> Grants:
    return _NOTHING.union(*(roles[key] for key in held if key in roles))
