"""When an environment was seen to hold what: an object per change, none while nothing moves."""

from dataclasses import replace

import pytest

from migrate.archive import Archive, captures
from migrate.archive.captures import Sighting
from migrate.digests import state_digest
from migrate.errors import InvalidInput
from migrate.model import People, Principal, PrincipalKind, Role, Section, Snapshot, State
from migrate.stores.base import Store
from tests.core.strategies import snapshot

DAYS = [f"2026-01-{day:02}T02:00:00Z" for day in range(1, 10)]


def taken(at: str, value: str, *, people: bool = True) -> Snapshot:
    role = Role("admin", "Auditor", "reads", {"Invite": value}, id="r1")
    ann = Principal(PrincipalKind.USER, "ann@example.com", "u1")
    held = People("a1", {("user", ann.name): ann}, {}, frozenset()) if people else None
    made = snapshot(State({"admin": Section.of((role,))}, held), "prod")
    return replace(made, captured_at=at)


@pytest.fixture
def archive(store: Store) -> Archive:
    return Archive(store, taken(DAYS[0], "YES").identity)


def seen(archive: Archive, at: str, value: str, *, people: bool = True) -> str:
    one = taken(at, value, people=people)
    digest = archive.save_snapshot(one)
    archive.mark_last(digest, one)
    return digest


def kept(archive: Archive) -> list[str]:
    return list(archive.store.list("captures/"))


def test_one_object_per_change_and_how_long_each_held(archive: Archive) -> None:
    yes = seen(archive, DAYS[0], "YES")
    assert captures.around(archive, DAYS[0]) == (Sighting(yes, DAYS[0], DAYS[0]), None)
    for day in DAYS[1:4]:
        seen(archive, day, "YES")
    assert len(kept(archive)) == 1
    assert captures.around(archive, DAYS[8]) == (Sighting(yes, DAYS[0], DAYS[3]), None)
    no = seen(archive, DAYS[5], "NO")
    first, second = Sighting(yes, DAYS[0], DAYS[3]), Sighting(no, DAYS[5], DAYS[5])
    for day in DAYS[:5]:
        assert captures.around(archive, day) == (first, second)
    assert captures.around(archive, DAYS[5]) == (second, None)
    # And back to what it was: that is a change, too.
    assert seen(archive, DAYS[6], "YES") == yes
    assert len(kept(archive)) == 3
    assert kept(archive)[2] == f"captures/20260107T020000Z-{yes}.json"


def test_before_the_first_there_is_only_the_next(archive: Archive) -> None:
    assert captures.around(archive, DAYS[0]) == (None, None)
    digest = seen(archive, DAYS[3], "YES")
    assert captures.around(archive, DAYS[2]) == (None, Sighting(digest, DAYS[3], DAYS[3]))


def test_a_capture_without_people_is_the_last_and_is_not_noted(archive: Archive) -> None:
    digest = seen(archive, DAYS[0], "YES")
    bare = seen(archive, DAYS[1], "YES", people=False)
    last = archive.last_snapshot()
    assert last is not None
    assert state_digest(last[0].state) == bare
    seen(archive, DAYS[2], "YES")
    assert len(kept(archive)) == 1
    assert captures.around(archive, DAYS[2])[0] == Sighting(digest, DAYS[0], DAYS[2])


def test_a_clock_that_runs_backwards_makes_no_capture_last_longer_than_is_sure(
    archive: Archive,
) -> None:
    seen(archive, DAYS[4], "YES")
    seen(archive, DAYS[5], "YES")
    no = seen(archive, DAYS[1], "NO")
    assert captures.around(archive, DAYS[3])[0] == Sighting(no, DAYS[1], DAYS[1])


def test_what_stood_for_the_last_before_there_were_captures_is_no_obstacle(
    archive: Archive,
) -> None:
    digest = archive.save_snapshot(taken(DAYS[0], "YES"))
    old = b'{"snapshot":"%s","capturedAt":"%s"}' % (digest.encode(), DAYS[0].encode())
    archive.store.put_if_absent(captures.LAST, old)
    assert archive.last_snapshot() is not None
    seen(archive, DAYS[1], "YES")
    assert len(kept(archive)) == 1


@pytest.mark.parametrize("damage", [b"{", b"[]", b"{}", b'{"snapshot":"x","capturedAt":7}'])
def test_a_damaged_last_is_written_anew(archive: Archive, damage: bytes) -> None:
    archive.store.put_if_absent(captures.LAST, damage)
    with pytest.raises(InvalidInput):
        captures.last(archive)
    digest = seen(archive, DAYS[1], "YES")
    assert captures.around(archive, DAYS[1])[0] == Sighting(digest, DAYS[1], DAYS[1])
