"""A lock while it is held: kept, renewed before each call that writes, noticed when lost, released.

Every call that writes is announced in the store before it starts, by a swap of the lock that
succeeds only while it is still ours. Whatever the clocks say and however long this process slept:
after somebody else took the lock, no call starts any more. Between calls a thread of its own keeps
the lease short and alive, so that it ends soon after the process does.
"""

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

from migrate.errors import Blocked, MigrateError, StoreFailed, TargetLocked
from migrate.lock.alive import SignOfLife
from migrate.lock.record import LockRecord, at, parse_lock
from migrate.stores.base import Store, Stored, VersionMoved

ROUNDS = 3
"""Tries of a swap that met a late one of our own, or that took too long."""


KEEPER = "keeps the lock"
"""The name of the thread that keeps a lock alive."""


class LockLost(Blocked):
    """The lock that this run held is somebody else's now; nothing more may be written."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How long a lock lasts, in seconds: `lease` between calls, kept alive every `beat` (None:
    only when it is asked for), `renewal` the most that a swap in the store may take, and
    `clock_allowance` how far two machines' clocks may be apart."""

    lease: int = 60
    beat: float | None = 15.0
    renewal: int = 30
    clock_allowance: int = 60


@dataclass(frozen=True, slots=True)
class Takeover:
    """A lock was taken from a run that let its lease run out, or died: to be reported.

    `left` is what that run left in the store.
    """

    left: LockRecord
    died: bool = False

    def __str__(self) -> str:
        """One sentence for people."""
        left = self.left
        how = "whose process is gone" if self.died else f"whose lease ended {at(left.lease_until)}"
        return (
            f"took over the lock of run {left.run} by {left.who}, held since "
            f"{at(left.acquired_at)}, {how}"
        )


class Lock:
    """A lock that is held. Use it as a context manager, or call `release`.

    `held` is what the store holds for it, and at which version. `takeover` says whom it was taken
    from, None in the normal case. Leaving the context by an exception marks the run as unfinished;
    whether it really is, its journal says. Safe to share between threads.
    """

    def __init__(
        self,
        store: Store,
        key: str,
        held: tuple[LockRecord, str],
        clock: Callable[[], float],
        terms: Terms,
        takeover: Takeover | None,
        sign: SignOfLife,
    ) -> None:
        self._store = store
        self._key = key
        self._record, self._version = held
        self._clock = clock
        self.terms = terms
        self.takeover = takeover
        self._sign = sign
        self._turn = threading.RLock()
        self._over = threading.Event()
        self._lost = False
        if terms.beat is not None:
            keeper = threading.Thread(
                target=self._keep, args=(terms.beat,), name=KEEPER, daemon=True
            )
            keeper.start()

    @property
    def record(self) -> LockRecord:
        """What the store holds for this lock."""
        return self._record

    def ensure(self, seconds: float) -> None:
        """Make sure that the lease lasts for another `seconds`; renew it if not.

        Enough for what only reads. Raises LockLost when somebody else took the lock, StoreFailed
        when it can't be renewed.
        """
        if self._lost or self._clock() + seconds >= self._record.lease_until:
            self._renew(seconds, self._record.call_timeout)

    def fence(self, seconds: float) -> None:
        """Announce a call that writes, of at most `seconds`: to be called just before it starts.

        On return the lock is ours, the lease outlives the call, and whoever finds it left behind
        knows how long to wait for a call that may be under way. Raises as `ensure`.
        """
        self._renew(seconds, max(math.ceil(seconds), self._record.call_timeout))

    def keep_alive(self) -> None:
        """Renew the lease where that makes it longer. Raises as `ensure`."""
        with self._turn:
            until = math.floor(self._clock()) + self.terms.lease
            if until > self._record.lease_until and not self._over.is_set():
                self._swap(replace(self._record, lease_until=until))

    def release(self, unfinished: str | None = None) -> None:
        """Let others have the lock; `unfinished` names a run that must be settled first.

        A second release does nothing. Raises LockLost, StoreFailed.
        """
        self._over.set()
        with self._turn:
            try:
                if not self._record.released:
                    self._swap(replace(self._record, released=True, unfinished=unfinished))
            except LockLost:
                self._sign.end()
                raise
        # Where the store failed the sign stays, so that others see when this process has ended.
        self._sign.end()

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
        try:
            self.release(unfinished=self._record.unfinished or self._record.run)
        except MigrateError as failed:
            if not isinstance(error, LockLost):
                error.add_note(f"and the lock could not be released: {failed}")

    def _keep(self, beat: float) -> None:
        while not self._over.wait(beat):
            try:
                self.keep_alive()
            except LockLost:
                return
            except StoreFailed:
                continue  # the store may be back at the next beat; if not, the lease ends

    def _renew(self, seconds: float, call_timeout: int) -> None:
        lease = max(self.terms.lease, math.ceil(seconds) + self.terms.renewal)
        for _ in range(ROUNDS):
            with self._turn:
                until = math.floor(self._clock()) + lease
                self._swap(replace(self._record, lease_until=until, call_timeout=call_timeout))
            if self._clock() + seconds < until:
                return
        raise StoreFailed(
            "renewing the lock takes longer than the lease lasts",
            where=f"{self._store.location}/{self._key}",
            remedy="Check the store and the network; run again when it answers faster.",
        )

    def _swap(self, record: LockRecord) -> None:
        for _ in range(ROUNDS):
            try:
                stored = self._store.replace(self._key, record.to_bytes(), self._version)
            except VersionMoved as error:
                found = self._store.get(self._key)
                if found is None or not self._is_ours(found):
                    self._lost = True
                    raise self._loss(found) from error
                # A swap of ours that was reported as failed has landed after all.
                self._version = found.version
            else:
                self._record, self._version = record, stored.version
                return
        raise StoreFailed(
            "the lock keeps changing under its holder",
            where=f"{self._store.location}/{self._key}",
            remedy="See what else writes to this store, and run again.",
        )

    def _is_ours(self, found: Stored) -> bool:
        try:
            return parse_lock(found.data, self._key).owner == self._record.owner
        except TargetLocked:
            return False

    def _loss(self, found: Stored | None) -> LockLost:
        where = f"{self._store.location}/{self._key}"
        try:
            how = f"taken by {parse_lock(found.data, where).who}" if found else "taken away"
        except TargetLocked:
            how = "overwritten by something that is no lock"
        run = self._record.run
        return LockLost(
            f"the lock of run {run} was {how}",
            where=where,
            remedy=f"Nothing more is written. role-migrate runs show {run} tells what this run "
            f"did; once the other has ended, role-migrate resume {run} goes on if it still can.",
        )
