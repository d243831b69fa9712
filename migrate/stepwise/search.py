"""What can be done next, and going back where that leads nowhere."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from migrate.model import Assignment, PermissionValue, RoleKey
from migrate.moves import Hold, Move, Part, waiting
from migrate.replay import Replay, together
from migrate.stepwise.people import People

Value = PermissionValue | None
"""A permission's value; None where it is absent."""

Common = Callable[[Value, Value], Value]
"""What grants no more than either of two values."""

TRIES = 20_000
"""Looks at somebody's access that are spent on what may have to be gone back on."""


@dataclass(slots=True)
class Stand:
    """How far an order came.

    `roles` says what each role grants, `waits` which permissions are not yet what they will be, and
    what they are, `held` who holds what, by unit. `missing` are roles to create, `adds` and
    `removes` assignments to make and to take back.
    """

    roles: dict[RoleKey, int]
    waits: dict[RoleKey, dict[str, Value]]
    held: list[set[Hold]]
    missing: frozenset[RoleKey]
    adds: set[Assignment]
    removes: set[Assignment]
    parts: list[Part] = field(default_factory=list)

    def copy(self) -> "Stand":
        """Another one to go on from."""
        return Stand(
            dict(self.roles),
            {key: dict(waits) for key, waits in self.waits.items()},
            [set(held) for held in self.held],
            self.missing,
            set(self.adds),
            set(self.removes),
            list(self.parts),
        )

    @property
    def done(self) -> bool:
        """Whether nothing is left to do."""
        return not (self.adds or self.removes or self.missing or any(self.waits.values()))


class Search:
    """The steps of one role type."""

    def __init__(self, replay: Replay, common: Common) -> None:
        self._replay = replay
        self._common = common
        self._after = replay.roles.after
        self._people = People(replay)
        self._units = self._people.units
        self._left = TRIES

    def run(self, adds: Iterable[Assignment], removes: Iterable[Assignment]) -> list[Part] | None:
        """The parts of an order; None where none was found."""
        before, first = self._replay.roles.before, self._people.first
        waits = {
            key: {
                name: before[key].get(name)
                for name in before[key].keys() | self._after[key].keys()
                if before[key].get(name) != self._after[key].get(name)
            }
            for key in self._replay.roles.updated
        }
        start = Stand(
            roles=dict(self._replay.old),
            waits=waits,
            held=[set(unit.before) for unit in self._units],
            missing=self._replay.roles.created,
            adds={first.get(item, item) for item in adds},
            removes={first.get(item, item) for item in removes},
        )
        found = self._from(start)
        if found is None:
            return None
        return [
            part
            if part.items is None
            else replace(part, items=self._people.spelled_out(part.items))
            for part in found.parts
        ]

    def _from(self, stand: Stand) -> Stand | None:
        while not stand.done and self._round(stand):
            pass
        if stand.done:
            return stand
        for attempt in self._attempts(stand):
            self._left -= len(self._units)
            if self._left < 0:
                return None
            found = self._from(attempt)
            if found is not None:
                return found
        return None

    def _round(self, stand: Stand, *, ever: bool = True) -> bool:
        """Do all that only helps; returns whether there was anything.

        Without `ever`, also what only those could need who have something else by then, or who do
        not have it yet: in between that might have been of use to them.
        """
        given = {item for item in stand.adds if self._may_add(stand, item)}
        self._assign(stand, Move.ADD, given)
        sure = [self._for_good(stand, number) for number in range(len(self._units))]
        taken = {item for item in stand.removes if self._not_missed(stand, item, sure, ever)}
        self._assign(stand, Move.REMOVE, taken)
        return self._import(stand, sure, ever) or bool(given or taken)

    def _may_add(self, stand: Stand, item: Assignment) -> bool:
        grants = stand.roles.get(item.role_key)
        if grants is None:
            return False
        places = self._people.places[item]
        return not any(grants & ~self._units[number].may for number, _ in places)

    def _for_good(self, stand: Stand, number: int) -> int:
        """What nothing that is still to be done takes from somebody."""
        found = 0
        for key, _ in stand.held[number] & self._units[number].after:
            # What is pruned grants nothing afterwards, whoever holds it until then.
            found |= stand.roles[key] & self._replay.new.get(key, 0)
        return found

    def _not_missed(self, stand: Stand, item: Assignment, sure: list[int], ever: bool) -> bool:
        grants = stand.roles[item.role_key]
        if ever:
            grants |= self._replay.new[item.role_key]
        for number, hold in self._people.places[item]:
            unit = self._units[number]
            kept = stand.held[number] & unit.after
            if unit.must & grants & ~sure[number] and all(key != hold[0] for key, _ in kept):
                return False
        return True

    def _assign(self, stand: Stand, move: Move, items: set[Assignment]) -> None:
        if not items:
            return
        for item in items:
            for number, hold in self._people.places[item]:
                held = stand.held[number]
                held.add(hold) if move is Move.ADD else held.discard(hold)
        pending = stand.adds if move is Move.ADD else stand.removes
        pending -= items
        stand.parts.append(Part(move, frozenset(items)))

    def _import(self, stand: Stand, sure: list[int], ever: bool) -> bool:
        """Change every permission that nobody misses and of which nobody gets too much."""
        missed: dict[RoleKey, int] = defaultdict(int)
        surplus: dict[RoleKey, int] = defaultdict(int)
        for unit, held, kept in zip(self._units, stand.held, sure, strict=True):
            for key, _ in held:
                surplus[key] |= ~unit.may
            for key, _ in held | unit.after if ever else held:
                missed[key] |= unit.must & ~kept
        changed = set(stand.missing)
        for key, waits in stand.waits.items():
            for name in sorted(waits):
                if self._set(stand, key, name, missed[key], surplus[key]):
                    changed.add(key)
        self._imported(stand, changed)
        return bool(changed)

    def _set(self, stand: Stand, key: RoleKey, name: str, missed: int, surplus: int) -> bool:
        """Give a permission its value, or what it has in common with the one that it has."""
        now, then = stand.waits[key][name], self._after[key].get(name)
        had, has = self._grants(name, now), self._grants(name, then)
        if has & ~had & surplus:
            return self._narrow(stand, key, name, missed)
        if had & ~has & missed:
            return False
        del stand.waits[key][name]
        return True

    def _narrow(self, stand: Stand, key: RoleKey, name: str, missed: int) -> bool:
        now, then = stand.waits[key][name], self._after[key].get(name)
        less = self._common(now, then)
        lost = self._grants(name, now) & ~self._grants(name, less)
        if not lost or lost & missed:
            return False
        stand.waits[key][name] = less
        if less == then:
            del stand.waits[key][name]
        return True

    def _grants(self, name: str, value: Value) -> int:
        return 0 if value is None else self._replay.grants({name: value})

    def _imported(self, stand: Stand, keys: Iterable[RoleKey]) -> None:
        waits = {key: dict(stand.waits.get(key, {})) for key in sorted(keys)}
        if not waits:
            return
        for key, held in waits.items():
            stand.roles[key] = self._replay.grants(waiting(self._after[key], held))
        stand.missing -= waits.keys()
        stand.parts.append(Part(Move.IMPORT, roles={key[1]: held for key, held in waits.items()}))

    def _attempts(self, stand: Stand) -> Iterator[Stand]:
        """What can be taken because others still give it, be it only for a while."""
        attempt = stand.copy()
        if self._round(attempt, ever=False):
            yield attempt
        for item in sorted(stand.removes):
            if self._given_otherwise(stand, item):
                attempt = stand.copy()
                self._assign(attempt, Move.REMOVE, {item})
                yield attempt
        missed: dict[RoleKey, int] = defaultdict(int)
        for unit, held in zip(self._units, stand.held, strict=True):
            for key, _ in held:
                others = (each for each in held if each[0] != key)
                missed[key] |= unit.must & ~together(stand.roles, others)
        for key, waits in sorted(stand.waits.items()):
            for name in sorted(waits):
                attempt = stand.copy()
                if self._narrow(attempt, key, name, missed[key]):
                    self._imported(attempt, [key])
                    yield attempt

    def _given_otherwise(self, stand: Stand, item: Assignment) -> bool:
        grants = stand.roles[item.role_key]
        return not any(
            self._units[number].must & grants & ~together(stand.roles, stand.held[number] - {hold})
            for number, hold in self._people.places[item]
        )
