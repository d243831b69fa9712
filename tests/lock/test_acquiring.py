"""Who gets the lock, and who does not."""

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from migrate.errors import Exit, RunUnfinished, TargetLocked
from migrate.lock import Lock, LockRecord, Who
from migrate.stores.base import Store, Stored, VersionMoved
from tests.lock.conftest import KEY, OTHER, RUN, TARGET, TERMS, WHO, Clock, Odd, Take
from tests.stores.shelves import Hand

Held = Callable[[], LockRecord]


def test_a_lock_says_who_has_it_and_until_when(held: Held, take: Take) -> None:
    lock = take()
    assert held() == lock.record
    assert lock.record.who == WHO
    assert lock.record.identity == TARGET
    assert lock.record.run == RUN
    assert lock.record.acquired_at == 1_800_000_000
    assert lock.record.lease_until == 1_800_000_060
    assert lock.record.call_timeout == 0
    assert lock.takeover is None
    assert not lock.record.released


def test_a_held_lock_keeps_others_out(take: Take) -> None:
    take()
    with pytest.raises(TargetLocked) as caught:
        take(OTHER)
    error = caught.value
    assert error.exit_code is Exit.BLOCKED
    for words in (RUN, "ada@ci-7", "https://ci.example/job/9", "2027-01-15 08:01:00 UTC"):
        assert words in error.what
    assert "2027-01-15 08:02:00 UTC" in error.remedy


def test_other_targets_have_other_locks(take: Take) -> None:
    take()
    assert take(OTHER, identity=replace(TARGET, account="cs-2")).record.run == OTHER


def test_a_released_lock_is_free(held: Held, take: Take) -> None:
    with take() as lock:
        assert not held().released
    assert held().released
    assert take(OTHER).takeover is None
    lock.release()
    assert not held().released


@pytest.mark.parametrize(("late", "free"), [(119, False), (120, True)])
def test_a_takeover_waits_for_lease_and_allowance(
    take: Take, clock: Clock, late: int, free: bool
) -> None:
    take()
    clock.now += late
    if not free:
        with pytest.raises(TargetLocked):
            take(OTHER)
        return
    lock = take(OTHER)
    assert lock.takeover is not None
    assert lock.takeover.left.run == RUN
    assert not lock.takeover.died
    assert "ada@ci-7" in str(lock.takeover)
    assert "2027-01-15 08:01:00 UTC" in str(lock.takeover)


@pytest.mark.parametrize(("late", "free"), [(329, False), (330, True)])
def test_a_takeover_waits_for_a_call_that_may_be_under_way(
    take: Take, clock: Clock, late: int, free: bool
) -> None:
    take().fence(120)  # the lease then ends in 150 s; a call has 120 s, clocks 60
    clock.now += late
    if not free:
        with pytest.raises(TargetLocked, match="2027-01-15 08:02:30 UTC"):
            take(OTHER)
        return
    assert take(OTHER).takeover is not None


def test_the_longest_call_of_a_run_counts_for_a_takeover(take: Take, clock: Clock) -> None:
    lock = take()
    lock.fence(120)
    lock.fence(1)
    assert lock.record.call_timeout == 120


def test_a_holder_whose_clock_is_ahead_is_named(take: Take, clock: Clock) -> None:
    clock.now += 3600
    take()
    clock.now -= 3600
    with pytest.raises(TargetLocked, match="clock that is ahead") as caught:
        take(OTHER)
    assert "Set both clocks" in caught.value.remedy


def test_of_many_at_once_one_gets_the_lock(take: Take) -> None:
    for again in range(3):
        start = threading.Barrier(5)

        def attempt(name: int, start: threading.Barrier = start) -> Lock | None:
            start.wait()
            try:
                return take(f"2026112{name}T134501Z-3f9a2c")
            except TargetLocked:
                return None

        with ThreadPoolExecutor(5) as pool:
            locks = [lock for lock in pool.map(attempt, range(5)) if lock]
        assert len(locks) == 1, again
        locks[0].release()


def test_a_lock_that_others_keep_taking_is_given_up(store: Store, take: Take) -> None:
    class Contested(Odd):
        def replace(self, key: str, data: bytes, version: str) -> Stored:
            raise VersionMoved(key, self.location)

    take().release()
    with pytest.raises(TargetLocked, match="keep taking"):
        take(OTHER, store=Contested(store))


# Unfinished runs.


def test_an_unfinished_run_blocks_all_but_itself(take: Take) -> None:
    take().release(unfinished=RUN)
    with pytest.raises(RunUnfinished, match=RUN) as caught:
        take(OTHER, unfinished=(RUN,))
    assert f"resume {RUN}" in caught.value.remedy
    take(RUN, unfinished=(RUN,)).release(unfinished=RUN)
    take(OTHER, unfinished=(RUN,), settles=(RUN,)).release()
    assert take(OTHER, unfinished=(RUN,)).record.unfinished is None


def test_a_run_that_died_in_its_lock_blocks_too(take: Take, clock: Clock) -> None:
    take()
    clock.now += 1000
    with pytest.raises(RunUnfinished, match=RUN):
        take(OTHER, unfinished=(RUN,))
    assert take(RUN, unfinished=(RUN,)).takeover is not None


def test_the_journal_has_the_last_word(take: Take) -> None:
    take().release(unfinished=RUN)
    assert take(OTHER, unfinished=()).record.run == OTHER


def test_a_rollback_that_dies_leaves_the_first_run_in_the_way(take: Take, clock: Clock) -> None:
    take().release(unfinished=RUN)
    take(OTHER, settles=(RUN,), unfinished=(RUN,))
    clock.now += 1000
    with pytest.raises(RunUnfinished, match=RUN):
        take("20261123T000000Z-bbbbbb", unfinished=(RUN,))


# Objects that are no lock of ours.


def damaged(**own: object) -> bytes:
    record = LockRecord(TARGET, "o", WHO, RUN, 1, 2, 3)
    return json.dumps({**json.loads(record.to_bytes()), **own}).encode()


OTHER_TARGET = {"platform": "kore", "url": "https://bots.kore.ai", "account": "cs-2"}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "damaged"),
        (b'{"formatVersion":1', "damaged"),
        (b"\xff\xfe", "damaged"),
        (b"<html>Please log in</html>", "damaged"),
        (b"[]", "no lock record"),
        (b'{"ID":"a","Operation":"apply"}', "no lock record"),
        (b'{"formatVersion":1}', "sound 'identity'"),
        (damaged(formatVersion=2), "newer version"),
        (damaged(who="ada"), "sound 'user'"),
        (damaged(leaseUntil="soon"), "sound 'leaseUntil'"),
        (damaged(acquiredAt=True), "sound 'acquiredAt'"),
        (damaged(released=0), "sound 'released'"),
        (damaged(callTimeout=-9999), "sound 'callTimeout'"),
        (damaged(identity=OTHER_TARGET), "lock of another target"),
        (damaged(identity=OTHER_TARGET, released=True), "lock of another target"),
    ],
)
def test_what_is_no_lock_of_ours_is_treated_as_held(
    store: Store, take: Take, hand: Hand, data: bytes, words: str
) -> None:
    hand.write(KEY, data)
    with pytest.raises(TargetLocked, match=words) as caught:
        take()
    assert caught.value.remedy
    assert caught.value.where == f"{store.location}/{KEY}"
    stored = store.get(KEY)
    assert stored is not None
    assert stored.data == data


def test_another_spelling_of_the_url_is_the_same_target(take: Take) -> None:
    take(identity=replace(TARGET, url="HTTPS://Bots.Kore.ai/")).release()
    assert take(OTHER).record.run == OTHER


def test_a_lock_that_somebody_removed_is_free(take: Take, hand: Hand) -> None:
    take()
    hand.remove(KEY)
    assert take(OTHER, who=Who("bob", "laptop", 7)).takeover is None


def test_far_away_times_are_still_said(take: Take, hand: Hand) -> None:
    hand.write(KEY, damaged(leaseUntil=2**62, acquiredAt=1))
    with pytest.raises(TargetLocked, match="at second"):
        take()


def test_an_owner_is_never_a_path(take: Take, hand: Hand, clock: Clock, tmp_path: object) -> None:
    hand.write(KEY, damaged(owner="../../tmp/x", leaseUntil=2**62))
    with pytest.raises(TargetLocked, match="holds the lock"):
        take()
    hand.write(KEY, damaged(owner="../../tmp/x"))
    assert take(terms=TERMS).takeover is not None
