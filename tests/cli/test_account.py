"""The account that answers is the right one, on either side, before anything is kept of it."""

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.world import USERS, World

OTHER = "0123456789abcdef01234567"
ROLES_ONLY = ("plan", "--from", "dev", "--to", "prod")
PEOPLE = (*ROLES_ONLY, "--assignments", "merge")


def moved(world: World, name: str = "prod", account_id: str = OTHER) -> str:
    """Another account answers in an environment's place; returns whose place."""
    document = world.state(name)
    world.put(name, {**document, "accountId": account_id})
    return str(document["accountId"])


def shelf(world: World, name: str) -> Path:
    return next((world.folder / "store").glob(f"kore-sandbox-{name}-*"))


def kept(world: World) -> dict[str, bytes]:
    """Every snapshot and account that is stored, by path."""
    files = (path for path in (world.folder / "store").rglob("*.json") if path.is_file())
    return {
        str(path): path.read_bytes()
        for path in files
        if path.parent.name == "snapshots" or path.name == "account.json"
    }


def test_another_account_than_the_one_first_met_is_refused(staffed: World) -> None:
    path = staffed.plan()
    first = moved(staffed)
    recorded = json.loads((staffed.shelf / "account.json").read_bytes())
    assert recorded == {"accountId": first}
    before = kept(staffed)
    for words in (
        ("promote", "--from", "dev", "--to", "prod", "--yes"),
        ROLES_ONLY,
        ("apply", str(path), "--yes"),
    ):
        with staffed.untouched():
            ran = staffed.run(*words)
        assert ran.code == 3, ran.err
        ran.says(f"{OTHER}, not", first, "prod", "target: unchanged", "account_id")
    assert staffed.writes() == []
    assert kept(staffed) == before
    staffed.configure(account_id=f'"{OTHER}"')
    assert staffed.promote("--yes").code == 0


def test_a_snapshot_of_another_account_is_not_kept(staffed: World) -> None:
    assert staffed.run("snapshot", "--env", "prod").code == 0
    before, first = kept(staffed), moved(staffed)
    ran = staffed.run("snapshot", "--env", "prod", "--out", staffed.folder / "s.json")
    assert ran.code == 3
    ran.says(f"prod: the account that answers is {OTHER}, not {first}", "account_id")
    assert ran.out == ""
    assert kept(staffed) == before
    assert not (staffed.folder / "s.json").exists()


def test_a_snapshot_remembers_the_account(staffed: World) -> None:
    assert staffed.run("snapshot", "--env", "prod").code == 0
    moved(staffed)
    assert staffed.run(*ROLES_ONLY).code == 3


@pytest.mark.parametrize("first", [PEOPLE, ("snapshot", "--env", "dev")])
def test_a_source_whose_people_travel_must_be_the_account_it_was(
    staffed: World, first: tuple[str, ...]
) -> None:
    assert staffed.run(*first).code == 0
    was, before = moved(staffed, "dev"), kept(staffed)
    for words in (PEOPLE, ("promote", *PEOPLE[1:], "--yes")):
        with staffed.untouched():
            ran = staffed.run(*words)
        assert ran.code == 3
        ran.says(f"dev: the account that answers is {OTHER}, not {was}", "target: unchanged")
    assert kept(staffed) == before
    staffed.configure("dev", account_id=f'"{OTHER}"')
    assert staffed.run(*PEOPLE).code == 0
    assert json.loads((shelf(staffed, "dev") / "account.json").read_bytes()) == {"accountId": was}


def test_a_source_whose_shelf_is_out_of_reach_is_read_all_the_same(staffed: World) -> None:
    """Access to the store may be granted per environment, and only to where somebody writes."""
    assert staffed.run(*PEOPLE).code == 0
    path = shelf(staffed, "dev") / "account.json"
    path.unlink()
    path.mkdir()
    ran = staffed.run(*PEOPLE)
    assert ran.code == 0, ran.err
    ran.says("warning: whether this is still the account that dev was can't be told")
    shutil.rmtree(path)


@pytest.mark.parametrize("name", ["dev", "prod"])
@pytest.mark.parametrize(
    "words",
    [
        ROLES_ONLY,
        PEOPLE,
        ("promote", *ROLES_ONLY[1:], "--yes"),
        ("snapshot", "--env", "{name}"),
        ("drift", "--env", "{name}", "--against", "{other}"),
        ("drift", "--env", "{other}", "--against", "{name}"),
    ],
)
def test_the_account_in_the_config_must_answer(
    staffed: World, words: tuple[str, ...], name: str
) -> None:
    names = {"name": name, "other": "dev" if name == "prod" else "prod"}
    words = tuple(word.format(**names) for word in words)
    staffed.configure(name, account_id=f'"{OTHER}"')
    with staffed.untouched():
        ran = staffed.run(*words)
    assert ran.code == 3
    ran.says(f"{name}: the account that answers is", f"not {OTHER}", "account_id")
    assert staffed.writes() == []
    assert not any(f"kore-sandbox-{name}-" in path for path in kept(staffed))
    staffed.configure(name, account_id=f'"{staffed.state(name)["accountId"]}"')
    assert staffed.run(*words).code == 0


def test_it_costs_a_call_only_where_people_are_not_read_anyway(staffed: World) -> None:
    staffed.configure("dev", account_id=f'"{staffed.state("dev")["accountId"]}"')
    assert staffed.run(*ROLES_ONLY).code == 0
    assert staffed.calls("dev") == ["GET export admin", "GET export bot", "GET alluserroles"]
    assert staffed.log("dev")[-1]["query"] == {"limit": "1", "offset": "0"}
    seen = staffed.last()
    assert staffed.run(*PEOPLE).code == 0
    assert staffed.calls("dev", seen).count("GET alluserroles") == 1


def test_an_account_that_can_t_be_seen_is_said_to_be_unknown(staffed: World) -> None:
    staffed.configure(account_id=f'"{OTHER}"')
    staffed.switch(payload_encryption="on")
    ran = staffed.run(*ROLES_ONLY)
    assert ran.code == 4
    ran.says("membership_unread", "nor can it be seen that this is the right account")
    ran = staffed.run("snapshot", "--env", "prod")
    assert ran.code == 7
    ran.says("Turn payload encryption off", "or leave account_id out of the config")
    staffed.configure(account_id=None)
    ran = staffed.run("snapshot", "--env", "prod")
    assert ran.code == 0
    ran.says("without who holds what, and without knowing that it is the right account")


def test_a_source_that_must_be_an_account_and_does_not_show_it_is_refused(staffed: World) -> None:
    staffed.configure("dev", account_id=f'"{staffed.state("dev")["accountId"]}"')
    staffed.switch("dev", payload_encryption="on")
    with staffed.untouched():
        ran = staffed.run("promote", *ROLES_ONLY[1:], "--yes")
    assert ran.code == 7
    ran.says("payload encryption is on", "or leave account_id out of the config")
    staffed.configure("dev", account_id=None)
    assert staffed.promote("--yes").code == 0


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("200_html", "an HTML page"),
        ("200_short", "the first page is empty, the total is 5"),
    ],
)
def test_a_first_page_that_is_none_names_no_account(staffed: World, fault: str, words: str) -> None:
    staffed.configure("dev", account_id=f'"{staffed.state("dev")["accountId"]}"')
    staffed.fault(fault, USERS, environment="dev")
    with staffed.untouched():
        ran = staffed.promote("--yes")
    assert ran.code == 7
    ran.says("dev: Get User Roles Details: ", words)


def test_an_account_that_lists_nobody_is_not_remembered_as_having_no_id(staffed: World) -> None:
    whole = staffed.state()
    empty = {**whole, "users": [], "groups": []}
    empty["roles"] = [{**each, "holders": []} for each in whole["roles"]]
    staffed.put("prod", empty)
    assert staffed.run(*ROLES_ONLY).code == 0
    assert not (staffed.shelf / "account.json").exists()
    staffed.put("prod", whole)
    assert staffed.run(*ROLES_ONLY).code == 0
    assert (staffed.shelf / "account.json").exists()
    staffed.put("prod", empty)
    assert staffed.run(*ROLES_ONLY).code == 0
