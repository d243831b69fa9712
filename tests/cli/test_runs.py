"""The history of runs, snapshots, drift, validate and schema: the commands that only look."""

import json
from pathlib import Path

import jsonschema
import pytest

from migrate.resources import schema, schema_names
from tests.cli.fleet_world import hold
from tests.cli.test_resume import BOT
from tests.cli.world import IMPORT, World, role, state

SAMPLES = Path(__file__).resolve().parents[2] / "samples"


def test_runs_lists_the_newest_first(world: World) -> None:
    assert world.run("runs").out == "No runs yet.\n"
    assert world.promote("--yes").code == 0
    assert world.run("promote", "--from", "prod", "--to", "dev", "--yes").code == 0
    lines = world.run("runs").out.splitlines()
    assert len(lines) == 2
    assert {line.split("  ", 1)[1] for line in lines} == {
        "prod → dev  incremental  done",
        "dev → prod  incremental  done",
    }
    assert len(world.run("runs", "--env", "prod").out.splitlines()) == 1
    assert len(world.run("runs", "--limit", "1").out.splitlines()) == 1


def test_a_journal_that_cannot_be_read_does_not_hide_the_other_runs(world: World) -> None:
    assert world.promote("--yes").code == 0
    (broken,) = world.runs()
    assert world.run("promote", "--from", "prod", "--to", "dev", "--yes").code == 0
    (entry,) = world.folder.glob(f"**/runs/{broken}/0001.json")
    entry.chmod(0o600)
    entry.write_bytes(b"{}")
    ran = world.run("runs")
    assert ran.code == 0
    assert sorted("unreadable" in line for line in ran.out.splitlines()) == [False, True]
    assert broken in next(line for line in ran.out.splitlines() if "unreadable" in line)


def test_a_run_is_shown_as_it_was_reported(world: World) -> None:
    printed = world.promote("--yes").out
    assert world.run("runs", "show", world.runs()[0]).out == printed


@pytest.mark.parametrize("run", ["20200101T000000Z-000000", "latest", "../x"])
def test_a_run_that_is_not_there_is_said_to_be_missing(world: World, run: str) -> None:
    for words in (("show", run), ("abandon", run, "--reason", "x")):
        ran = world.run("runs", *words)
        assert ran.code == 2
        ran.says(run, "next: ")


def test_only_an_unfinished_run_can_be_abandoned_and_only_with_a_reason(world: World) -> None:
    assert world.promote("--yes").code == 0
    run = world.runs()[0]
    done = world.run("runs", "abandon", run, "--reason", "x")
    assert done.code == 2
    done.says("not unfinished", "next: ")
    assert world.run("runs", "abandon", run, "--reason", " ").code == 2
    assert world.run("runs", "abandon", run).code == 2


def test_a_snapshot_is_printed_written_and_stored_alike(world: World) -> None:
    path = world.folder / "s.json"
    ran = world.run("snapshot", "--env", "prod", "--out", path, "--format", "json")
    assert ran.code == 0
    taken = ran.json()
    assert json.loads(path.read_bytes()) == taken
    digest = taken["digests"]["state"]
    stored = world.shelf / "snapshots" / f"{digest}.json"
    assert json.loads(stored.read_bytes())["digests"] == taken["digests"]
    sections = taken["state"]["roles"]
    assert {kind: section["capture"] for kind, section in sections.items()} == {
        "admin": "captured",
        "bot": "captured",
    }
    assert world.run("validate", path).code == 0
    assert path.stat().st_mode & 0o077 == 0
    text = world.run("snapshot", "--env", "prod").out
    assert f"sha256:{digest}" in text
    assert "admin: 4 roles (captured)" in text


def test_a_snapshot_of_some_roles_is_not_the_last_of_the_whole(world: World) -> None:
    part = world.run(*("snapshot", "--env", "prod", "--role", "Aud*", "--format", "json")).json()
    assert [item["name"] for item in part["state"]["roles"]["admin"]["items"]] == ["Auditor"]
    assert part["selection"] == {"include": ["Aud*"], "exclude": []}
    assert world.run("drift", "--env", "prod").code == 2
    # As a source it speaks for its own roles only.
    path = world.file("part.json", part)
    ran = world.run(
        *("plan", "--from", f"file:{path}", "--to", "dev", "--mode", "full", "--format", "json")
    )
    assert [change["name"] for change in ran.json()["changes"]] == ["Auditor"]


def test_equal_content_has_one_digest_in_both_environments(world: World) -> None:
    def digests(name: str) -> dict[str, str]:
        value: dict[str, str] = world.run("snapshot", "--env", name, "--format", "json").json()[
            "digests"
        ]
        return value

    assert (
        world.promote("--yes", "--mode", "full", "--allow", "max_deletions", "--reason", "x").code
        == 0
    )
    dev, prod = digests("dev"), digests("prod")
    assert dev["content"] == prod["content"]
    assert dev["state"] != prod["state"]


def test_drift_is_nothing_until_somebody_moves_something(world: World) -> None:
    missing = world.run("drift", "--env", "prod")
    assert missing.code == 2
    missing.says("no snapshot", "role-migrate snapshot --env prod")
    world.run("snapshot", "--env", "prod")
    still = world.run("drift", "--env", "prod", "--exit-code")
    assert (still.code, "No drift." in still.out) == (0, True)
    world.change("prod", "admin", "Leftover", Preferences="NO")
    since = world.last()
    moved = world.run("drift", "--env", "prod", "--exit-code")
    assert moved.code == 10
    assert "Preferences: YES → NO" in moved.out
    assert world.run("drift", "--env", "prod").code == 0
    assert world.writes(since) == []
    value = world.run("drift", "--env", "prod", "--format", "json").json()
    assert value["moved"] is True
    assert value["changes"][0]["permissions"] == [
        {"name": "Preferences", "before": "YES", "after": "NO"}
    ]
    apart = world.run("drift", "--env", "prod", "--exclude-role", "Left*", "--exit-code")
    assert apart.code == 0


def test_drift_looks_at_environments_files_digests_and_runs(world: World) -> None:
    assert world.promote("--yes").code == 0
    run = world.runs()[0]
    assert world.run("drift", "--env", "prod", "--against", f"run:{run}", "--exit-code").code == 0
    backup = world.report(run)["backup"]
    ran = world.run("drift", "--env", "prod", "--against", f"sha256:{backup}", "--exit-code")
    assert ran.code == 10
    assert "2 new, 2 changed" in ran.out
    other = world.run("drift", "--env", "prod", "--against", "dev")
    assert '+ create admin role "Leftover"' in other.out
    export = world.file("e.json", world.export("bot", "prod"))
    bare = world.run(
        *("drift", "--env", "prod", "--against", f"file:{export}"),
        *("--source-env", "prod", "--exit-code"),
    )
    assert bare.code == 0
    bare.says("not compared", "admin")


def test_validate_tells_every_fault_with_line_and_path(world: World) -> None:
    roles = world.export("admin")
    roles[0]["permissions"] = {"Invite": ["YES"], "Invte": "YES"}
    roles[1]["role"] = 7
    path = world.file("export.json", json.dumps(roles, indent=2))
    ran = world.run("validate", path)
    assert ran.code == 3
    lines = path.read_text().splitlines()
    for line, words in (
        (lines.index('    "role": 7,') + 1, "$[1].role"),
        (next(n for n, text in enumerate(lines, 1) if '"Invite": [' in text), "Invite"),
    ):
        assert any(
            text.startswith(f"{path}:{line}: error") and words in text
            for text in ran.out.splitlines()
        ), ran.out
    value = world.run("validate", path, "--format", "json").json()
    assert value["files"][0]["sound"] is False
    assert {fault["line"] for fault in value["files"][0]["faults"] if not fault["warning"]}


def test_warnings_alone_are_no_failure(world: World) -> None:
    roles = world.export("admin")
    roles[0]["permissions"] = {"Invte": "YES"}
    path = world.file("export.json", roles)
    ran = world.run("validate", path)
    assert ran.code == 0
    assert 'warning: $[0].permissions.Invte: the permission "Invte"' in ran.out
    assert 'did you mean "Invite"?' in ran.out


def test_what_the_project_ships_is_valid(world: World) -> None:
    ran = world.run("validate", SAMPLES / "export-admin.json", world.config)
    assert ran.code == 0, ran.out
    assert "error" not in ran.out.replace("0 errors", "")


def test_every_file_is_looked_at_also_after_a_bad_one(world: World) -> None:
    bad = world.file("bad.json", "[")
    good = world.file("good.json", world.export("bot"))
    ran = world.run("validate", bad, good)
    assert ran.code == 3
    assert f"{good}: this file of bot roles is sound" in ran.out
    assert world.run("validate", world.folder / "none.json").code == 2


def test_schemas_are_printed_by_name(world: World) -> None:
    names = world.run("schema").out.split()
    assert tuple(names) == schema_names()
    for name in names:
        assert json.loads(world.run("schema", name).out)["$schema"].endswith("2020-12/schema")
    ran = world.run("schema", "snapshots")
    assert ran.code == 2
    ran.says("snapshots", "next: ")


@pytest.mark.parametrize("fault", ["", "500"])
def test_a_run_leaves_a_page_for_people_however_it_ends(world: World, fault: str) -> None:
    world.configure(timeout="0.3")
    if fault:
        world.fault(fault, IMPORT, query={"roleType": "bot"}, times=10)
    page = world.folder / "run.md"
    ran = world.promote("--yes", "--report", f"md={page}")
    assert ran.code == (8 if fault else 0), ran.err
    run = world.runs()[0]
    kept = world.shelf / "runs" / run / "report.md"
    assert kept.read_bytes() == page.read_bytes()
    assert world.run("runs", "show", run, "--format", "md").out == page.read_text()
    text = page.read_text()
    assert f"role-migrate resume {run}".replace(":", "&#58;") in text if fault else "done" in text
    assert ("not tried" in text or "unknown" in text) is bool(fault)
    world.calm()
    world.configure(timeout="5")
    if fault:
        assert world.run("resume", run, "--yes").code == 0
        assert "unknown" not in kept.read_text()


def test_the_list_of_runs_for_machines(world: World) -> None:
    assert world.promote("--yes").code == 0
    fresh = [role("admin", "Fresh", Invite="YES"), role("bot", "Fresh", Tasks="VIEW")]
    world.put("dev", state(*fresh))
    world.configure(timeout="0.3")
    world.fault("500", IMPORT, query=BOT, times=10)
    assert world.promote("--yes").code == 8
    world.calm()
    value = world.run("runs", "--format", "json").json()
    jsonschema.validate(value, schema("runs"))
    newest, first = value["runs"]
    assert (first["state"], first["source"], first["target"]) == ("done", "dev", "prod")
    assert newest["state"] == "unfinished"
    assert [newest["run"], first["run"]] == sorted(world.runs(), reverse=True)
    hold(world, "prod", run=newest["run"])
    held, _ = world.run("runs").out.splitlines()
    assert held.endswith("unfinished, holds the lock")


def test_what_was_taken_back_already_is_not_waited_for(world: World) -> None:
    world.configure(verify_timeout="20")
    assert world.promote("--yes").code == 0
    (run,) = world.runs()
    assert world.run("rollback", run, "--yes").code == 0
    ran = world.run("rollback", run, "--yes")
    assert ran.code == 0
    assert "waiting" not in ran.err


def test_a_file_that_is_not_there_does_not_hide_the_faults_of_others(world: World) -> None:
    one, other = world.file("one.json", "{"), world.file("other.json", "[1]")
    ran = world.run("validate", one, world.folder / "nope.json", other, "--format", "json")
    assert ran.code == 2
    ran.says("nope.json", "there is no such file")
    assert len(ran.json()["files"]) == 2


def test_what_is_no_plan_is_said_to_be_none(world: World) -> None:
    ran = world.run("apply", SAMPLES / "export-admin.json", "--yes")
    assert ran.code == 3
    ran.says("this is no plan", "target: unchanged")
    assert "is missing" not in ran.err


def test_a_login_that_was_never_filled_in_is_told(world: World) -> None:
    world.configure(
        admin_app=world.settings["prod"]["admin_app"].replace(
            'client_id = "', 'client_id = "FILL-IN-', 1
        )
    )
    ran = world.run("validate", world.config)
    assert ran.code == 0
    assert 'client_id is still "FILL-IN-' in ran.out
