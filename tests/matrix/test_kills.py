"""SIGKILL before and after every write to the store and every request; then resume; and, from the
same point again, rollback."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from migrate.pipeline import resuming
from tests.cli.world import World, plain_environment, world_on
from tests.matrix.victim import Death, Victims, victims
from tests.matrix.worst import (
    SCENARIOS,
    WHOLE,
    Boxes,
    Named,
    Record,
    Scenario,
    Tally,
    boxes,
    ended,
    expire,
    named,
    scenario,
    set_back,
    taken_back,
)

__all__ = ["boxes", "plain_environment", "scenario"]

PARTS = 2 if not WHOLE else 16
STRIDE = 31
"""Of so many moments one is tried in a sample."""


@pytest.fixture
def world(
    boxes: Boxes, scenario: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    monkeypatch.setattr(resuming, "CLOCKS_DIFFER", 0.5)  # a minute in life
    with world_on(boxes(scenario), tmp_path / "work") as made:
        made.configure(timeout="0.4", verify_timeout="1")
        yield made


@pytest.fixture(scope="module")
def forked() -> Iterator[Victims]:
    with victims() as process:
        yield process


@dataclass(frozen=True)
class Case:
    """A scenario from its start."""

    world: World
    scenario: Scenario
    start: Any
    victims: Victims

    def killed(self, number: int, moment: int | None) -> Death:
        set_back(self.world, self.start, self.scenario, number)
        words = ["--config", str(self.world.config), *self.scenario.words]
        return self.victims.run(words, self.world.folder, moment)


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("name", SCENARIOS)
def test_a_run_killed_at_any_moment_can_be_ended_and_can_be_taken_back(
    *,
    world: World,
    scenario: Scenario,
    forked: Victims,
    name: str,
    part: int,
    record_property: Record,
) -> None:
    tally = Tally(record_property)
    one, before = Case(world, scenario, world.state(), forked), named(world)
    whole = one.killed(0, None)
    assert whole.code == 0, whole.err
    after = named(world)
    assert after != before
    assert len(whole.moments) > (60 if scenario.platform == "kore" else 40)
    step = PARTS if WHOLE else PARTS * STRIDE
    first = part if WHOLE else part * STRIDE
    for moment in range(first, len(whole.moments), step):
        case = f"{name}, {moment}: {whole.moments[moment]}"
        for way in ("resume", "rollback"):
            number = 2 * moment + (2 if way == "resume" else 3)
            death = one.killed(number, moment)
            assert death.code is None, f"{case}: it lived"
            expire(world)
            tally.count(case, *judged(world, way, scenario, before, after))
    assert not tally.lost, "\n".join(tally.lost)


def judged(
    world: World, way: str, scenario: Scenario, before: Named, after: Named
) -> tuple[str, str]:
    """What became of a run that was killed."""
    if way == "resume":
        ran, wanted = ended(world, scenario), after
    else:
        back = taken_back(world)
        if back is None:
            return ("exact", "") if named(world) == before else ("lost", "changed without a run")
        ran, wanted = back, before
    if ran.code != 0:
        return "lost", f"{way} ended in {ran.code}: {ran.err}"
    if named(world) != wanted:
        return "lost", f"{way} ended in 0, and prod is not as it should be: {ran.err}"
    again = world.run(*scenario.words)
    if again.code != 0 or named(world) != after:
        return "lost", f"after {way} the next promotion ended in {again.code}: {again.err}"
    told = world.run("log", "--env", "prod", "--format", "json")
    runs = [each["run"] for each in told.json()["runs"]] if told.code == 0 else []
    if not runs or len(set(runs)) != len(runs):
        return "lost", f"after {way} the history has {runs}: {told.err}"
    return "exact", ""
