"""Who is concerned by which step: those who fare the same are one."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from migrate.model import Assignment, PrincipalKind
from migrate.moves import Hold, Holder, Holds, item_of
from migrate.replay import Fate, Replay, together

GROUP = PrincipalKind.GROUP.value


@dataclass(frozen=True, slots=True)
class Unit:
    """Principals who hold the same before and after. `must` and `may` are their bounds."""

    must: int
    may: int
    before: Holds
    after: Holds


class People:
    """The units, and what each assignment changes in them.

    `places` has, by assignment, the numbers of the units with what they hold by it. Assignments of
    users who fare the same are one: `first` has the one that stands for each of them.
    """

    def __init__(self, replay: Replay) -> None:
        self.units: list[Unit] = []
        self.places: dict[Assignment, list[tuple[int, Hold]]] = defaultdict(list)
        self.first: dict[Assignment, Assignment] = {}
        shared: dict[Holder, set[Fate]] = defaultdict(set)
        for fate, holders in replay.fates.items():
            for holder in holders:
                shared[holder].add(fate)
        for (before, after), holders in replay.fates.items():
            had, will = together(replay.old, before), together(replay.new, after)
            for alike in _alike(holders, before ^ after, shared):
                for hold in before ^ after:
                    self._enter(hold, alike)
                self.units.append(Unit(had & will, had | will, before, after))

    def _enter(self, hold: Hold, alike: list[Holder]) -> None:
        first = item_of(hold, alike[0])
        self.places[first].append((len(self.units), hold))
        if not hold[1]:
            self.first.update((item_of(hold, holder), first) for holder in alike)

    def spelled_out(self, items: Iterable[Assignment]) -> frozenset[Assignment]:
        """Every assignment that one of those that fare the same stands for."""
        wanted = frozenset(items)
        return wanted.union(item for item, first in self.first.items() if first in wanted)


def _alike(
    holders: list[Holder], moving: Holds, shared: Mapping[Holder, set[Fate]]
) -> Iterable[list[Holder]]:
    """Those of some holders whose assignments fare the same.

    What a group is given changes what others hold, and what comes through a group is another
    assignment in each scope. Who may hold more than shows fares like nobody who does not.
    """
    through = any(group for _, group in moving)
    found: dict[tuple[str, str, frozenset[Fate]], list[Holder]] = defaultdict(list)
    for holder in holders:
        (kind, name), scope = holder
        alike = (name, scope) if kind == GROUP else ("", scope if through else "")
        found[*alike, frozenset(shared[holder])].append(holder)
    return found.values()
