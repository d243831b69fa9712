"""A store that ignores the condition of a write holds no lock: it is found out at once."""

import pytest

from migrate.archive import Archive
from migrate.errors import Exit, InvalidInput, StoreFailed
from migrate.journal import Journal, RunTaken
from migrate.lock.record import parse_lock
from migrate.stores.base import Store
from migrate.stores.s3 import S3Store
from tests.lock.conftest import KEY, OTHER, RUN, TARGET, Clock, Odd, Take
from tests.stores.dishonest import Dishonest

HEADERS = {"if-none-match": "If-None-Match", "if-match": "If-Match"}


@pytest.fixture
def shelf(dishonest: Dishonest) -> Store:
    return S3Store(dishonest.settings)


def test_a_new_lock_is_refused_and_left_free(
    dishonest: Dishonest, shelf: Store, take: Take
) -> None:
    for _ in range(2):  # the second time there is something left of the first
        with pytest.raises(StoreFailed, match="ignores the condition of a write") as caught:
            take(store=shelf)
        assert caught.value.exit_code is Exit.FAILED
        assert caught.value.where == shelf.location
        assert HEADERS[dishonest.ignores[0]] in caught.value.what
        assert "`doctor`" in caught.value.remedy
        stored = shelf.get(KEY)
        assert stored is not None
        assert parse_lock(stored.data, "lock").released


def test_a_lock_that_is_there_is_refused_and_keeps_what_it_says(
    store: Store, shelf: Store, take: Take, clock: Clock
) -> None:
    # As after a move from an honest service to this one.
    lock = take()
    lock.fence(120)
    left = lock.record
    shelf.put_if_absent(KEY, left.to_bytes())
    clock.now += 1000
    with pytest.raises(StoreFailed, match="ignores the condition"):
        take(OTHER, store=shelf)
    stored = shelf.get(KEY)
    assert stored is not None
    now = parse_lock(stored.data, "lock")
    assert (now.run, now.released, now.lease_until) == (RUN, False, left.lease_until)


def test_seeing_through_costs_two_writes_that_are_refused(store: Store, take: Take) -> None:
    class Counting(Odd):
        refused = 0

        def put_if_absent(self, key, data, on_progress=None):  # type: ignore[no-untyped-def]
            put = super().put_if_absent(key, data, on_progress)
            self.refused += not put.ours
            return put

        def replace(self, key, data, version):  # type: ignore[no-untyped-def]
            self.refused += 1
            stored = super().replace(key, data, version)
            self.refused -= 1
            return stored

    counting = Counting(store)
    take(store=counting).release()
    assert counting.refused == 2
    take(store=counting)
    assert counting.refused == 4


def test_why_not_even_a_claim_or_a_journal_would_hold(dishonest: Dishonest, shelf: Store) -> None:
    honest = "if-none-match" not in dishonest.ignores
    archive = Archive(shelf, TARGET)
    assert archive.claim("p", RUN) is None
    assert archive.claim("p", OTHER) == (RUN if honest else None), "both would have the plan"
    first = Journal.create(shelf, RUN, clock=lambda: 1e9, body={})
    second = Journal.open(shelf, RUN, clock=lambda: 1e9)
    first.append("intent", {"step": 0})
    if honest:
        with pytest.raises(RunTaken):
            second.append("intent", {"step": 0})
        return
    second.append("intent", {"step": 0})
    first.append("outcome", {"step": 0})
    with pytest.raises(InvalidInput, match="does not follow"):  # too late, but found
        Journal.open(shelf, RUN, clock=lambda: 1e9)
