"""`resume`: a run that was cut off is brought to its end, by whoever and from wherever."""

import json
import shutil
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from tests.cli.fleet_world import hold
from tests.cli.test_locks import expire, promotion, wait_for
from tests.cli.world import IMPORT, UPLOAD, World, role

BOT = {"roleType": "bot"}


def killed(world: World, fault: str, path: str = IMPORT, **query: str) -> str:
    """A promotion killed while a call is under way; its lock's lease is over."""
    world.configure(timeout="30")
    world.fault(fault, path, seconds=60, query=query or BOT)
    process = promotion(world)
    wait_for(world, "POST import bot" if path == IMPORT else "POST uploadfile")
    process.kill()
    process.communicate()
    world.control("/faults", [])
    world.configure(timeout="1")
    expire(world)
    return world.runs()[0]


@pytest.mark.parametrize("fault", ["timeout_after", "timeout_before"])
def test_a_run_killed_in_an_import_goes_on(world: World, fault: str) -> None:
    run = killed(world, fault)
    seen = world.last()
    ran = world.run("resume", run, "--yes")
    assert ran.code == 0, ran.err
    ran.says("took over the lock", "reading back what became of it")
    world.assert_promoted()
    imports = [call for call in world.calls("prod", seen) if "import" in call]
    assert imports == ([] if fault == "timeout_after" else ["POST import bot"])
    assert world.report(run)["result"] == "done"
    assert [step["state"] for step in world.report(run)["steps"]] == ["done"] * 4


def test_what_is_done_is_not_done_again_and_a_second_resume_does_nothing(world: World) -> None:
    run = killed(world, "timeout_before")
    assert world.run("resume", run, "--yes").code == 0
    seen = world.last()
    again = world.run("resume", run, "--yes")
    assert again.code == 0
    again.says("nothing to do", "has ended (done)")
    retried = world.run("resume", run)
    assert retried.code == 0, "nobody need agree to nothing"
    retried.says("nothing to do")
    assert world.calls("prod", seen) == []


def test_apply_of_a_plan_whose_run_was_cut_off_goes_on_with_it(world: World) -> None:
    plan = world.plan()
    world.configure(timeout="0.3")
    world.fault("500", IMPORT, query=BOT, times=10)
    assert world.run("apply", plan, "--yes").code == 8
    world.calm()
    run = world.runs()[0]
    ran = world.run("apply", plan, "--yes")
    assert ran.code == 0, ran.err
    ran.says(f"was begun by run {run}: going on with it")
    world.assert_promoted()
    assert world.run("apply", plan, "--yes").code == 5
    assert len(world.runs()) == 1


@pytest.mark.parametrize("elsewhere", [False, True])
def test_apply_waits_for_the_lock_that_its_own_dead_run_left(world: World, elsewhere: bool) -> None:
    plan = world.plan()
    world.configure(timeout="2")
    world.fault("timeout_before", IMPORT, seconds=60, query=BOT)
    process = world.spawn("apply", plan, "--yes")
    wait_for(world, "POST import bot")
    process.kill()
    process.communicate()
    world.calm()
    run = world.runs()[0]
    if elsewhere:
        hold(world, "prod", run=run, left=1.0)
    other = world.promote("--yes")
    assert other.code == 6, "nobody else's run is waited for"
    ran = world.run("apply", plan, "--yes")
    assert ran.code == 0, ran.err
    how = "unless it still goes on" if elsewhere else "which was cut off"
    ran.says("waiting ", f"until the lock of run {run}, {how}, falls", "going on with it")
    world.assert_promoted()
    assert world.runs() == [run]
    report = world.report(run)
    assert report["result"] == "done"


def test_a_run_of_the_plan_that_still_goes_on_is_waited_for_once(world: World) -> None:
    plan = world.plan()
    world.fault("500", IMPORT, query=BOT, times=10)
    world.configure(timeout="0.3")
    assert world.run("apply", plan, "--yes").code == 8
    world.calm()
    run, since = world.runs()[0], world.last()
    path = hold(world, "prod", run=run, left=0.5)
    done = threading.Event()

    def renew() -> None:
        while not done.wait(0.1):
            hold(world, "prod", run=run, left=2.0)

    keeper = threading.Thread(target=renew)
    keeper.start()
    try:
        ran = world.run("apply", plan, "--yes")
    finally:
        done.set()
        keeper.join()
    assert ran.code == 6, ran.err
    assert ran.err.count("waiting ") == 1
    ran.says("holds the lock", "target: ")
    assert world.writes(since) == []
    assert path.exists()


def test_who_waits_for_a_run_goes_on_as_soon_as_that_has_let_go(world: World) -> None:
    plan = world.plan()
    world.fault("500", IMPORT, query=BOT, times=10)
    world.configure(timeout="0.3")
    assert world.run("apply", plan, "--yes").code == 8
    world.calm()
    run = world.runs()[0]
    hold(world, "prod", run=run, left=600.0)
    ended = threading.Timer(2.0, hold, (world, "prod"), {"run": run, "released": True})
    ended.start()
    began = time.monotonic()
    ran = world.run("apply", plan, "--yes")
    ended.join()
    assert ran.code == 0, ran.err
    ran.says("waiting 10 min", f"the lock of run {run}, unless it still goes on, falls")
    assert time.monotonic() - began < 30
    world.assert_promoted()


def test_from_a_copy_of_the_config_in_another_folder(world: World, tmp_path: Path) -> None:
    run = killed(world, "timeout_after")
    store = world.folder / "store"
    other = tmp_path / "elsewhere"
    other.mkdir()
    shutil.copytree(world.folder / "secrets", other / "secrets")
    text = world.config.read_text().replace('"store"', json.dumps(str(store)), 1)
    (other / "role-migrate.toml").write_text(text)
    ran = world.run("--config", str(other / "role-migrate.toml"), "resume", run, "--yes")
    assert ran.code == 0, ran.err
    world.assert_promoted()


def change(world: World, name: str, **permissions: str) -> None:
    document: dict[str, Any] = world.state()
    for each in document["roles"]:
        if each["role"] == name:
            each["permissions"].update(permissions)
    world.put("prod", document)


def test_somebody_elses_change_in_what_is_left_to_do_is_not_overwritten(world: World) -> None:
    run = killed(world, "timeout_before")
    change(world, "Reviewer", Testing=["VIEW"])
    with world.untouched():
        ran = world.run("resume", run, "--yes")
    assert ran.code == 5, ran.err
    ran.says("Reviewer", "neither what the run found nor what it sent", "rollback", "abandon")
    ran.says("done: import of 2 admin roles")
    blocked = world.promote("--yes")
    assert blocked.code == 6


def test_somebody_elses_change_in_what_is_done_is_found_too(world: World) -> None:
    run = killed(world, "timeout_before")
    change(world, "Auditor", Invite="YES")
    with world.untouched():
        ran = world.run("resume", run, "--yes")
    assert ran.code == 5, ran.err
    ran.says("Auditor")


def test_somebody_elses_change_elsewhere_is_reported_and_left(world: World) -> None:
    run = killed(world, "timeout_before")
    change(world, "Leftover", Preferences="NO")
    ran = world.run("resume", run, "--yes")
    assert ran.code == 0, ran.err
    assert "'Leftover' changed" in "".join(world.report(run)["movedElsewhere"])
    assert world.roles()["admin", "Leftover"]["permissions"] == {"Preferences": "NO"}


def test_a_late_read_is_no_change_of_somebody_else(world: World) -> None:
    run = killed(world, "timeout_after")
    world.switch(read_lag=0.6)
    world.configure(verify_timeout="5")
    change(world, "Leftover", Preferences="YES")
    ran = world.run("resume", run, "--yes")
    assert ran.code == 0, ran.err
    world.assert_promoted()


def test_where_the_target_cannot_be_read_the_run_stays_as_it_was(world: World) -> None:
    run = killed(world, "timeout_before")
    world.fault("500", "/api/public/roles/export", times=99)
    ran = world.run("resume", run, "--yes")
    assert ran.code == 8, ran.err
    ran.says("could not be gone on with", "done: import of 2 admin roles", f"resume {run}")
    world.calm()
    assert world.run("resume", run, "--yes").code == 0
    world.assert_promoted()


def test_a_run_that_was_set_aside_cannot_be_gone_on_with(world: World) -> None:
    run = killed(world, "timeout_before")
    assert world.run("runs", "abandon", run, "--reason", "by hand").code == 0
    ran = world.run("resume", run, "--yes")
    assert ran.code == 2
    ran.says("was set aside", "Promote again")


def test_a_run_killed_while_it_uploads_goes_on(world: World) -> None:
    world.configure(timeout="30")
    world.fault("timeout_before", UPLOAD, seconds=60)
    process = promotion(world)
    wait_for(world, "POST uploadfile")
    process.kill()
    process.communicate()
    world.control("/faults", [])
    expire(world)
    run = world.runs()[0]
    assert world.promote("--yes").code == 6
    ran = world.run("resume", run, "--yes")
    assert ran.code == 0, ran.err
    world.assert_promoted()


DAMAGES = {
    "a missing beginning": ("0000.json", None, "0000 is missing"),
    "a missing entry": ("0001.json", None, "0001 is missing"),
    "an altered entry": ("0001.json", b'"number":1', "does not follow"),
    "a newer version": ("0000.json", b'"formatVersion":1', "newer version"),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_journal_that_cannot_be_trusted_is_not_gone_on_with(world: World, name: str) -> None:
    run = killed(world, "timeout_before")
    entry, old, words = DAMAGES[name]
    path = world.shelf / "runs" / run / entry
    if old is None:
        path.unlink()
    elif b"formatVersion" in old:
        path.write_bytes(path.read_bytes().replace(old, b'"formatVersion":9'))
    else:
        path.write_bytes(path.read_bytes().replace(b'"kind":"intent"', b'"kind":"note"'))
    with world.untouched():
        ran = world.run("resume", run, "--yes")
    assert ran.code == 3, ran.err
    ran.says(words, "target: unchanged", "next: ")
    with world.untouched():
        other = world.promote("--yes")
    assert other.code in (3, 6), other.err


def test_a_backup_that_was_altered_is_found_out(world: World) -> None:
    run = killed(world, "timeout_before")
    backup = json.loads((world.shelf / "runs" / run / "0000.json").read_bytes())["body"]["backup"]
    path = world.shelf / "snapshots" / f"{backup}.json"
    path.write_bytes(path.read_bytes().replace(b"reads", b"READS"))
    with world.untouched():
        ran = world.run("resume", run, "--yes")
    assert ran.code == 3, ran.err
    ran.says("digests do not match", "target: unchanged")


def test_a_run_that_nobody_knows_is_a_usage_error(world: World) -> None:
    assert world.run("resume", "20200101T000000Z-abcdef", "--yes").code == 2
    assert world.run("resume", "x", "--yes").code == 2


def test_assignments_go_on_where_they_stopped(world: World) -> None:
    extra = role("admin", "Desk", Preferences="YES")
    document = world.state("dev")
    document["roles"].append({**extra, "holders": [{"user": "ann@example.com"}]})
    document["users"] = [{"username": "ann@example.com"}]
    world.put("dev", document)
    prod = world.state()
    prod["users"] = [{"username": "ann@example.com"}]
    world.put("prod", prod)
    world.configure(timeout="0.3")
    path = "/api/public/adminroles/assignments/"
    world.fault("500", path, times=10)
    assert world.promote("--yes", "--assignments", "merge").code == 8
    world.calm()
    ran = world.run("resume", world.runs()[0], "--yes")
    assert ran.code == 0, ran.err
    assert world.roles()["admin", "Desk"]["holders"] == [{"user": "ann@example.com"}]
