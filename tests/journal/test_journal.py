import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.canonical import sha256
from migrate.errors import Exit, InvalidInput, StoreFailed
from migrate.journal import (
    Entry,
    Journal,
    RunTaken,
    is_unfinished,
    list_runs,
    new_run_id,
    summary,
)
from migrate.stores.base import Progress, Put, Store
from migrate.stores.scoped import ScopedStore
from tests.stores.shelves import Hand

RUN = "20261122T134501Z-3f9a2c"


def clock() -> float:
    return 1_800_000_000.9


def begin(store: Store, run: str = RUN) -> Journal:
    return Journal.create(store, run, clock=clock, body={"plan": "p1"}, version="1.2.3")


def reopen(store: Store, run: str = RUN) -> Journal:
    return Journal.open(store, run, clock=clock)


@dataclass(frozen=True)
class Meddler:
    """Somebody who damages the journal of RUN."""

    store: Store
    hand: Hand

    def write(self, number: int, data: bytes) -> None:
        self.hand.write(key_of(number), data)

    def remove(self, number: int) -> None:
        self.hand.remove(key_of(number))

    def change(self, number: int, act: Callable[[dict[str, Any]], object]) -> None:
        stored = self.store.get(key_of(number))
        assert stored is not None
        value = json.loads(stored.data)
        act(value)
        self.write(number, json.dumps(value).encode())


def key_of(number: int) -> str:
    return f"runs/{RUN}/{number:04d}.json"


def test_what_is_written_can_be_read(store: Store) -> None:
    journal = begin(store)
    journal.append("intent", {"step": 1})
    journal.append("outcome", {"step": 1, "outcome": {"fileId": "f"}})
    again = reopen(store)
    assert again.entries == journal.entries
    assert [entry.kind for entry in again.entries] == ["started", "intent", "outcome"]
    assert again.entries[0].body == {"plan": "p1"}
    assert again.entries[0].time == "2027-01-15T08:00:00Z"
    assert again.entries[0].version == "1.2.3"


def test_the_bytes_in_the_store(store: Store) -> None:
    journal = begin(store)
    journal.append("intent", {"step": 1})
    first, second = (store.get(f"runs/{RUN}/000{number}.json") for number in (0, 1))
    assert first is not None
    assert second is not None
    value = json.loads(second.data)
    assert value == {
        "formatVersion": 1,
        "run": RUN,
        "number": 1,
        "kind": "intent",
        "time": "2027-01-15T08:00:00Z",
        "version": "1.2.3",
        "writer": journal.entries[0].writer,
        "previous": sha256(first.data),
        "body": {"step": 1},
    }
    assert json.loads(first.data)["previous"] is None


def test_a_run_goes_on_after_it_is_opened(store: Store) -> None:
    begin(store).append("intent", {"step": 1})
    journal = reopen(store)
    journal.append("outcome", {"step": 1})
    assert journal.entries[2].writer != journal.entries[1].writer
    assert reopen(store).entries == journal.entries


def test_two_processes_do_not_write_one_run(store: Store) -> None:
    begin(store)
    with pytest.raises(RunTaken) as caught:
        begin(store)
    assert caught.value.exit_code is Exit.BLOCKED
    one, two = reopen(store), reopen(store)
    one.append("intent", {"step": 1})
    with pytest.raises(RunTaken, match="another process"):
        two.append("intent", {"step": 1})
    assert len(reopen(store).entries) == 2


def test_an_entry_reported_as_lost_that_landed_is_our_own(store: Store) -> None:
    class Flaky(ScopedStore):
        down = False

        def put_if_absent(self, key: str, data: bytes, on_progress: Progress | None = None) -> Put:
            put = super().put_if_absent(key, data, on_progress)
            if self.down:
                raise StoreFailed("the answer did not come")
            return put

    flaky = Flaky(store, "shelf")
    journal = Journal.create(flaky, RUN, clock=iter(range(9)).__next__, body={})
    flaky.down = True
    with pytest.raises(StoreFailed):
        journal.append("intent", {"step": 1})
    flaky.down = False
    journal.append("note", {"text": "stopped"})
    assert [entry.kind for entry in journal.entries] == ["started", "intent", "note"]
    assert reopen(flaky).entries == journal.entries


def test_many_entries_keep_their_order(store: Store) -> None:
    journal = begin(store)
    for number in range(12):
        journal.append("note", {"number": number})
    store.put_if_absent(f"runs/{RUN}/report.json", b"{}")
    assert [entry.number for entry in reopen(store).entries] == list(range(13))


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda meddler: meddler.remove(1), "entry 0001 is missing"),
        (lambda meddler: meddler.remove(0), "entry 0000 is missing"),
        (
            lambda meddler: meddler.change(1, lambda v: v["body"].update(step=9)),
            "0002 does not follow",
        ),
        (
            lambda meddler: meddler.change(1, lambda v: v.update(previous=None)),
            "0001 does not follow",
        ),
        (
            lambda meddler: meddler.change(0, lambda v: v.update(previous="x")),
            "0000 does not follow",
        ),
        (
            lambda meddler: meddler.change(2, lambda v: v.update(run="other")),
            "another place",
        ),
        (
            lambda meddler: meddler.change(2, lambda v: v.update(number=1)),
            "another place",
        ),
        (
            lambda meddler: meddler.change(2, lambda v: v.update(formatVersion=2)),
            "newer version",
        ),
        (lambda meddler: meddler.change(2, lambda v: v.pop("formatVersion")), "missing"),
        (lambda meddler: meddler.change(2, lambda v: v.pop("writer")), "missing"),
        (lambda meddler: meddler.change(2, lambda v: v.update(kind="x")), "kind"),
        (lambda meddler: meddler.change(2, lambda v: v.update(kind=[])), "kind"),
        (lambda meddler: meddler.change(2, lambda v: v.update(body=[])), "body"),
        (lambda meddler: meddler.change(2, lambda v: v["body"].pop("step")), "step"),
        (lambda meddler: meddler.write(2, b"[]"), "no object"),
        (lambda meddler: meddler.write(2, b"{"), "cut off"),
        (lambda meddler: meddler.write(2, b""), "empty"),
    ],
)
def test_a_damaged_journal_is_refused(
    store: Store, hand: Hand, damage: Callable[[Meddler], object], words: str
) -> None:
    journal = begin(store)
    journal.append("intent", {"step": 1})
    journal.append("outcome", {"step": 1})
    damage(Meddler(store, hand))
    with pytest.raises(InvalidInput, match=words) as caught:
        reopen(store)
    assert RUN in caught.value.where
    assert caught.value.remedy


@pytest.mark.parametrize("run", ["", "x", "../x", RUN.lower(), f"{RUN}/0", f"{RUN}\n"])
def test_what_is_no_run_id_is_refused(store: Store, run: str) -> None:
    with pytest.raises(InvalidInput, match="no run id"):
        reopen(store, run)
    with pytest.raises(InvalidInput, match="no run id"):
        begin(store, run)
    with pytest.raises(InvalidInput, match="no run id"):
        is_unfinished(store, run)


def test_a_run_that_is_not_there(store: Store) -> None:
    with pytest.raises(InvalidInput, match=f"no run {RUN}"):
        reopen(store)


@pytest.mark.parametrize(
    ("kind", "body"),
    [("begun", {}), ("intent", {}), ("outcome", {"step": "1"}), ("intent", {"step": True})],
)
def test_a_malformed_entry_is_a_bug_and_not_written(
    store: Store, kind: str, body: dict[str, object]
) -> None:
    journal = begin(store)
    with pytest.raises(ValueError, match=kind):
        journal.append(kind, body)
    assert len(reopen(store).entries) == 1


def test_run_ids_sort_by_time() -> None:
    assert new_run_id(1_795_355_101, "a2c") == "20261122T134501Z-000a2c"
    assert new_run_id(1_795_355_101.5, "a2c") == "20261122T134501Z-800a2c"


def test_runs_are_listed_newest_first(store: Store) -> None:
    assert list_runs(store) == ()
    runs = [f"2026112{day}T134501Z-3f9a2c" for day in (2, 4, 3)]
    for run in runs:
        begin(store, run)
    store.put_if_absent("runs/notes.txt", b"")
    store.put_if_absent(f"runs/{RUN[:-1]}f/report.json", b"{}")
    store.put_if_absent("runs/other/0000.json", b"{}")
    assert list_runs(store) == tuple(sorted(runs, reverse=True))


def test_a_run_is_unfinished_from_its_first_intent_to_its_end(store: Store) -> None:
    assert not is_unfinished(store, RUN)
    journal = begin(store)
    assert not is_unfinished(store, RUN)
    journal.append("intent", {"step": 1})
    assert is_unfinished(store, RUN)
    journal.append("outcome", {"step": 1})
    assert is_unfinished(store, RUN)
    journal.append("finished", {"result": "done"})
    journal.append("note", {})
    assert not is_unfinished(store, RUN)
    assert journal.summary.finished
    assert journal.summary.result == "done"
    journal.append("intent", {"step": 2})
    assert is_unfinished(store, RUN)
    assert journal.summary.result is None
    journal.append("abandoned", {"reason": "enough"})
    assert not is_unfinished(store, RUN)
    assert journal.summary.abandoned
    assert not journal.summary.finished


KINDS = st.tuples(st.sampled_from(["intent", "outcome", "note"]), st.integers(1, 3))


@given(st.lists(KINDS, max_size=10))
def test_a_step_is_known_by_its_newest_entry(story: list[tuple[str, int]]) -> None:
    entries = [
        Entry(RUN, number, kind, "", "", "", None, {"step": step}, "")
        for number, (kind, step) in enumerate(story)
    ]
    folded = summary(entries)
    for step in (1, 2, 3):
        words = [kind for kind, about in story if about == step and kind != "note"]
        assert (step in folded.intended) == bool(words)
        assert (step in folded.done) == (words[-1:] == ["outcome"])
        assert (step in folded.unknown) == (words[-1:] == ["intent"])
    assert folded.unfinished == bool(folded.intended)
