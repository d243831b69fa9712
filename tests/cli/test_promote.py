"""Plan and apply in one go: what is called, what is asked, what is left behind."""

import json
import os
import subprocess

import pytest

from tests.cli.world import IMPORT, World


def test_a_promotion_makes_two_calls_to_the_source_and_to_the_target_three_and_three_per_type(
    world: World,
) -> None:
    ran = world.promote("--yes")
    assert ran.code == 0, ran.err
    world.assert_promoted()
    assert world.calls("dev") == ["GET export admin", "GET export bot"]
    assert world.calls("prod") == [
        "GET export admin",
        "GET export bot",
        "GET alluserroles",
        "POST uploadfile",
        "POST import admin",
        "POST uploadfile",
        "POST import bot",
        "GET export admin",
        "GET export bot",
    ]
    assert "9 requests to the target" in ran.out


def test_one_changed_role_type_costs_three_calls(world: World) -> None:
    ran = world.promote("--yes", "--role", "Builder")
    assert ran.code == 0
    assert world.calls("prod")[3:] == ["POST uploadfile", "POST import bot", "GET export bot"]


def test_nothing_to_change_makes_reads_only(world: World) -> None:
    world.put("prod", world.state("dev"))
    ran = world.promote("--yes")
    assert ran.code == 0
    assert "nothing to do" in ran.out
    assert world.writes() == []
    assert world.calls("dev") == ["GET export admin", "GET export bot"]
    assert world.calls("prod") == [*world.calls("dev"), "GET alluserroles"]
    assert world.runs() == []


def test_a_second_promotion_writes_nothing(world: World) -> None:
    assert world.promote("--yes").code == 0
    since = world.last()
    assert world.promote("--yes").code == 0
    assert world.writes(since) == []
    assert world.promote("--yes", "--mode", "full", "--exclude-role", "Leftover").code == 0
    assert world.writes(since) == []


def test_a_dry_run_writes_nothing_and_shows_the_plan(world: World) -> None:
    with world.untouched():
        ran = world.promote("--dry-run", "--format", "json")
    assert ran.code == 0
    assert world.writes() == []
    assert [change["name"] for change in ran.json()["changes"]] == [
        "Auditor",
        "Prüferin / ⚖",
        "Builder",
        "Reviewer",
    ]
    assert world.runs() == []


def test_without_a_terminal_and_yes_it_is_a_usage_error(world: World) -> None:
    with world.untouched():
        ran = world.promote()
    assert ran.code == 2
    ran.says("no terminal to ask on", "target: unchanged", "--yes")
    assert world.control("/log") == []


def on_a_terminal(world: World, answer: bytes) -> tuple[int, str]:
    """Promote on a pseudo-terminal and answer its question."""
    return world.on_a_terminal(answer, "promote", "--from", "dev", "--to", "prod")


def test_on_a_terminal_it_asks_and_reads_the_target_again_under_the_lock(world: World) -> None:
    code, said = on_a_terminal(world, b"y\n")
    assert code == 0, said
    assert "Apply it to prod?" in said
    world.assert_promoted()
    assert world.calls("prod")[:6] == [*world.calls("dev"), "GET alluserroles"] * 2
    assert len(world.calls("prod")) == 12
    assert len(world.calls("dev")) == 2


def test_who_is_asked_can_say_no(world: World) -> None:
    with world.untouched():
        code, said = on_a_terminal(world, b"n\n")
    assert code == 130
    assert "target: unchanged" in said
    assert world.writes() == []


def test_a_report_is_written_beside_the_answer(world: World) -> None:
    ran = world.promote("--yes", "--report", f"json={world.folder}/r.json", "--format", "json")
    assert ran.code == 0
    report = json.loads((world.folder / "r.json").read_bytes())
    assert report == ran.json()
    assert report["result"] == "done"
    assert report["targetState"] == "as desired"
    assert [step["state"] for step in report["steps"]] == ["done"] * 4
    checked = world.run("validate", world.folder / "r.json")
    assert checked.code == 0, checked.out


def test_the_stored_report_is_the_printed_one(world: World) -> None:
    printed = world.promote("--yes", "--format", "json").json()
    stored = world.report()
    assert stored == printed
    assert stored["finishedAt"] >= stored["startedAt"] > ""
    assert stored["requests"] == 9
    moments = stored["traffic"]["moments"]
    assert sum(each["where"] == "prod" for each in moments) == 9
    called = [each["what"] for each in moments if each["where"] == "dev"]
    assert called[0] == "GET /api/public/roles/export"
    assert {each["outcome"] for each in moments} == {"200"}


def test_a_report_that_cannot_be_written_is_found_out_before_anything_is_changed(
    world: World,
) -> None:
    with world.untouched():
        ran = world.promote("--yes", "--report", f"json={world.folder}/nowhere/r.json")
    assert ran.code == 2
    ran.says("nowhere/r.json", "next: ")


@pytest.mark.parametrize("report", ["json", "json=", "pdf=x", "=x"])
def test_a_report_has_a_known_format_and_a_file(world: World, report: str) -> None:
    ran = world.promote("--yes", "--report", report)
    assert ran.code == 2
    ran.says("json, html, md, text")
    assert world.control("/log") == []


def test_ids_of_the_target_are_kept_and_nothing_is_dropped(world: World) -> None:
    before = world.roles()
    assert world.promote("--yes").code == 0
    after = world.roles()
    for key, held in before.items():
        assert after[key]["_id"] == held["_id"]
        assert after[key]["refId"] == held["refId"]


def test_full_deletes_what_only_the_target_has_when_that_is_allowed(world: World) -> None:
    with world.untouched():
        refused = world.promote("--yes", "--mode", "full")
    assert refused.code == 4
    refused.says("max_deletions", "target: unchanged", "--allow max_deletions --reason")
    ran = world.promote(
        *("--yes", "--mode", "full", "--allow", "max_deletions", "--reason", "left from 2024")
    )
    assert ran.code == 0, ran.err
    assert world.roles().keys() == world.roles("dev").keys()
    verdicts = {item["rule"]: item for item in world.report()["verdicts"]}
    assert verdicts["max_deletions"]["outcome"] == "allowed"
    assert verdicts["max_deletions"]["reason"] == "left from 2024"


def test_a_full_file_is_sent_only_where_a_role_goes(world: World) -> None:
    world.promote("--yes", "--mode", "full", "--allow", "max_deletions", "--reason", "tidy")
    queries = {
        entry["query"]["roleType"]: entry["query"]["fullImport"]
        for entry in world.log()
        if entry["path"].endswith("import")
    }
    assert queries == {"admin": "true", "bot": "false"}


def test_closed_streams_do_not_stop_a_run(world: World) -> None:
    # As `promote … 2>&1 | head -1` does: nobody reads on, and yet the run must end as it should.
    read, write = os.pipe()
    process = world.spawn(
        "promote", "--from", "dev", "--to", "prod", "--yes", stdout=write, stderr=write
    )
    os.close(write)
    os.read(read, 1)
    os.close(read)
    assert process.wait(30) == 0
    world.assert_promoted()
    assert world.report()["result"] == "done"


def test_a_failure_keeps_its_exit_code_when_nobody_reads_its_report(world: World) -> None:
    world.configure(timeout="0.3")
    world.fault("500", IMPORT, query={"roleType": "bot"}, times=2)
    process = world.spawn(
        *("promote", "--from", "dev", "--to", "prod", "--yes"),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.wait(30) == 8
