"""A lock while it is held: renewed in time, noticed when lost, released."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

from migrate.errors import Blocked, MigrateError, StoreFailed
from migrate.lock.record import LockRecord, Who, at, parse_lock
from migrate.stores.base import Store, VersionMoved


class LockLost(Blocked):
    """The lock that this run held is somebody else's now; nothing more may be written."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How long a lock lasts, in seconds: the lease, the longest time-out of one call to the
    platform, and how far two machines' clocks may be apart."""

    lease: int = 300
    call_timeout: int = 120
    clock_allowance: int = 60


@dataclass(frozen=True, slots=True)
class Takeover:
    """A lock was taken from a run that let its lease run out: to be reported."""

    who: Who
    run: str
    acquired_at: int
    lease_until: int

    def __str__(self) -> str:
        """One sentence for people."""
        return (
            f"took over the lock of run {self.run} by {self.who}, held since "
            f"{at(self.acquired_at)}, whose lease ended {at(self.lease_until)}"
        )


class Lock:
    """A lock that is held. Use it as a context manager, or call `release`.

    `takeover` says whom it was taken from, None in the normal case. Leaving the context by an
    exception marks the run as unfinished; whether it really is, its journal says.
    """

    def __init__(
        self,
        store: Store,
        key: str,
        held: tuple[LockRecord, str],
        clock: Callable[[], float],
        terms: Terms,
        takeover: Takeover | None,
    ) -> None:
        self._store = store
        self._key = key
        self._record, self._version = held
        self._clock = clock
        self.terms = terms
        self.takeover = takeover

    @property
    def record(self) -> LockRecord:
        """What the store holds for this lock."""
        return self._record

    def ensure(self, seconds: float) -> None:
        """Make sure that the lease outlives a call of at most `seconds`; renew it if not.

        Raises LockLost when somebody else took the lock, StoreFailed when it can't be renewed.
        """
        now = self._clock()
        if now + seconds < self._record.lease_until:
            return
        lease = max(self.terms.lease, 2 * math.ceil(seconds))
        self._swap(replace(self._record, lease_until=math.floor(now) + lease))
        if self._clock() + seconds >= self._record.lease_until:
            raise StoreFailed(
                "renewing the lock took longer than the lease lasts",
                where=f"{self._store.location}/{self._key}",
                remedy="Check the store and the network; run again when it answers faster.",
            )

    def release(self, unfinished: str | None = None) -> None:
        """Let others have the lock; `unfinished` names a run that must be settled first.

        A second release does nothing. Raises LockLost, StoreFailed.
        """
        if not self._record.released:
            self._swap(replace(self._record, released=True, unfinished=unfinished))

    def __enter__(self) -> Self:
        """The lock itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Release; a release that fails does not hide the error that ended the block."""
        if error is None:
            self.release()
            return
        if isinstance(error, LockLost):
            return
        try:
            self.release(unfinished=self._record.unfinished or self._record.run)
        except MigrateError as failed:
            error.add_note(f"and the lock could not be released: {failed}")

    def _swap(self, record: LockRecord) -> None:
        try:
            stored = self._store.replace(self._key, record.to_bytes(), self._version)
        except VersionMoved as error:
            raise self._lost() from error
        self._record, self._version = record, stored.version

    def _lost(self) -> LockLost:
        where = f"{self._store.location}/{self._key}"
        stored = self._store.get(self._key)
        taker = f"by {parse_lock(stored.data, where).who}" if stored else "away"
        return LockLost(
            f"the lock of run {self._record.run} was taken {taker}",
            where=where,
            remedy="Nothing more is written. "
            f"role-migrate runs show {self._record.run} tells what this run did; once the other "
            f"has ended, role-migrate resume {self._record.run} goes on if it still can.",
        )
