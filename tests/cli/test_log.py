"""`log`: every change, with who planned, approved and applied it; and the history that it reads."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from migrate.errors import Exit
from migrate.resources import schema
from migrate.validation import validate
from tests.cli.staffed import ANN, BOB, KEEPER, OPERATOR, edit, held
from tests.cli.test_locks import expire
from tests.cli.test_resume import BOT, killed
from tests.cli.world import IMPORT, UPLOAD, World, role

MERGE = ("--yes", "--assignments", "merge")


def entries(world: World) -> list[Path]:
    return sorted((world.shelf / "history").glob("*.json"))


def read(world: World, *arguments: str) -> list[dict[str, Any]]:
    ran = world.run("log", "--env", "prod", "--format", "json", *arguments)
    assert ran.code == 0, ran.err
    runs: list[dict[str, Any]] = ran.json()["runs"]
    return runs


def test_a_run_leaves_one_entry_that_tells_all_of_it(
    staffed: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITLAB_USER_LOGIN", "ann.planner")
    monkeypatch.setenv("CI_JOB_URL", "https://ci.example/7")
    plan = staffed.plan("--assignments", "merge")
    monkeypatch.setenv("GITLAB_USER_LOGIN", "cy.applier")
    assert staffed.run("apply", plan, "--yes").code == 0
    (path,) = entries(staffed)
    assert path.name == "000001.json"
    value = json.loads(path.read_bytes())
    assert validate(value, None, schema("history"), where="entry") == ()
    run, planned = staffed.report(), json.loads(plan.read_bytes())
    for key in ("run", "plan", "planDigest", "mode", "result", "backup", "after"):
        assert value[key] == run[key], key
    assert (value["number"], value["previous"], value["basis"]) == (1, None, "read back")
    assert value["assignments"] == "merge"
    assert value["planner"] == {"name": "ann.planner", "place": "https://ci.example/7"}
    assert value["applier"]["name"] == value["endedBy"]["name"] == "cy.applier"
    assert value["source"]["digest"] == planned["source"]["digest"]
    assert value["source"]["environment"] == "dev"
    assert value["target"]["identity"]["account"] == "sandbox-prod"
    assert [(each["action"], each["name"]) for each in value["roles"]] == [("create", "New")]
    added = {(each["kind"], each["principal"], each["role"]) for each in value["adds"]}
    assert ("user", ANN, "Ops") in added
    assert value["removes"] == []
    gains = {
        (one["name"], delta["permission"], change["scope"])
        for change in value["access"]
        for one in change["principals"]
        for delta in change["permissions"]
        if delta["direction"] == "gain"
    }
    assert (ANN, "Invite", "") in gains
    assert staffed.run("validate", path).code == 0


def test_who_agreed_stays_known_however_and_by_whomever_the_run_is_ended(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITLAB_USER_LOGIN", "pat")
    world.configure(protected="true", approvals="1", timeout="0.3")
    for end in ("done", "resumed", "set aside"):
        plan = world.plan()
        words = ("--change-ref", "CHG1", "--by", "alice", "--yes")
        assert world.run("approve", plan, *words).code == 0
        if end == "done":
            assert world.run("apply", plan, "--yes").code == 0
        else:
            world.fault("500", IMPORT, query=BOT, times=10)
            assert world.run("apply", plan, "--yes").code == 8
            world.calm()
            monkeypatch.setenv("GITLAB_USER_LOGIN", "dee")
            run = world.runs()[0]
            last = ("resume", run, "--yes")
            if end == "set aside":
                last = ("runs", "abandon", run, "--reason", "x")
            assert world.run(*last).code == 0
        entry = read(world)[0]
        (approver,) = entry["approvers"]
        assert (approver["name"], approver["changeRef"], approver["key"]) == ("alice", "CHG1", "")
        assert (entry["planner"]["name"], entry["applier"]["name"]) == ("pat", "pat")
        assert entry["endedBy"]["name"] == ("pat" if end == "done" else "dee")
        text = " ".join(world.run("log").out.split())
        assert "approved by alice" in text
        assert "[claimed, " in text
        monkeypatch.setenv("GITLAB_USER_LOGIN", "pat")
        world.change("dev", "bot", "Reviewer", Tasks=["FULL" if end == "done" else "NO"])


def test_what_writes_nothing_leaves_no_entry(world: World) -> None:
    assert world.run("plan", "--from", "dev", "--to", "prod").code == 0
    assert world.promote("--dry-run").code == 0
    world.configure(timeout="0.3")
    world.fault("500", UPLOAD, times=9)
    assert world.promote("--yes").code == 7
    assert len(world.runs()) == 1
    assert entries(world) == []
    assert world.run("log").out == "No such change in the history.\n"
    world.calm()
    assert world.promote("--yes").code == 0
    assert world.promote("--yes").code == 0, "nothing to do"
    assert len(entries(world)) == 1


def test_each_entry_follows_from_the_one_before_and_none_is_written_again(world: World) -> None:
    assert world.promote("--yes").code == 0
    first = entries(world)[0].read_bytes()
    run = world.runs()[0]
    assert world.run("rollback", run, "--yes").code == 0
    assert world.promote("--yes").code == 0
    runs = read(world)
    assert [each["number"] for each in runs] == [3, 2, 1], "the newest first"
    assert [each["undoes"] for each in runs] == ["", run, ""]
    assert entries(world)[0].read_bytes() == first
    for path in entries(world):
        value = json.loads(path.read_bytes())
        assert validate(value, None, schema("history"), where="entry") == ()
    ran = world.run("log", "--check")
    assert (ran.code, "prod: 3 entries, all sound" in ran.out) == (0, True)


def test_a_run_that_ends_otherwise_than_desired_is_in_the_history_as_seen(world: World) -> None:
    world.switch(permissions="drop_unknown")
    world.change("dev", "admin", "Auditor", **{"Never Heard Of": "YES"})
    assert world.promote("--yes").code == 9
    (entry,) = read(world)
    assert (entry["result"], entry["basis"]) == ("different", "read back")
    named = {p["name"] for each in entry["roles"] for p in each["permissions"]}
    assert "Invite" in named
    assert "Never Heard Of" not in named


@pytest.mark.parametrize("fault", ["timeout_after", "timeout_before"])
def test_a_run_that_was_cut_off_has_its_entry_once_it_ends(world: World, fault: str) -> None:
    run = killed(world, fault)
    assert entries(world) == []
    assert world.run("resume", run, "--yes").code == 0
    assert world.run("resume", run, "--yes").code == 0
    (entry,) = read(world)
    assert (entry["run"], entry["result"]) == (run, "done")


def test_a_run_that_was_set_aside_is_told_as_meant(world: World) -> None:
    run = killed(world, "timeout_before")
    assert world.run("runs", "abandon", run, "--reason", "by hand, CHG7").code == 0
    (entry,) = read(world)
    assert (entry["run"], entry["result"], entry["basis"]) == (run, "set aside", "planned")
    assert (entry["reason"], entry["after"]) == ("by hand, CHG7", "")
    assert "Auditor" in {each["name"] for each in entry["roles"]}
    text = world.run("log").out
    assert "nobody read the target back" in text
    assert "by hand, CHG7" in text


def test_a_run_that_was_taken_back_unfinished_has_an_entry_before_the_one_that_did(
    world: World,
) -> None:
    run = killed(world, "timeout_after")
    assert world.run("rollback", run, "--yes").code == 0
    back, taken = read(world)
    assert (taken["run"], taken["number"], taken["basis"]) == (run, 1, "planned")
    assert taken["result"] == f"rolled back by run {back['run']}"
    assert (back["undoes"], back["number"], back["basis"]) == (run, 2, "read back")
    assert world.run("rollback", back["run"], "--yes").code == 0
    assert len(read(world)) == 3


class Cut(BaseException):
    """As if the process had been killed."""


def cut_before_finished(monkeypatch: pytest.MonkeyPatch, nth: int = 1) -> None:
    """Let a process die between the history entry and the `finished` of its journal."""
    from migrate.journal import Journal

    real, seen = Journal.append, []

    def append(self: Journal, kind: str, body: Any) -> Any:
        if kind in ("finished", "abandoned"):
            seen.append(kind)
            if len(seen) == nth:
                raise Cut
        return real(self, kind, body)

    monkeypatch.setattr(Journal, "append", append)


def dies(world: World, monkeypatch: pytest.MonkeyPatch, *words: str, nth: int = 1) -> None:
    with monkeypatch.context() as patched:
        cut_before_finished(patched, nth)
        with pytest.raises(Cut):
            world.run(*words)
    expire(world)


def test_killed_between_entry_and_end_a_run_is_resumed_without_a_second_entry(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    dies(world, monkeypatch, "promote", "--from", "dev", "--to", "prod", "--yes")
    assert len(entries(world)) == 1
    run = world.runs()[0]
    assert world.promote("--yes").code == Exit.BLOCKED
    assert world.run("resume", run, "--yes").code == 0
    assert len(entries(world)) == 1
    assert world.run("runs").out.splitlines()[0].endswith("done")
    assert world.run("rollback", run, "--yes").code == 0
    assert world.run("log", "--check").code == 0


@pytest.mark.parametrize("nth", [1, 2])
def test_killed_while_a_run_is_taken_back_each_has_one_entry(
    world: World, monkeypatch: pytest.MonkeyPatch, nth: int
) -> None:
    run = killed(world, "timeout_after")
    dies(world, monkeypatch, "rollback", run, "--yes", nth=nth)
    back = world.runs()[0]
    assert len(entries(world)) == nth
    assert world.run("resume", back, "--yes").code == 0
    assert [each["run"] for each in read(world)] == [back, run]


def test_killed_while_a_run_is_set_aside_it_has_one_entry(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = killed(world, "timeout_before")
    dies(world, monkeypatch, "runs", "abandon", run, "--reason", "x")
    assert world.run("runs", "abandon", run, "--reason", "x").code == 0
    assert len(read(world)) == 1


def three(world: World) -> list[Path]:
    assert world.promote("--yes").code == 0
    assert world.run("rollback", world.runs()[0], "--yes").code == 0
    assert world.promote("--yes").code == 0
    assert world.run("rollback", world.runs()[0], "--yes").code == 0
    return entries(world)[:3]


@pytest.mark.parametrize("number", [1, 2, 4])
def test_a_missing_entry_is_named_and_keeps_runs_from_writing(world: World, number: int) -> None:
    three(world)
    (world.shelf / "history" / f"{number:06d}.json").unlink()
    refused(world, number, "is missing")


@pytest.mark.parametrize("number", [3, 4])
def test_an_altered_entry_is_named_and_keeps_runs_from_writing(world: World, number: int) -> None:
    three(world)
    path = world.shelf / "history" / f"{number:06d}.json"
    path.chmod(0o600)
    path.write_bytes(path.read_bytes().replace(b'"result":"done"', b'"result":"gone"'))
    refused(world, number, "")


def test_an_altered_entry_of_long_ago_is_found_by_who_reads_them_all(world: World) -> None:
    path = three(world)[0]
    path.chmod(0o600)
    path.write_bytes(path.read_bytes().replace(b'"result":"done"', b'"result":"gone"'))
    for words in (("log",), ("log", "--check")):
        ran = world.run(*words)
        assert ran.code == 3
        ran.says("000001", "can't be trusted", "next: ")


def refused(world: World, number: int, what: str) -> None:
    since = world.last()
    with world.untouched():
        ran = world.promote("--yes")
    assert ran.code == 3, ran.err
    ran.says(f"{number:06d}", what, "can't be trusted", "target: unchanged", "next: ")
    assert world.writes(since) == []
    assert world.run("log", "--env", "prod").code == 3
    assert world.run("log", "--check", "--env", "prod").code == 3
    assert world.run("plan", "--from", "dev", "--to", "prod").code == 0


def test_a_broken_history_keeps_a_run_from_being_gone_on_with(world: World) -> None:
    run = killed(world, "timeout_before")
    stray = world.shelf / "history" / "000002.json"
    stray.parent.mkdir()
    stray.write_bytes(b"{}")
    with world.untouched():
        ran = world.run("resume", run, "--yes")
    assert ran.code == 3, ran.err
    ran.says("000001", "is missing", "target: unchanged")
    assert world.run("runs", "abandon", run, "--reason", "x").code == 3
    stray.unlink()
    assert world.run("resume", run, "--yes").code == 0
    assert len(read(world)) == 1


def test_of_a_role_of_a_user_and_of_a_permission(staffed: World) -> None:
    assert staffed.promote(*MERGE).code == 0
    edit(staffed, "dev", held(KEEPER, OPERATOR), held(role("admin", "Ops", Invite="NO"), ANN))
    assert staffed.promote("--yes").code == 0
    assert len(read(staffed)) == 2
    (ops,) = read(staffed, "--role", "Op*", "--permission", "invite", "--user", ANN.upper())[:1]
    assert ops["roles"] == ops["adds"] == []
    (change,) = ops["access"]
    assert change["principals"] == [{"kind": "user", "name": ANN}]
    assert [delta["direction"] for delta in change["permissions"]] == ["loss"]
    assert [each["number"] for each in read(staffed, "--role", "New")] == [1]
    assert read(staffed, "--user", "nobody@example.com") == []
    ran = staffed.run("log", "--permission", "Invte")
    assert ran.code == 2
    ran.says('"Invite"', "next: ")
    text = staffed.run("log", "--permission", "Invite").out
    assert 'update admin role "Ops"' in text
    assert "gains Invite in prod" in text
    assert "approved by nobody" in text


def test_since_a_date(world: World) -> None:
    assert world.promote("--yes").code == 0
    assert len(read(world, "--since", "2020-01-01")) == 1
    assert read(world, "--since", "2999-01-01T00:00:00Z") == []
    for bad in ("yesterday", "2026-02-30"):
        ran = world.run("log", "--since", bad)
        assert ran.code == 2
        ran.says(bad, "2026-01-31", "next: ")


def test_names_from_an_account_are_no_formulas_and_move_no_cursor(staffed: World) -> None:
    evil = '=HYPERLINK("http://x","y")'
    bidi = "@Night\u202e\x1b[2J"
    edit(
        staffed,
        "dev",
        held(KEEPER, OPERATOR),
        held(role("admin", evil, Invite="YES"), ANN),
        held(role("admin", bidi, Invite="YES"), BOB),
    )
    assert staffed.promote(*MERGE).code == 0
    table = staffed.run("log", "--format", "csv").out
    found = list(csv.DictReader(io.StringIO(table)))
    assert {row["role"] for row in found} >= {f"'{evil}", "'@Night\\u202e\\u001b[2J"}
    assert not any(cell[:1] in "=+-@" and cell for row in found for cell in row.values())
    for text in (table, staffed.run("log").out, staffed.run("log", first=("-v",)).out):
        assert "\u202e" not in text
        assert "\x1b" not in text
    assert {row["what"] for row in found} >= {"create", "assign", "gain"}
    assert {row["environment"] for row in found} == {"prod"}
