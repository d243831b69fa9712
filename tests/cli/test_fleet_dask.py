"""A fleet on a Dask cluster: what travels, and a worker that dies in the middle."""

import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from migrate.cli.executors import crew
from tests.cli.dask_cluster import INSTALLED, cluster
from tests.cli.fleet_world import (
    TARGETS,
    FleetWorld,
    box,
    by_target,
    fleet,
)

__all__ = ["box", "fleet"]

pytestmark = pytest.mark.skipif(
    not INSTALLED, reason="Dask is not installed: the extra dask brings it"
)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with cluster(2) as address:
        yield address


def at_work(fleet: FleetWorld) -> int | None:
    """The process that is in the middle of a run that has begun to write, if there is one."""
    for path in (fleet.world.folder / "store" / "locks").glob("*.json"):
        held = json.loads(path.read_bytes())
        journals = (fleet.world.folder / "store").glob(f"*/runs/{held['run']}/0002.json")
        if not held["released"] and list(journals):
            return int(held["who"]["pid"])
    return None


def test_a_worker_that_is_killed_loses_nothing(fleet: FleetWorld, address: str) -> None:
    fleet.plan()
    for name in TARGETS:
        fleet.world.switch(name, latency=0.3)
    words = ("--executor", f"dask:{address}", "--canary", "0", "--format", "json", "--yes")
    process = fleet.world.spawn("apply", fleet.folder, *words)
    deadline, victim = time.monotonic() + 60, None
    while victim is None and time.monotonic() < deadline and process.poll() is None:
        victim = at_work(fleet)
        time.sleep(0.02)
    assert victim is not None
    assert victim != process.pid
    os.kill(victim, signal.SIGKILL)
    out, err = process.communicate(timeout=120)
    ran = fleet.world.checked(process.returncode, out, err)
    assert {each["state"] for each in by_target(ran).values()} == {"done"}
    fleet.exact()
    taken_up = [
        data
        for path, data in fleet.world.stored().items()
        if "/runs/" in path and b"resumedBy" in data
    ]
    assert taken_up


def test_a_fleet_runs_on_a_cluster_and_is_taken_back_there(fleet: FleetWorld, address: str) -> None:
    fleet.plan()
    where = ("--executor", f"dask:{address}")
    ran = fleet.world.ended(
        fleet.world.spawn("apply", fleet.folder, *where, "--format", "json", "--yes")
    )
    assert {each["state"] for each in by_target(ran).values()} == {"done"}
    fleet.exact()
    back = fleet.world.ended(
        fleet.world.spawn("rollback", fleet.folder, *where, "--format", "json", "--yes")
    )
    assert {each["state"] for each in by_target(back).values()} == {"rolled back"}
    fleet.untouched(*TARGETS)


def sampled(_: Any) -> Any:
    from distributed import get_worker

    return get_worker().periodic_callbacks["profile"].is_running()


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="a worker may be sampled from Python 3.12")
def test_no_worker_is_sampled_while_it_does_an_errand(address: str) -> None:
    with crew(f"dask:{address}", 1, False) as hands:
        assert hands.elsewhere is not None
        done = hands.executor.submit(partial(hands.elsewhere, sampled), None)
        assert done.result(30) is False


def test_a_scheduler_that_does_not_answer_is_told(fleet: FleetWorld) -> None:
    fleet.plan()
    words = ("--executor", "dask:tcp://127.0.0.1:9", "--yes")
    ran = fleet.world.ended(fleet.world.spawn("apply", fleet.folder, *words))
    assert ran.code == 7
    ran.says("Dask's scheduler does not answer")
    fleet.untouched(*TARGETS)
