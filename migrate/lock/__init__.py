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

from migrate.errors import NOT_BY_US, Blocked, MigrateError, RunUnfinished, TargetLocked
from migrate.lock.alive import SignOfLife, forget, gone_for, lives
from migrate.lock.conditions import check_conditions
from migrate.lock.held import Lock, LockLost, Takeover, Terms
from migrate.lock.record import LockRecord, Who, at, lock_key, parse_lock, unreadable
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
    "in_the_way",
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
                takeover = _check_free(previous, now, terms, f"{store.location}/{key}", unsettled)
                _check_settled(previous, {run, *settles}, unsettled)
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
        _check_free(previous, clock(), terms, where, unsettled)
        _check_settled(previous, set(), unsettled)
    except Blocked as why:
        return why
    return None


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


def _check_free(
    lock: LockRecord,
    now: float,
    terms: Terms,
    where: str,
    unsettled: Callable[[str], str | None],
) -> Takeover | None:
    """Whom a lock is taken over from, None where it was released; raises TargetLocked if held."""
    if lock.released:
        return None
    free_at = lock.lease_until + lock.call_timeout + terms.clock_allowance
    if now >= free_at:
        return Takeover(lock)
    gone = gone_for(lock.owner)
    if gone is not None and gone >= lock.call_timeout:
        return Takeover(lock, died=True)
    held = _held(lock, now, free_at, gone, terms, where, unsettled)
    held.run, held.died = lock.run, gone is not None
    held.lives = gone is None and lives(lock.owner)
    held.until = free_at if gone is None else min(now + lock.call_timeout - gone, free_at)
    raise held


def _held(
    lock: LockRecord,
    now: float,
    free_at: float,
    gone: float | None,
    terms: Terms,
    where: str,
    unsettled: Callable[[str], str | None],
) -> TargetLocked:
    if gone is not None:
        left = math.ceil(lock.call_timeout - gone)
        return TargetLocked(
            f"run {lock.run} by {lock.who} died while it held the lock on {lock.identity.url}, "
            f"and a call that it sent may still arrive",
            where=where,
            target=NOT_BY_US,
            remedy=f"Run again after {at(min(now + left, free_at))}: in {left} s the lock is "
            f"taken over by itself{_ways_on(lock, unsettled)}.",
        )
    if lock.acquired_at > now + terms.clock_allowance:
        return TargetLocked(
            f"run {lock.run} by {lock.who} holds the lock on {lock.identity.url} since "
            f"{at(lock.acquired_at)}, by a clock that is ahead of this machine's",
            where=where,
            target=NOT_BY_US,
            remedy="Set both clocks (NTP). If that run is certainly dead, remove this object by "
            "hand; else wait until it has ended.",
        )
    return TargetLocked(
        f"run {lock.run} by {lock.who} holds the lock on {lock.identity.url} since "
        f"{at(lock.acquired_at)}; its lease ends {at(lock.lease_until)} unless it is renewed",
        where=where,
        target=NOT_BY_US,
        remedy="Wait until that run has ended. If it is dead, run again after "
        f"{at(free_at)}: the lock is then taken over by itself{_ways_on(lock, unsettled)}.",
    )


def _ways_on(lock: LockRecord, unsettled: Callable[[str], str | None]) -> str:
    """What else there is to do about a run that holds the lock, if it has begun to write."""
    try:
        run = unsettled(lock.run)
    except MigrateError:  # an unreadable journal is said once the lock is free
        return ""
    return (
        f"; role-migrate resume {run} then goes on with it, role-migrate rollback {run} takes it "
        "back"
        if run
        else ""
    )


def _check_settled(
    lock: LockRecord, settles: set[str], unsettled: Callable[[str], str | None]
) -> None:
    # A run that was to settle another may have been cut off itself: both are in the way then.
    cut_off = lock.unfinished is not None or not lock.released
    for left in (lock.run if cut_off else None, lock.unfinished):
        run = unsettled(left) if left is not None else None
        if run is not None and run not in settles:
            unfinished = RunUnfinished(
                f"run {run} on {lock.identity.url} was begun and not finished",
                where=f"run {run}, by {lock.who}",
                remedy=f"role-migrate resume {run} finishes it, role-migrate rollback {run} takes "
                f'it back, role-migrate runs abandon {run} --reason "…" leaves it as it is.',
            )
            unfinished.run = run
            raise unfinished
