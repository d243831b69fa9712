"""Fleets in trouble: killed as a whole, told to stop, a slow store, a lock whose holder is gone."""

import itertools
import json
import os
import signal
import subprocess
import time

import pytest

from tests.cli.fleet_world import (
    GROUP,
    TARGETS,
    FleetWorld,
    box,
    by_target,
    fleet,
    hold,
)
from tests.cli.world import IMPORT
from tests.stores.fake_s3 import fake_s3

__all__ = ["box", "fleet"]


def slowed(fleet: FleetWorld, *words: str) -> "subprocess.Popen[bytes]":
    """Apply a fleet, in a process of its own, to targets that are far away; its first import
    has landed when this returns."""
    for name in TARGETS:
        fleet.world.configure(name, timeout="1")
        fleet.world.switch(name, latency=0.3)
    process = fleet.world.spawn("apply", fleet.folder, "--yes", "--format", "json", *words)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if any("POST import admin" in fleet.world.calls(name) for name in TARGETS):
            break
        time.sleep(0.02)
    for name in TARGETS:
        fleet.world.switch(name, latency=0)
    return process


def test_a_fleet_that_was_killed_is_gone_on_with_by_the_same_command(fleet: FleetWorld) -> None:
    fleet.plan()
    process = slowed(fleet, "--canary", "0", "--workers", "2")
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    status = fleet.world.run("fleet", "status", fleet.folder, "--format", "json")
    states = [each["state"] for each in by_target(status, 8).values()]
    assert "unfinished" in states
    assert "not tried" in states
    done = fleet.applied()
    assert {each["state"] for each in done.values()} == {"done"}
    fleet.exact()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_fleet_that_is_told_to_stop_begins_no_other_target(
    fleet: FleetWorld, number: signal.Signals
) -> None:
    fleet.plan()
    process = slowed(fleet, "--canary", "0", "--workers", "2")
    for _ in range(3):  # the first one counts
        process.send_signal(number)
    ran = fleet.world.ended(process)
    assert ran.code == 8
    report = ran.json()
    assert report["halted"] == "interrupted"
    states = {each["environment"]: each["state"] for each in report["targets"]}
    assert list(states.values()).count("not tried") == 2, states
    assert set(states.values()) <= {"partly applied", "done", "not tried", "interrupted"}
    for each in report["targets"]:
        if each["state"] == "partly applied":
            assert f"role-migrate resume {each['run']}" in each["remedy"]
            # Between two calls, and not within one: nothing of it is in doubt.
            assert "in doubt" not in each["target"]
    fleet.applied()
    fleet.exact()


def test_a_fleet_that_is_interrupted_before_any_write_ends_in_130(fleet: FleetWorld) -> None:
    fleet.plan()
    for name in TARGETS:
        fleet.world.switch(name, latency=1)
    process = fleet.world.spawn("apply", fleet.folder, "--yes", "--format", "json")
    deadline = time.monotonic() + 30
    while not (store := fleet.world.stored()) or not any(k.startswith("locks/") for k in store):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    ran = fleet.world.ended(process)
    assert ran.code == 130, (ran.out, ran.err)
    assert {each["state"] for each in ran.json()["targets"]} == {"interrupted", "not tried"}
    for name in TARGETS:
        fleet.world.switch(name, latency=0)
    fleet.untouched(*TARGETS)
    fleet.applied()


def test_a_slow_store_makes_a_fleet_slow_and_nothing_else(fleet: FleetWorld) -> None:
    latency = 0.3 if os.environ.get("ROLE_MIGRATE_MATRIX") == "full" else 0.05
    fleet.world.guards(GROUP.replace(', "jp", "br"', ""))
    with fake_s3() as s3:
        for name, text in (("id", "AKIDEXAMPLE"), ("key", "a-very-secret-key")):
            (fleet.world.folder / "secrets" / f"s3-{name}").write_text(text)
        fleet.world.store = (
            f'url = "s3://box/store"\nendpoint_url = "{s3.url}"\nregion = "eu-central-1"\n'
            'path_style = true\naccess_key = { file = "secrets/s3-id" }\n'
            'secret_key = { file = "secrets/s3-key" }\n'
        )
        fleet.world.write()
        fleet.plan()
        s3.latency = latency
        before = len(s3.requests)
        done = fleet.applied("--canary", "0")
        shelves = [each.key.partition("sandbox-")[2][:2] for each in s3.requests[before:]]
    assert {each["state"] for each in done.values()} == {"done"}
    fleet.exact("eu", "us")
    turns = [name for name in shelves if name in ("eu", "us")]
    changes = sum(one != other for one, other in itertools.pairwise(turns))
    assert changes > 10, "targets wait for the store side by side"


def test_two_environments_of_one_account_are_no_group(fleet: FleetWorld) -> None:
    fleet.world.settings["eu-too"] = dict(fleet.world.settings["eu"])
    fleet.world.guards(GROUP.replace('"eu"', '"eu", "eu-too"'))
    fleet.plan(code=2).says("'eu' and 'eu-too' of the group production are the same account")


@pytest.mark.parametrize(
    ("groups", "said"),
    [
        ('production = ["eu", "moon"]', "the config has no environment 'moon'"),
        ('production = ["eu", "eu"]', "$.groups.production"),
        ("production = []", "$.groups.production"),
        ('production = ["eu", "ledger"]', "a group is on one platform"),
    ],
)
def test_a_group_that_can_not_be_is_a_fault_of_the_config(
    fleet: FleetWorld, groups: str, said: str
) -> None:
    fleet.world.settings["ledger"] = {
        "platform": '"faircom"',
        "url": '"https://ledger.example.com"',
        "login": '{ username = "ADMIN", password = { env = "X" } }',
    }
    fleet.world.guards(f"[groups]\n{groups}\n")
    fleet.plan(code=3).says(said)


def test_an_unknown_group_is_wrong_usage(fleet: FleetWorld) -> None:
    ran = fleet.world.run("plan", "--from", "dev", "--to-group", "produktion", "--out", "x")
    assert ran.code == 2
    ran.says('the config has no group "produktion"; did you mean production?')
    for words in (("--to", "eu"), ("--write-import-files", "y"), ("--refresh", "z")):
        assert fleet.plan(*words, code=2).code == 2


def test_secrets_stay_out_of_what_fleets_write(fleet: FleetWorld) -> None:
    fleet.plan()
    ran = fleet.apply("--format", "json")
    assert json.loads(ran.out)["exitCode"] == 0
    fleet.world.search_for_secrets()


def cut_short(fleet: FleetWorld) -> str:
    """The run of a target whose second import never arrived."""
    fleet.world.fault(
        "reset_before",
        "/api/public/roles/import",
        environment="eu",
        method="POST",
        nth=2,
        times=1000000,
    )
    done = fleet.applied(code=8)
    fleet.world.calm()
    return str(done["eu"]["run"])


def test_a_lock_that_a_dead_run_of_its_own_left_elsewhere_is_waited_for(fleet: FleetWorld) -> None:
    fleet.plan()
    run = cut_short(fleet)
    hold(fleet.world, "eu", run=run, left=1.0)
    ran = fleet.apply("--format", "json")
    assert by_target(ran)["eu"]["state"] == "done"
    ran.says("eu: waiting ", f"s: until the lock of run {run}, unless it still goes on, falls")
    fleet.exact()


def test_a_lock_of_somebody_elses_run_is_not_waited_for(fleet: FleetWorld) -> None:
    fleet.plan()
    hold(fleet.world, "eu", run="20260101T000000Z-aaaaaa", left=30.0)
    began = time.monotonic()
    done = fleet.applied(code=6)
    assert time.monotonic() - began < 20
    assert [each["state"] for each in done.values()] == ["locked", *["not tried"] * 3]
    assert "Wait until that run has ended" in done["eu"]["remedy"]


def test_a_target_that_is_not_as_desired_is_told_again_and_not_tried_again(
    fleet: FleetWorld,
) -> None:
    fleet.world.switch("us", permissions="drop_unknown")
    fleet.world.change("dev", "admin", "Auditor", **{"Brew Coffee": "YES"})
    fleet.plan()
    for _ in range(2):
        done = fleet.applied("--max-failures", "2", code=9)
        assert [each["state"] for each in done.values()] == ["done", "different", "done", "done"]
    assert fleet.world.run("fleet", "status", fleet.folder).code == 9


def cut_back(fleet: FleetWorld) -> str:
    """The run that was to take back what was done to a target, and was killed in its import."""
    fleet.applied()
    fleet.world.configure("eu", timeout="1")
    fleet.world.fault("timeout_after", IMPORT, environment="eu", seconds=60, method="POST")
    seen = fleet.world.last()
    process = fleet.world.spawn("rollback", fleet.folder, "--yes", "--workers", "1")
    deadline = time.monotonic() + 30
    while not any("import" in call for call in fleet.world.calls("eu", seen)):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    fleet.world.calm()
    return max(
        path.split("/")[2] for path in fleet.world.stored() if "-eu-" in path and "/runs/" in path
    )


def test_a_way_back_that_was_cut_off_is_unfinished_and_is_finished(fleet: FleetWorld) -> None:
    fleet.plan()
    back = cut_back(fleet)
    status = fleet.world.run("fleet", "status", fleet.folder, "--format", "json")
    found = by_target(status, 8)["eu"]
    assert (found["state"], found["run"]) == ("unfinished", back)
    assert "the run that takes back run" in found["what"]
    assert f"role-migrate resume {back}" in found["remedy"]
    with fleet.world.untouched("eu"):
        assert fleet.applied(code=8)["eu"]["state"] == "unfinished"
        made = fleet.world.run("rollback", fleet.folder, "--dry-run", "--out", fleet.folder / "x")
        assert made.code == 6
        assert f"role-migrate resume {back}" in made.out
    resumed = fleet.world.run("resume", fleet.folder, "--yes", "--format", "json")
    assert by_target(resumed)["eu"]["state"] == "rolled back"
    fleet.untouched("eu")


def test_a_way_back_that_was_cut_off_elsewhere_is_waited_for(fleet: FleetWorld) -> None:
    fleet.plan()
    back = cut_back(fleet)
    hold(fleet.world, "eu", run=back, left=1.0)
    status = fleet.world.run("fleet", "status", fleet.folder, "--format", "json")
    assert by_target(status, 8)["eu"]["run"] == back
    ran = fleet.world.run("rollback", fleet.folder, "--yes", "--format", "json")
    assert {each["state"] for each in by_target(ran).values()} == {"rolled back"}
    ran.says("eu: waiting ", f"until the lock of run {back}")
    fleet.untouched(*TARGETS)


def test_an_interrupt_while_a_dead_run_is_waited_for_says_how_far_that_came(
    fleet: FleetWorld,
) -> None:
    fleet.plan()
    run = cut_short(fleet)
    hold(fleet.world, "eu", run=run, left=60.0)
    said = fleet.world.folder / "said"
    with said.open("wb") as stderr:
        process = fleet.world.spawn(
            "apply", fleet.folder, "--yes", "--format", "json", stderr=stderr
        )
    deadline = time.monotonic() + 30
    while b"eu: waiting" not in said.read_bytes():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=30)
    eu = by_target(fleet.world.checked(process.returncode, out, said.read_bytes()), 8)["eu"]
    assert (eu["state"], eu["run"]) == ("unfinished", run)
    assert eu["target"] == "as far as the run came"
    assert f"role-migrate resume {run}" in eu["remedy"]


MANY = {"fleet": (), "apply": ("--canary", "0", "--max-failures", "9"), "resume": ()}


def test_another_account_under_a_targets_name_is_refused_and_never_passed_over(
    fleet: FleetWorld,
) -> None:
    fleet.plan()
    fleet.applied()
    held = fleet.world.settings["us"]
    fleet.world.settings["us"] = held | {"account": '"another"'}
    fleet.world.write()
    for words in (("fleet", "status"), ("apply", "--yes"), ("resume", "--yes")):
        ran = fleet.world.run(*words, fleet.folder, "--format", "json", *MANY[words[0]])
        found = by_target(ran, 5)
        assert found["us"]["state"] == "stale or used", words
        assert "but the config's 'us' is now kore account another" in found["us"]["what"]
        assert "use the config that the plan was made with" in found["us"]["remedy"]
        assert {found[name]["state"] for name in ("eu", "jp", "br")} == {"done"}
    made = fleet.world.run("rollback", fleet.folder, "--dry-run", "--out", fleet.folder / "x")
    assert made.code == 5
    back = fleet.world.run("rollback", fleet.folder, "--yes", "--format", "json")
    assert by_target(back, 5)["us"]["state"] == "stale or used"
    fleet.untouched("eu", "jp", "br")


def test_a_target_that_the_config_has_no_more_fails_alone(fleet: FleetWorld) -> None:
    fleet.plan()
    fleet.applied()
    del fleet.world.settings["us"]
    fleet.world.guards(GROUP.replace('"us", ', ""))
    ran = fleet.world.run("fleet", "status", fleet.folder, "--format", "json")
    found = by_target(ran, 2)
    assert found["us"]["what"].startswith('the config has no environment "us"')
    assert {found[name]["state"] for name in ("eu", "jp", "br")} == {"done"}


def test_without_a_canary_only_the_number_of_failures_counts(fleet: FleetWorld) -> None:
    fleet.plan()
    fleet.world.control("/faults", [{"fault": "refused", "environment": "eu", "times": 1000000}])
    words = ("--canary", "0", "--wave", "2", "--max-failures", "2")
    done = fleet.applied(*words, code=7)
    assert [each["state"] for each in done.values()] == ["failed", "done", "done", "done"]
