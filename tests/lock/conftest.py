"""A target, a clock of our own, and locks on both kinds of store."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace

import pytest

from migrate.errors import MigrateError
from migrate.lock import Lock, LockRecord, Terms, Who, acquire, lock_key
from migrate.lock.record import parse_lock
from migrate.model import Identity
from migrate.stores.base import NO_VERSION, Progress, Put, Store, Stored
from tests.stores.dishonest import dishonest, s3rver
from tests.stores.shelves import (
    bucket,
    hand,
    moto_url,
    no_aws_settings,
    reopen,
    s3_admin,
    settings,
    store,
)

__all__ = [
    "bucket",
    "dishonest",
    "hand",
    "moto_url",
    "no_aws_settings",
    "reopen",
    "s3_admin",
    "s3rver",
    "settings",
    "store",
]

TARGET = Identity("kore", "https://bots.kore.ai", "cs-1")
KEY = lock_key(TARGET)
WHO = Who("ada", "ci-7", 12, "https://ci.example/job/9")
TERMS = replace(Terms(), beat=None)
"""The default ones, of which the README tells; nothing happens by itself."""
RUN, OTHER = "20261122T134501Z-3f9a2c", "20261122T150000Z-aaaaaa"


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.5

    def __call__(self) -> float:
        return self.now


class Odd(Store):
    """A store whose swaps do something else first or after: `before(key)`, `after(key)`."""

    def __init__(self, inner: Store) -> None:
        self.inner = inner
        self.before: Callable[[], object] = lambda: None
        self.after: Callable[[], object] = lambda: None
        self.swaps = 0

    @property
    def location(self) -> str:
        return self.inner.location

    def get(self, key: str) -> Stored | None:
        return self.inner.get(key)

    def put_if_absent(self, key: str, data: bytes, on_progress: Progress | None = None) -> Put:
        return self.inner.put_if_absent(key, data, on_progress)

    def replace(self, key: str, data: bytes, version: str) -> Stored:
        self.swaps += version != NO_VERSION
        self.before()
        stored = self.inner.replace(key, data, version)
        self.after()
        return stored

    def list(self, prefix: str) -> Iterator[str]:
        return self.inner.list(prefix)


Take = Callable[..., Lock]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def take(store: Store, clock: Clock) -> Iterator[Take]:
    """Takes the lock; `unfinished` are runs that their journals say are."""
    taken: list[Lock] = []

    def make(run: str = RUN, *, unfinished: tuple[str, ...] = (), **own: object) -> Lock:
        given: dict[str, object] = {"store": store, "identity": TARGET, "who": WHO, "terms": TERMS}
        lock = acquire(
            run=run,
            clock=clock,
            unsettled=lambda run: run if run in unfinished else None,
            **(given | own),  # type: ignore[arg-type]
        )
        taken.append(lock)
        return lock

    yield make
    for lock in taken:
        with suppress(MigrateError):
            lock.release()


@pytest.fixture
def held(store: Store) -> Callable[[], LockRecord]:
    """Reads what the store holds as the lock."""

    def read() -> LockRecord:
        stored = store.get(KEY)
        assert stored is not None
        return parse_lock(stored.data, "lock")

    return read
