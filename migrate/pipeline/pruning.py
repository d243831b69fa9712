"""Prune: delete from an environment's folder what no limit keeps and nothing that stays rests on.

The target's lock is held while something is deleted, so that no run begins in between. What goes
first is what rests on others: wherever it is cut off, all that is left stands on what it needs.
A plan that is made in the same seconds, on a state that was last seen before the limits, may find
its snapshot deleted: it is refused for that then, and can be made again.
"""

from dataclasses import dataclass, replace

from migrate.archive import Archive
from migrate.archive.pruned import Pruned, record
from migrate.config import Environment
from migrate.connect import Connections
from migrate.errors import NOT_BY_US, Blocked, Interrupted, MigrateError, StoreFailed
from migrate.journal import first_unfinished, new_run_id
from migrate.keeping import Decision, Gone, Item, Kind, Limits, Ref, Stock, Why, decide
from migrate.lock import Lock, acquire
from migrate.pipeline.locking import untouched
from migrate.pipeline.stocktaking import Stocktaker
from migrate.stores.deleting import Fate, Remover
from migrate.tools import Tools

OUTLASTS = 30.0
"""Seconds for which the lock must still be ours before an object is deleted."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What would go, and what it was decided on."""

    stock: Stock
    decision: Decision


class Pruner:
    """Prunes the folder of one environment: first look, then delete what was seen to go."""

    def __init__(self, environment: Environment, connections: Connections, limits: Limits) -> None:
        with untouched(NOT_BY_US):
            self.archive: Archive = connections.archive(environment)
            self._remover: Remover = connections.remover(environment)
        self._tools: Tools = connections.tools
        self._environment = environment
        self.limits = limits
        self._taker = Stocktaker(self.archive, self._remover, self._tools)

    @property
    def location(self) -> str:
        """The folder."""
        return self._remover.location

    def look(self) -> Outlook:
        """What would go now. Only reads. Raises InvalidInput, StoreFailed."""
        with untouched(NOT_BY_US):
            stock = self._taker.take(self.limits.age)
            return Outlook(stock, decide(stock, self.limits))

    def prune(self, seen: Outlook) -> Gone:
        """Delete what was seen to go and still may, under the target's lock.

        Raises TargetLocked, RunUnfinished for one that began since, InvalidInput, StoreFailed and
        Interrupted, which say how far it came.
        """
        tools, archive = self._tools, self.archive
        mark = new_run_id(tools.now(), tools.random_hex(3))
        unfinished = [n for (_, n), why in seen.stock.pinned.items() if why is Why.UNFINISHED]
        with untouched(NOT_BY_US):
            lock = acquire(
                archive.whole,
                self._environment.identity,
                run=mark,
                who=tools.who,
                clock=tools.now,
                unsettled=lambda other: first_unfinished(archive.store, other),
                # They stay, and stay in the way of others.
                settles=tuple(sorted(unfinished, reverse=True)),
            )
            try:
                gone = Gone()
                self._delete(seen.decision, mark, lock, gone)
            except BaseException as error:
                lock.__exit__(type(error), error, error.__traceback__)
                raise
        try:
            lock.release(lock.record.unfinished)
        except (MigrateError, KeyboardInterrupt) as late:
            # What was to be done is done; the lock falls by itself when its lease is over.
            why = str(late) or "interrupted"
            tools.tell(f"warning: the lock could not be released: {why}")
        return gone

    def _delete(self, seen: Decision, mark: str, lock: Lock, gone: Gone) -> None:
        now, before = self.look(), {item.ref for item in seen.going}
        going = [item for item in now.decision.going if item.ref in before]
        if not going:
            return
        at, who = self._tools.timestamp(), str(self._tools.who)
        entry = Pruned(mark, at, who, int(self.limits.age), self.limits.last, _names(going))
        record(self.archive, entry)
        try:
            self._remove(going, now.stock, lock, gone)
            ended, names = self._tools.timestamp(), _names(gone.items)
            record(self.archive, replace(entry, ended=ended, names=names, held=gone.held))
        except (MigrateError, KeyboardInterrupt) as error:
            raise self._cut_off(error, going, gone) from error

    def _remove(self, going: list[Item], stock: Stock, lock: Lock, gone: Gone) -> None:
        needed: set[Ref] = set()
        for item in going:
            if item.ref in needed:
                gone.spared.append(item.ref)
            elif self._took(item, lock, gone):
                gone.items.append(item)
                continue
            needed |= stock.rests_on.get(item.ref, frozenset())

    def _took(self, item: Item, lock: Lock, gone: Gone) -> bool:
        """Remove an item; False where the store holds its first object: then it stays whole."""
        for place, each in enumerate(item.objects):
            lock.ensure(OUTLASTS)
            removal = self._remover.remove(each.key)
            if removal.fate is Fate.HELD:
                gone.held[each.key] = removal.why
                if place == 0:
                    return False
                continue
            gone.objects += 1
            gone.size += each.size
            if removal.fate is Fate.HIDDEN:
                gone.hidden += 1
                gone.hidden_size += each.size
        return True

    def _cut_off(
        self, error: MigrateError | KeyboardInterrupt, going: list[Item], gone: Gone
    ) -> MigrateError:
        """The error of a prune that stopped on its way. Its record names all that was to go."""
        done = f"{gone.objects} of {sum(len(item.objects) for item in going)} objects are deleted"
        if isinstance(error, KeyboardInterrupt):
            return Interrupted(
                f"interrupted: {done}",
                where=self.location,
                target=NOT_BY_US,
                remedy="Run it again for the rest: what is left stands on what it needs.",
            )
        kind = Blocked if isinstance(error, Blocked) else StoreFailed
        remedy = "" if isinstance(error, Blocked) else f"{error.remedy} "
        return kind(
            f"{error.what}; {done}",
            where=error.where,
            target=NOT_BY_US,
            remedy=f"{remedy}Run it again for the rest: what is left stands on what it needs.",
        )


def _names(items: list[Item]) -> dict[Kind, tuple[str, ...]]:
    return {kind: tuple(sorted(i.name for i in items if i.kind is kind)) for kind in Kind}
