"""A list of roles that once came short deletes nothing: what a deletion rests on is read twice."""

from pathlib import Path
from typing import Any

import pytest

from tests.cli.world import DEV, EXPORT, PROD, World, role

FULL = ("--mode", "full", "--allow", "max_deletions", "--reason", "a test")
NARROWED = (*FULL, "--exclude-role", "Zulu")
LAST = ("admin", "Zulu")
"""The last admin role of either account, which a short answer lacks."""


@pytest.fixture
def world(world: World) -> World:
    """Both accounts with a role at the end that no promotion here is about."""
    zulu = role("admin", "Zulu", Preferences="YES")
    for name, document in (("dev", DEV), ("prod", PROD)):
        world.put(name, {**document, "roles": [*document["roles"], zulu]})
    return world


def short(world: World, *reads: int, environment: str = "prod") -> None:
    """The exports of admin roles that come short, counted from 1."""
    world.control(
        "/faults",
        [
            {
                "fault": "200_short",
                "environment": environment,
                "path": EXPORT,
                "query": {"roleType": "admin"},
                "nth": nth,
            }
            for nth in reads
        ],
    )


def deleted(plan: Any) -> list[str]:
    return [change["name"] for change in plan["changes"] if change["action"] == "delete"]


def stored(world: World, kind: str) -> list[Path]:
    return list(world.shelf.rglob(f"{kind}/*.json"))


@pytest.mark.parametrize("read", [1, 2])
def test_a_source_that_once_came_short_deletes_only_what_it_really_lacks(
    world: World, read: int
) -> None:
    short(world, read, environment="dev")
    ran = world.run("plan", "--from", "dev", "--to", "prod", *FULL, "--format", "json")
    assert ran.code == 0, ran.err
    assert deleted(ran.json()) == ["Leftover"]
    ran.says("do not agree", 'only one of them has "Zulu"', "reading it all again")
    short(world, read, environment="dev")
    assert world.promote("--yes", *FULL).code == 0
    assert LAST in world.roles()
    assert ("admin", "Leftover") not in world.roles()


def test_a_source_that_comes_short_time_and_again_is_no_source(world: World) -> None:
    for words in (("plan",), ("promote", "--yes")):
        short(world, 1, 3, environment="dev")
        with world.untouched():
            ran = world.run(*words, "--from", "dev", "--to", "prod", *FULL)
        assert ran.code == 7
        ran.says("dev: two reads of the admin roles", '"Zulu"', "target: unchanged", "next: ")
        assert world.writes() == []
    assert stored(world, "plans") == []


@pytest.mark.parametrize("read", [1, 2])
def test_a_target_that_came_short_when_it_was_promoted_to_loses_no_role(
    world: World, read: int
) -> None:
    short(world, read)
    ran = world.promote("--yes", *NARROWED)
    assert ran.code == 0, ran.err
    ran.says("prod: two reads of the admin roles", 'only one of them has "Zulu"')
    assert LAST in world.roles()
    assert ("admin", "Leftover") not in world.roles()


@pytest.mark.parametrize("read", [1, 2])
def test_a_target_that_came_short_when_a_plan_was_applied_loses_no_role(
    world: World, read: int
) -> None:
    path = world.plan(*NARROWED)
    short(world, read)
    assert world.run("apply", path, "--yes").code == 0
    assert LAST in world.roles()


def test_a_target_that_came_short_when_it_was_planned_for_loses_no_role(world: World) -> None:
    short(world, 1)
    path = world.plan(*NARROWED)
    world.calm()
    assert world.run("apply", path, "--yes").code == 0
    assert LAST in world.roles()


def test_a_target_that_comes_short_time_and_again_is_left_alone(world: World) -> None:
    path = world.plan(*NARROWED)
    short(world, 1, 3)
    with world.untouched():
        ran = world.run("apply", path, "--yes")
    assert ran.code == 7
    ran.says("prod: two reads of the admin roles", "target: unchanged", "Nothing is deleted on")
    assert world.writes() == []
    world.calm()
    assert world.run("apply", path, "--yes").code == 0


def test_roles_that_somebody_changes_in_between_are_two_reads_that_differ(world: World) -> None:
    path = world.plan(*NARROWED)
    world.fault("200_wrong", EXPORT, query={"roleType": "admin"}, nth=2)
    ran = world.run("apply", path, "--yes")
    assert ran.code == 0, ran.err
    ran.says("changed in between")


@pytest.mark.parametrize("read", [1, 2, 3])
def test_taking_a_run_back_after_a_short_read_loses_no_role(world: World, read: int) -> None:
    assert world.promote("--yes").code == 0
    run = world.runs()[0]
    short(world, read)
    ran = world.run("rollback", run, "--yes", "--allow", "max_deletions", "--reason", "a test")
    assert ran.code == 0, ran.err
    assert LAST in world.roles()
    assert ("admin", "Prüferin / ⚖") not in world.roles()


@pytest.mark.parametrize("read", [1, 2])
@pytest.mark.parametrize("narrowed", [(), ("--role", "*u*")])
def test_a_snapshot_is_whole(world: World, read: int, narrowed: tuple[str, ...]) -> None:
    short(world, read)
    ran = world.run("snapshot", "--env", "prod", *narrowed, "--format", "json")
    assert ran.code == 0, ran.err
    items = ran.json()["state"]["roles"]["admin"]["items"]
    assert "Zulu" in [item["name"] for item in items]


def test_a_snapshot_that_can_t_be_made_sure_of_is_not_kept(world: World) -> None:
    short(world, 1, 3)
    ran = world.run("snapshot", "--env", "prod")
    assert ran.code == 7
    ran.says("prod: two reads of the admin roles")
    assert not list((world.folder / "store").rglob("snapshots/*.json"))


def test_only_what_is_deleted_of_is_read_twice(world: World) -> None:
    assert world.promote("--yes", *NARROWED).code == 0
    assert world.calls("dev") == ["GET export admin", "GET export bot", "GET export admin"]
    reads = [call for call in world.calls("prod") if call.startswith("GET export")]
    once, again = ["GET export admin", "GET export bot"], ["GET export admin"]
    assert reads[:3] == once + again
    seen = world.last()
    assert world.promote("--yes", *NARROWED).code == 0
    assert world.calls("dev", seen) == once
    assert world.calls("prod", seen) == [*once, "GET alluserroles"]
    assert world.writes(seen) == []
