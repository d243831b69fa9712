"""Replaying an order on paper: what everybody holds after each of its moves, and whether it is
within what they hold before and after (DESIGN 4.3)."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from migrate.model import Permissions, PermissionValue, RoleKey
from migrate.moves import (
    GIVING,
    Breach,
    Granting,
    Grants,
    Hidden,
    Hold,
    Holder,
    Holdings,
    Holds,
    Move,
    Part,
    Roles,
    Waits,
    item_of,
    waiting,
)

Fate = tuple[Holds, Holds]
"""What is held before and after: whoever shares both fares the same."""


_NOTHING: Holds = frozenset()


@dataclass(slots=True)
class Bits:
    """Sets of what is granted as whole numbers, of which a union is one operation."""

    _numbers: dict[tuple[str, PermissionValue], int] = field(default_factory=dict)

    def of(self, grants: Grants) -> int:
        """The number that stands for a set."""
        found = 0
        for grant in grants:
            found |= 1 << self._numbers.setdefault(grant, len(self._numbers))
        return found

    def names(self, number: int) -> set[str]:
        """The permissions in the set that a number stands for."""
        return {name for (name, _), place in self._numbers.items() if number >> place & 1}


class Replay:
    """The people and roles of one role type, on which orders are tried.

    Who may hold a role directly that does not show has a fate for either case. One role at a time
    is enough: whoever holds several of them has no bound that is not the bound of one of these
    fates, or several of them together.
    """

    def __init__(
        self,
        roles: Roles,
        before: Holdings,
        after: Holdings,
        granting: Granting,
        hidden: Hidden | None = None,
    ) -> None:
        self.roles = roles
        self._granting = granting
        self._bits = Bits()
        self._known: dict[tuple[str, PermissionValue], int] = {}
        self._created, self._pruned = roles.created, roles.pruned
        self.fates: dict[Fate, list[Holder]] = defaultdict(list)
        changing = roles.updated | self._pruned
        holders = before.keys() | after.keys()
        if not changing:  # then nothing changes for who holds the same
            holders = {each for each in holders if before.get(each) != after.get(each)}
        for holder in sorted(holders):
            shown = (before.get(holder, _NOTHING), after.get(holder, _NOTHING))
            for fate in (shown, *_hidden(shown, (hidden or {}).get(holder, frozenset()))):
                if fate[0] != fate[1] or any(key in changing for key, _ in fate[0]):
                    self.fates[fate].append(holder)

    @cached_property
    def old(self) -> Mapping[RoleKey, int]:
        """What each role grants before; where nobody's fate turns on it, nobody asks."""
        return {key: self.grants(held) for key, held in self.roles.before.items()}

    @cached_property
    def new(self) -> Mapping[RoleKey, int]:
        """What each role grants after."""
        return {key: self.grants(held) for key, held in self.roles.after.items()}

    def grants(self, permissions: Permissions) -> int:
        """What permissions grant, as a number of `Bits`: each with its value is worked out once."""
        found = 0
        for item in permissions.items():
            number = self._known.get(item)
            if number is None:
                number = self._known[item] = self._bits.of(self._granting(dict([item])))
            found |= number
        return found

    def within_bounds(self, parts: tuple[Part, ...]) -> bool:
        """Whether nobody's access leaves its bounds after any of the moves."""
        return next(self._outside(parts), None) is None

    def breaches(self, parts: tuple[Part, ...]) -> tuple[Breach, ...]:
        """Everything that is out of bounds on the way, by move, then permission."""
        found: dict[tuple[int, bool, str], set[Holder]] = defaultdict(set)
        for holders, number, grants, too_much in self._outside(parts):
            for permission in self._bits.names(grants):
                found[number, too_much, permission].update(holders)
        return tuple(
            Breach(permission, too_much, parts[number].move, tuple(sorted(holders)))
            for (number, too_much, permission), holders in sorted(found.items())
        )

    def _outside(self, parts: tuple[Part, ...]) -> Iterator[tuple[list[Holder], int, int, bool]]:
        if not self.fates:
            return
        stages = list(zip(parts, self._stages(parts), strict=True))
        # Who shares a fate shares it no longer where only some of a move is done.
        apart = any(part.items is not None for part in parts)
        for fate, holders in self.fates.items():
            before, after = together(self.old, fate[0]), together(self.new, fate[1])
            alone = apart and fate[0] != fate[1]
            for who in [[each] for each in holders] if alone else [holders]:
                held = set(fate[0])
                for number, (part, roles) in enumerate(stages):
                    self._change(held, part, fate, who[0])
                    now = together(roles, held)
                    if missing := before & after & ~now:
                        yield who, number, missing, False
                    if surplus := now & ~(before | after):
                        yield who, number, surplus, True

    def _stages(self, parts: tuple[Part, ...]) -> Iterator[Mapping[RoleKey, int]]:
        """What each role grants after each of the moves."""
        roles = dict(self.old)
        for part in parts:
            move = part.move
            if part.roles is not None:
                roles.update(self._imported(part.roles))
            elif move in (Move.IMPORT, Move.UPDATE, Move.REPLACE):
                roles.update(self.new)
            elif move in (Move.CREATE, Move.NARROW):
                roles.update({key: self.new[key] for key in self._created})
            if move is Move.NARROW:
                both = self.old.keys() & self.new.keys()
                roles.update({key: self.old[key] & self.new[key] for key in both})
            if move in (Move.PRUNE, Move.REPLACE):
                for key in self._pruned:
                    del roles[key]
            yield dict(roles)

    def _imported(self, waits: Waits) -> Iterator[tuple[RoleKey, int]]:
        for key, permissions in self.roles.after.items():
            if key[1] in waits:
                yield key, self.grants(waiting(permissions, waits[key[1]]))

    def _change(self, held: set[Hold], part: Part, fate: Fate, who: Holder) -> None:
        """Give or take what a move gives or takes."""
        before, after = fate
        if part.move in GIVING:
            held |= {each for each in after - before if self._in(part, each, who)}
        elif part.move is Move.REMOVE:
            # Who holds a role that is pruned loses it by that, not by a removal of its own.
            gone = (each for each in before - after if each[0] not in self._pruned)
            held.difference_update([each for each in gone if self._in(part, each, who)])

    def _in(self, part: Part, hold: Hold, who: Holder) -> bool:
        return part.holds(item_of(hold, who), hold[0] in self._created)


def _hidden(shown: Fate, keys: Iterable[RoleKey]) -> Iterator[Fate]:
    for key in sorted(keys):
        held = {(key, "")}
        yield shown[0] | held, shown[1] | held


def together(roles: Mapping[RoleKey, int], held: Iterable[Hold]) -> int:
    """What some roles grant together; one that is not there grants nothing."""
    found = 0
    for key, _ in held:
        found |= roles.get(key, 0)
    return found
