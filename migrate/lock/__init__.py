"""One run at a time on a target: a lock in the store, with an owner and a lease (DESIGN 4.6).

The lock is one object per target identity, taken by put-if-absent or by compare-and-swap, and
released by a swap. A holder starts a call to the platform only while its lease outlives the call's
time-out; whoever takes over waits until the lease, one time-out and a clock allowance are over.
"""

import math
import secrets
from collections.abc import Callable
from dataclasses import replace

from migrate.canonical import sha256
from migrate.errors import RunUnfinished, StoreFailed, TargetLocked
from migrate.lock.held import Lock, LockLost, Takeover, Terms
from migrate.lock.record import LockRecord, Who, at, parse_lock
from migrate.model import Identity
from migrate.stores.base import NO_VERSION, Store, VersionMoved

__all__ = ["Lock", "LockLost", "LockRecord", "Takeover", "Terms", "Who", "acquire", "lock_key"]

DEFAULT_TERMS = Terms()
ROUNDS = 3
"""Tries to take a lock that others take and release meanwhile."""


def lock_key(identity: Identity) -> str:
    """The key of a target's lock: the same for every way to write its URL's host and end.

    `locks/` and 32 hexadecimal digits of the SHA-256 of platform, URL and account.
    """
    scheme, mark, rest = identity.url.rstrip("/").partition("://")
    host, slash, path = rest.partition("/")
    url = f"{scheme.lower()}{mark}{host.lower()}{slash}{path}"
    text = "\n".join((identity.platform, url, identity.account))
    return f"locks/{sha256(text.encode())[:32]}.json"


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
        lease_until=math.floor(now) + max(terms.lease, 2 * terms.call_timeout),
        call_timeout=terms.call_timeout,
        unfinished=next((each for each in settles if each != run), None),
    )
    for _ in range(ROUNDS):
        found = store.get(key)
        if found is None:
            held = _create(store, key, record)
            takeover = None
        else:
            previous = parse_lock(found.data, f"{store.location}/{key}")
            _check_free(previous, now, terms, f"{store.location}/{key}")
            _check_settled(previous, {run, *settles}, unsettled)
            held = _take(store, key, record, previous, found.version)
            takeover = None if previous.released else _takeover(previous)
        if held is not None:
            return Lock(store, key, (record, held), clock, terms, takeover)
    raise TargetLocked(
        "others keep taking the lock on this target",
        where=f"{store.location}/{key}",
        remedy="Wait until their runs have ended.",
    )


def _create(store: Store, key: str, record: LockRecord) -> str | None:
    put = store.put_if_absent(key, record.to_bytes())
    if not put.ours:
        return None
    rival = replace(record, owner=secrets.token_hex(16), released=True)
    if store.put_if_absent(key, rival.to_bytes()).ours:
        raise _ignores_conditions(store, "If-None-Match")
    return put.stored.version


def _take(
    store: Store, key: str, record: LockRecord, previous: LockRecord, version: str
) -> str | None:
    # Where the store ignores the condition, this keeps what the last holder left behind.
    rival = replace(previous, owner=secrets.token_hex(16))
    try:
        store.replace(key, rival.to_bytes(), NO_VERSION)
    except VersionMoved:
        pass
    else:
        raise _ignores_conditions(store, "If-Match")
    try:
        return store.replace(key, record.to_bytes(), version).version
    except VersionMoved:
        return None


def _ignores_conditions(store: Store, header: str) -> StoreFailed:
    return StoreFailed(
        f"the store ignores the condition of a write ({header}), so it can't hold a lock",
        where=store.location,
        remedy="Use a store with conditional writes; `doctor` tests for them.",
    )


def _check_free(lock: LockRecord, now: float, terms: Terms, where: str) -> None:
    free_at = lock.lease_until + lock.call_timeout + terms.clock_allowance
    if lock.released or now >= free_at:
        return
    early = lock.acquired_at > now + terms.clock_allowance
    raise TargetLocked(
        f"run {lock.run} by {lock.who} holds the lock on {lock.identity.url} since "
        f"{at(lock.acquired_at)}; its lease ends {at(lock.lease_until)} unless it is renewed"
        + (", by a clock that is ahead of this machine's" if early else ""),
        where=where,
        remedy="Wait until that run has ended. If it is dead, run again after "
        f"{at(free_at)}: the lock is then taken over by itself.",
    )


def _check_settled(
    lock: LockRecord, settles: set[str], unsettled: Callable[[str], str | None]
) -> None:
    # A run that was to settle another may have been cut off itself: both are in the way then.
    cut_off = lock.unfinished is not None or not lock.released
    for left in (lock.run if cut_off else None, lock.unfinished):
        run = unsettled(left) if left is not None else None
        if run is not None and run not in settles:
            raise RunUnfinished(
                f"run {run} on {lock.identity.url} was begun and not finished",
                where=f"run {run}, by {lock.who}",
                remedy=f"role-migrate resume {run} finishes it, role-migrate rollback {run} takes "
                f'it back, role-migrate runs abandon {run} --reason "…" leaves it as it is.',
            )


def _takeover(previous: LockRecord) -> Takeover:
    return Takeover(previous.who, previous.run, previous.acquired_at, previous.lease_until)
