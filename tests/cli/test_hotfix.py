"""A change by hand between two promotions: named, refused, carried back."""

import json
import re

import pytest

from tests.cli.world import World

SET = {"Single Sign On": "YES"}


@pytest.fixture
def promoted(world: World) -> World:
    """prod holds what dev has, by a run; then somebody gave Auditor Single Sign On by hand."""
    ran = world.promote("--yes")
    assert ran.code == 0, ran.err
    world.change("prod", "admin", "Auditor", **SET)
    return world


def test_a_change_by_hand_is_named_and_refused_carried_back_and_then_clean(
    promoted: World,
) -> None:
    shown = promoted.run("plan", "--from", "dev", "--to", "prod")
    assert shown.code == 4
    assert "Done by hand since the last run, and taken back by this plan" in shown.out
    assert '! admin role "Auditor"' in shown.out
    assert "Single Sign On was set from absent to YES, and becomes absent" in shown.out
    with promoted.untouched():
        ran = promoted.promote("--yes")
    assert ran.code == 4
    ran.says(
        "reverts_hotfix: since the last run somebody changed prod by hand",
        "role-migrate plan --from prod --to dev --role 'Auditor'",
        "target: unchanged",
        "--allow reverts_hotfix",
    )
    back = promoted.run("promote", "--from", "prod", "--to", "dev", "--role", "Auditor", "--yes")
    assert back.code == 0, back.err
    clean = promoted.promote("--yes")
    assert clean.code == 0, clean.err
    assert promoted.roles()["admin", "Auditor"]["permissions"]["Single Sign On"] == "YES"


def test_it_is_taken_back_by_whoever_means_it(promoted: World) -> None:
    allow = ("--allow", "reverts_hotfix", "--reason", "CHG1")
    plan = promoted.plan(*allow)
    ran = promoted.run("apply", plan, "--yes")
    assert ran.code == 0, ran.err
    assert "Single Sign On" not in promoted.roles()["admin", "Auditor"]["permissions"]
    assert promoted.promote("--yes").code == 0


def test_what_is_done_by_hand_is_seen_through_a_run_that_leaves_it_alone(promoted: World) -> None:
    promoted.change("dev", "bot", "Builder", Tasks=["VIEW"])
    narrow = promoted.promote("--yes", "--role", "Builder")
    assert narrow.code == 0, narrow.err
    assert promoted.promote("--yes").code == 4


def test_what_a_rollback_brings_back_is_as_well_known_as_before(promoted: World) -> None:
    promoted.change("dev", "bot", "Builder", Tasks=["VIEW"])
    allow = ("--allow", "reverts_hotfix", "--reason", "CHG1")
    assert promoted.promote("--yes", *allow).code == 0
    back = promoted.run("rollback", promoted.runs()[0], "--yes")
    assert back.code == 0, back.err
    again = promoted.promote("--yes")
    assert again.code == 4
    again.says("'Auditor': Single Sign On was set from absent to YES")


def test_a_plan_is_stale_once_it_would_take_back_a_hotfix(world: World) -> None:
    assert world.promote("--yes").code == 0
    world.change("dev", "admin", "Auditor", Invite="YES")
    plan = world.plan()
    world.change("prod", "admin", "Auditor", **SET)
    with world.untouched():
        ran = world.run("apply", plan, "--yes")
    assert ran.code == 5, ran.err


AUDIT = "/api/public/auditlogs"
ALLOW = ("--allow", "reverts_hotfix", "--reason", "CHG1")


@pytest.fixture
def logged(world: World) -> World:
    """As `promoted`, and the platform's clock shows a later second than the run."""
    ran = world.promote("--yes")
    assert ran.code == 0, ran.err
    world.switch(clock_offset=30)
    world.change("prod", "admin", "Auditor", **SET)
    return world


def reverts(world: World) -> dict[str, list[str]]:
    ran = world.run("plan", "--from", "dev", "--to", "prod", "--format", "json")
    assert ran.code in (0, 4), ran.err
    return {each["role"]: each["log"] for each in ran.json()["reverts"]}


def notes(world: World, *arguments: str) -> list[str]:
    ran = world.run("plan", "--from", "dev", "--to", "prod", "--format", "json", *arguments)
    assert ran.code in (0, 4), ran.err
    found: list[str] = ran.json()["people"]["notes"]
    return [note for note in found if "audit log" in note]


def test_a_plan_says_what_the_log_says_of_what_it_takes_back(logged: World) -> None:
    (said,) = reverts(logged)["Auditor"]
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ Role Permissions Updated, Permissions of the admin role "
        "'Auditor' were updated by console user",
        said,
    )
    assert notes(logged) == []
    logged.switch(audit_user="columns")
    (said,) = reverts(logged)["Auditor"]
    assert "Z console user: Role Permissions Updated, " in said
    shown = logged.run("plan", "--from", "dev", "--to", "prod")
    assert "      log: 20" in shown.out
    assert "console user: Role Permissions Updated" in " ".join(shown.out.split())


def test_nobody_is_named_on_a_page_that_counts_people(logged: World) -> None:
    page = logged.folder / "page.md"
    logged.run("plan", "--from", "dev", "--to", "prod", "--report", f"md={page}")
    assert "log: 1 entry" in page.read_text() and "console user" not in page.read_text()
    options = ("--report", f"md={page}", "--show-principals")
    logged.run("plan", "--from", "dev", "--to", "prod", *options)
    assert "console user" in page.read_text()


def test_no_log_is_read_where_nothing_is_taken_back(world: World) -> None:
    world.switch(audit_scope="missing")
    assert world.promote("--yes").code == 0
    world.change("dev", "admin", "Auditor", **SET)
    assert notes(world) == []
    assert "GET auditlogs" not in world.calls()


def test_a_log_that_may_not_be_read_is_a_note(logged: World) -> None:
    logged.switch(audit_scope="missing")
    (note,) = notes(logged)
    assert note.startswith("the audit log of prod could not be read: Get Admin Console Audit Logs:")
    assert note.endswith("it takes the scope Logs > Admin Console Audit Logs")
    assert reverts(logged) == {"Auditor": []}
    shown = logged.run("plan", "--from", "dev", "--to", "prod")
    assert "the audit log of prod could not be read" in shown.out
    assert logged.promote("--yes", *ALLOW).code == 0


@pytest.mark.parametrize("fault", ["500", "200_html", "200_cut_json", "200_empty"])
def test_a_log_that_answers_nothing_sound_is_a_note(logged: World, fault: str) -> None:
    logged.fault(fault, AUDIT, times=99)
    (note,) = notes(logged)
    assert "the audit log of prod could not be read: " in note


def test_a_plan_on_a_snapshot_reads_no_log_and_says_so(logged: World) -> None:
    assert logged.run("snapshot", "--env", "prod").code == 0
    before = logged.last()
    (note,) = notes(logged, "--target-snapshot", "last")
    assert note == "the audit log of prod was not read: this plan is on a snapshot"
    assert logged.calls(since=before) == []


def test_what_an_earlier_run_left_alone_is_looked_for_from_before_that_run(world: World) -> None:
    assert world.promote("--yes").code == 0
    base = world.shelf / "base.json"
    base.write_text(re.sub(r'"at": ?"[^"]+"', '"at": "2026-01-02T03:04:05Z"', base.read_text()))
    # By the next run's clock it is done before that run.
    world.switch(clock_offset=-30)
    world.change("prod", "bot", "Reviewer", Tasks=["FULL"])
    world.switch(clock_offset=0)
    world.change("dev", "bot", "Builder", Tasks=["VIEW"])
    for tasks in ("VIEW", "NO"):
        world.change("dev", "bot", "Builder", Tasks=[tasks])
        assert world.promote("--yes", "--role", "Builder").code == 0
    by_hand = reverts(world)["Reviewer"][0]
    assert by_hand.endswith("'Reviewer' were updated by console user")
    assert world.promote("--yes", *ALLOW).code == 0
    assert json.loads(base.read_text())["open"] == []
    assert world.run("rollback", world.runs()[0], "--yes").code == 0
    # The first run, what was done by hand, the run that took it back, and the rollback.
    assert 'says more of bot role "Reviewer"' in notes(world)[0]


def test_a_log_that_says_nothing_or_too_much_of_a_role_is_a_note(logged: World) -> None:
    for value in ("YES", "NO", "YES", "NO", "YES"):
        logged.change("prod", "admin", "Auditor", Preferences=value)
    assert len(reverts(logged)["Auditor"]) == 3
    (note,) = notes(logged)
    assert note.endswith('says more of admin role "Auditor" than its newest entries')
    logged.switch(audit_dates="from_last", clock_offset=-30)
    logged.change("prod", "bot", "Reviewer", Tasks=["FULL"])
    assert 'says nothing of bot role "Reviewer"' in notes(logged)[0]


def test_after_a_rollback_the_same_can_be_promoted_again(staffed: World) -> None:
    words = ("--yes", "--assignments", "merge")
    assert staffed.promote(*words).code == 0
    assert staffed.promote(*words).code == 0  # nothing to do
    run = staffed.runs()[0]
    back = staffed.run("rollback", run, "--yes")
    assert back.code == 0, back.err
    again = staffed.promote(*words)
    assert again.code == 0, again.err
