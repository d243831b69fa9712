"""The platform in trouble: what is said, which state the target is left in, what comes next."""

import re
import socket

import pytest

from tests.cli.world import EXPORT, IMPORT, UPLOAD, World

# before anything is written


def test_a_wrong_client_secret_is_an_access_denied(world: World) -> None:
    (world.folder / "secrets" / "prod-admin_app").write_text("n" * 40)
    with world.untouched():
        ran = world.promote("--yes")
    assert ran.code == 7
    ran.says(
        "prod: Export Roles (admin)",
        "Invalid SDK credentials",
        "target: unchanged",
        "client_secret",
    )
    assert len(world.calls("prod")) == 1


def test_a_missing_scope_is_told_from_a_wrong_secret(world: World) -> None:
    world.switch(admin_scope="missing")
    ran = world.promote("--yes")
    assert ran.code == 7
    ran.says("Scope is incorrect", "Profile Management > Role Management", "target: unchanged")


@pytest.mark.parametrize(
    ("offset", "words"), [(3600, "60 minutes behind"), (-3600, "60 minutes ahead")]
)
def test_a_clock_that_is_an_hour_off_is_found_out(world: World, offset: int, words: str) -> None:
    world.switch(clock_offset=offset)
    ran = world.promote("--yes")
    assert ran.code == 7
    ran.says(words, "set the clock", "target: unchanged")


def test_a_host_that_is_not_found_is_named(world: World) -> None:
    world.configure(url='"https://kore.invalid"')
    ran = world.promote("--yes")
    assert ran.code == 7
    ran.says("kore.invalid", "target: unchanged", "next: ")


def test_nobody_listening_is_not_a_riddle(world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    world.configure(url=f'"http://127.0.0.1:{port}"')
    ran = world.run("plan", "--from", "prod", "--to", "dev")
    assert ran.code == 7
    ran.says(f"127.0.0.1:{port} refused the connection", "target: unchanged", "next: ")


def test_plain_http_where_tls_is_expected_is_told(world: World) -> None:
    url = world.settings["prod"]["url"].replace("http:", "https:")
    world.configure(url=url)
    ran = world.run("plan", "--from", "dev", "--to", "prod")
    assert ran.code == 7
    ran.says("TLS", "target: unchanged", "next: ")


@pytest.mark.parametrize(
    "fault", ["500", "200_html", "200_html_after", "200_cut_json", "200_empty", "redirect"]
)
def test_a_read_that_fails_is_an_error_and_never_an_empty_section(world: World, fault: str) -> None:
    for environment in ("dev", "prod"):
        world.fault(fault, EXPORT, environment=environment, times=10)
        with world.untouched():
            ran = world.promote("--yes", "--mode", "full")
        assert ran.code == 7, ran.err
        ran.says(f"{environment}: Export Roles (admin)", "target: unchanged", "next: ")
        assert world.writes() == []


@pytest.mark.parametrize(
    "fault", ["502_html", "503", "reset_before", "reset_after", "refused", "wrong_content_length"]
)
def test_a_read_that_fails_once_is_tried_again(world: World, fault: str) -> None:
    world.fault(fault, EXPORT, environment="dev")
    ran = world.run("snapshot", "--env", "dev")
    assert ran.code == 0, ran.err
    # Twice, for a snapshot is made sure of, and once more for the one that failed.
    assert world.calls("dev").count("GET export admin") == 3


def test_a_read_that_is_silent_is_given_up_in_the_end(world: World) -> None:
    world.configure("dev", timeout="0.2")
    world.fault("timeout_before", EXPORT, environment="dev", times=10, seconds=5)
    ran = world.run("snapshot", "--env", "dev")
    assert ran.code == 7
    ran.says("sent nothing for 0.2 s", "next: ")


def test_an_export_that_is_shorter_than_before_is_stopped_by_a_guard(world: World) -> None:
    document = world.state("dev")
    document["roles"] = [
        role for role in document["roles"] if role["role"] in ("admin", "Bot Owner")
    ]
    world.put("dev", document)
    with world.untouched():
        ran = world.promote("--yes", "--mode", "full")
    assert ran.code == 4
    ran.says("shrunk_source", "target: unchanged", "--allow")


# the upload


@pytest.mark.parametrize(
    "fault",
    [
        *("500", "500_after", "502_html", "503", "reset_before", "reset_after", "redirect"),
        *("200_html", "200_html_after", "200_cut_json", "200_empty", "wrong_content_length"),
    ],
)
def test_an_upload_that_fails_once_is_sent_again_for_it_changes_nothing(
    world: World, fault: str
) -> None:
    world.fault(fault, UPLOAD)
    ran = world.promote("--yes", "--role", "Auditor")
    assert ran.code == 0, ran.err
    assert world.roles()["admin", "Auditor"]["rDesc"] == "reads all"
    calls = world.calls("prod")
    assert calls.count("POST uploadfile") == 2
    assert calls.count("POST import admin") == 1


@pytest.mark.parametrize(
    "fault", ["500", "502_html_after", "reset_before", "200_empty", "redirect"]
)
def test_an_upload_that_keeps_failing_leaves_the_target_unchanged(world: World, fault: str) -> None:
    world.fault(fault, UPLOAD, times=10)
    with world.untouched():
        ran = world.promote("--yes")
    assert ran.code == 7
    ran.says("prod", "Upload File (admin)", "target: unchanged", "next: ")
    assert "POST import admin" not in world.calls("prod")
    report = world.report()
    assert report["result"] == "failed, target unchanged"
    assert [step["state"] for step in report["steps"]] == [
        "failed",
        "not tried",
        "not tried",
        "not tried",
    ]
    assert report["error"]["exitCode"] == 7
    # Nothing is in the way of the next run.
    world.calm()
    assert world.promote("--yes").code == 0


# the import

ACTED = (
    "500_after",
    "502_html_after",
    "reset_after",
    "200_html_after",
    "200_cut_json",
    "200_empty",
)
NOT_ACTED = ("500", "502_html", "503", "reset_before", "200_html")


@pytest.mark.parametrize("fault", [*ACTED, "wrong_content_length"])
def test_an_import_that_landed_without_an_answer_is_seen_and_not_sent_again(
    world: World, fault: str
) -> None:
    world.fault(fault, IMPORT, query={"roleType": "admin"})
    ran = world.promote("--yes", "--format", "json")
    assert ran.code == 0, ran.err
    ran.says("reading back what became of it", "done, as reading back shows")
    world.assert_promoted()
    assert world.calls("prod").count("POST import admin") == 1
    assert ran.json()["steps"][1]["outcome"]["settled"] == "landed"


@pytest.mark.parametrize("fault", NOT_ACTED)
def test_an_import_that_did_not_land_is_sent_once_more_after_two_looks(
    world: World, fault: str
) -> None:
    world.configure(timeout="0.3")
    world.fault(fault, IMPORT, query={"roleType": "admin"})
    ran = world.promote("--yes")
    assert ran.code == 0, ran.err
    ran.says("not done, sending it once more")
    world.assert_promoted()
    calls = world.calls("prod")
    assert calls[4:8] == ["POST import admin", *["GET export admin"] * 2, "POST import admin"]


def test_an_import_that_times_out_and_lands_late_is_not_repeated(world: World) -> None:
    world.configure(timeout="0.5")
    world.fault("timeout_late", IMPORT, seconds=0.7, query={"roleType": "admin"})
    ran = world.promote("--yes")
    assert ran.code == 0, ran.err
    world.assert_promoted()
    assert next(entry.get("acted") for entry in world.log() if entry["path"] == IMPORT)
    assert world.calls("prod").count("POST import admin") == 1


def test_an_import_that_times_out_after_it_landed_is_settled_by_reading_back(world: World) -> None:
    world.configure(timeout="0.4")
    world.fault("timeout_after", IMPORT, seconds=10, query={"roleType": "bot"})
    ran = world.promote("--yes")
    assert ran.code == 0, ran.err
    ran.says("sent nothing for 0.4 s")
    world.assert_promoted()


@pytest.mark.parametrize("fault", ["500", "reset_before"])
def test_an_import_that_keeps_failing_says_that_nothing_is_certain(
    world: World, fault: str
) -> None:
    world.configure(timeout="0.3")
    world.fault(fault, IMPORT, times=10)
    with world.untouched():
        ran = world.promote("--yes", "--format", "json")
    assert ran.code == 8
    ran.says("read back and it shows nothing of it, twice", "unknown: import of 2 admin roles")
    report = ran.json()
    assert report == world.report()
    assert [step["state"] for step in report["steps"]] == [
        "done",
        "unknown",
        "not tried",
        "not tried",
    ]
    assert report["error"]["exitCode"] == 8


def test_a_second_import_that_fails_leaves_a_run_to_be_set_aside(world: World) -> None:
    world.configure(timeout="0.3")
    world.fault("500", IMPORT, query={"roleType": "bot"}, times=10)
    ran = world.promote("--yes")
    assert ran.code == 8
    run = world.runs()[0]
    ran.says(
        "done: import of 2 admin roles",
        "in doubt: import of 2 bot roles",
        f"role-migrate resume {run}",
        f"role-migrate rollback {run}",
    )
    assert world.roles()["admin", "Auditor"]["rDesc"] == "reads all"
    assert "partly applied" in world.run("runs", "show", run).out
    # It blocks what comes next until somebody has decided.
    world.calm()
    blocked = world.promote("--yes")
    assert blocked.code == 6
    blocked.says(run, "target: unchanged", "runs abandon")
    assert world.run("runs", "abandon", run, "--reason", "seen to").code == 0
    assert world.promote("--yes").code == 0
    world.assert_promoted()


def test_a_refused_import_leaves_the_target_unchanged(world: World) -> None:
    world.switch(no_id="refused")
    with world.untouched():
        ran = world.promote("--yes")
    assert ran.code == 7
    ran.says(
        "Import Roles (admin): refused with HTTP 400",
        "_id is required",
        "target: unchanged",
        "send_source_id = true",
    )
    world.configure(send_source_id="true")
    assert world.promote("--yes").code == 0
    world.assert_promoted()


def test_a_refused_import_is_looked_after_before_the_target_is_called_unchanged(
    world: World,
) -> None:
    world.switch(no_id="refused")
    world.configure(timeout="0.3")
    # The reads before the run go through; the look after the refusal does not.
    world.fault("500", EXPORT, nth=3, times=20)
    ran = world.promote("--yes")
    assert ran.code == 8
    ran.says("whether it changed anything can't be seen", "unknown: import of 2 admin roles")


def test_a_file_id_that_the_import_does_not_know_is_a_matter_of_the_config(world: World) -> None:
    world.configure(upload='{ command = ["echo", "no-such-file", "#"] }')
    with world.untouched():
        ran = world.promote("--yes")
    assert ran.code == 7
    ran.says("Invalid file id", "target: unchanged", "`upload`")


def test_an_answer_in_another_order_with_others_in_it_is_all_right(world: World) -> None:
    world.switch(response_order="arbitrary", response_scope="all", builtins_answered="yes")
    ran = world.promote("--yes", "--format", "json")
    assert ran.code == 0, ran.err
    outcome = ran.json()["steps"][1]["outcome"]
    assert (outcome["sent"], outcome["missing"], outcome["different"]) == (2, [], {})
    assert outcome["others"] == 3


def test_an_answer_that_is_short_is_told_and_the_export_decides(world: World) -> None:
    world.fault("200_short", IMPORT, query={"roleType": "admin"})
    ran = world.promote("--yes", "--format", "json")
    assert ran.code == 0, ran.err
    ran.says("2 sent, 1 answered, 1 missing")
    assert ran.json()["steps"][1]["outcome"]["missing"] == ["Prüferin / ⚖"]


def test_an_answer_that_is_wrong_is_told_and_the_export_decides(world: World) -> None:
    world.fault("200_wrong", IMPORT, query={"roleType": "bot"})
    ran = world.promote("--yes")
    assert ran.code == 0, ran.err
    ran.says("1 different: the export will tell")


def test_success_is_claimed_by_nobody_but_the_export(world: World) -> None:
    # The import answers as it should, and yet the account does not keep what it was sent.
    world.switch(permissions="drop_unknown")
    document = world.state("prod")
    document["catalogue"]["admin"].remove("View and Run Audit Reports")
    world.put("prod", document)
    first = world.promote("--yes")
    assert first.code == 9
    first.says("prod", "View and Run Audit Reports", "dropped", "not exactly as desired", "next: ")
    second = world.promote("--yes")
    assert second.code == 0
    assert "cannot be changed here" in second.err


def test_somebody_elses_change_during_the_run_is_told_and_left(world: World) -> None:
    world.switch(response_order="file")
    # While the upload is held, somebody changes a role that the plan does not touch.
    world.fault("timeout_after", UPLOAD, seconds=0.4)
    process = world.spawn("promote", "--from", "dev", "--to", "prod", "--role", "Auditor", "--yes")
    wait_for(world, "POST uploadfile")
    world.change("prod", "admin", "Leftover", Preferences="NO")
    ran = world.ended(process)
    assert ran.code == 9
    ran.says("Leftover", "changed by somebody else meanwhile")
    assert world.roles()["admin", "Leftover"]["permissions"] == {"Preferences": "NO"}
    assert world.roles()["admin", "Auditor"]["rDesc"] == "reads all"


def wait_for(world: World, call: str) -> None:
    import time

    deadline = time.monotonic() + 20
    while call not in world.calls("prod"):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_writes_that_show_late_are_waited_for(world: World) -> None:
    world.switch(read_lag=0.8)
    world.configure(verify_timeout="5")
    ran = world.promote("--yes")
    assert ran.code == 0, ran.err
    ran.says("what was written does not show yet")


def test_writes_that_never_show_are_a_difference(world: World) -> None:
    world.switch(read_lag=600)
    world.configure(verify_timeout="0.6")
    ran = world.promote("--yes")
    assert ran.code == 9
    ran.says("prod", "Auditor", "not exactly as desired")


def test_a_target_that_cannot_be_read_back_is_called_changed(world: World) -> None:
    world.fault("500", EXPORT, nth=3, times=20)
    ran = world.promote("--yes", "--format", "json")
    assert ran.code == 8
    ran.says("every step was done", "could not be read back", "changed by every step", "next: ")
    report = ran.json()
    assert report["result"] == "not verified"
    assert [step["state"] for step in report["steps"]] == ["done"] * 4
    world.calm()
    seen = world.last()
    resumed = world.run("resume", world.runs()[0], "--yes")
    assert resumed.code == 0, resumed.err
    assert world.writes(seen) == []
    assert world.report()["result"] == "done"


# rate limits


@pytest.mark.parametrize(("path", "seconds"), [(EXPORT, 0), (UPLOAD, 0), (IMPORT, 0), (IMPORT, 1)])
def test_a_refusal_for_the_rate_is_waited_out(world: World, path: str, seconds: int) -> None:
    world.fault("429_retry_after", path, seconds=seconds)
    ran = world.promote("--yes", "--role", "Auditor")
    assert ran.code == 0, ran.err
    ran.says("waiting 1.0 s")
    assert world.roles()["admin", "Auditor"]["rDesc"] == "reads all"


@pytest.mark.parametrize("way", ["retry_after", "bare", "message"])
def test_an_hourly_limit_is_an_error_with_the_target_unchanged(world: World, way: str) -> None:
    world.switch(rate_limit=way, limit_per_hour=3)
    with world.untouched():
        ran = world.promote("--yes")
    assert ran.code == 7, ran.err
    ran.says("prod", "hourly rate limit", "UTC on, in 60 minutes", "target: unchanged")
    ran.says("Run it again after")
    assert [entry["status"] for entry in world.log()] == [200] * 3 + [
        400 if way == "message" else 429
    ]


def test_an_hour_that_is_spent_half_way_is_a_point_to_resume_from(world: World) -> None:
    world.switch(limit_per_hour=6)
    ran = world.promote("--yes")
    assert ran.code == 8, ran.err
    assert re.search(r"next: After \d\d:\d\d UTC, role-migrate resume \S+ goes on", ran.err), (
        ran.err
    )
    ran.says("partly changed")
    world.switch(limit_per_hour=0)
    resumed = world.run("resume", world.runs()[0], "--yes")
    assert resumed.code == 0, resumed.err
    world.assert_promoted()
