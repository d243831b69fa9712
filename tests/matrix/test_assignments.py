"""Assignments under every combination of what nobody knows, and replayed call by call.

A promotion ends exact by name or refuses clearly and changes nothing; a second one writes nothing.
Between any two of its calls nobody's access leaves the bounds that DESIGN 4.3 sets, but for what
the plan has named, and for members that an import drops, whom the very next calls put back. What
is desired, and who may do what, is worked out here from the sandbox's states alone.
"""

import itertools
import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from covertable import make
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from migrate.sandbox import Sandbox
from tests.cli.world import LOOK_UP, World, plain_environment, world_on
from tests.matrix.faircom_members import FAIRCOM
from tests.matrix.kore_members import KORE
from tests.matrix.members import Drawn, Grants, Platform

__all__ = ["plain_environment"]

PLATFORMS: dict[str, Platform] = {"kore": KORE, "faircom": FAIRCOM}
CASES: dict[str, list[dict[str, Any]]] = {
    name: make(platform.dimensions, strength=2) for name, platform in PLATFORMS.items()
}
Boxes = Callable[[str], Sandbox]


@pytest.fixture(scope="module")
def boxes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Boxes]:
    """A sandbox of each platform, started when it is first asked for."""
    started: dict[str, Sandbox] = {}
    with ExitStack() as stack:

        def box(name: str) -> Sandbox:
            if name not in started:
                states = {"dev": PLATFORMS[name].dev, "prod": PLATFORMS[name].prod}
                made = Sandbox(states, tmp_path_factory.mktemp("box"), s3=False)
                started[name] = stack.enter_context(made)
            return started[name]

        yield box


@pytest.mark.parametrize("name", PLATFORMS)
def test_every_pair_of_values_is_among_the_cases(name: str) -> None:
    dimensions = PLATFORMS[name].dimensions
    for names in itertools.combinations(dimensions, 2):
        met = {tuple(case[name] for name in names) for case in CASES[name]}
        assert met == set(itertools.product(*(dimensions[name] for name in names))), names


def _named(value: Any) -> str:
    if isinstance(value, str):
        return value
    platform = next(PLATFORMS[name] for name, cases in CASES.items() if value in cases)
    plain = {name: values[0] for name, values in platform.dimensions.items()}
    odd = [f"{name}={each}" for name, each in value.items() if each != plain[name]]
    return ",".join(odd) or "plain"


@pytest.mark.parametrize(
    ("name", "case"),
    [(name, case) for name, cases in CASES.items() for case in cases],
    ids=_named,
)
def test_members_end_exact_by_name_and_a_second_run_writes_nothing(
    boxes: Boxes, name: str, case: dict[str, Any], tmp_path: Path
) -> None:
    platform = PLATFORMS[name]
    with world_on(boxes(name), tmp_path / "work") as world:
        world.switch(**{key: case[key] for key in case if key not in platform.not_switches})
        dev, before = platform.held(world.state("dev")), platform.held(world.state())
        wanted = platform.ended(world, case, dev, before)
        if wanted is None:
            return
        assert platform.held(world.state()) == wanted
        seen = world.last()
        ran = platform.promote(world, case)
        assert (ran.code, world.writes(seen)) == (0, []), ran.err
        assert LOOK_UP not in world.calls("prod", seen)
        assert platform.held(world.state()) == wanted


# call by call


@pytest.mark.parametrize("name", PLATFORMS)
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.data())
def test_no_prefix_of_the_calls_leaves_anybody_out_of_bounds(
    boxes: Boxes, name: str, data: st.DataObject
) -> None:
    stays_in_bounds(boxes, name, data.draw(PLATFORMS[name].drawn))


@pytest.mark.parametrize(
    ("name", "number"),
    [(name, number) for name, each in PLATFORMS.items() for number in range(len(each.examples))],
)
def test_what_was_out_of_bounds_once_is_not_again(boxes: Boxes, name: str, number: int) -> None:
    stays_in_bounds(boxes, name, PLATFORMS[name].examples[number])


def stays_in_bounds(boxes: Boxes, name: str, drawn: Drawn) -> None:
    platform = PLATFORMS[name]
    with (
        tempfile.TemporaryDirectory() as folder,
        world_on(boxes(name), Path(folder) / "work") as world,
    ):
        world.put("dev", drawn.dev)
        world.put("prod", drawn.prod)
        world.switch(**drawn.switches)
        before, seen = platform.grants(world.state()), world.last()
        ran = platform.promote(world, drawn.case)
        if ran.code == 4:
            assert world.writes(seen) == [], ran.err
            return
        assert ran.code == 0, ran.err
        after = platform.grants(world.state())
        calls = [entry for entry in world.log("prod", seen) if platform.writes(entry)]
        named = breaches(world)
        gap = False
        for entry in calls:
            imported = platform.imports(entry)
            assert not (gap and imported), "whom an import dropped is put back by the next call"
            state = platform.grants(world.control(f"/state/prod?at={entry['seq']}"))
            missing, surplus = outside(before, after, state)
            assert surplus <= named, (entry["path"], surplus)
            gap = bool(missing - named)
            assert not gap or (drawn.drops and imported), (entry["path"], missing)
        assert not gap


def outside(before: Grants, after: Grants, now: Grants) -> tuple[set[str], set[str]]:
    """The permissions that somebody lacks or has too much of, between before and after."""
    nothing: frozenset[tuple[str, str, str]] = frozenset()
    missing, surplus = set(), set()
    for who in before.keys() | after.keys() | now.keys():
        had, will, has = (each.get(who, nothing) for each in (before, after, now))
        missing |= {name for _, name, _ in (had & will) - has}
        surplus |= {name for _, name, _ in has - had - will}
    return missing, surplus


def breaches(world: World) -> set[str]:
    """The permissions that the newest plan names as out of bounds on the way."""
    plans = sorted(world.shelf.rglob("plans/*.json"), key=lambda path: path.stat().st_mtime)
    if not plans:
        return set()
    people = json.loads(plans[-1].read_bytes())["people"]
    return {each["permission"] for order in people["orders"] for each in order["breaches"]}
