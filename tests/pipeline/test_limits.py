"""Promotions under the platform's limits, on a clock that only waits move on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from migrate import resources
from migrate.errors import PartlyApplied, RateLimited
from migrate.model import Assignments
from migrate.sandbox import Sandbox
from tests.cli.world import EXPORT, IMPORT, UPLOAD, USERS, World, world_on
from tests.pipeline.elapsed import Elapsed

FORMS = ("retry_after", "bare", "message")
FAULTS = {"retry_after": "429_retry_after", "bare": "429_bare", "message": "rate_message"}


@pytest.fixture(scope="module")
def peopled_box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    states = {name: resources.seed(name) for name in ("dev", "prod")}
    with Sandbox(states, tmp_path_factory.mktemp("box"), s3=False) as box:
        yield box


@pytest.fixture
def peopled(peopled_box: Sandbox, tmp_path: Path) -> Iterator[World]:
    """Accounts with some hundred users, whose lists take many pages."""
    with world_on(peopled_box, tmp_path / "work") as made:
        for name in ("dev", "prod"):
            made.switch(name, largest_page=12)
        yield made


@pytest.mark.parametrize("form", FORMS)
def test_beside_another_client_it_takes_what_is_left_with_a_handful_of_refusals(
    peopled: World, form: str
) -> None:
    peopled.configure(limits="{ per_minute = 12, per_hour = 100000 }")
    peopled.switch(limit_per_minute=12, rate_limit=form)
    elapsed = Elapsed(peopled, every=10)  # half of what is allowed
    elapsed.others_before(6)
    start = elapsed.seconds
    record, error = elapsed.promote(Assignments.MERGE)
    assert error is None
    assert record.result == "done"
    calls = elapsed.ours().count(200)
    assert calls > 60
    assert 1 <= elapsed.refusals() <= 6
    assert elapsed.seconds - start <= 1.3 * calls * 10


@pytest.mark.parametrize("form", FORMS)
def test_alone_it_is_never_refused(peopled: World, form: str) -> None:
    for name in ("dev", "prod"):
        peopled.configure(name, limits="{ per_minute = 12, per_hour = 100000 }")
        peopled.switch(name, limit_per_minute=12, rate_limit=form)
    elapsed = Elapsed(peopled)
    record, error = elapsed.promote(Assignments.MERGE)
    assert error is None
    assert record.result == "done"
    assert (elapsed.refusals("dev"), elapsed.refusals("prod")) == (0, 0)
    minutes = sum((len(elapsed.ours(name)) - 1) // 12 for name in ("dev", "prod"))
    assert elapsed.seconds <= 62 * minutes
    assert {reason for _, reason in elapsed.waits} == {"the limit of 12 calls a minute is reached"}


PLACES = [
    ("dev", EXPORT, {}),
    ("prod", EXPORT, {"roleType": "bot"}),
    ("prod", USERS, {}),
    ("prod", UPLOAD, {}),
    ("prod", IMPORT, {"roleType": "admin"}),
    ("prod", IMPORT, {"roleType": "bot"}),
]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("name", "path", "query"), PLACES)
@pytest.mark.parametrize("times", [1, 3])
def test_a_refusal_anywhere_is_waited_out_and_the_call_made_once(
    world: World, form: str, name: str, path: str, query: dict[str, str], times: int
) -> None:
    world.fault(FAULTS[form], path, environment=name, query=query, times=times, seconds=7)
    elapsed = Elapsed(world)
    record, error = elapsed.promote()
    assert error is None
    assert record.result == "done"
    world.assert_promoted()
    assert elapsed.refusals(name) == times
    # What the first refusal asks for counts; where that was not enough, a minute.
    first = 7 if form == "retry_after" else 60
    later = [60, first] if form == "retry_after" else [60, 60]
    seconds = [round(waited) for waited, _ in elapsed.waits]
    assert seconds == [first, *later][:times]
    assert "rate limit" in elapsed.waits[0][1].lower()
    assert "calls a minute at first" in elapsed.waits[0][1]
    imports = [call for call in world.calls("prod") if call.startswith("POST import")]
    assert len(imports) == 2 + (times if path == IMPORT else 0)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("calls", [4, 5, 6, 7, 8])
def test_an_hour_that_is_spent_on_the_way_is_a_point_to_go_on_from(
    world: World, form: str, calls: int
) -> None:
    world.switch(limit_per_hour=calls, rate_limit=form)
    elapsed = Elapsed(world)
    record, error = elapsed.promote()
    assert "UTC on, in " in str(error)
    elapsed.sleep(3601)
    world.switch(limit_per_hour=1800)
    if calls < 5:  # the first import is the fifth
        assert isinstance(error, RateLimited)
        assert error.target == "unchanged"
        assert error.retry_after is not None
        assert 3500 < error.retry_after <= 3601
        assert elapsed.promote()[0].result == "done"
    else:
        assert isinstance(error, PartlyApplied)
        assert f"role-migrate resume {record.run_id}" in error.remedy
        assert elapsed.resume(record.run_id).result == "done"
    world.assert_promoted()


def test_what_the_hour_has_no_room_for_is_said_before_anything_is_written(world: World) -> None:
    world.configure(limits="{ per_minute = 60, per_hour = 6 }")
    elapsed = Elapsed(world)
    record, error = elapsed.promote()
    warnings = [line for line in elapsed.told if line.startswith("warning: ")]
    assert len(warnings) == 1
    assert "4 calls or more are to be made" in warnings[0]
    assert "leave 3 for this hour" in warnings[0]
    assert elapsed.told.index(warnings[0]) < next(
        number for number, line in enumerate(elapsed.told) if line.startswith("upload: ")
    )
    assert isinstance(error, PartlyApplied)
    assert "the limit of 6 calls an hour is reached" in str(error)
    assert f"role-migrate resume {record.run_id}" in error.remedy
    assert elapsed.refusals() == 0
    world.configure(limits="{ per_minute = 60, per_hour = 1800 }")
    assert elapsed.resume(record.run_id).result == "done"
    world.assert_promoted()


def test_two_names_for_one_account_have_one_budget_and_the_smaller_limits(world: World) -> None:
    world.configure("dev", limits="{ per_minute = 50, per_hour = 900 }")
    world.settings["twin"] = {
        **world.settings["dev"],
        "limits": "{ per_minute = 60, per_hour = 800 }",
    }
    world.write()
    with Elapsed(world).connected() as connections:
        dev, twin, prod = (
            connections.shared(connections.config.environment(name))
            for name in ("dev", "twin", "prod")
        )
        assert dev is twin
        assert dev.pace is not prod.pace
        assert dev.pace.left() == 800
        connections.reader(connections.config.environment("twin")).capture()
        assert dev.pace.left() == 798
        writer = connections.writer(connections.config.environment("prod"))
        writer.capture()
        assert writer.room(()) == (0, prod.pace.left())
        assert prod.pace.left() == 1_000_000 - 2
