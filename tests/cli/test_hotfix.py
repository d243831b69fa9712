"""A change by hand between two promotions: named, refused, carried back."""

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
