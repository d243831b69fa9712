"""A run that slept (its process stopped, its machine paused) while another one took its lock."""

import signal
import subprocess
import time
from pathlib import Path

import pytest

from migrate.lock import Lock, Terms, Who, acquire
from migrate.lock.record import parse_lock
from migrate.stores.directory import DirectoryStore
from tests.cli.world import IMPORT, UPLOAD, World

LATER = 1000.0
"""Seconds after which every lease and every call is over."""


def lock_file(world: World) -> Path:
    return next((world.folder / "store" / "locks").glob("*.json"))


def take_over(world: World) -> Lock:
    """The lock, as another machine takes it when the time has come."""
    left = parse_lock(lock_file(world).read_bytes(), "lock")
    return acquire(
        DirectoryStore(world.folder / "store"),
        left.identity,
        run="20261122T134501Z-3f9a2c",
        who=Who("bob", "laptop", 7),
        clock=lambda: time.time() + LATER,
        unsettled=lambda _run: None,
        terms=Terms(beat=None),
    )


def asleep_in(world: World, call: str) -> "subprocess.Popen[bytes]":
    """A promotion that sleeps while the answer to a call is on its way."""
    process = world.spawn("promote", "--from", "dev", "--to", "prod", "--yes")
    deadline = time.monotonic() + 30
    while call not in world.calls("prod"):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGSTOP)
    return process


def test_one_that_had_written_nothing_leaves_the_target_alone(world: World) -> None:
    world.configure(timeout="30")
    world.fault("timeout_after", UPLOAD, seconds=0.5)
    with world.untouched():
        process = asleep_in(world, "POST uploadfile")
        taken = take_over(world)
        since = world.last()
        process.send_signal(signal.SIGCONT)
        ran = world.ended(process)
    assert ran.code == 6
    ran.says("was taken by bob@laptop", "target: unchanged", "next: Nothing more is written")
    assert world.writes(since) == []
    assert lock_file(world).read_bytes() == taken.record.to_bytes()
    taken.release()
    assert world.promote("--yes").code == 0
    world.assert_promoted()


@pytest.mark.parametrize("late", [False, True])
def test_one_that_was_in_a_write_makes_no_other(world: World, late: bool) -> None:
    world.configure(timeout="1" if late else "30")
    world.fault("timeout_after", IMPORT, seconds=0.5, query={"roleType": "admin"})
    process = asleep_in(world, "POST import admin")
    taken = take_over(world)
    before, since = world.state(), world.last()
    if late:
        time.sleep(2.5)  # beyond the time of the call: even its answer comes too late
    process.send_signal(signal.SIGCONT)
    ran = world.ended(process)
    assert ran.code == 8
    ran.says("was taken by bob@laptop", "next: ")
    assert world.writes(since) == []
    assert world.state() == before
    assert lock_file(world).read_bytes() == taken.record.to_bytes()
    taken.release()
