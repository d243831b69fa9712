"""`rollback`: what a run did is taken back, and nothing else."""

from typing import Any

import pytest

from tests.cli.test_resume import BOT, change, killed
from tests.cli.world import IMPORT, World, role


def named(world: World, name: str = "prod") -> dict[tuple[str, str], tuple[Any, ...]]:
    """What an account holds, by name: descriptions, permissions and holders."""
    return {
        key: (each["rDesc"], each["permissions"], sorted(map(str, each["holders"])))
        for key, each in world.roles(name).items()
    }


def people(world: World) -> None:
    """ann and bob on both sides; roles of both have holders, and dev gives more."""
    for name in ("dev", "prod"):
        document = world.state(name)
        document["users"] = [{"username": f"{who}@example.com"} for who in ("ann", "bob")]
        document["groups"] = [{"gN": "Desk", "users": ["bob@example.com"]}]
        for each in document["roles"]:
            if (name, each["role"]) in (("prod", "Leftover"), ("prod", "Auditor")):
                each["holders"] = [{"user": "ann@example.com"}, {"group": "Desk"}]
            if (name, each["role"]) in (("dev", "Auditor"), ("dev", "Prüferin / ⚖")):
                each["holders"] = [{"user": "bob@example.com"}]
        world.put(name, document)


ALLOW = ("--allow=max_deletions", "--allow=held_roles", "--allow=membership_gap", "--reason=test")
FULL = ("--mode", "full", "--assignments", "exact", *ALLOW)


@pytest.mark.parametrize("options", [(), ("--assignments", "merge"), FULL], ids=str)
@pytest.mark.parametrize("switches", [{}, {"ids": "minted", "minted_members": "dropped"}], ids=str)
def test_a_finished_run_is_taken_back_by_name(
    world: World, options: tuple[str, ...], switches: dict[str, str]
) -> None:
    people(world)
    world.switch(**switches)
    before = named(world)
    assert world.promote("--yes", *options).code == 0
    run = world.runs()[0]
    changed = named(world)
    assert changed != before
    ran = world.run("rollback", run, "--yes", *ALLOW)
    assert ran.code == 0, ran.err
    assert named(world) == before
    ran.says(f"what run {run} found")
    shown = world.run("runs", "show", run)
    assert f"result: rolled back by run {world.runs()[0]}" in shown.out
    assert "to take it back" not in shown.out
    # It can itself be taken back.
    back = world.runs()[0]
    assert back != run
    ran = world.run("rollback", back, "--yes", *ALLOW)
    assert ran.code == 0, ran.err
    assert named(world) == changed


def test_a_run_that_was_taken_back_has_nothing_left_to_take_back(world: World) -> None:
    assert world.promote("--yes").code == 0
    run = world.runs()[0]
    assert world.run("rollback", run, "--yes").code == 0
    back = world.runs()[0]
    seen = world.last()
    ran = world.run("rollback", run, "--yes", "--format", "json")
    assert ran.code == 0, ran.err
    assert ran.json()["result"] == "nothing to do"
    assert world.writes(seen) == []
    assert f"rolled back by run {back}" in world.run("runs").out
    assert world.promote("--yes").code == 0
    world.assert_promoted()


@pytest.mark.parametrize("fault", ["timeout_after", "timeout_before"])
def test_a_run_that_was_cut_off_is_taken_back_and_ended(world: World, fault: str) -> None:
    people(world)
    before = named(world)
    run = killed(world, fault)
    ran = world.run("rollback", run, "--yes")
    assert ran.code == 0, ran.err
    assert named(world) == before
    assert world.promote("--yes").code == 0
    world.assert_promoted()


def test_roles_that_the_run_made_can_stay_without_those_to_whom_it_gave_them(world: World) -> None:
    people(world)
    assert world.promote("--yes", "--assignments", "merge").code == 0
    run = world.runs()[0]
    ran = world.run("rollback", run, "--yes", "--mode", "incremental")
    assert ran.code == 0, ran.err
    ran.says("admin role 'Prüferin / ⚖', which the run made, stays")
    assert world.roles()["admin", "Prüferin / ⚖"]["holders"] == []
    assert world.roles()["admin", "Auditor"]["rDesc"] == "reads"


def test_roles_that_stay_can_be_taken_from_everybody(world: World) -> None:
    people(world)
    assert world.promote("--yes").code == 0
    run = world.runs()[0]
    give(world, "Prüferin / ⚖", "ann@example.com")
    ran = world.run("rollback", run, "--yes", "--mode", "incremental", "--empty-created")
    assert ran.code == 0, ran.err
    assert world.roles()["admin", "Prüferin / ⚖"]["holders"] == []


def give(world: World, name: str, user: str) -> None:
    document = world.state()
    for each in document["roles"]:
        if each["role"] == name:
            each["holders"].append({"user": user})
    world.put("prod", document)


def test_a_made_role_that_somebody_else_gave_away_is_not_deleted_unasked(world: World) -> None:
    people(world)
    assert world.promote("--yes").code == 0
    run = world.runs()[0]
    give(world, "Prüferin / ⚖", "ann@example.com")
    with world.untouched():
        ran = world.run("rollback", run, "--yes")
    assert ran.code == 4, ran.err
    ran.says("held_roles", "Prüferin")
    ran = world.run("rollback", run, "--yes", *ALLOW)
    assert ran.code == 0, ran.err
    assert ("admin", "Prüferin / ⚖") not in world.roles()


def test_where_the_platform_does_not_delete_the_next_rollback_knows(world: World) -> None:
    people(world)
    world.switch(full_deletes="no")
    assert world.promote("--yes", "--assignments", "merge").code == 0
    run = world.runs()[0]
    ran = world.run("rollback", run, "--yes")
    assert ran.code == 9, ran.err
    ran = world.run("rollback", run, "--yes")
    assert ran.code == 0, ran.err
    ran.says("which the run made, stays, for an import here does not delete roles")
    assert world.roles()["admin", "Prüferin / ⚖"]["holders"] == []


def test_what_somebody_else_changed_since_is_a_conflict_that_is_listed(world: World) -> None:
    assert world.promote("--yes").code == 0
    run = world.runs()[0]
    change(world, "Auditor", Preferences="YES")
    change(world, "Builder", Tasks=["VIEW"])
    change(world, "Leftover", Preferences="NO")  # not the run's business
    with world.untouched():
        ran = world.run("rollback", run, "--yes")
    assert ran.code == 5, ran.err
    ran.says("'Auditor' was changed since", "'Builder' was changed since", "--to-backup")
    assert "Leftover" not in ran.err
    before = world.run("rollback", run, "--to-backup", "--yes", *ALLOW)
    assert before.code == 0, before.err
    assert world.roles()["admin", "Auditor"]["permissions"] == {
        "Invite": "YES",
        "View and Run Audit Reports": "YES",
    }
    assert world.roles()["admin", "Leftover"]["permissions"] == {"Preferences": "YES"}


def test_what_somebody_put_back_already_is_left(world: World) -> None:
    assert world.promote("--yes").code == 0
    run = world.runs()[0]
    document = world.state()
    for each in document["roles"]:
        if each["role"] == "Auditor":
            each["rDesc"], each["permissions"]["Invite"] = "reads", "YES"
    world.put("prod", document)
    ran = world.run("rollback", run, "--yes")
    assert ran.code == 0, ran.err
    assert "update admin role" not in ran.err


def test_the_way_back_can_be_looked_at_and_applied_later(world: World) -> None:
    before = named(world)
    assert world.promote("--yes").code == 0
    run = world.runs()[0]
    out = world.folder / "back.json"
    seen = world.last()
    ran = world.run("rollback", run, "--dry-run", "--out", out)
    assert ran.code == 0, ran.err
    assert world.writes(seen) == []
    assert 'delete admin role "Prüferin / ⚖"' in ran.out
    assert world.run("apply", out, "--yes").code == 0
    assert named(world) == before
    assert f"rolled back by run {world.runs()[0]}" in world.run("runs").out


def test_a_rollback_that_was_cut_off_goes_on_and_both_runs_are_ended(world: World) -> None:
    before = named(world)
    world.configure(timeout="0.3")
    world.fault("500", IMPORT, query=BOT, times=10)
    assert world.promote("--yes").code == 8
    run = world.runs()[0]
    world.fault("500", IMPORT, times=10)
    ran = world.run("rollback", run, "--yes")
    assert ran.code == 8, ran.err
    back = world.runs()[0]
    world.calm()
    blocked = world.run("resume", run, "--yes")
    assert blocked.code == 6
    blocked.says(back)
    ran = world.run("resume", back, "--yes")
    assert ran.code == 0, ran.err
    assert named(world) == before
    assert world.promote("--yes").code == 0


def test_a_rollback_of_a_rollback_leaves_the_first_run_unfinished(world: World) -> None:
    world.configure(timeout="0.3")
    world.fault("500", IMPORT, query=BOT, times=10)
    assert world.promote("--yes").code == 8
    run, half = world.runs()[0], named(world)
    world.fault("500", IMPORT, nth=2, times=10)
    ran = world.run("rollback", run, "--yes")
    back = world.runs()[0]
    world.calm()
    if ran.code == 8:
        ran = world.run("rollback", back, "--yes")
        assert ran.code == 0, ran.err
        assert named(world) == half
        blocked = world.promote("--yes")
        assert blocked.code == 6
        blocked.says(run)
    assert world.run("resume", run, "--yes").code in (0, 8)


def test_guards_and_consent_hold_for_the_way_back(world: World) -> None:
    assert world.promote("--yes").code == 0
    run = world.runs()[0]
    assert world.run("rollback", run).code == 2
    world.guards('[[guards]]\nrule = "protected_names"\nnames = ["Auditor"]\n')
    with world.untouched():
        ran = world.run("rollback", run, "--yes")
    assert ran.code == 4
    ran.says("protected_names")


def test_a_first_promotion_into_an_empty_account_can_be_taken_back(world: World) -> None:
    document = world.state()
    builtin = ("admin", "Bot Owner", "Bot Developer", "Bot Tester")
    document["roles"] = [each for each in document["roles"] if each["role"] in builtin]
    for number in range(12):
        made = role("admin", f"Made {number:02}", Invite="YES")
        dev = world.state("dev")
        dev["roles"].append(made)
        world.put("dev", dev)
    world.put("prod", document)
    before = named(world)
    assert world.promote("--yes").code == 0
    ran = world.run("rollback", world.runs()[0], "--yes")
    assert ran.code == 0, ran.err
    assert named(world) == before
