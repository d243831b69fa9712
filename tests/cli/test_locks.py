"""One run at a time on a target, and what is said when one was cut off."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from migrate.lock.alive import forget
from tests.cli.world import IMPORT, UPLOAD, World


def wait_for(world: World, call: str) -> None:
    deadline = time.monotonic() + 20
    while call not in world.calls("prod"):
        assert time.monotonic() < deadline
        time.sleep(0.02)


@contextmanager
def stopped(process: "subprocess.Popen[bytes]") -> Iterator[None]:
    """A process sleeps meanwhile; what it has asked for may be answered, it does not see it."""
    process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


def lock_file(world: World) -> Path:
    return next((world.folder / "store" / "locks").glob("*.json"))


def lock(world: World) -> dict[str, Any]:
    return json.loads(lock_file(world).read_bytes())  # type: ignore[no-any-return]


def expire(world: World) -> None:
    """Let the lease of the lock be over long ago."""
    record = lock(world)
    for key in ("acquiredAt", "leaseUntil"):
        record[key] -= 100_000
    lock_file(world).write_text(json.dumps(record, sort_keys=True, separators=(",", ":")))


def look_from_another_machine(world: World) -> None:
    """Forget that this machine knows whether the holder of the lock lives."""
    forget(lock(world)["owner"])


def promotion(world: World, **options: Any) -> Any:
    return world.spawn("promote", "--from", "dev", "--to", "prod", "--yes", **options)


def test_a_second_promotion_waits_for_nobody_and_says_who_holds_the_lock(world: World) -> None:
    world.configure(timeout="30")
    world.fault("timeout_after", UPLOAD, seconds=1)
    first = promotion(world)
    wait_for(world, "POST uploadfile")
    since = world.last()
    with stopped(first):
        second = world.promote("--yes")
    assert second.code == 6
    second.says("holds the lock", f"process {first.pid}", "target: unchanged", "next: Wait until")
    assert [call for call in world.calls("prod", since) if "POST" in call] == []
    assert world.ended(first).code == 0
    world.assert_promoted()
    assert world.promote("--yes").code == 0


def test_a_run_that_is_still_going_cannot_be_set_aside(world: World) -> None:
    world.configure(timeout="30")
    world.fault("timeout_after", IMPORT, seconds=1, query={"roleType": "bot"})
    first = promotion(world)
    wait_for(world, "POST import bot")
    run = world.runs()[0]
    with stopped(first):
        ran = world.run("runs", "abandon", run, "--reason", "impatient")
    assert ran.code == 6
    ran.says("holds the lock", "next: ")
    assert world.ended(first).code == 0
    world.assert_promoted()


def test_reading_commands_need_no_lock(world: World) -> None:
    world.fault("timeout_after", UPLOAD, seconds=0.8)
    first = promotion(world)
    wait_for(world, "POST uploadfile")
    for words in (
        ("plan", "--from", "dev", "--to", "prod"),
        ("snapshot", "--env", "prod"),
        ("promote", "--from", "dev", "--to", "prod", "--dry-run"),
        ("doctor", "--env", "prod"),
        ("runs",),
    ):
        assert world.run(*words).code == 0
    assert world.ended(first).code == 0


def test_a_plan_says_that_the_lock_can_t_be_read(world: World) -> None:
    assert world.promote("--yes").code == 0
    for damage in (b"{", b"[]"):
        lock_file(world).write_bytes(damage)
        plan = world.run("plan", "--from", "dev", "--to", "prod")
        assert plan.code == 0
        plan.says("warning: nothing can be applied to prod now", "what is stored as the lock")


def test_a_plan_says_that_a_journal_can_t_be_read(world: World) -> None:
    assert world.promote("--yes").code == 0
    record = json.loads(lock_file(world).read_bytes())
    run = world.runs()[0]
    record["unfinished"] = run
    lock_file(world).write_text(json.dumps(record))
    (world.shelf / "runs" / run / "0001.json").unlink()
    plan = world.run("plan", "--from", "dev", "--to", "prod")
    assert plan.code == 0
    plan.says("nothing can be applied to prod now", "entry 0001 is missing", "next: Restore")


def test_the_other_direction_has_a_lock_of_its_own(world: World) -> None:
    world.fault("timeout_after", UPLOAD, seconds=0.8)
    first = promotion(world)
    wait_for(world, "POST uploadfile")
    other = world.run("promote", "--from", "prod", "--to", "dev", "--role", "Leftover", "--yes")
    assert other.code == 0, other.err
    assert world.ended(first).code == 0


@pytest.mark.parametrize("after", ["timeout_after", "timeout_before"])
def test_a_run_killed_in_the_middle_of_an_import_blocks_until_it_is_set_aside(
    world: World, after: str
) -> None:
    world.configure(timeout="30")
    world.fault(after, IMPORT, seconds=60, query={"roleType": "bot"})
    process = promotion(world)
    wait_for(world, "POST import bot")
    process.kill()
    process.communicate()
    world.control("/faults", [])
    # It is dead, but what it sent may still arrive.
    run = world.runs()[0]
    ways = (f"role-migrate resume {run}", f"role-migrate rollback {run}")
    held = world.promote("--yes")
    assert held.code == 6
    held.says("died while it held the lock", "may still arrive", "in 60 s", "target: unchanged")
    held.says(*ways)
    # Elsewhere nobody can know yet that it is dead.
    look_from_another_machine(world)
    held = world.promote("--yes")
    assert held.code == 6
    held.says("holds the lock", "If it is dead", "target: unchanged", *ways)
    for words in (("plan",), ("promote", "--dry-run")):
        plan = world.run(*words, "--from", "dev", "--to", "prod")
        assert plan.code == 0
        plan.says("warning: nothing can be applied to prod now", "holds the lock", *ways)
    # When the lease is over, what it began is in the way.
    expire(world)
    blocked = world.promote("--yes")
    assert blocked.code == 6
    blocked.says(run, "begun and not finished", "target: unchanged", f"runs abandon {run}", *ways)
    with world.untouched():
        stored = lock_file(world).read_bytes()
        plan = world.run("plan", "--from", "dev", "--to", "prod")
    assert plan.code == 0
    plan.says("nothing can be applied to prod now", "begun and not finished", *ways)
    assert lock_file(world).read_bytes() == stored
    shown = world.run("runs", "show", run).out
    assert "unfinished" in shown
    assert "step 1: import of 2 admin roles: done" in shown
    assert "step 3: import of 2 bot roles: begun, outcome unknown" in shown
    assert f"{run}  dev → prod  incremental  unfinished" in world.run("runs").out
    # Set aside with a reason; then the next promotion does just what is missing.
    since = world.last()
    assert world.run("runs", "abandon", run, "--reason", "killed by the CI").code == 0
    assert "killed by the CI" in world.run("runs", "show", run).out
    assert "nothing can be applied" not in world.run("plan", "--from", "dev", "--to", "prod").err
    ran = world.promote("--yes")
    assert ran.code == 0, ran.err
    world.assert_promoted()
    imports = [call for call in world.calls("prod", since) if "import" in call]
    assert imports == ([] if after == "timeout_after" else ["POST import bot"])


def test_a_killed_run_is_waited_for_as_long_as_its_call_may_take(world: World) -> None:
    world.configure(timeout="1")
    world.fault("timeout_before", IMPORT, seconds=60, query={"roleType": "bot"})
    process = promotion(world)
    wait_for(world, "POST import bot")
    process.kill()
    process.communicate()
    world.control("/faults", [])
    run = world.runs()[0]
    began = time.monotonic()
    while (ran := world.run("runs", "abandon", run, "--reason", "killed")).code == 6:
        ran.says("died while it held the lock")
        assert time.monotonic() - began < 20
        time.sleep(0.1)
    assert ran.code == 0, ran.err
    assert time.monotonic() - began > 2
    assert world.promote("--yes").code == 0
    world.assert_promoted()


@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_run_killed_before_it_wrote_is_no_obstacle(world: World, elsewhere: bool) -> None:
    world.configure(timeout="30")
    world.fault("timeout_before", "/api/public/roles/export", environment="dev", seconds=60)
    process = promotion(world)
    deadline = time.monotonic() + 20
    while not world.calls("dev"):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.kill()
    process.communicate()
    world.calm()
    if elsewhere:
        look_from_another_machine(world)
        held = world.promote("--yes")
        assert held.code == 6
        assert "resume" not in held.err  # there is nothing to go on with
        expire(world)
    plan = world.run("plan", "--from", "dev", "--to", "prod")
    assert "nothing can be applied" not in plan.err
    ran = world.promote("--yes")
    assert ran.code == 0, ran.err
    ran.says("took over the lock of run")
    world.assert_promoted()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_before_any_write_leaves_the_target_unchanged(
    world: World, number: signal.Signals
) -> None:
    world.configure(timeout="30")
    world.fault("timeout_before", UPLOAD, seconds=60)
    process = promotion(world)
    wait_for(world, "POST uploadfile")
    with world.untouched():
        os.kill(process.pid, number)
        ran = world.ended(process)
    assert ran.code == 130
    ran.says("interrupted before any write", "target: unchanged")
    report = world.report()
    assert (report["result"], report["targetState"]) == ("interrupted", "unchanged")
    assert report["error"]["exitCode"] == 130
    world.control("/reset", {}, "POST")
    assert world.promote("--yes").code == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_after_the_first_write_is_a_partly_applied_run(
    world: World, number: signal.Signals
) -> None:
    world.configure(timeout="30")
    world.fault("timeout_before", IMPORT, seconds=60, query={"roleType": "bot"})
    process = promotion(world)
    wait_for(world, "POST import bot")
    os.kill(process.pid, number)
    ran = world.ended(process)
    assert ran.code == 8
    run = world.runs()[0]
    ran.says(
        "interrupted",
        "done: import of 2 admin roles",
        "in doubt: import of 2 bot roles",
        f"role-migrate resume {run}",
    )
    assert world.report(run)["result"] == "partly applied"
    # It let its lock go, so that only the unfinished run is in the way.
    world.calm()
    world.promote("--yes").says(run, "begun and not finished")


def test_an_interrupt_while_reading_back_says_that_everything_was_done(world: World) -> None:
    world.configure(verify_timeout="60")
    world.switch(read_lag=600)
    process = promotion(world)
    wait_for(world, "POST import bot")
    time.sleep(0.3)
    process.send_signal(signal.SIGTERM)
    ran = world.ended(process)
    assert ran.code == 8
    ran.says("every step was done", "interrupted", "changed by every step")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda _: b"{", "damaged"),
        (lambda _: b'{"ID":"3","Operation":"apply","Who":"tf@ci"}', "no lock record"),
        (lambda lock: json.dumps(lock | {"formatVersion": 2}).encode(), "newer version"),
        (
            lambda lock: json.dumps(
                lock | {"identity": lock["identity"] | {"account": "another"}}
            ).encode(),
            "lock of another target",
        ),
    ],
)
def test_what_is_no_lock_of_ours_counts_as_held(
    world: World, change: Callable[[Any], bytes], words: str
) -> None:
    assert world.promote("--yes").code == 0
    world.change("dev", "admin", "Auditor", Invite="YES")
    plan = world.plan()
    lock_file(world).write_bytes(change(lock(world)))
    before = world.stored()
    with world.untouched():
        for ran in (world.promote("--yes"), world.run("apply", plan, "--yes")):
            assert ran.code == 6
            ran.says(words, "target: unchanged", "next: ")
    assert world.stored() == before


def test_a_journal_that_was_changed_is_not_trusted(world: World) -> None:
    world.configure(timeout="0.3")
    world.fault("500", IMPORT, query={"roleType": "bot"}, times=10)
    assert world.promote("--yes").code == 8
    world.calm()
    run = world.runs()[0]
    entry = world.shelf / "runs" / run / "0001.json"
    entry.write_bytes(entry.read_bytes().replace(b'"step":0', b'"step":1'))
    for words in (("promote", "--from", "dev", "--to", "prod", "--yes"), ("runs", "abandon", run)):
        extra = ("--reason", "x") if words[0] == "runs" else ()
        ran = world.run(*words, *extra)
        assert ran.code == 3
        ran.says("journal can't be trusted", run, "next: ")
