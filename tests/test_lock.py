import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.errors import Exit, RunUnfinished, StoreFailed, TargetLocked
from migrate.lock import Lock, LockLost, LockRecord, Terms, Who, acquire, lock_key
from migrate.lock.record import parse_lock
from migrate.model import Identity
from migrate.stores.base import Progress, Put, Store, Stored, VersionMoved
from migrate.stores.directory import DirectoryStore

TARGET = Identity("kore", "https://bots.kore.ai", "cs-1")
WHO = Who("ada", "ci-7", 12, "https://ci.example/job/9")
TERMS = Terms(lease=300, call_timeout=120, clock_allowance=60)
RUN, OTHER = "20261122T134501Z-3f9a2c", "20261122T150000Z-aaaaaa"


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.5

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return DirectoryStore(tmp_path)


@pytest.fixture
def clock() -> Clock:
    return Clock()


Take = Callable[..., Lock]


@pytest.fixture
def take(store: Store, clock: Clock) -> Take:
    def make(run: str = RUN, *, unfinished: tuple[str, ...] = (), **own: object) -> Lock:
        given: dict[str, object] = {"store": store, "identity": TARGET, "who": WHO, "terms": TERMS}
        return acquire(
            run=run,
            clock=clock,
            unsettled=lambda run: run if run in unfinished else None,
            **(given | own),
        )  # type: ignore[arg-type]

    return make


def held(store: Store) -> LockRecord:
    stored = store.get(lock_key(TARGET))
    assert stored is not None
    return parse_lock(stored.data, "lock")


def test_a_lock_says_who_has_it_and_until_when(store: Store, take: Take, clock: Clock) -> None:
    lock = take()
    assert held(store) == lock.record
    assert lock.record.who == WHO
    assert lock.record.identity == TARGET
    assert lock.record.run == RUN
    assert lock.record.acquired_at == 1_800_000_000
    assert lock.record.lease_until == 1_800_000_300
    assert lock.takeover is None
    assert not lock.record.released


def test_a_held_lock_keeps_others_out(take: Take) -> None:
    take()
    with pytest.raises(TargetLocked) as caught:
        take(OTHER)
    error = caught.value
    assert error.exit_code is Exit.BLOCKED
    for words in (RUN, "ada@ci-7", "https://ci.example/job/9", "2027-01-15 08:05:00 UTC"):
        assert words in error.what
    assert "2027-01-15 08:08:00 UTC" in error.remedy


def test_other_targets_have_other_locks(take: Take) -> None:
    take()
    assert take(OTHER, identity=replace(TARGET, account="cs-2")).record.run == OTHER


def test_a_released_lock_is_free(store: Store, take: Take) -> None:
    with take() as lock:
        assert not held(store).released
    assert held(store).released
    assert take(OTHER).takeover is None
    lock.release()
    assert not held(store).released


@pytest.mark.parametrize(("late", "free"), [(479, False), (480, True)])
def test_a_takeover_waits_lease_timeout_and_allowance(
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
    assert lock.takeover.run == RUN
    assert "ada@ci-7" in str(lock.takeover)
    assert "2027-01-15 08:05:00 UTC" in str(lock.takeover)


def test_the_holders_own_timeout_counts_for_a_takeover(take: Take, clock: Clock) -> None:
    take(terms=replace(TERMS, call_timeout=140))
    clock.now += 490
    with pytest.raises(TargetLocked):
        take(OTHER, terms=replace(TERMS, call_timeout=1))


def test_a_holder_whose_clock_is_ahead_is_named(take: Take, clock: Clock) -> None:
    clock.now += 3600
    take()
    clock.now -= 3600
    with pytest.raises(TargetLocked, match="clock that is ahead"):
        take(OTHER)


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


def test_leaving_by_an_error_marks_the_run(store: Store, take: Take) -> None:
    with pytest.raises(KeyboardInterrupt), take():
        raise KeyboardInterrupt
    assert held(store).released
    assert held(store).unfinished == RUN


# Renewal.


def test_a_call_that_fits_the_lease_costs_nothing(store: Store, take: Take, clock: Clock) -> None:
    lock = take()
    before = store.get(lock_key(TARGET))
    clock.now += 179
    lock.ensure(120)
    assert store.get(lock_key(TARGET)) == before


def test_a_call_that_does_not_fit_renews_the_lease(store: Store, take: Take, clock: Clock) -> None:
    lock = take()
    clock.now += 200
    lock.ensure(120)
    assert held(store).lease_until == 1_800_000_500
    lock.ensure(1000.5)
    assert held(store).lease_until >= clock.now + 1000.5
    clock.now += 5000
    lock.ensure(120)
    assert held(store) == lock.record
    lock.release()


def test_a_lock_that_was_taken_is_lost(store: Store, take: Take, clock: Clock) -> None:
    lock = take()
    clock.now += 1000
    other = take(OTHER, who=Who("bob", "laptop", 7))
    with pytest.raises(LockLost, match="bob@laptop") as caught:
        lock.ensure(1)
    assert caught.value.exit_code is Exit.BLOCKED
    with pytest.raises(LockLost):
        lock.release()
    assert held(store) == other.record


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
        lock.ensure(1)
    assert not hasattr(caught.value, "__notes__")


def test_a_renewal_that_takes_too_long_is_an_error(store: Store, take: Take, clock: Clock) -> None:
    class Slow(Store):
        location = store.location

        def get(self, key: str) -> Stored | None:
            return store.get(key)

        def put_if_absent(self, key: str, data: bytes, on_progress: Progress | None = None) -> Put:
            return store.put_if_absent(key, data, on_progress)

        def replace(self, key: str, data: bytes, version: str) -> Stored:
            clock.now += 400
            return store.replace(key, data, version)

        def list(self, prefix: str) -> Iterator[str]:
            return store.list(prefix)

    lock = take(store=Slow())
    clock.now += 299
    with pytest.raises(StoreFailed, match="longer than the lease"):
        lock.ensure(120)


# Stores that can't be trusted, records that can't be read.


class Careless:
    """A store that ignores conditions and says that all went well."""

    location = "mem:careless"

    def __init__(self, *, create: bool, swap: bool) -> None:
        self.honours_create, self.honours_swap = create, swap
        self.objects: dict[str, bytes] = {}
        self.writes = 0

    def get(self, key: str) -> Stored | None:
        data = self.objects.get(key)
        return None if data is None else Stored(data, data.decode())

    def put_if_absent(self, key: str, data: bytes, on_progress: Progress | None = None) -> Put:
        self.writes += 1
        if not (self.honours_create and key in self.objects):
            self.objects[key] = data
        stored = self.get(key)
        assert stored is not None
        return Put(stored, stored.data == data)

    def replace(self, key: str, data: bytes, version: str) -> Stored:
        self.writes += 1
        if self.honours_swap and self.objects.get(key, b"").decode() != version:
            raise VersionMoved(key, self.location)
        self.objects[key] = data
        return Stored(data, data.decode())

    def list(self, prefix: str) -> Iterator[str]:
        return iter(sorted(self.objects))


def test_a_store_that_overwrites_is_no_lock(take: Take) -> None:
    careless = Careless(create=False, swap=True)
    with pytest.raises(StoreFailed, match="If-None-Match"):
        take(store=careless)


def test_a_store_that_swaps_anything_is_no_lock(take: Take) -> None:
    careless = Careless(create=True, swap=False)
    take(store=careless).release(unfinished=RUN)
    with pytest.raises(StoreFailed, match="If-Match"):
        take(RUN, store=careless)
    left = parse_lock(careless.objects[lock_key(TARGET)], "lock")
    assert left.unfinished == RUN


def test_seeing_through_costs_one_write(take: Take) -> None:
    sound = Careless(create=True, swap=True)
    lock = take(store=sound)
    assert sound.writes == 2
    lock.release()
    take(store=sound)
    assert sound.writes == 5


def test_a_lock_that_others_keep_taking_is_given_up(take: Take) -> None:
    class Contested(Careless):
        def replace(self, key: str, data: bytes, version: str) -> Stored:
            raise VersionMoved(key, self.location)

    contested = Contested(create=True, swap=True)
    free = LockRecord(TARGET, "o", WHO, RUN, 1, 2, 3, released=True)
    contested.put_if_absent(lock_key(TARGET), free.to_bytes())
    with pytest.raises(TargetLocked, match="keep taking"):
        take(OTHER, store=contested)


def damaged(**own: object) -> bytes:
    record = LockRecord(TARGET, "o", WHO, RUN, 1, 2, 3)
    return json.dumps({**json.loads(record.to_bytes()), **own}).encode()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "damaged"),
        (b'{"formatVersion":1', "damaged"),
        (b"[]", "no lock record"),
        (b'{"formatVersion":1}', "sound 'identity'"),
        (damaged(formatVersion=2), "newer version"),
        (damaged(who="ada"), "sound 'user'"),
        (damaged(leaseUntil="soon"), "sound 'leaseUntil'"),
        (damaged(acquiredAt=True), "sound 'acquiredAt'"),
        (damaged(released=0), "sound 'released'"),
    ],
)
def test_what_is_no_lock_is_treated_as_held(
    store: Store, take: Take, data: bytes, words: str
) -> None:
    store.put_if_absent(lock_key(TARGET), data)
    with pytest.raises(TargetLocked, match=words):
        take()
    stored = store.get(lock_key(TARGET))
    assert stored is not None
    assert stored.data == data


texts = st.text(alphabet=st.characters(codec="utf-8"), max_size=5)
numbers = st.integers(0, 2**62)


@given(
    st.builds(
        LockRecord,
        identity=st.builds(Identity, texts, texts, texts),
        owner=texts,
        who=st.builds(Who, texts, texts, numbers, st.none() | texts),
        run=texts,
        acquired_at=numbers,
        lease_until=numbers,
        call_timeout=numbers,
        released=st.booleans(),
        unfinished=st.none() | texts,
    )
)
def test_a_record_survives_the_store(record: LockRecord) -> None:
    assert parse_lock(record.to_bytes(), "lock") == record


def test_far_away_times_are_still_said(store: Store, take: Take) -> None:
    store.put_if_absent(lock_key(TARGET), damaged(leaseUntil=2**62, acquiredAt=2**61))
    with pytest.raises(TargetLocked, match="at second"):
        take()


@pytest.mark.parametrize("url", ["HTTPS://BOTS.kore.ai", "https://bots.kore.ai/"])
def test_one_target_has_one_key(url: str) -> None:
    assert lock_key(replace(TARGET, url=url)) == lock_key(TARGET)


def test_keys_are_short_and_differ() -> None:
    assert len(lock_key(TARGET)) == len("locks/.json") + 32
    others = [
        replace(TARGET, platform="faircom"),
        replace(TARGET, account="cs-2"),
        replace(TARGET, url="https://bots.kore.ai/Base"),
        replace(TARGET, url="https://bots.kore.ai/base"),
    ]
    assert len({lock_key(identity) for identity in (TARGET, *others)}) == 5
