"""What was done to an environment, run by run, for good: `history/NNNNNN.json` on its shelf.

Each entry is written once, under the target's lock, and holds the digest of the one before: a
missing, altered or foreign one is seen when it is read. Numbers say what came after what, whatever
clocks said. `history-head.json` names the newest, so that one that is cut off is missed as well.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from migrate.archive.shelf import checked, put_mutable, shape
from migrate.canonical import dumps
from migrate.errors import Blocked
from migrate.history.entry import (
    HEAD,
    RESTORE,
    Entry,
    broken,
    entries,
    follow,
    key_of,
    missing,
    one,
    parse,
    to_bytes,
)
from migrate.historyfile import Ended
from migrate.stores.base import Store

__all__ = ["Entry", "Head", "HistoryTaken", "append", "between", "checked_head", "read"]

BATCH = 64
"""Entries that are asked for at once where not all are wanted."""
_HEAD = shape(number="integer", digest="string")
_KEY = re.compile(r"history/([0-9]{6,})\.json")


class HistoryTaken(Blocked):
    """Another process wrote the entry that was to be this run's."""


@dataclass(frozen=True, slots=True)
class Head:
    """Where a history ends: how many entries it has, and the newest, None where there is none."""

    number: int
    newest: Entry | None


def checked_head(store: Store) -> Head:
    """Where the history on a shelf ends; once before a run writes anything.

    One list and three reads, however long it is. Raises InvalidInput that names the entry where
    one is missing, or one of the newest two is altered; StoreFailed.
    """
    count = _count(store)
    if not count:
        _check_head(store, 0, ())
        return Head(0, None)
    newest = entries(store, range(max(1, count - 1), count + 1))
    follow(store, newest)
    _check_head(store, count, newest)
    return Head(count, newest[-1])


def append(store: Store, ended: Ended) -> Entry:
    """Write the entry of a run, under the target's lock, unless the run has one; when this
    returns, it is stored.

    Raises HistoryTaken where another process wrote in its place, and as `checked_head`.
    """
    head = checked_head(store)
    entry = _of_run(store, head, ended.run)
    if entry is None:
        entry = _written(store, head, ended)
    newest = max((entry, head.newest or entry), key=lambda each: each.number)
    pointer = {"number": newest.number, "digest": newest.digest}
    put_mutable(store, HEAD, dumps(pointer))
    return entry


def read(store: Store, since: str = "") -> tuple[Entry, ...]:
    """The entries of a shelf, oldest first, each checked to follow from the one before it.

    With `since` (ISO 8601, UTC) those of runs that ended before are left out, and mostly not read:
    from the newest back, until a whole batch of them is older. Raises as `checked_head`.
    """
    count = _count(store)
    found: list[Entry] = []
    last = count
    while last > 0:
        first = max(1, last - BATCH + 1) if since else 1
        found[:0] = batch = entries(store, range(first, last + 1))
        last = first - 1
        if all(each.ended.finished_at < since for each in batch):
            break
    follow(store, found)
    if found or not count:
        _check_head(store, count, found[-2:])
    return tuple(each for each in found if each.ended.finished_at >= since)


def between(store: Store, since: str, until: str) -> tuple[Entry, ...]:
    """The entries of runs that were under way at some time from `since` to `until`, oldest first.

    Found by halves, since runs end in the order of their numbers; one more is looked at on the
    way, for clocks that differ. Raises InvalidInput for a missing or altered entry.
    """
    low, high = 1, (count := _count(store)) + 1
    while low < high:
        middle = (low + high) // 2
        if one(store, middle).ended.finished_at < since:
            low = middle + 1
        else:
            high = middle
    found: list[Entry] = []
    for first in range(max(1, low - 1), count + 1, BATCH):
        batch = entries(store, range(first, min(count, first + BATCH - 1) + 1))
        found += batch
        if batch[-1].ended.started_at > until:
            break
    follow(store, found)
    return tuple(
        each for each in found if each.ended.started_at <= until and each.ended.finished_at >= since
    )


def _written(store: Store, head: Head, ended: Ended) -> Entry:
    number, previous = head.number + 1, head.newest.digest if head.newest else None
    put = store.put_if_absent(key_of(number), to_bytes(number, previous, ended))
    where = f"{store.location}/{key_of(number)}"
    entry = parse(put.stored.data, number, where)
    # Our own, from a write that was reported as failed and landed after all, is as good.
    if not put.ours and entry.ended.run != ended.run:
        raise HistoryTaken(
            f"run {entry.ended.run} wrote the entry of the history that was to be this run's",
            where=where,
            remedy="Let that run end; then resume this one, which writes the next entry.",
        )
    return entry


def _of_run(store: Store, head: Head, run: str) -> Entry | None:
    """The entry of a run whose journal is not ended, if it has one: nothing can have come after
    it but what takes such runs back."""
    entry = head.newest
    while entry is not None and entry.ended.run != run:
        if not entry.ended.undoes or entry.number == 1:
            return None
        entry = one(store, entry.number - 1)
    return entry


def _count(store: Store) -> int:
    """How many entries there are; raises InvalidInput for the first that is missing."""
    matches = (_KEY.fullmatch(key) for key in store.list("history/"))
    numbers = {int(match[1]) for match in matches if match}
    for number in range(1, max(numbers, default=0) + 1):
        if number not in numbers:
            raise missing(store, number)
    return len(numbers)


def _check_head(store: Store, count: int, newest: Iterable[Entry]) -> None:
    stored = store.get(HEAD)
    where = f"{store.location}/{HEAD}"
    if stored is None:
        if count > 1:  # a run may have been cut off between its entry, the first, and this
            raise broken(where, "the object that names the newest entry is missing")
        return
    head = checked(stored.data, _HEAD, where, remedy=RESTORE)
    if head["number"] > count:
        raise missing(store, count + 1)
    known = {each.number: each.digest for each in newest}
    if known.get(head["number"]) != head["digest"]:
        raise broken(where, f"entry {head['number']:06d} is not the one that it names")
