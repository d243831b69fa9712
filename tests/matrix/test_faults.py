"""Every request to the target meets every kind of trouble, in both modes.

The run ends exact, or it says truthfully how it left the target, and then `resume` ends it exact;
and `rollback` brings back what was there.
"""

from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

from migrate import pace
from migrate.pipeline import resuming
from tests.cli.world import Ran, World, plain_environment, world_on
from tests.matrix.worst import (
    SCENARIOS,
    WHOLE,
    Boxes,
    Named,
    Record,
    Scenario,
    Tally,
    boxes,
    last_run,
    named,
    scenario,
    set_back,
    taken_back,
)

__all__ = ["boxes", "plain_environment", "scenario"]

ANYWHERE = {
    "refused": {},
    "reset_before": {},
    "reset_after": {},
    "timeout_before": {"seconds": 2},
    "timeout_after": {"seconds": 2},
    "timeout_late": {"seconds": 0.6},
    "429_retry_after": {"seconds": 1},
    "429_bare": {},
    "500": {},
    "500_after": {},
    "502_html": {},
    "502_html_after": {},
    "200_html": {},
    "200_html_after": {},
    "200_cut_json": {},
    "slow_body": {"seconds": 2},
}
"""The kinds of trouble, and how long each lasts where that is not the time of an answer."""

OF_FAIRCOM = ("error_before", "error_after", "session_lost", "wrong_request_id", "no_token")
OF_FAIRCOM += ("200_empty", "wrong_content_length", "assign_partial", "assign_half")
OF_FAIRCOM += ("assign_ignored", "assign_odd_warnings")

FAULTS: dict[str, dict[str, dict[str, float]]] = {
    "kore": {**ANYWHERE, "rate_message": {}},
    "faircom": {**ANYWHERE, **{fault: {} for fault in OF_FAIRCOM}},
}
"""With each platform's own. That a list lacks somebody, or their roles, can't be seen in it."""

PARTS = 2 if not WHOLE else 16
STRIDE = 67
"""Of so many cases one is tried in a sample."""


@pytest.fixture
def world(
    boxes: Boxes, scenario: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    monkeypatch.setattr(pace, "DEFAULT_HOLD", 0.3)  # a minute in life
    monkeypatch.setattr(resuming, "CLOCKS_DIFFER", 0.5)  # a minute in life
    with world_on(boxes(scenario), tmp_path / "work") as made:
        made.configure(timeout="0.4", verify_timeout="1.5")
        yield made


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("name", SCENARIOS)
def test_every_request_meets_every_trouble(
    world: World, scenario: Scenario, name: str, part: int, record_property: Record
) -> None:
    tally, start, faults = Tally(record_property), world.state(), FAULTS[scenario.platform]
    before = named(world)
    set_back(world, start, scenario, 0)
    seen = world.last()
    assert world.run(*scenario.words).code == 0
    after, calls = named(world), world.calls("prod", seen)
    assert len(calls) > (12 if scenario.platform == "kore" else 7)
    cases = list(product(range(len(calls)), faults))
    step = PARTS if WHOLE else PARTS * STRIDE
    first = part if WHOLE else part * STRIDE
    for number in range(first, len(cases), step):
        call, fault = cases[number]
        case = f"{name}, {fault} at {call}: {calls[call]}"
        set_back(world, start, scenario, number + 1)
        armed = {"fault": fault, "environment": "prod", "nth": call + 1, **faults[fault]}
        world.control("/faults", [armed])
        ran = world.run(*scenario.words)
        world.control("/faults", [])
        tally.count(case, *judged(world, scenario, ran, before, after))
    assert not tally.lost, "\n".join(tally.lost)


def judged(
    world: World, scenario: Scenario, ran: Ran, before: Named, after: Named
) -> tuple[str, str]:
    """Whether a run that met trouble was exact, or truthful and could be brought to its end."""
    verdict = "exact"
    if ran.code == 7:
        if named(world) != before or "target: unchanged" not in ran.err:
            return "lost", f"7, and prod is not as it was: {ran.err}"
        verdict, again = "refused", world.run(*scenario.words)
        if again.code != 0:
            return "lost", f"7, and then {again.code}: {again.err}"
    elif ran.code in (8, 9):
        words = ["resume", last_run(world), "--yes"] if ran.code == 8 else scenario.words
        verdict, again = "refused", world.run(*[str(word) for word in words])
        if again.code != 0:
            return "lost", f"{ran.code}: {ran.err}\nand then {again.code}: {again.err}"
    elif ran.code != 0:
        return "lost", f"{ran.code}: {ran.err}"
    if named(world) != after:
        return "lost", f"not exact: {ran.err}"
    if ran.code == 9:
        return verdict, ""  # there are two runs to take back
    back = taken_back(world)
    if back is None or back.code != 0 or named(world) != before:
        return "lost", f"not taken back: {back.err if back else 'no run'}"
    return verdict, ""
