import re
from typing import Any

import pytest

from migrate.errors import InvalidInput
from migrate.sandbox.kore.state import read_account

ADMIN = {"roleType": "admin", "role": "A", "permissions": {}}
BOT = {"roleType": "bot", "role": "B", "permissions": {}}
MASTER = {"roleType": "admin", "role": "admin", "permissions": {}}
USERS = [{"username": "ada@example.com"}, {"username": "Bo@example.com", "orgUserId": "E2"}]
GROUPS = [{"gN": "Ops", "users": ["ada@example.com"]}, {"gN": "All", "groups": ["Ops"]}]
BOTS = [{"_id": "st-1", "name": "Helper"}]
PEOPLE: dict[str, Any] = {"users": USERS, "groups": GROUPS, "bots": BOTS}


def held(role: dict[str, Any], *holders: dict[str, Any], **sections: Any) -> dict[str, Any]:
    return {**PEOPLE, "roles": [{**role, "holders": list(holders)}], **sections}


def test_people_survive_the_round_trip() -> None:
    app = {"name": "Web", "clientId": "cs-1", "clientSecret": "s"}
    state = {
        "roles": [
            {**ADMIN, "holders": [{"user": "ada@example.com"}, {"group": "All"}]},
            {**BOT, "holders": [{"user": "Bo@example.com", "bot": "st-1"}]},
        ],
        "accountId": "5c04",
        "users": [{**USERS[0], "firstName": "Ada", "status": "not active", "canCreateBot": True}],
        "groups": [],
        "bots": [{**BOTS[0], "description": "d", "jwtApps": [app]}],
    }
    state["users"] += [*USERS[1:], {"orgUserId": "KIOSK", "userId": "u-3", "isDeveloper": False}]
    state["groups"] = [{**GROUPS[0], "users": ["KIOSK"], "gDesc": "g"}, GROUPS[1]]
    account = read_account(state, "dev")
    document = account.as_document()
    assert read_account(document, "other") == account
    assert document["accountId"] == "5c04"
    for section in ("users", "groups", "bots"):
        for given, kept in zip(state[section], document[section], strict=True):
            assert given.items() <= kept.items()


def test_sections_that_are_left_out_hold_whoever_is_named() -> None:
    state = {
        "roles": [
            {**ADMIN, "holders": [{"user": "ada@example.com"}, {"group": "Ops"}]},
            {**BOT, "holders": [{"user": "ada@example.com", "bot": "st-1"}]},
        ]
    }
    account = read_account(state, "dev")
    assert [user.email for user in account.users] == ["ada@example.com"]
    assert [group.name for group in account.groups] == ["Ops"]
    assert [(bot.id, bot.name) for bot in account.bots] == [("st-1", "st-1")]
    within = {"roles": [], "groups": [{"gN": "Ops", "users": ["bo@example.com"]}]}
    assert [user.email for user in read_account(within, "dev").users] == ["bo@example.com"]


def test_ids_that_are_left_out_differ_between_environments() -> None:
    first, again, other = (
        read_account({**PEOPLE, "roles": []}, name).as_document() for name in ("a", "a", "b")
    )
    assert first == again
    assert first["accountId"] != other["accountId"]
    for section, key in (("users", "userId"), ("groups", "_id")):
        ids = {entry[key] for document in (first, other) for entry in document[section]}
        assert len(ids) == 4


@pytest.mark.parametrize(
    ("state", "fault"),
    [
        ({"users": {}}, r"\$\.users: users must be a list"),
        ({"groups": None}, r"\$\.groups: groups must be a list"),
        ({"users": ["ada"]}, r"\$\.users\[0\]: must be an object"),
        ({"users": [{}]}, "needs a username or an orgUserId"),
        ({"users": [{"username": 1}]}, r"users\[0\]\.username: must be a string"),
        ({"users": [{"username": "a", "email": "a"}]}, "unknown key 'email'"),
        ({"users": [{"username": "a", "isDeveloper": 1}]}, "isDeveloper: must be true or false"),
        ({"users": [{"username": "a", "status": "gone"}]}, "active or not active"),
        ({"users": [{"username": "a"}, {"username": "a"}]}, r"users\[1\]: a second .* username"),
        (
            {"users": [{"username": c, "orgUserId": "1"} for c in "ab"]},
            r"users\[1\]: a second one with orgUserId '1'",
        ),
        ({"groups": [{"gDesc": ""}]}, "gN is missing"),
        ({"groups": [{"gN": " "}]}, "gN: must be a name"),
        ({"groups": [{"gN": "G"}, {"gN": "G"}]}, "a second one with gN 'G'"),
        ({"groups": [{"gN": "G", "users": "a"}]}, "users: must be a list of names"),
        ({"groups": [{"gN": "G", "users": ["a", "a"]}]}, "none twice"),
        ({"groups": [{"gN": "G", "users": ["a"]}], "users": []}, "there is no user 'a'"),
        ({"groups": [{"gN": "G", "groups": ["H"]}]}, "there is no group 'H'"),
        ({"groups": [{"gN": "G", "groups": ["G"]}]}, r"groups\[0\]: the group is inside itself"),
        (
            {"groups": [{"gN": "G", "groups": ["H"]}, {"gN": "H", "groups": ["G"]}]},
            r"groups\[1\]: the group is inside itself",
        ),
        ({"bots": [{"_id": "st-1"}]}, "name is missing"),
        ({"bots": [{"_id": "s", "name": c} for c in "ab"]}, "a second one with _id 's'"),
        ({"bots": [{"name": "B", "jwtApps": [{"clientId": "c"}]}]}, "jwtApps: must be a list"),
    ],
)
def test_bad_people_are_refused(state: Any, fault: str) -> None:
    refused({"roles": [], **state}, fault)


@pytest.mark.parametrize(
    ("state", "fault"),
    [
        (held(ADMIN, {"user": "bo@example.com"}), "there is no user 'bo@example.com'"),
        (held(ADMIN, {"group": "ops"}), "there is no group 'ops'"),
        (held(BOT, {"user": "ada@example.com", "bot": "st-2"}), "there is no bot 'st-2'"),
        (held(BOT, {"user": "ada@example.com"}), "held in a bot, admin roles are not"),
        (held(ADMIN, {"group": "Ops", "bot": "st-1"}), "held in a bot, admin roles are not"),
        (held(ADMIN, {"group": "Ops"}, {"group": "Ops"}), "twice"),
        (held(MASTER, {"group": "Ops"}), "a group cannot hold admin"),
        (
            held(ADMIN, {"group": "Ops"}, builtIns={"admin": {"A": "fixed"}}),
            "a group cannot hold A",
        ),
    ],
)
def test_bad_holders_are_refused(state: Any, fault: str) -> None:
    refused(state, rf"\$\.roles\[0\]\.holders: .*{fault}")


def test_good_holders() -> None:
    holders = [{"user": "ada@example.com"}, {"user": "Bo@example.com"}]
    assert len(read_account(held(MASTER, *holders), "dev").roles[0].holders) == 2
    assert read_account(held(ADMIN, {"group": "All"}, {"group": "Ops"}), "dev")


def test_a_secret_shows_in_no_repr() -> None:
    apps = [{"clientId": "cs-1", "clientSecret": "canary"}]
    state = {"roles": [], "bots": [{"name": "B", "jwtApps": apps}]}
    assert "canary" not in repr(read_account(state, "dev"))


def refused(state: Any, fault: str) -> None:
    with pytest.raises(InvalidInput, match="state of dev") as caught:
        read_account(state, "dev")
    assert [entry for entry in map(str, caught.value.faults) if re.search(fault, entry)], (
        caught.value.faults
    )
