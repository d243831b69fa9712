"""A probe that dies by SIGKILL, at any call, before or after the platform acted on it: the next one
finds what it left by its names, and removes it. ROLE_MIGRATE_MATRIX=full tries many calls."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from migrate.sandbox import Sandbox
from tests.cli.probed import ANN, BOT, account, as_it_was, expire_locks, left_over
from tests.cli.world import World, plain_environment, world_on

__all__ = ["plain_environment"]

WHOLE = os.environ.get("ROLE_MIGRATE_MATRIX") == "full"
BEFORE, AFTER = "timeout_before", "timeout_after"
SOME = [(18, AFTER), (27, BEFORE), (45, AFTER), (52, BEFORE), (79, AFTER)]
MOMENTS = [(call, f) for call in range(15, 106, 2) for f in (BEFORE, AFTER)] if WHOLE else SOME


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    folder = tmp_path_factory.mktemp("box")
    with Sandbox({"dev": account(), "prod": account()}, folder, s3=False) as started:
        yield started


@pytest.fixture
def world(box: Sandbox, tmp_path: Path) -> Iterator[World]:
    with world_on(box, tmp_path / "work") as made:
        made.configure("dev", timeout="30")
        yield made


def die(world: World, call: int, fault: str) -> None:
    """Probe, and die while a call is under way."""
    entry = {"fault": fault, "environment": "dev", "nth": call, "seconds": 60}
    world.control("/faults", [entry])
    process = world.spawn("probe", "--env", "dev", "--yes", "--user", ANN, "--bot", BOT)
    deadline = time.monotonic() + 30
    while len(world.log("dev")) < call:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.kill()
    process.communicate()
    world.calm()
    expire_locks(world)


@pytest.mark.parametrize(("call", "fault"), MOMENTS)
def test_what_a_killed_probe_left_is_removed_by_the_next(
    world: World, call: int, fault: str
) -> None:
    before = as_it_was(world.state("dev"))
    die(world, call, fault)
    assert as_it_was(world.state("dev")) == before
    left = left_over(world.state("dev"))
    again = world.run("probe", "--env", "dev", "--yes", "--user", ANN, "--bot", BOT)
    assert again.code == 0, again.err
    assert left_over(world.state("dev")) == []
    assert as_it_was(world.state("dev")) == before
    assert "did not end; the state before it is sha256:" in " ".join(again.out.split())
    if left:
        again.says(f"remove {len(left)} roles that earlier probes left")
    # Once it is removed it is not spoken of again.
    assert "did not end" not in world.run("probe", "--env", "dev", "--yes").out


def test_a_killed_probe_is_in_nobodys_way_when_its_lease_is_over(world: World) -> None:
    die(world, 30, "timeout_after")
    left = {each["role"] for each in left_over(world.state("dev"))}
    assert left
    ran = world.run("promote", "--from", "dev", "--to", "prod", "--yes")
    assert ran.code == 0, ran.err
    assert left_over(world.state("prod")) == [], "what a probe made never travels"
    ran = world.run("promote", "--from", "prod", "--to", "dev", "--role", "Ops", "--yes")
    assert ran.code == 0, ran.err
    assert {each["role"] for each in left_over(world.state("dev"))} == left
