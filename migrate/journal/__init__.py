"""What a run meant to do and what came of it, written down before and after each side effect.

A journal is a row of objects `runs/<run id>/NNNN.json` in the store, each written once, each with
the digest of the one before: a missing, altered or foreign entry is seen when it is read.
"""

import re
import secrets
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from migrate import __version__
from migrate.canonical import dumps
from migrate.errors import Blocked, InvalidInput
from migrate.journal.entry import (
    FORMAT_VERSION,
    KINDS,
    RUN_ID,
    TAKEN_BACK,
    Entry,
    Summary,
    check_body,
    check_run_id,
    new_run_id,
    parse_entry,
    summary,
)
from migrate.stores.base import Store

__all__ = [
    "TAKEN_BACK",
    "Entry",
    "Journal",
    "RunTaken",
    "Summary",
    "check_run_id",
    "first_unfinished",
    "has_entries",
    "is_unfinished",
    "list_runs",
    "new_run_id",
    "summary",
    "undone_by",
]

AT_ONCE = 8
"""Entries that are asked for at the same time."""

_ENTRY = re.compile(r"runs/([^/]+)/([0-9]{4,})\.json")


class RunTaken(Blocked):
    """Another process writes the journal of this run: nothing more may be written by this one."""


class Journal:
    """The journal of one run, open for appending. Make it by `create` or `open`."""

    def __init__(
        self,
        store: Store,
        run_id: str,
        entries: tuple[Entry, ...],
        clock: Callable[[], float],
        version: str,
    ) -> None:
        self._store = store
        self._clock = clock
        self._version = version
        self._writer = secrets.token_hex(16)
        self.run_id = check_run_id(run_id)
        self.entries = entries

    @classmethod
    def create(
        cls,
        store: Store,
        run_id: str,
        *,
        clock: Callable[[], float],
        body: Mapping[str, Any],
        version: str = __version__,
    ) -> "Journal":
        """Begin a journal with a `started` entry that holds `body`.

        `clock` gives epoch seconds. Raises RunTaken when the run has a journal, StoreFailed.
        """
        journal = cls(store, run_id, (), clock, version)
        journal.append("started", body)
        return journal

    @classmethod
    def open(
        cls,
        store: Store,
        run_id: str,
        *,
        clock: Callable[[], float],
        version: str = __version__,
    ) -> "Journal":
        """Read a journal and check its numbers, chain and format.

        Raises InvalidInput where there is none, or where an entry is missing, altered, newer than
        this program or of another run; StoreFailed.
        """
        return cls(store, run_id, _read(store, check_run_id(run_id)), clock, version)

    def append(self, kind: str, body: Mapping[str, Any]) -> Entry:
        """Write the next entry; when this returns, it is stored.

        `kind` is one of `KINDS`, else ValueError; so is an `intent` or `outcome` without its step.
        Raises RunTaken when another process wrote this entry, StoreFailed.
        """
        fault = "unknown kind" if kind not in KINDS else check_body(kind, body)
        if fault:
            raise ValueError(f"{kind}: {fault}")
        while True:
            number = len(self.entries)
            key = _key(self.run_id, number)
            where = f"{self._store.location}/{key}"
            data = self._next(kind, body)
            put = self._store.put_if_absent(key, data)
            entry = parse_entry(put.stored.data, self.run_id, number, where)
            if entry.writer != self._writer:
                raise RunTaken(
                    f"another process writes the journal of run {self.run_id}",
                    where=where,
                    remedy="Let that process end; then see `runs show` for what it did.",
                )
            self.entries = (*self.entries, entry)
            if put.ours:
                return entry
            # Our own, from a write that was reported as failed and landed after all: go on after.

    def last_sent(self, steps: Collection[int] | None = None) -> float | None:
        """When the newest intent (of some steps) was written, in epoch seconds; None without."""
        times = [
            entry.time
            for entry in self.entries
            if entry.kind == "intent" and (steps is None or entry.body["step"] in steps)
        ]
        return datetime.fromisoformat(times[-1]).timestamp() if times else None

    def _next(self, kind: str, body: Mapping[str, Any]) -> bytes:
        return dumps(
            {
                "formatVersion": FORMAT_VERSION,
                "run": self.run_id,
                "number": len(self.entries),
                "kind": kind,
                "time": f"{datetime.fromtimestamp(self._clock(), UTC):%Y-%m-%dT%H:%M:%SZ}",
                "version": self._version,
                "writer": self._writer,
                "previous": self.entries[-1].digest if self.entries else None,
                "body": dict(body),
            }
        )

    @property
    def summary(self) -> Summary:
        """The entries so far, folded."""
        return summary(self.entries)


def list_runs(store: Store) -> tuple[str, ...]:
    """The ids of all runs in the store, newest first; no journal is read."""
    keys = (_ENTRY.fullmatch(key) for key in store.list("runs/"))
    ids = {match[1] for match in keys if match and RUN_ID.fullmatch(match[1])}
    return tuple(sorted(ids, reverse=True))


def is_unfinished(store: Store, run_id: str) -> bool:
    """Whether a run began to write and was neither finished nor abandoned.

    A run without a journal never began. Raises as `Journal.open` for one that can't be read.
    """
    return first_unfinished(store, run_id) == run_id


def first_unfinished(store: Store, run_id: str) -> str | None:
    """The first unfinished run among a run, the one that it undoes, the one that undoes, …

    Raises as `Journal.open` for a journal that can't be read.
    """
    undone = _with_undone(store, run_id)
    return next((run for run, entries in undone if summary(entries).unfinished), None)


def undone_by(store: Store, run_id: str) -> tuple[str, ...]:
    """The run that a run undoes, the one that this one undoes, …; () for an ordinary run."""
    return tuple(run for run, _ in _with_undone(store, run_id))[1:]


def _with_undone(store: Store, run_id: str) -> Iterator[tuple[str, tuple[Entry, ...]]]:
    seen: set[str] = set()
    check_run_id(run_id)
    while run_id and run_id not in seen and has_entries(store, run_id):
        entries = _read(store, run_id)
        yield run_id, entries
        seen.add(run_id)
        run_id = str(entries[0].body.get("undoes", ""))


def has_entries(store: Store, run_id: str) -> bool:
    """Whether a run has a journal, be it one of which entries are missing."""
    return any(_ENTRY.fullmatch(key) for key in store.list(f"runs/{run_id}/"))


def _key(run_id: str, number: int) -> str:
    return f"runs/{run_id}/{number:04d}.json"


def _read(store: Store, run_id: str) -> tuple[Entry, ...]:
    where = f"{store.location}/runs/{run_id}"
    matches = (_ENTRY.fullmatch(key) for key in store.list(f"runs/{run_id}/"))
    numbers = [int(match[2]) for match in matches if match]
    if not numbers:
        raise InvalidInput(
            f"there is no run {run_id}", where=where, remedy="`runs` lists the runs of the store."
        )
    entries: list[Entry] = []
    keys = [_key(run_id, number) for number in range(max(numbers) + 1)]
    with ThreadPoolExecutor(AT_ONCE) as pool:  # nearly all of the time is waiting for a bucket
        found = list(pool.map(store.get, keys))
    for number, stored in enumerate(found):
        if stored is None:
            raise _broken(where, f"entry {number:04d} is missing")
        entry = parse_entry(stored.data, run_id, number, f"{where}/{number:04d}.json")
        if entry.previous != (entries[-1].digest if entries else None):
            raise _broken(where, f"entry {number:04d} does not follow from the one before it")
        entries.append(entry)
    return tuple(entries)


def _broken(where: str, what: str) -> InvalidInput:
    return InvalidInput(
        f"the journal can't be trusted: {what}",
        where=where,
        remedy="Restore the objects from the bucket's older versions or a backup; without them, "
        "compare the target with the plan by hand.",
    )
