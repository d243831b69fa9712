"""One run at a time on a target: a lock in the store, with an owner and a lease (DESIGN 4.6).

The lock is one object per target identity, taken by put-if-absent or by compare-and-swap, and
released by a swap. A holder announces each call that writes by a swap that has the lease outlive
the call's time-out. Whoever takes over waits until the lease, the time-out of a call that may be
under way and a clock allowance are over; or, where the holder is known to be gone from this very
machine, for the call alone.
"""

import math
import secrets
from collections.abc import Callable
from dataclasses import replace

from migrate.actor import Who
from migrate.errors import NOT_BY_US, Blocked, TargetLocked
from migrate.lock.alive import SignOfLife, forget
from migrate.lock.conditions import check_conditions
from migrate.lock.held import Lock, LockLost, Takeover, Terms
from migrate.lock.obstacles import check_free, check_settled, left_by
from migrate.lock.record import LockRecord, lock_key, parse_lock, unreadable
from migrate.model import Identity
from migrate.stores.base import Store, VersionMoved

__all__ = [
    "Lock",
    "LockLost",
    "LockRecord",
    "Takeover",
    "Terms",
    "Who",
    "acquire",
    "holder",
    "in_the_way",
    "left_behind",
    "lock_key",
]

DEFAULT_TERMS = Terms()
ROUNDS = 3
"""Tries to take a lock that others take and release meanwhile."""


def acquire(
    store: Store,
    identity: Identity,
    *,
    run: str,
    who: Who,
    clock: Callable[[], float],
    unsettled: Callable[[str], str | None],
    terms: Terms = DEFAULT_TERMS,
    settles: tuple[str, ...] = (),
) -> Lock:
    """Take the lock on a target for `run`.

    `clock` gives epoch seconds. `unsettled` tells from the journals which run, of a run and those
    that it undoes, began to write and was neither finished nor abandoned; it is asked about the
    run that the lock was left by. `settles` are the unfinished runs that this one resumes, rolls
    back or abandons.

    Raises TargetLocked (held, or unreadable), RunUnfinished, and StoreFailed, also for a store
    that ignores the condition of a write: it is seen through before the lock counts as taken.
    """
    key = lock_key(identity)
    now = clock()
    record = LockRecord(
        identity=identity,
        owner=secrets.token_hex(16),
        who=who,
        run=run,
        acquired_at=math.floor(now),
        lease_until=math.floor(now) + terms.lease,
        call_timeout=0,
        unfinished=next((each for each in settles if each != run), None),
    )
    sign = SignOfLife(record.owner)
    try:
        for _ in range(ROUNDS):
            found = store.get(key)
            if found is None:
                version, takeover = _create(store, key, record), None
            else:
                previous = _read(found.data, f"{store.location}/{key}", key)
                takeover = check_free(previous, now, terms, f"{store.location}/{key}", unsettled)
                check_settled(previous, {run, *settles}, unsettled)
                version = _take(store, key, record, previous, found.version)
            if version is not None:
                if takeover is not None:
                    forget(takeover.left.owner)
                return Lock(store, key, (record, version), clock, terms, takeover, sign)
    except BaseException:
        sign.end()
        raise
    sign.end()
    raise TargetLocked(
        "others keep taking the lock on this target",
        where=f"{store.location}/{key}",
        target=NOT_BY_US,
        remedy="Wait until their runs have ended.",
    )


def _read(data: bytes, where: str, key: str) -> LockRecord:
    lock = parse_lock(data, where)
    if lock_key(lock.identity) != key:
        raise unreadable(where, f"is the lock of another target, {lock.identity.url}")
    return lock


def in_the_way(
    store: Store,
    identity: Identity,
    *,
    clock: Callable[[], float],
    unsettled: Callable[[str], str | None],
    terms: Terms = DEFAULT_TERMS,
) -> Blocked | None:
    """Why `acquire` would not give the lock to a new run now; None where it would. Only reads.

    Arguments as for `acquire`.
    """
    key = lock_key(identity)
    found = store.get(key)
    if found is None:
        return None
    where = f"{store.location}/{key}"
    try:
        previous = _read(found.data, where, key)
        check_free(previous, clock(), terms, where, unsettled)
        check_settled(previous, set(), unsettled)
    except Blocked as why:
        return why
    return None


def holder(store: Store, identity: Identity) -> str:
    """The run that holds the lock on a target, be it alive or not; "" where it is free.

    Raises TargetLocked where the lock can't be read for what it is, StoreFailed.
    """
    lock = _found(store, identity)
    return "" if lock is None or lock.released else lock.run


def left_behind(store: Store, identity: Identity) -> tuple[str, ...]:
    """The runs that whoever held the lock last, or holds it, may have left unfinished.

    Whether one is, its journal tells. Raises as `holder`.
    """
    lock = _found(store, identity)
    return left_by(lock) if lock is not None else ()


def _found(store: Store, identity: Identity) -> LockRecord | None:
    key = lock_key(identity)
    found = store.get(key)
    return _read(found.data, f"{store.location}/{key}", key) if found is not None else None


def _create(store: Store, key: str, record: LockRecord) -> str | None:
    put = store.put_if_absent(key, record.to_bytes())
    if not put.ours:
        return None
    # Where the store ignores a condition, this leaves a lock behind that is free.
    check_conditions(store, key, replace(record, released=True))
    return put.stored.version


def _take(
    store: Store, key: str, record: LockRecord, previous: LockRecord, version: str
) -> str | None:
    # Where the store ignores a condition, this keeps what the last holder left behind.
    check_conditions(store, key, previous)
    try:
        return store.replace(key, record.to_bytes(), version).version
    except VersionMoved:
        return None
