"""Users of one account whose e-mails differ only by case: two people, who are never mixed up."""

import json
from typing import Any

import pytest

from tests.cli.staffed import (
    ANN,
    BOB,
    CY,
    HELPER,
    KEEPER,
    LEFTOVER,
    OPERATOR,
    OPS,
    USERS,
    edit,
    held,
    holdings,
)
from tests.cli.world import LOOK_UP, World, role

TWIN = "Ann@Example.com"
ONE, OTHER = f"{ANN} [u-1]", f"{TWIN} [u-2]"


@pytest.fixture
def world(staffed: World) -> World:
    """In prod one twin holds Ops and Helper, the other is in a group and holds Leftover."""
    people = [{"username": name} for name in USERS if name != ANN]
    people += [
        {"username": ANN, "userId": "u-1", "orgUserId": "E1"},
        {"username": TWIN, "userId": "u-2", "orgUserId": "E2"},
    ]
    edit(
        staffed,
        "prod",
        held(KEEPER, OPERATOR),
        held(role("admin", "Ops", Invite="NO"), ANN),
        held(HELPER, f"{ANN}/Sales", f"{BOB}/Sales", side="prod"),
        held(LEFTOVER, TWIN),
        users=people,
        groups=[{"gN": "Desk", "users": [CY, TWIN]}, {"gN": "Night", "users": [ANN]}],
    )
    return staffed


def lists(world: World, since: int = 0) -> list[dict[str, Any]]:
    """The entries of every call that assigned something."""
    calls = [entry for entry in world.log("prod", since) if "assignments" in entry["path"]]
    return [entry for call in calls for entry in call["body"]]


@pytest.mark.parametrize("ids", ["kept", "minted"])
def test_they_are_in_nobodys_way_where_only_roles_travel(world: World, ids: str) -> None:
    world.switch(ids=ids, minted_members="dropped")
    before = holdings(world)
    ran = world.promote("--yes")
    assert ran.code == 0, ran.err
    assert holdings(world) == before
    seen = world.last()
    assert world.promote("--yes").code == 0
    assert world.writes(seen) == []


def test_the_plan_says_which_of_them_gains_or_loses_what(world: World) -> None:
    plan = ("plan", "--from", "dev", "--to", "prod", "--mode", "full", "--prune-held")
    allowed = ("--allow", "max_deletions", "--reason", "a test")
    ran = world.run(*plan, *allowed, first=("-v",))
    assert ran.code == 0, ran.err
    assert f"{ANN} [u-2]" in ran.out


@pytest.mark.parametrize("assignments", ["merge", "exact"])
def test_whoever_is_given_something_must_be_one_of_them(world: World, assignments: str) -> None:
    moving = ("--yes", "--assignments", assignments, "--on-unresolved", "skip")
    with world.untouched():
        ran = world.promote(*moving)
    assert ran.code == 3
    ran.says(f'user "{ANN}"', f'it could be "{ONE}" or "{OTHER}"', "Say which is meant under")
    assert LOOK_UP not in world.calls("prod")
    world.configure(identity=f'{{ users = {{ "{ANN}" = "{OTHER}" }} }}')
    ran = world.promote(*moving)
    assert ran.code == 0, ran.err
    ops = {who for _, name, _, who, _ in holdings(world) if name == "Ops"}
    assert ops == {TWIN, "Desk", *({ANN} if assignments == "merge" else ())}
    for entry in lists(world):
        users = [*entry.get("addUsers", ()), *entry.get("removeUsers", ())]
        assert not {ANN, TWIN} & set(users)
    seen = world.last()
    assert world.promote(*moving).code == 0
    assert world.writes(seen) == []


def test_the_source_must_not_leave_open_which_of_two_it_means(staffed: World) -> None:
    people = [{"username": name} for name in (*USERS, TWIN)]
    edit(staffed, "dev", held(KEEPER, OPERATOR), held(OPS, TWIN), users=people)
    with staffed.untouched():
        ran = staffed.promote("--yes", "--assignments", "merge")
    assert ran.code == 3
    ran.says(TWIN, "the source has 2 of the name", "target: unchanged")
    assert staffed.promote("--yes").code == 0


def test_a_file_says_which_of_them_it_means(world: World) -> None:
    def assign(who: str) -> Any:
        text = f"kind,principal,role_type,role\nuser,{who},admin,Keeper\n"
        return world.run("assign", "-f", world.file("a.csv", text), "--env", "prod", "--yes")

    with world.untouched():
        ran = assign(ANN)
    assert ran.code == 3
    ran.says("line 2", f'it could be "{ONE}" or "{OTHER}"; say which is meant')
    assert LOOK_UP not in world.calls("prod")
    assert assign(OTHER).code == 0
    assert {who for _, name, _, who, _ in holdings(world) if name == "Keeper"} == {OPERATOR, TWIN}
    assert lists(world)[0]["addOrgUserIds"] == ["E2"]


def test_a_snapshot_holds_both(world: World) -> None:
    path = world.folder / "prod.json"
    assert world.run("snapshot", "--env", "prod", "--out", path).code == 0
    names = [
        each["name"] for each in json.loads(path.read_bytes())["state"]["assignments"]["principals"]
    ]
    assert {ANN, TWIN} <= set(names)
    assert world.run("validate", path).code == 0
    assert world.run("plan", "--from", f"file:{path}", "--to", "dev").code == 0


def test_taking_a_run_back_gives_each_what_was_taken(world: World) -> None:
    world.configure(identity=f'{{ users = {{ "{ANN}" = "{ONE}" }} }}')
    before = holdings(world)
    moving = ("--assignments", "exact", "--on-unresolved", "skip", "--mode", "full")
    allowed = ("--prune-held", "--allow", "max_deletions", "--reason", "a test")
    ran = world.promote("--yes", *moving, *allowed)
    assert ran.code == 0, ran.err
    assert holdings(world) != before
    ran = world.run("rollback", world.runs()[0], "--yes", *allowed[1:])
    assert ran.code == 0, ran.err
    assert holdings(world) == before
