"""A source and several targets on one sandbox, a group of them, and what fleets do."""

import contextlib
import copy
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from migrate.config import load
from migrate.lock import LockRecord, Terms, Who, lock_key
from migrate.sandbox import Sandbox
from tests.cli.world import DEV, PROD, Ran, World, world_on

TARGETS = ("eu", "us", "jp", "br")
GROUP = f"[groups]\nproduction = {list(TARGETS)}\n".replace("'", '"')


def fleet_states() -> dict[str, Any]:
    """A source and targets that each lack the same."""
    return {"dev": DEV, **{name: copy.deepcopy(PROD) for name in TARGETS}}


@dataclass
class FleetWorld:
    """A world with a group, and the commands that its tests give."""

    world: World
    folder: Path

    def plan(self, *words: str | Path, code: int = 0) -> Ran:
        ran = self.world.run(
            *("plan", "--from", "dev", "--to-group", "production", "--out", self.folder), *words
        )
        assert ran.code == code, ran.err
        return ran

    def apply(self, *words: str | Path) -> Ran:
        return self.world.run("apply", self.folder, "--yes", *words)

    def applied(self, *words: str | Path, code: int = 0) -> dict[str, dict[str, Any]]:
        """The report of an apply, by target."""
        return by_target(self.apply("--format", "json", *words), code)

    def exact(self, *names: str) -> None:
        """Every target (or the named ones) holds what the source holds, and what it had alone."""
        dev = self.world.roles("dev")
        for name in names or TARGETS:
            held = self.world.roles(name)
            assert held.keys() == dev.keys() | {("admin", "Leftover")}, name
            for key, each in dev.items():
                assert held[key]["permissions"] == each["permissions"], (name, key)

    def untouched(self, *names: str) -> None:
        """No role was made on these targets."""
        for name in names:
            assert ("bot", "Builder") not in self.world.roles(name), name


def by_target(ran: Ran, code: int = 0) -> dict[str, dict[str, Any]]:
    assert ran.code == code, (ran.code, ran.out, ran.err)
    return {each["environment"]: each for each in ran.json()["targets"]}


def hold(
    world: World,
    name: str,
    run: str = "20260101T000000Z-aaaaaa",
    left: float = 60.0,
    *,
    released: bool = False,
) -> Path:
    """Somebody on another machine holds the lock on a target, and may for so many seconds more; or
    has let go of it."""
    identity = load(world.config, {}).environment(name).identity
    now, allowance = time.time(), Terms().clock_allowance
    record = LockRecord(
        identity=identity,
        owner="0" * 32,
        who=Who("pat", "elsewhere", 1, None),
        run=run,
        acquired_at=math.floor(now) - 100,
        lease_until=math.ceil(now + left) - allowance,
        call_timeout=0,
        released=released,
    )
    path = world.folder / "store" / lock_key(identity)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(record.to_bytes())
    return path


@contextlib.contextmanager
def fleet_on(box: Sandbox, folder: Path) -> Iterator[FleetWorld]:
    """The fleet as at its start, on a running sandbox."""
    with world_on(box, folder) as world:
        world.guards(GROUP)
        yield FleetWorld(world, folder / "fleet")


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """The sandbox of a fleet, once for a module: import it with `fleet`."""
    with Sandbox(fleet_states(), tmp_path_factory.mktemp("fleet"), s3=False) as box:
        yield box


@pytest.fixture
def fleet(box: Sandbox, tmp_path: Path) -> Iterator[FleetWorld]:
    """The fleet as at its start, for a test."""
    with fleet_on(box, tmp_path / "work") as made:
        yield made
