"""Take stock of an environment's folder: what is in it, how old, and what rests on what.

Of what may go only plans, the ends of runs' journals and their reports are read; each once.
"""

from migrate.archive import Archive
from migrate.archive.probes import unfinished
from migrate.archive.pruned import pruned_of
from migrate.errors import InvalidInput
from migrate.journal import is_unfinished
from migrate.journal.entry import parse_entry
from migrate.keeping import TOO_YOUNG, Item, Kind, Object, Ref, Stock, Why, items_of, names_in, refs
from migrate.stores.deleting import Remover
from migrate.tools import Tools

VERIFIED = "done"
"""The result of a run that was verified."""

LAST = "snapshots/last.json"
BASE = "base.json"
RECORDS = ("captures/", "history/")
AGREED = ("approvals/", "waivers/")
COUNTS = 366 * 24 * 3600.0
"""Seconds for which a plan stays whatever the limits that somebody approved: as long as that may
count."""
SAY_EVERY = 500
"""After how many objects it is said how far the reading came."""


class Stocktaker:
    """Reads a folder; what is old and did not change is read once, however often it looks."""

    def __init__(self, archive: Archive, remover: Remover, tools: Tools) -> None:
        self._archive = archive
        self._remover = remover
        self._tools = tools
        self._names: dict[Object, frozenset[str]] = {}
        self._ends: dict[Object, str | None] = {}
        self._read = 0
        self._now = 0.0

    def take(self, age: float) -> Stock:
        """The folder as it is now. `age`: up to how many seconds an entry of the captures and of
        the history keeps what it names.

        Raises InvalidInput where it can't be told what a run rests on, or whether it ended;
        StoreFailed.
        """
        listing = self._remover.listing()
        # The earlier of two clocks: one that is ahead must not make everything old.
        now = self._tools.now() if listing.now is None else min(listing.now, self._tools.now())
        self._now = now
        items, others = items_of(listing.objects)
        leftovers = self._leftovers(items)
        rests_on, pinned = {}, {}
        verified: Item | None = None
        for ref, item in sorted(items.items(), key=lambda pair: pair[1].name):
            if ref in leftovers or item.kind in (Kind.SNAPSHOT, Kind.IMPORT):
                continue
            names = frozenset().union(*(self._names_in(each) for each in _telling(item)))
            rests_on[ref] = refs(names, items) - {ref}
            if item.kind is Kind.RUN:
                end = self._end(item)
                if end == VERIFIED:
                    verified = item
                elif end is None and self._unfinished(item):
                    pinned[ref] = Why.UNFINISHED
        if verified is not None:
            pinned[verified.ref] = Why.VERIFIED
        for each in others:
            why = _keeps(each, now, age)
            if why is not None:
                for ref in refs(self._names_in(each), items):
                    pinned.setdefault(ref, why)
        for probe in unfinished(self._archive):
            for ref in refs({probe.before}, items):
                pinned.setdefault(ref, Why.PROBE)
        return Stock(items, rests_on, pinned, now, leftovers, others)

    def _leftovers(self, items: dict[Ref, Item]) -> frozenset[Ref]:
        """Runs without their beginning: an earlier prune was cut off, or somebody meddled."""
        broken = {item.name for item in items.values() if not item.whole}
        if not broken:
            return frozenset()
        pruned = pruned_of(self._archive, Kind.RUN, broken)
        for name in sorted(broken - pruned.keys()):
            raise _untold(f"{self._archive.store.location}/runs/{name}", "its beginning is missing")
        return frozenset((Kind.RUN, name) for name in broken)

    def _names_in(self, each: Object) -> frozenset[str]:
        names = self._names.get(each)
        if names is None:
            names = names_in(self._data(each))
            # What was just written may be written again in the same second, as long as it was.
            if self._now - each.written_at > TOO_YOUNG:
                self._names[each] = names
        return names

    def _end(self, run: Item) -> str | None:
        """What a run ended as, by the last entry of its journal; None where that is no end."""
        last = run.end
        if last not in self._ends:
            where = f"{self._archive.store.location}/{last.key}"
            number = int(last.key.rpartition("/")[2].removesuffix(".json"))
            try:
                entry = parse_entry(self._data(last), run.name, number, where)
            except InvalidInput as error:
                raise _untold(where, error.what) from error
            ended = entry.kind in ("finished", "abandoned")
            # An entry is written once: what it says is so for good.
            self._ends[last] = str(entry.body.get("result", "")) if ended else None
        return self._ends[last]

    def _unfinished(self, run: Item) -> bool:
        try:
            return is_unfinished(self._archive.store, run.name)
        except InvalidInput as error:
            raise _untold(error.where, error.what) from error

    def _data(self, each: Object) -> bytes:
        self._read += 1
        if self._read % SAY_EVERY == 0:
            self._tools.tell(f"read {self._read} objects …")
        stored = self._archive.store.get(each.key)
        return b"" if stored is None else stored.data


def _telling(item: Item) -> tuple[Object, ...]:
    """The objects that say what an item rests on."""
    if item.kind is Kind.PLAN:
        return item.objects
    first = item.objects[0]
    return (first, *(each for each in item.objects if each.key.endswith("/report.json")))


def _keeps(each: Object, now: float, age: float) -> Why | None:
    if each.key in (LAST, BASE):
        return Why.LAST
    if each.key.startswith(AGREED) and now - each.written_at < max(age, COUNTS):
        return Why.NAMED
    young = now - each.written_at < max(age, TOO_YOUNG)
    return Why.NAMED if young and each.key.startswith(RECORDS) else None


def _untold(where: str, why: str) -> InvalidInput:
    return InvalidInput(
        f"it can't be told what this run rests on, so nothing is pruned: {why}",
        where=where,
        remedy="Restore it in the store from an older version or a backup.",
    )
