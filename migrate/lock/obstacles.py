"""What keeps a lock from being taken: somebody who holds it, and what somebody left undone."""

import math
from collections.abc import Callable

from migrate.errors import NOT_BY_US, MigrateError, RunUnfinished, TargetLocked
from migrate.lock.alive import gone_for, lives
from migrate.lock.held import Takeover, Terms
from migrate.lock.record import LockRecord, at


def check_free(
    lock: LockRecord,
    now: float,
    terms: Terms,
    where: str,
    unsettled: Callable[[str], str | None],
) -> Takeover | None:
    """Whom a lock is taken over from, None where it was released; raises TargetLocked if held.

    Arguments as for `acquire`; `where` the lock lies.
    """
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


def check_settled(
    lock: LockRecord, settles: set[str], unsettled: Callable[[str], str | None]
) -> None:
    """Raise RunUnfinished where the last holder left a run behind that is not among `settles`."""
    for left in left_by(lock):
        run = unsettled(left)
        if run is not None and run not in settles:
            unfinished = RunUnfinished(
                f"run {run} on {lock.identity.url} was begun and not finished",
                where=f"run {run}, by {lock.who}",
                remedy=f"role-migrate resume {run} finishes it, role-migrate rollback {run} takes "
                f'it back, role-migrate runs abandon {run} --reason "…" leaves it as it is.',
            )
            unfinished.run = run
            raise unfinished


def left_by(lock: LockRecord) -> tuple[str, ...]:
    """The runs that the last holder may have left unfinished; their journals tell."""
    # A run that was to settle another may have been cut off itself: both are in the way then.
    cut_off = lock.unfinished is not None or not lock.released
    return tuple(each for each in (lock.run if cut_off else None, lock.unfinished) if each)
