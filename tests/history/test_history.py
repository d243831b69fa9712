"""The history of an environment: a chain of entries, of which none is lost or altered unseen."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate import history
from migrate.errors import Exit, InvalidInput, StoreFailed
from migrate.history import HistoryTaken
from migrate.stores.base import Progress, Put, Store
from migrate.stores.scoped import ScopedStore
from migrate.tools import stamp
from tests.history.made import HOUR, START, MemoryStore, ended, run_id
from tests.stores.shelves import Hand

S = TypeVar("S", bound=Store)


def filled(store: S, count: int) -> S:
    for number in range(1, count + 1):
        history.append(store, ended(number))
    return store


def numbers(entries: tuple[history.Entry, ...]) -> list[int]:
    return [each.number for each in entries]


def test_what_is_written_can_be_read(store: Store) -> None:
    assert history.checked_head(store).number == 0
    assert history.read(store) == ()
    written = [history.append(store, ended(number)) for number in (1, 2, 3)]
    assert list(history.read(store)) == written
    assert [each.previous for each in written] == [None, written[0].digest, written[1].digest]
    head = history.checked_head(store)
    assert (head.number, head.newest) == (3, written[2])


def test_a_run_has_one_entry(store: Store) -> None:
    first = history.append(store, ended(1))
    assert history.append(store, ended(1, at=START + 99 * HOUR)) == first
    history.append(store, ended(2, undoes=run_id(1)))
    # Cut off before the journal of the run that was taken back said so.
    assert history.append(store, ended(1)) == first
    assert numbers(history.read(store)) == [1, 2]


def test_a_clock_that_runs_backwards_does_not_change_what_came_after_what(store: Store) -> None:
    for number in (1, 2, 3):
        history.append(store, ended(number, at=START - number * HOUR))
    assert [each.ended.run for each in history.read(store)] == [run_id(n) for n in (1, 2, 3)]
    assert history.checked_head(store).number == 3


def test_since_a_time_no_more_is_read_than_is_needed() -> None:
    store = filled(MemoryStore(), 3 * history.BATCH)
    store.reads.clear()
    since = stamp(START + (3 * history.BATCH - 4) * HOUR)
    found = history.read(store, since)
    assert numbers(found) == list(range(3 * history.BATCH - 4, 3 * history.BATCH + 1))
    assert len(store.reads) <= history.BATCH + 2 + history.BATCH


@given(
    lasting=st.lists(st.tuples(st.integers(1, 9), st.integers(0, 5)), min_size=1, max_size=9),
    since=st.integers(0, 100),
    long=st.integers(0, 30),
)
def test_runs_between_two_times_are_those_that_were_under_way(
    lasting: list[tuple[int, int]], since: int, long: int
) -> None:
    store, now, times = MemoryStore(), START, []
    for number, (lasted, paused) in enumerate(lasting, 1):
        now += paused + lasted
        history.append(store, ended(number, at=now, lasted=lasted))
        times.append((now - lasted, now))
    start, end = START + since, START + since + long
    wanted = [n for n, (began, left) in enumerate(times, 1) if began <= end and left >= start]
    assert numbers(history.between(store, stamp(start), stamp(end))) == wanted


def test_few_are_read_to_find_those_between_two_times() -> None:
    store = filled(MemoryStore(), 500)
    store.reads.clear()
    at = START + 100 * HOUR
    assert numbers(history.between(store, stamp(at), stamp(at + HOUR))) == [100, 101]
    assert len(store.reads) <= 10 + history.BATCH


# two writers


class Rival(ScopedStore):
    """A store in which somebody else is quicker, once: `act` comes before the write of a key."""

    def __init__(self, store: Store, key: str, act: Callable[[], object]) -> None:
        super().__init__(store, "shelf")
        self._before: tuple[str, Callable[[], object]] | None = (key, act)

    def put_if_absent(self, key: str, data: bytes, on_progress: Progress | None = None) -> Put:
        if self._before is not None and self._before[0] == key:
            (_, act), self._before = self._before, None
            act()
        return super().put_if_absent(key, data, on_progress)


def test_of_two_writers_of_one_number_one_is_refused_and_can_write_the_next(store: Store) -> None:
    shelf = ScopedStore(store, "shelf")
    history.append(shelf, ended(1))
    other = Rival(store, history.entry.key_of(2), lambda: history.append(shelf, ended(2)))
    with pytest.raises(HistoryTaken) as raised:
        history.append(other, ended(3))
    assert raised.value.exit_code is Exit.BLOCKED
    assert run_id(2) in raised.value.what
    assert raised.value.remedy
    history.append(other, ended(3))
    assert [each.ended.run for each in history.read(shelf)] == [run_id(n) for n in (1, 2, 3)]


def test_many_writers_at_once_leave_a_chain_that_holds(store: Store) -> None:
    def write(number: int) -> bool:
        try:
            history.append(store, ended(number))
        except (HistoryTaken, InvalidInput, StoreFailed):
            return False
        return True

    history.append(store, ended(99))
    with ThreadPoolExecutor(4) as pool:
        wrote = list(pool.map(write, range(1, 9)))
    runs = [each.ended.run for each in history.read(store)]
    assert len(set(runs)) == len(runs)
    assert {run_id(n) for n, done in enumerate(wrote, 1) if done} <= set(runs)


def test_an_entry_that_landed_although_the_write_failed_is_not_written_again(store: Store) -> None:
    shelf = ScopedStore(store, "shelf")

    def lost() -> None:
        raise StoreFailed("the answer was lost")

    class Losing(Rival):
        def put_if_absent(self, key: str, data: bytes, on_progress: Progress | None = None) -> Put:
            if key.startswith("history/"):
                ScopedStore.put_if_absent(self, key, data, on_progress)
            return super().put_if_absent(key, data, on_progress)

    losing = Losing(store, history.entry.key_of(1), lost)
    with pytest.raises(StoreFailed):
        history.append(losing, ended(1))
    history.append(shelf, ended(1, at=START + 50 * HOUR))
    assert numbers(history.read(shelf)) == [1]


@pytest.mark.parametrize("before", [0, 1, 2])
def test_cut_off_between_an_entry_and_the_head_the_next_write_mends_it(
    store: Store, before: int
) -> None:
    shelf = filled(ScopedStore(store, "shelf"), before)
    head = shelf.get(history.entry.HEAD)
    history.append(shelf, ended(before + 1))
    hand = shelf.get(history.entry.HEAD)
    assert hand is not None
    if head is not None:  # as it was before that
        shelf.replace(history.entry.HEAD, head.data, hand.version)
    assert history.checked_head(shelf).number == before + 1
    history.append(shelf, ended(before + 1))
    again = shelf.get(history.entry.HEAD)
    assert again is not None
    assert again.data == hand.data
    assert len(history.read(shelf)) == before + 1


# damage


def altered(data: bytes) -> bytes:
    return data.replace(b'"result":"done"', b'"result":"gone"')


def foreign(data: bytes) -> bytes:
    value = json.loads(data)
    return json.dumps(value | {"number": value["number"] + 7}).encode()


DAMAGES = {
    "missing": None,
    "altered": altered,
    "of another place": foreign,
    "no JSON": lambda _: b"{",
    "no object": lambda _: b"[]",
    "lacks a field": lambda data: json.dumps(
        {key: item for key, item in json.loads(data).items() if key != "plan"}
    ).encode(),
}


@pytest.mark.parametrize("number", [1, 2, 3, 4])
@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_entry_is_named(name: str, number: int) -> None:
    store = filled(MemoryStore(), 4)
    key, damage = history.entry.key_of(number), DAMAGES[name]
    data = store.objects.pop(key)
    if damage is not None:
        store.objects[key] = damage(data)
    asked: list[Callable[[], object]] = [lambda: history.read(store)]
    if damage is None or number > 2:  # the rest is for who reads them all
        asked += [lambda: history.checked_head(store), lambda: history.append(store, ended(5))]
    for ask in asked:
        with pytest.raises(InvalidInput) as raised:
            ask()
        assert f"{number:06d}" in f"{raised.value.what} {raised.value.where}"
        assert damage is not None or "is missing" in raised.value.what
        assert raised.value.remedy
    assert history.entry.key_of(5) not in store.objects


@pytest.mark.parametrize("number", [1, 3])
def test_what_is_missing_is_missed_in_every_store(store: Store, hand: Hand, number: int) -> None:
    filled(store, 3)
    hand.remove(history.entry.key_of(number))
    for ask in (history.read, history.checked_head):
        with pytest.raises(InvalidInput, match=f"{number:06d} is missing"):
            ask(store)


def test_an_entry_of_a_newer_version_says_so(store: Store, hand: Hand) -> None:
    filled(store, 1)
    hand.write(history.entry.key_of(1), b'{"formatVersion":2,"number":1}')
    with pytest.raises(InvalidInput, match="newer version"):
        history.checked_head(store)


def test_a_head_that_is_gone_or_altered_is_named(store: Store, hand: Hand) -> None:
    filled(store, 3)
    for damage in (None, b"{}", b'{"number":3,"digest":"x"}', b'{"number":1,"digest":"x"}'):
        if damage is None:
            hand.remove(history.entry.HEAD)
        else:
            hand.write(history.entry.HEAD, damage)
        for ask in (history.checked_head, history.read):
            with pytest.raises(InvalidInput) as raised:
                ask(store)
            assert history.entry.HEAD in raised.value.where
            assert raised.value.remedy


def test_one_check_is_one_list_and_three_reads_however_long_the_history() -> None:
    store = filled(MemoryStore(), 200)
    store.reads.clear()
    history.checked_head(store)
    assert len(store.reads) == 3


def test_all_entries_are_bytes_that_nobody_writes_again() -> None:
    store = filled(MemoryStore(), 3)
    before = {key: data for key, data in store.objects.items() if key != history.entry.HEAD}
    history.append(store, ended(4))
    assert before.items() <= store.objects.items()
