"""A lock while it is held: announced calls, renewal, loss, release."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from migrate.errors import Exit, MigrateError, StoreFailed, TargetLocked
from migrate.lock import LockLost, LockRecord, Who, acquire
from migrate.lock.held import KEEPER
from migrate.stores.base import NO_VERSION, Store, Stored, StoreUnreachable
from tests.lock.conftest import KEY, OTHER, RUN, TARGET, TERMS, WHO, Clock, Odd, Take
from tests.stores.shelves import Hand

Held = Callable[[], LockRecord]


def lose_the_answer() -> None:
    raise StoreUnreachable("the answer did not come")


def test_leaving_by_an_error_marks_the_run(held: Held, take: Take) -> None:
    with pytest.raises(KeyboardInterrupt), take():
        raise KeyboardInterrupt
    assert held().released
    assert held().unfinished == RUN


def test_each_call_that_writes_is_announced(held: Held, take: Take, clock: Clock) -> None:
    lock = take()
    for _ in range(3):
        clock.now += 10
        lock.fence(120)
        assert held() == lock.record
        assert held().lease_until >= clock.now + 120
        assert held().call_timeout == 120


def test_a_read_that_fits_the_lease_costs_nothing(store: Store, take: Take, clock: Clock) -> None:
    odd = Odd(store)
    lock = take(store=odd)
    clock.now += 29
    lock.ensure(30)
    assert odd.swaps == 0


def test_a_read_that_does_not_fit_renews_the_lease(held: Held, take: Take, clock: Clock) -> None:
    lock = take()
    clock.now += 31
    lock.ensure(30)
    assert held().lease_until == 1_800_000_091
    assert held().call_timeout == 0
    lock.ensure(1000.5)
    assert held().lease_until >= clock.now + 1000.5
    clock.now += 5000
    lock.ensure(30)
    assert held() == lock.record
    lock.release()


@pytest.mark.parametrize("way", ["fence", "ensure"])
def test_a_lock_that_was_taken_is_lost(held: Held, take: Take, clock: Clock, way: str) -> None:
    lock = take()
    clock.now += 1000
    other = take(OTHER, who=Who("bob", "laptop", 7))
    for _ in range(2):
        with pytest.raises(LockLost, match="bob@laptop") as caught:
            getattr(lock, way)(1)
        assert caught.value.exit_code is Exit.BLOCKED
    with pytest.raises(LockLost):
        lock.release()
    assert held() == other.record


def test_a_fence_finds_a_loss_that_no_clock_can_tell(take: Take, clock: Clock) -> None:
    # A machine that was paused as a whole: its clock stood still meanwhile.
    lock = take()
    lock.fence(120)
    clock.now += 1000
    take(OTHER)
    clock.now -= 1000
    with pytest.raises(LockLost):
        lock.fence(120)


def test_a_loss_that_was_found_once_is_not_forgotten(take: Take, clock: Clock) -> None:
    lock = take()
    clock.now += 1000
    other = take(OTHER)
    with pytest.raises(LockLost):
        lock.fence(1)
    other.release()
    clock.now -= 1000
    for attempt in (lambda: lock.ensure(1), lambda: lock.fence(1)):
        with pytest.raises(LockLost):
            attempt()


@pytest.mark.parametrize("data", [b"{", b"[]", None])
def test_a_lock_that_somebody_meddled_with_is_lost(
    take: Take, hand: Hand, data: bytes | None
) -> None:
    lock = take()
    if data is None:
        hand.remove(KEY)
    else:
        hand.write(KEY, data)
    with pytest.raises(LockLost, match=r"taken away|overwritten by something"):
        lock.fence(1)


def test_a_lost_lock_does_not_hide_the_error(take: Take, clock: Clock) -> None:
    with pytest.raises(ValueError, match="first") as caught, take():
        clock.now += 1000
        take(OTHER)
        raise ValueError("first")
    assert "could not be released" in caught.value.__notes__[0]


def test_a_loss_is_told_once(take: Take, clock: Clock) -> None:
    with pytest.raises(LockLost) as caught, take() as lock:
        clock.now += 1000
        take(OTHER)
        lock.fence(1)
    assert not hasattr(caught.value, "__notes__")


def test_a_renewal_that_took_too_long_is_made_again(store: Store, take: Take, clock: Clock) -> None:
    odd = Odd(store)
    lock = take(store=odd)

    def slow_once() -> None:
        clock.now += 400 if odd.swaps == 1 else 0

    odd.after = slow_once
    lock.fence(120)
    assert odd.swaps == 2
    assert lock.record.lease_until > clock.now + 120


def test_renewals_that_always_take_too_long_are_an_error(
    store: Store, take: Take, clock: Clock
) -> None:
    odd = Odd(store)
    lock = take(store=odd)

    def slow() -> None:
        clock.now += 400

    odd.before = slow
    with pytest.raises(StoreFailed, match="longer than the lease"):
        lock.fence(120)


def test_a_swap_reported_as_lost_that_landed_is_our_own(
    store: Store, held: Held, take: Take, clock: Clock
) -> None:
    odd = Odd(store)
    lock = take(store=odd)
    odd.after = lose_the_answer
    with pytest.raises(StoreUnreachable):
        lock.fence(120)
    odd.after = lambda: None
    clock.now += 5
    lock.fence(120)
    assert held() == lock.record
    odd.after = lose_the_answer
    with pytest.raises(StoreUnreachable):
        lock.release()
    assert held().released
    odd.after = lambda: None
    lock.release()
    assert held().released


def test_a_swap_of_ours_that_lands_very_late_takes_nothing_from_others(
    store: Store, held: Held, take: Take, clock: Clock
) -> None:
    late: list[tuple[str, bytes, str]] = []

    class Delaying(Odd):
        def replace(self, key: str, data: bytes, version: str) -> Stored:
            if late or version == NO_VERSION:
                return super().replace(key, data, version)
            late.append((key, data, version))
            raise StoreUnreachable("the answer did not come")

    lock = take(store=Delaying(store))
    with pytest.raises(StoreUnreachable):
        lock.fence(120)
    clock.now += 1000
    other = take(OTHER)
    with pytest.raises(MigrateError):
        store.replace(*late[0])
    assert held() == other.record


# Between calls.


def eventually(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def keepers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == KEEPER]


BEATING = replace(TERMS, beat=0.01)


def test_a_lock_is_kept_alive_between_calls(held: Held, take: Take, clock: Clock) -> None:
    lock = take(terms=BEATING)
    for _ in range(3):
        clock.now += 50
        eventually(lambda: held().lease_until == int(clock.now) + 60)
    lock.release()
    left = held()
    clock.now += 50
    time.sleep(0.1)
    assert held() == left


def test_keeping_alive_never_shortens_the_lease_of_a_call(
    held: Held, take: Take, clock: Clock
) -> None:
    lock = take(terms=BEATING)
    lock.fence(120)
    clock.now += 89
    time.sleep(0.1)
    assert held().lease_until == 1_800_000_150
    clock.now += 2
    eventually(lambda: held().lease_until == 1_800_000_151)
    assert held().call_timeout == 120


def test_a_store_that_is_away_for_a_while_ends_nothing(
    store: Store, held: Held, take: Take, clock: Clock
) -> None:
    odd = Odd(store)
    take(store=odd, terms=BEATING)
    odd.before = lose_the_answer
    clock.now += 10
    eventually(lambda: odd.swaps > 3)
    assert held().lease_until == 1_800_000_060
    odd.before = lambda: None
    eventually(lambda: held().lease_until == 1_800_000_070)


def test_a_loss_found_between_calls_is_told_at_the_next(
    store: Store, take: Take, clock: Clock
) -> None:
    odd = Odd(store)
    lock = take(store=odd, terms=BEATING)
    odd.before = lose_the_answer
    clock.now += 1000
    other = take(OTHER)
    odd.before = lambda: None
    eventually(lambda: not keepers())
    other.release()
    clock.now -= 1000
    with pytest.raises(LockLost):
        lock.ensure(1)


def test_a_holder_that_is_kept_alive_loses_to_no_clock_within_the_allowance(
    store: Store, take: Take, clock: Clock
) -> None:
    lock = take()
    for _ in range(20):
        clock.now += 15
        with pytest.raises(TargetLocked):
            acquire(
                store,
                TARGET,
                run=OTHER,
                who=WHO,
                clock=lambda: clock.now + 60,
                unsettled=lambda _run: None,
                terms=TERMS,
            )
        lock.keep_alive()


def test_calls_and_keeping_alive_do_not_get_in_each_others_way(
    held: Held, take: Take, clock: Clock
) -> None:
    lock = take(terms=replace(TERMS, beat=0.001))
    for _ in range(25):
        clock.now += 40
        lock.fence(20)
        assert lock.record.lease_until >= clock.now + 20
    lock.release()
    assert held().released


def test_no_thread_is_left_behind(take: Take) -> None:
    locks = [take(terms=BEATING)]
    locks[0].release()
    with pytest.raises(KeyError), take(terms=BEATING):
        raise KeyError
    eventually(lambda: not keepers())
