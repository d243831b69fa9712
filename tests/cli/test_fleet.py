"""Fleets: planned from one read of the source, approved once, applied in waves, taken back."""

import itertools
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from migrate import resources
from migrate.validation import validate
from tests.cli.fleet_world import (
    GROUP,
    TARGETS,
    FleetWorld,
    box,
    by_target,
    fleet,
    hold,
)

__all__ = ["box", "fleet"]


def read(path: Path) -> Any:
    return json.loads(path.read_text())


def test_a_group_is_planned_from_one_read_of_the_source(fleet: FleetWorld) -> None:
    ran = fleet.plan("--format", "json")
    assert fleet.world.calls("dev") == ["GET export admin", "GET export bot"]
    report, made = ran.json(), read(fleet.folder / "fleet.json")
    assert validate(report, None, resources.schema("fleet-report"), where="x") == ()
    assert validate(made, None, resources.schema("fleet"), where="x") == ()
    assert [(each["environment"], each["wave"]) for each in made["members"]] == [
        *(("eu", 1), ("us", 2), ("jp", 2), ("br", 2))
    ]
    assert report["set"] == made["digest"]
    for member, plan in zip(made["members"], report["plans"], strict=True):
        file = read(fleet.folder / member["file"])
        assert file == plan
        assert (file["id"], file["digest"]) == (member["plan"], member["planDigest"])
    assert {plan["source"]["digest"] for plan in report["plans"]} == {
        report["plans"][0]["source"]["digest"]
    }
    fleet.untouched(*TARGETS)
    assert fleet.world.run("validate", fleet.folder / "fleet.json").code == 0


def test_a_full_fleet_reads_the_source_twice_and_no_more(fleet: FleetWorld) -> None:
    fleet.plan("--mode", "full", "--allow", "max_deletions", "--reason", "meant")
    assert fleet.world.calls("dev") == ["GET export admin", "GET export bot"] * 2


def test_plans_are_reviewed_in_one_report(fleet: FleetWorld) -> None:
    ran = fleet.plan("--report", f"md={fleet.world.folder / 'page.md'}")
    assert "Plans for group production, 4 targets: 4 planned" in ran.out
    assert ran.out.count("Plan ") == 4
    page = (fleet.world.folder / "page.md").read_text()
    for number, name in enumerate(TARGETS):
        assert f"| {min(number, 1) + 1} | <code>{name}</code> | planned |" in page
        assert f"## dev → {name}: " in page


def test_each_line_says_of_which_target_it_is(fleet: FleetWorld) -> None:
    ran = fleet.plan("--workers", "4")
    lines = [line for line in ran.err.splitlines() if "reading" in line]
    assert sorted(lines) == sorted(
        ["reading dev …", *(f"{name}: reading {name} …" for name in TARGETS)]
    )


def test_a_fleet_is_applied_canary_first_and_once(fleet: FleetWorld) -> None:
    fleet.plan()
    start = fleet.world.last()
    done = fleet.applied()
    assert {each["state"] for each in done.values()} == {"done"}
    fleet.exact()
    log = fleet.world.control(f"/log?since={start}")
    first = {name: [e["seq"] for e in log if e["environment"] == name] for name in TARGETS}
    assert max(first["eu"]) < min(min(first[name]) for name in TARGETS[1:])
    start = fleet.world.last()
    again = fleet.applied()
    assert {name: each["run"] for name, each in again.items()} == {
        name: each["run"] for name, each in done.items()
    }
    assert fleet.world.control(f"/log?since={start}") == []
    for each in done.values():  # runs are in the history of their environment, as ever
        assert fleet.world.run("runs", "show", each["run"]).code == 0
    status = fleet.world.run("fleet", "status", fleet.folder, "--format", "json")
    assert {each["state"] for each in by_target(status).values()} == {"done"}


def test_the_report_has_a_schema_and_other_forms(fleet: FleetWorld) -> None:
    fleet.plan()
    pages = {form: fleet.world.folder / f"report.{form}" for form in ("md", "text")}
    words = [word for form, path in pages.items() for word in ("--report", f"{form}={path}")]
    ran = fleet.apply("--format", "json", *words)
    assert validate(ran.json(), None, resources.schema("fleet-report"), where="x") == ()
    assert "Applied to group production, 4 targets: 4 done" in pages["text"].read_text()
    assert "| 1 | <code>eu</code> | done |" in pages["md"].read_text()


def test_one_core_is_one_worker(fleet: FleetWorld) -> None:
    fleet.plan("--workers", "1")
    start = fleet.world.last()
    fleet.applied("--workers", "1")
    fleet.exact()
    names = [each["environment"] for each in fleet.world.control(f"/log?since={start}")]
    assert list(dict.fromkeys(names)) == list(TARGETS)
    changes = sum(one != other for one, other in itertools.pairwise(names))
    assert changes == len(TARGETS) - 1


def test_a_target_that_is_away_halts_the_others(fleet: FleetWorld) -> None:
    fleet.plan()
    fleet.world.control("/faults", [{"fault": "refused", "environment": "us", "times": 1000000}])
    done = fleet.applied("--wave", "1", code=7)
    assert [each["state"] for each in done.values()] == ["done", "failed", "not tried", "not tried"]
    assert done["us"]["target"] == "unchanged"
    fleet.untouched("us", "jp", "br")
    fleet.world.calm()
    ran = fleet.apply()
    assert ran.code == 0
    fleet.exact()


def test_a_canary_that_fails_halts_whatever_may_fail(fleet: FleetWorld) -> None:
    fleet.plan()
    fleet.world.control("/faults", [{"fault": "refused", "environment": "br", "times": 1000000}])
    done = fleet.applied("--canary", "br", "--max-failures", "4", code=7)
    assert {name: each["state"] for name, each in done.items()} == {
        "br": "failed",
        **dict.fromkeys(TARGETS[:3], "not tried"),
    }


def test_others_go_on_where_one_is_locked_and_some_may_fail(fleet: FleetWorld) -> None:
    fleet.plan()
    place = hold(fleet.world, "us")
    done = fleet.applied("--max-failures", "2", code=6)
    assert {name: each["state"] for name, each in done.items()} == {
        **dict.fromkeys(TARGETS, "done"),
        "us": "locked",
    }
    fleet.exact("eu", "jp", "br")
    fleet.untouched("us")
    place.unlink()
    fleet.applied()
    fleet.exact()


def test_a_target_that_a_guard_refuses_is_named_and_the_others_are_done(fleet: FleetWorld) -> None:
    fleet.world.guards(
        GROUP + '[[guards]]\nrule = "protected_names"\nnames = ["Auditor"]\nenvironments = ["jp"]\n'
    )
    planned = by_target(fleet.plan("--format", "json", code=4), 4)
    assert planned["jp"]["state"] == "refused by a guard"
    done = fleet.applied("--max-failures", "2", code=4)
    assert {name: each["state"] for name, each in done.items()} == {
        **dict.fromkeys(TARGETS, "done"),
        "jp": "refused by a guard",
    }
    fleet.exact("eu", "us", "br")
    fleet.untouched("jp")


def test_a_target_that_can_not_be_planned_leaves_no_set(fleet: FleetWorld) -> None:
    fleet.world.control("/faults", [{"fault": "refused", "environment": "us", "times": 1000000}])
    ran = fleet.plan(code=7)
    ran.says("us could not be planned", "no set was written")
    assert not (fleet.folder / "fleet.json").exists()
    assert sorted(path.name for path in fleet.folder.iterdir()) == [
        *("br.plan.json", "eu.plan.json", "jp.plan.json")
    ]
    fleet.apply().says("there is no set in this folder")
    fleet.plan("--partial", code=7)
    made = read(fleet.folder / "fleet.json")
    assert [each["environment"] for each in made["missing"]] == ["us"]
    fleet.world.calm()
    done = fleet.applied()
    assert {name: each["state"] for name, each in done.items()} == {
        **dict.fromkeys(("eu", "jp", "br"), "done"),
        "us": "not planned",
    }
    fleet.exact("eu", "jp", "br")
    fleet.untouched("us")


def test_a_set_is_never_overwritten(fleet: FleetWorld) -> None:
    fleet.plan()
    fleet.plan(code=2).says("this folder has a set already")


def test_an_edited_set_is_refused(fleet: FleetWorld) -> None:
    fleet.plan()
    path = fleet.folder / "fleet.json"
    made = read(path)
    made["members"][0]["wave"] = 2
    path.write_text(json.dumps(made))
    ran = fleet.apply()
    assert ran.code == 3
    ran.says("the set was edited")
    fleet.untouched(*TARGETS)


def test_another_set_than_expected_is_refused(fleet: FleetWorld) -> None:
    fleet.plan()
    digest = read(fleet.folder / "fleet.json")["digest"]
    assert fleet.apply("--expect-digest", "0" * 64).code == 5
    assert fleet.apply("--expect-digest", digest).code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--confirm-target", "staging"), "this set is for the group production"),
        (("--canary", "moon"), "the canary 'moon' is none of these targets"),
        (("--format", "html"), "a fleet is shown as"),
        (("--executor", "slurm"), "--executor slurm"),
    ],
)
def test_wrong_usage_is_told(fleet: FleetWorld, words: tuple[str, str], said: str) -> None:
    fleet.plan()
    ran = fleet.apply(*words)
    assert ran.code == 2
    ran.says(said)
    fleet.untouched(*TARGETS)


def test_options_of_fleets_mean_nothing_to_one_plan(fleet: FleetWorld) -> None:
    path = fleet.world.folder / "one.json"
    fleet.world.run("plan", "--from", "dev", "--to", "eu", "--out", path)
    ran = fleet.world.run("apply", path, "--yes", "--canary", "2")
    assert ran.code == 2
    ran.says("--canary: this is one target, and no fleet")


def test_a_fleet_is_taken_back(fleet: FleetWorld) -> None:
    before = {name: fleet.world.roles(name) for name in TARGETS}
    fleet.plan()
    fleet.applied("--canary", "2", "--max-failures", "1")
    back = fleet.world.run("rollback", fleet.folder, "--yes", "--format", "json")
    assert {each["state"] for each in by_target(back).values()} == {"rolled back"}
    for name in TARGETS:
        now = fleet.world.roles(name)
        assert now.keys() == before[name].keys()
        assert all(
            now[key]["permissions"] == each["permissions"] for key, each in before[name].items()
        )
    again = fleet.world.run("rollback", fleet.folder, "--yes", "--format", "json")
    assert {each["state"] for each in by_target(again).values()} == {"rolled back"}
    assert {each["state"] for each in fleet.applied(code=5).values()} == {
        "stale or used",
        "not tried",
    }


def test_the_way_back_is_a_set_of_its_own(fleet: FleetWorld) -> None:
    fleet.plan()
    fleet.applied()
    back = fleet.world.folder / "back"
    ran = fleet.world.run("rollback", fleet.folder, "--dry-run", "--out", back)
    assert ran.code == 0, ran.err
    assert [each["environment"] for each in read(back / "fleet.json")["members"]] == [
        *TARGETS[::-1]
    ]
    assert fleet.world.run("apply", back, "--yes").code == 0
    fleet.untouched(*TARGETS)
    status = fleet.world.run("fleet", "status", fleet.folder, "--format", "json")
    assert {each["state"] for each in by_target(status).values()} == {"rolled back"}


def test_a_run_that_was_cut_off_is_resumed_with_the_fleet(fleet: FleetWorld) -> None:
    fleet.plan()
    fleet.world.control(
        "/faults",
        [
            {
                "fault": "reset_before",
                "environment": "us",
                "method": "POST",
                "path": "/api/public/roles/import",
                "nth": 2,
                "times": 1000000,
            }
        ],
    )
    done = fleet.applied("--workers", "1", code=8)
    assert [each["state"] for each in done.values()] == [
        *("done", "partly applied", "not tried", "not tried")
    ]
    run = done["us"]["run"]
    assert f"role-migrate resume {run}" in done["us"]["remedy"]
    fleet.world.calm()
    status = fleet.world.run("fleet", "status", fleet.folder, "--format", "json")
    assert by_target(status, 8)["us"]["state"] == "unfinished"
    resumed = fleet.world.run("resume", fleet.folder, "--yes", "--format", "json")
    assert [each["state"] for each in by_target(resumed).values()] == [
        *("done", "done", "not tried", "not tried")
    ]
    resumed.says("2 targets were not tried", "role-migrate apply")
    fleet.applied()
    fleet.exact()


def test_one_approval_counts_for_every_plan_of_the_set(fleet: FleetWorld, tmp_path: Path) -> None:
    key = tmp_path / "key"
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(key)], check=True
    )
    public = key.with_suffix(".pub").read_text().split()
    (fleet.world.folder / "signers").write_text(f"alice@example.com {public[0]} {public[1]}\n")
    fleet.world.guards(GROUP + '[approval]\nallowed_signers = "signers"\n')
    for name in TARGETS:
        fleet.world.configure(name, protected="true")
    fleet.plan()
    refused = fleet.applied("--max-failures", "9", "--canary", "0", code=4)
    assert {each["state"] for each in refused.values()} == {"refused by a guard"}
    words = ("--change-ref", "CHG1", "--by", "alice@example.com", "--sign-with", str(key), "--yes")
    ran = fleet.world.run("approve", fleet.folder, *words)
    assert ran.code == 0, ran.err
    assert ran.out.count("proven by SHA256:") == len(TARGETS)
    records = [
        json.loads(data) for path, data in fleet.world.stored().items() if "/approvals/" in path
    ]
    assert len({record["signature"] for record in records}) == 1
    for record in records:
        assert validate(record, None, resources.schema("approval"), where="x") == ()
    fleet.applied()
    fleet.exact()


def test_an_approval_of_a_set_is_none_of_another_plan(fleet: FleetWorld, tmp_path: Path) -> None:
    """Whoever may write to the store can file a record elsewhere, but not make it count there."""
    test_one_approval_counts_for_every_plan_of_the_set(fleet, tmp_path)
    fleet.world.change("dev", "bot", "Builder", Tasks=["VIEW"])
    other = fleet.world.folder / "other.json"
    fleet.world.run("plan", "--from", "dev", "--to", "eu", "--out", other)
    from migrate.approval import changes_digest
    from migrate.archive import read_plan

    plan = read_plan(other.read_bytes(), "x")
    path, data = next(
        (path, json.loads(data))
        for path, data in fleet.world.stored().items()
        if "/approvals/" in path and "sandbox-eu" in path
    )
    data["statement"] |= {"changes": changes_digest(plan), "plan": plan.id}
    folder = fleet.world.folder / "store" / Path(path).parents[1] / changes_digest(plan)
    folder.mkdir()
    (folder / "0123456789abcdef.json").write_text(json.dumps(data))
    ran = fleet.world.run("apply", other, "--yes")
    assert ran.code == 4
    ran.says("the set that was approved does not hold it")


@pytest.mark.parametrize("named", ["DIR", "--group"])
def test_a_fleet_is_handed_to_github(fleet: FleetWorld, named: str) -> None:
    fleet.plan()
    words = (fleet.folder,) if named == "DIR" else ("--group", "production")
    include = fleet.world.run("fleet", "matrix", *words, "--ci", "github").json()["include"]
    assert [(each["environment"], each["wave"]) for each in include] == [
        *(("eu", 1), ("us", 2), ("jp", 2), ("br", 2))
    ]
    if named == "DIR":
        for job in include:
            words = ("--expect-digest", job["digest"], "--yes")
            assert fleet.world.run("apply", job["plan"], *words).code == 0
        fleet.exact()


@pytest.mark.parametrize("named", ["DIR", "--group"])
def test_a_wave_alone_is_handed_to_a_ci_system(fleet: FleetWorld, named: str) -> None:
    fleet.plan()
    words = (fleet.folder,) if named == "DIR" else ("--group", "production")
    for wave, names in (("1", ["eu"]), ("2", ["us", "jp", "br"])):
        ran = fleet.world.run("fleet", "matrix", *words, "--ci", "github", "--wave", wave)
        assert [each["environment"] for each in ran.json()["include"]] == names
        assert {each["wave"] for each in ran.json()["include"]} == {int(wave)}
    ran = fleet.world.run("fleet", "matrix", *words, "--ci", "gitlab", "--wave", "2")
    assert ran.out.startswith("stages:\n  - wave-2\n\n")
    ran = fleet.world.run("fleet", "matrix", *words, "--ci", "github", "--wave", "3")
    assert ran.code == 2
    ran.says("--wave 3: the last one is 2")


def test_a_fleet_is_handed_to_gitlab(fleet: FleetWorld) -> None:
    fleet.plan()
    made = read(fleet.folder / "fleet.json")
    out = fleet.world.run("fleet", "matrix", fleet.folder, "--ci", "gitlab").out
    assert out.startswith("stages:\n  - wave-1\n  - wave-2\n")
    for member in made["members"]:
        assert f'- ENVIRONMENT: "{member["environment"]}"\n        PLAN: "{member["plan"]}"' in out
    assert out.count('role-migrate apply "$PLAN" --expect-digest "$DIGEST" --yes') == 2
