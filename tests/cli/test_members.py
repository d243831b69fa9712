"""Nobody loses a role by trouble on the way, and what a plan says of access is what happens."""

import time
from typing import Any

import pytest

from tests.cli.staffed import ADMIN_CALL, ANN, BOB, CY, DEE, account, edit, held, holdings
from tests.cli.world import IMPORT, World, role

DROPS = {"ids": "minted", "minted_members": "dropped"}
ALLOW = ("--allow=max_deletions", "--allow=membership_gap", "--allow=held_roles", "--reason=test")
KEEPER = role("admin", "Keeper", Manage_Custom_Admin_Roles="YES")


def team(
    world: World, *here: str, gains: str = "Invite", there: tuple[str, ...] = (), was: str = "NO"
) -> None:
    """Ops, whom `here` hold in prod, gains a permission; `there` hold it in dev."""
    permission = gains.replace(" ", "_")
    for name, value, holders in (("dev", "YES", there), ("prod", was, here)):
        ops = role("admin", "Ops", **{permission: value})
        world.put(name, account(held(KEEPER, ANN), held(ops, *holders), side=name))


def test_an_add_that_only_claims_to_be_done_takes_nothing_away(staffed: World) -> None:
    team(staffed, BOB, CY, there=(DEE,), was="YES")
    staffed.configure(timeout="0.4")
    staffed.fault("assign_ignored", ADMIN_CALL)
    before = holdings(staffed)
    ran = staffed.promote("--yes", "--assignments", "exact")
    assert ran.code == 8, ran.err
    ran.says("the platform said success, yet", f"user {DEE} in Ops", "nothing is taken away")
    assert holdings(staffed) == before
    ran = staffed.run("rollback", staffed.runs()[0], "--yes")
    assert ran.code == 0, ran.err
    assert holdings(staffed) == before


@pytest.mark.parametrize("fault", ["500", "reset_before", "timeout_before"])
def test_members_that_an_import_dropped_come_back_by_a_resume(staffed: World, fault: str) -> None:
    team(staffed, BOB, CY, "@Night")
    staffed.switch(**DROPS)
    staffed.configure(timeout="0.3")
    slow = {"seconds": 1} if fault == "timeout_before" else {}
    staffed.fault(fault, ADMIN_CALL, times=20, **slow)
    before = holdings(staffed)
    ran = staffed.promote("--yes")
    assert ran.code == 8, ran.err
    run = staffed.runs()[0]
    ran.says(f"role-migrate resume {run}")
    assert holdings(staffed) < before
    staffed.calm()
    assert staffed.promote("--yes").code == 6
    ran = staffed.run("resume", run, "--yes")
    assert ran.code == 0, ran.err
    assert holdings(staffed) == before
    notes = str(staffed.report(run)["notes"])
    assert "an import dropped 3 assignments, which were put back" in notes
    assert f"user {BOB} in 'Ops'" in notes


def test_who_sets_such_a_run_aside_is_told_what_stays_lost(staffed: World) -> None:
    team(staffed, BOB)
    staffed.switch(**DROPS)
    staffed.configure(timeout="0.3")
    staffed.fault("500", ADMIN_CALL, times=20)
    assert staffed.promote("--yes").code == 8
    staffed.calm()
    run = staffed.runs()[0]
    ran = staffed.run("runs", "abandon", run, "--reason", "by hand")
    assert ran.code == 0, ran.err
    ran.says("warning", "Ops", "no later promotion puts them back")


def test_a_role_that_a_rename_made_is_not_taken_for_one_that_kept_its_id(staffed: World) -> None:
    ids = {"dev": "a" * 24, "prod": "b" * 24}
    spare = [held(role("admin", f"R{n:02}", Preferences="YES")) for n in range(25)]
    for name, members in (("dev", ()), ("prod", (ANN, BOB, CY))):
        old = {**held(role("admin", "Old", Invite="YES"), *members), "_id": ids[name]}
        gone = held(role("admin", "Gone", Preferences=(name == "dev" and "NO") or "YES"))
        staffed.put(name, account(held(KEEPER, ANN), old, gone, *spare, side=name))
    assert staffed.promote("--yes").code == 0
    staffed.switch(**DROPS)
    dev = staffed.state("dev")
    dev["roles"] = [each for each in dev["roles"] if each["role"] != "Gone"]
    next(each for each in dev["roles"] if each["role"] == "Old")["role"] = "New"
    staffed.put("dev", dev)
    ran = staffed.promote("--yes", "--mode", "full", *ALLOW)
    assert ran.code == 0, ran.err
    assert {each[3] for each in holdings(staffed) if each[1] == "New"} == {ANN, BOB, CY}
    assert not [each for each in holdings(staffed) if each[1] == "Old"]


def test_a_plan_is_stale_where_others_would_gain_by_it(staffed: World) -> None:
    team(staffed, BOB, gains="Single Sign On")
    plan = staffed.plan()
    prod: dict[str, Any] = staffed.state()
    next(each for each in prod["roles"] if each["role"] == "Ops")["holders"].append({"user": CY})
    staffed.put("prod", prod)
    with staffed.untouched():
        ran = staffed.run("apply", plan, "--yes")
    assert ran.code == 5, ran.err
    ran.says("no longer what it says", CY)


def test_a_plan_is_stale_where_its_source_has_become_too_old(staffed: World) -> None:
    plan = staffed.plan("--assignments", "merge")
    staffed.configure(max_source_age='"1s"')
    time.sleep(2.1)
    with staffed.untouched():
        ran = staffed.run("apply", plan, "--yes")
    assert ran.code == 5, ran.err
    ran.says("its assignments are too old", "max_source_age")


@pytest.mark.parametrize("fault", ["", "200_short"])
def test_what_shows_late_is_no_difference_and_is_not_looked_at_too_early(
    staffed: World, fault: str
) -> None:
    team(staffed, BOB, CY)
    staffed.switch(**DROPS, read_lag=0.8)
    staffed.configure(timeout="3", verify_timeout="10")
    if fault:
        staffed.fault(fault, IMPORT)
    before = holdings(staffed)
    ran = staffed.promote("--yes")
    assert ran.code == 0, ran.err
    assert holdings(staffed) == before


@pytest.mark.parametrize("asked", [True, False])
def test_two_bots_of_one_name_stay_apart_whichever_of_them_is_seen(
    staffed: World, asked: bool
) -> None:
    bots = [{"_id": f"st-{number}", "name": "Twin"} for number in (1, 2)]
    gone, kept = role("bot", "Gone", Tasks="FULL"), role("bot", "Kept", Tasks="VIEW")
    document = account(KEEPER, side="prod", bots=bots)
    document["roles"] += [
        {**gone, "holders": [{"user": ANN, "bot": "st-1"}]},
        {**kept, "holders": [{"user": BOB, "bot": "st-2"}]},
    ]
    staffed.put("prod", document)
    edit(staffed, "dev", KEEPER, {**kept, "rDesc": "changed"})
    staffed.switch(ids="minted", minted_members="carried")
    before = staffed.state()
    options = ("--mode", "full", *ALLOW)
    if asked:
        path = staffed.plan(*options)
        ran = staffed.run("apply", path, "--yes")
    else:
        ran = staffed.promote("--yes", *options)
    assert ran.code == 0, ran.err
    # By now only one of them is seen: its name is what it was, also to whoever takes the run back.
    [run] = staffed.runs()
    ran = staffed.run("rollback", run, "--yes")
    assert ran.code == 0, ran.err
    assert holdings(staffed) == {
        ("bot", "Gone", "user", ANN, "Twin"),
        ("bot", "Kept", "user", BOB, "Twin"),
    }
    after = {each["role"]: each["holders"] for each in staffed.state()["roles"]}
    assert after == {each["role"]: each["holders"] for each in before["roles"]}


@pytest.mark.parametrize("way", ["resume", "rollback"])
def test_whoever_lost_a_role_while_a_run_lay_cut_off_is_not_given_it_back(
    staffed: World, way: str
) -> None:
    team(staffed, BOB, CY)
    staffed.configure(timeout="0.5")
    cut = {"environment": "prod"}
    staffed.control(
        "/faults",
        [
            {**cut, "fault": "reset_after", "path": IMPORT},
            {**cut, "fault": "500", "path": "/api/public/roles/export", "nth": 3, "times": 50},
        ],
    )
    ran = staffed.promote("--yes")
    assert ran.code == 8, ran.err
    staffed.calm()
    document = staffed.state()
    ops = next(each for each in document["roles"] if each["role"] == "Ops")
    assert ops["permissions"] == {"Invite": "YES"}, "the import landed"
    ops["holders"] = [each for each in ops["holders"] if each != {"user": BOB}]
    staffed.put("prod", document)
    left = holdings(staffed)
    done = staffed.run(way, staffed.runs()[0], "--yes", *(ALLOW if way == "rollback" else ()))
    assert done.code == 0, done.err
    assert holdings(staffed) == left
    assert not any("dropped" in note for note in staffed.report()["notes"])
    # Nor is anything false learned of the platform.
    plan = staffed.run(
        "plan", "--from", "dev", "--to", "prod", "--mode", "full", *ALLOW[:1], ALLOW[3]
    )
    assert "known to drop their members" not in plan.out
