"""What somebody changed, cut or swapped in the store is not taken for what was written."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from migrate import planfile
from migrate.archive import Archive, folder_of
from migrate.canonical import dumps_pretty, sha256
from migrate.errors import InvalidInput, PlanStale
from migrate.model import Capture, Role, Section, Snapshot, State
from migrate.pipeline.checks import known
from migrate.snapshot import to_value
from migrate.stores.base import Store
from tests.core.strategies import snapshot
from tests.core.test_reports import plan_of
from tests.stores.shelves import Hand

RUN, OTHER = "20261122T134501Z-3f9a2c", "20261122T150000Z-aaaaaa"


def taken(name: str) -> Snapshot:
    role = Role("admin", name, "reads", {"Invite": "YES"}, id="r1")
    return snapshot(State({"admin": Section(Capture.CAPTURED, (role,))}), "prod")


BACKUP = taken("Auditor")


@pytest.fixture
def archive(store: Store) -> Archive:
    return Archive(store, BACKUP.identity)


@pytest.fixture
def meddle(hand: Hand) -> Callable[[str, bytes | None], None]:
    """Somebody writes under a key of the shelf, or removes what is there."""

    def act(key: str, data: bytes | None) -> None:
        whole = f"{folder_of(BACKUP.identity)}/{key}"
        if data is None:
            hand.remove(whole)
        else:
            hand.write(whole, data)

    return act


Meddle = Callable[[str, bytes | None], None]
Change = Callable[[bytes], bytes]


def renamed(data: bytes) -> bytes:
    return data.replace(b"Auditor", b"AUDITOR")


def forged(data: bytes) -> bytes:
    """Another sound state, whose digests are right."""
    return dumps_pretty(to_value(taken("Intruder")))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (renamed, "digests do not match"),
        (forged, "not the one that its name says"),
        (lambda data: data[: len(data) // 2], "cut off"),
        (lambda _: b"", "empty"),
        (lambda _: b"<html>Please log in</html>", "JSON"),
        (lambda _: b"{}", "this is no snapshot"),
        (lambda data: data.replace(b"capturedAt", b"taken"), "no sound snapshot"),
    ],
)
def test_a_backup_whose_digest_is_wrong(
    store: Store, archive: Archive, meddle: Meddle, change: Change, words: str
) -> None:
    digest = archive.save_snapshot(BACKUP)
    elsewhere = Archive(store, BACKUP.identity)
    assert elsewhere.load_snapshot(digest) == BACKUP
    key = f"snapshots/{digest}.json"
    stored = archive.store.get(key)
    assert stored is not None
    meddle(key, change(stored.data))
    with pytest.raises(InvalidInput, match=words) as caught:
        elsewhere.load_snapshot(digest)
    assert key in caught.value.where
    assert store.location in caught.value.where
    assert caught.value.remedy


def test_a_backup_that_is_gone(store: Store, archive: Archive, meddle: Meddle) -> None:
    digest = archive.save_snapshot(BACKUP)
    meddle(f"snapshots/{digest}.json", None)
    assert Archive(store, BACKUP.identity).load_snapshot(digest) is None


def test_a_snapshot_is_not_read_again_while_it_is_in_use(store: Store, meddle: Meddle) -> None:
    archive = Archive(store, BACKUP.identity)
    mine = taken("Reader")
    digest = archive.save_snapshot(mine)
    assert archive.load_snapshot(digest) is mine
    meddle(f"snapshots/{digest}.json", None)
    assert archive.load_snapshot(digest) is mine
    del mine
    assert archive.load_snapshot(digest) is None


def test_a_backup_is_there_after_it_was_saved_whatever_became_of_an_earlier_one(
    store: Store, archive: Archive, meddle: Meddle
) -> None:
    digest = archive.save_snapshot(BACKUP)
    meddle(f"snapshots/{digest}.json", None)
    archive.save_snapshot(BACKUP)
    assert Archive(store, BACKUP.identity).load_snapshot(digest) == BACKUP


def test_a_plan_is_there_for_whoever_goes_on_and_it_is_that_one(
    archive: Archive, meddle: Meddle
) -> None:
    plan = plan_of(2)
    known(plan, archive)
    assert archive.load_plan(plan.id) == plan
    known(plan, archive)
    meddle(f"plans/{plan.id}.json", None)
    known(plan, archive)
    assert archive.load_plan(plan.id) == plan
    meddle(f"plans/{plan.id}.json", b"{}")
    with pytest.raises(InvalidInput, match="plan"):
        known(plan, archive)
    other = replace(plan, created_at="2020-01-31T12:00:01Z")
    meddle(f"plans/{plan.id}.json", dumps_pretty(planfile.to_value(other)))
    with pytest.raises(PlanStale, match="not the one"):
        known(plan, archive)


@pytest.mark.parametrize(
    ("data", "words"), [(b"[1]", "not what was written"), (b"", "not what"), (None, "gone")]
)
def test_an_import_file_that_is_not_what_was_sent(
    archive: Archive, meddle: Meddle, data: bytes | None, words: str
) -> None:
    digest = sha256(b"[]")
    archive.save_import(digest, b"[]")
    assert archive.load_import(digest) == b"[]"
    meddle(f"imports/{digest}.json", data)
    with pytest.raises(InvalidInput, match=words) as caught:
        archive.load_import(digest)
    assert digest in caught.value.where
    assert "older versions" in caught.value.remedy


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b'{"run":7,"released":false}', b'{"run":"x"}', b"null"]
)
def test_a_claim_that_cannot_be_read_is_nobodys_to_take(
    archive: Archive, meddle: Meddle, data: bytes
) -> None:
    assert archive.claim("p", RUN) is None
    meddle("plans/p.claim", data)
    for attempt in (
        lambda: archive.claim("p", OTHER),
        lambda: archive.claimed_by("p"),
        lambda: archive.release_claim("p", RUN),
    ):
        with pytest.raises(InvalidInput) as caught:
            attempt()
        assert "plans/p.claim" in caught.value.where
    stored = archive.store.get("plans/p.claim")
    assert stored is not None
    assert stored.data == data


def test_a_claim_is_taken_once_and_given_back_by_its_own_run_only(archive: Archive) -> None:
    assert archive.claim("p", RUN) is None
    assert archive.claim("p", RUN) is None, "a retried claim is our own"
    assert archive.claim("p", OTHER) == RUN
    archive.release_claim("p", OTHER)
    assert archive.claimed_by("p") == RUN
    archive.release_claim("p", RUN)
    assert archive.claimed_by("p") is None
    assert archive.claim("p", OTHER) is None
    assert archive.claim("p", RUN) == OTHER


def test_what_a_claim_holds(archive: Archive) -> None:
    archive.claim("p", RUN)
    stored = archive.store.get("plans/p.claim")
    assert stored is not None
    assert json.loads(stored.data) == {"run": RUN, "released": False}
