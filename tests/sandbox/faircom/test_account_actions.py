"""Accounts are made, changed, cloned, dropped, listed and described, over real sockets."""

from typing import Any

import pytest

from tests.sandbox.faircom.conftest import Server

WRITES: dict[str, dict[str, Any]] = {
    "createAccount": {"username": "NEW"},
    "alterAccount": {"username": "ada"},
    "cloneAccount": {"sourceUsername": "ada", "cloneUsername": "NEW", "clonePassword": ""},
    "dropAccounts": {"usernames": ["ada"]},
    "assignRolesToAccounts": {"add": [{"roleNames": ["CLOSE"], "usernames": ["ada"]}]},
}


def account(server: Server, name: str) -> Any:
    return next(each for each in server.state()["accounts"] if each["username"] == name)


def logs_in(server: Server, name: str, password: str) -> bool:
    answer = server.ask("createSession", {"username": name, "password": password})
    return bool(answer["errorCode"] == 0)


# create


def test_an_account_is_created(ledger: Server) -> None:
    settings = {
        "accountDescription": "d",
        "enableDatetime": "2024-01-01",
        "disableDatetime": "2999-12-31",
        "lockoutAfterNFailedAttempts": 5,
        "maxDaysBeforePasswordMustChange": 14,
        "maxMinutesBeforeNextLogin": 3,
        "memoryLimit": 1048576,
        "memoryRule": "default",
    }
    assert ledger.do("createAccount", username="New1", password="Pw", **settings) == {}
    made = account(ledger, "New1")
    assert settings.items() <= made.items()
    assert made["roles"] == []
    assert logs_in(ledger, "NEW1", "Pw")
    assert not logs_in(ledger, "NEW1", "pw")


def test_an_account_without_a_password_has_an_empty_one(ledger: Server) -> None:
    ledger.do("createAccount", username="NEW", password=None)
    assert logs_in(ledger, "NEW", "")
    assert not logs_in(ledger, "NEW", "x")


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({}, 12025),
        ({"username": None}, 12025),
        ({"username": "aDa"}, 12020),
        ({"username": "admin"}, 12020),
        ({"username": ""}, 12034),
        ({"username": "x" * 65}, 12034),
        ({"username": "ü" * 33}, 12034),
        ({"username": "x", "password": "x" * 257}, 12034),
        ({"username": "x", "password": 7}, 14702),
        ({"username": "x", "accountDescription": "x" * 65501}, 12034),
        ({"username": "x", "lockoutAfterNFailedAttempts": -1}, 12012),
        ({"username": "x", "lockoutAfterNFailedAttempts": 2147483648}, 12012),
        ({"username": "x", "lockoutAfterNFailedAttempts": True}, 14702),
        ({"username": "x", "maxMinutesBeforeNextLogin": 35791395}, 12012),
        ({"username": "x", "memoryLimit": "1"}, 14702),
        ({"username": "x", "roles": ["READ"]}, 14702),
    ],
)
def test_what_cannot_be_created(ledger: Server, params: Any, code: int) -> None:
    before = ledger.state()
    assert ledger.fails("createAccount", params) == code
    assert ledger.state() == before


def test_limits_of_names_and_passwords_follow_the_switches(ledger: Server) -> None:
    for name in ("x" * 64, "ü" * 32):
        ledger.do("createAccount", username=name, password="x" * 256)
    ledger.switch(longest_name=31, longest_password=63)
    assert ledger.fails("createAccount", {"username": "y" * 32}) == 12034
    assert ledger.fails("createAccount", {"username": "y", "password": "x" * 64}) == 12034
    ledger.do("createAccount", username="y" * 31, password="x" * 63)


# alter


def test_what_is_left_out_or_null_stays_and_what_is_empty_is_emptied(ledger: Server) -> None:
    ledger.do(
        "createAccount", username="NEW", password="one", accountDescription="d", memoryLimit=7
    )
    before = account(ledger, "NEW")
    ledger.do("alterAccount", username="new", accountDescription=None)
    assert account(ledger, "NEW") == before
    ledger.do("alterAccount", username="new", accountDescription="", password="two")
    after = account(ledger, "NEW")
    assert (after["accountDescription"], after["memoryLimit"]) == ("", 7)
    assert logs_in(ledger, "NEW", "two")
    assert not logs_in(ledger, "NEW", "one")
    assert ledger.fails("alterAccount", {"username": "nobody"}) == 450


def test_roles_stay_when_an_account_is_altered(ledger: Server) -> None:
    ledger.do("alterAccount", username="ADA", memoryLimit=9)
    assert account(ledger, "ada")["roles"] == ["Read", "WRITE"]


# clone


def test_an_account_is_cloned(ledger: Server) -> None:
    clone = {"sourceUsername": "ADA", "cloneUsername": "Eve", "clonePassword": "pw"}
    assert ledger.do("cloneAccount", **clone, cloneMetadata={"a": 1}) == {}
    made = account(ledger, "Eve")
    assert (made["roles"], made["metadata"]) == (["Read", "WRITE"], {"a": 1})
    assert made["accountDescription"] == ""
    assert logs_in(ledger, "eve", "pw")
    clone["cloneUsername"] = "Finn"
    ledger.do("cloneAccount", **clone, cloneRoles=False, cloneDescription="f")
    assert account(ledger, "Finn")["roles"] == []
    assert account(ledger, "Finn")["accountDescription"] == "f"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"sourceUsername": "nobody"}, 450),
        ({"cloneUsername": "BO"}, 12020),
        ({"cloneUsername": None}, 12025),
        ({"clonePassword": None}, 12025),
        ({"cloneRoles": "yes"}, 14702),
        ({"cloneMetadata": []}, 14702),
    ],
)
def test_what_cannot_be_cloned(ledger: Server, changes: Any, code: int) -> None:
    assert ledger.fails("cloneAccount", {**WRITES["cloneAccount"], **changes}) == code


def test_only_admin_clones_an_administrator(ledger: Server) -> None:
    clone = {"sourceUsername": "SECOND", "cloneUsername": "THIRD", "clonePassword": "x"}
    ledger.log_in("SECOND")
    assert ledger.fails("cloneAccount", clone) == 924
    ledger.do("cloneAccount", **clone, cloneRoles=False)
    ledger.log_in()
    ledger.do("cloneAccount", **{**clone, "cloneUsername": "FOURTH"})
    assert account(ledger, "FOURTH")["roles"] == ["ADMIN"]


# drop


def test_dropping_is_idempotent_and_tells_item_by_item(ledger: Server) -> None:
    ledger.do("createAccount", username="NEW", password="x")
    answer = ledger.ask("dropAccounts", {"usernames": ["new", "NewAccount1", "bo", "bo"]})
    assert answer["errorCode"] == 0
    assert "result" not in answer
    assert answer["debugInfo"]["warnings"] == [
        {"code": 101, "message": f"Not able to remove account [{name}] - ISAM error [0]"}
        for name in ("NEWACCOUNT1", "BO")
    ]
    assert {"NEW", "BO"}.isdisjoint(ledger.held())
    assert not logs_in(ledger, "NEW", "x")


def test_admin_cannot_be_dropped(ledger: Server) -> None:
    assert ledger.warnings("dropAccounts", {"usernames": ["admin"]}) == [101]
    assert "ADMIN" in ledger.held()
    assert ledger.warnings("dropAccounts", {}) == []


# lists


def test_accounts_are_listed(ledger: Server) -> None:
    assert ledger.listed()["ada"] == {
        "username": "ada",
        "accountDescription": "Ada",
        "lockoutAfterNFailedAttempts": 0,
        "maxDaysBeforePasswordMustChange": 0,
        "maxMinutesBeforeNextLogin": 0,
        "memoryLimit": 0,
        "memoryRule": "default",
        "roles": [{"roleName": "Read"}, {"roleName": "WRITE"}],
    }
    assert list(ledger.listed()) == ["ADMIN", "ada", "BO", "Cy", "SECOND"]


@pytest.mark.parametrize(
    ("names", "found"),
    [
        ([], {"ADMIN", "ada", "BO", "Cy", "SECOND"}),
        (None, {"ADMIN", "ada", "BO", "Cy", "SECOND"}),
        (["ad"], {"ADMIN", "ada"}),
        (["b", "c"], {"BO", "Cy"}),
        (["da"], set()),
    ],
)
def test_partial_names_are_starts(ledger: Server, names: Any, found: set[str]) -> None:
    assert set(ledger.listed(partialNames=names)) == found


def test_partial_names_that_are_none(ledger: Server) -> None:
    assert ledger.fails("listAccounts", {"partialNames": "ad"}) == 14702
    assert ledger.fails("listAccounts", {"partialNames": [7]}) == 14702
    assert ledger.fails("listAccounts", {"partialNames": [""]}) == 12034


def test_accounts_are_described_by_their_whole_names(ledger: Server) -> None:
    (found,) = ledger.do("describeAccounts", usernames=["ADA", "ad", "nobody"])["accounts"]
    assert found["username"] == "ada"
    assert found["lastPasswordChange"] == "2024-03-04T09:30:00"
    assert "roles" not in found
    assert len(ledger.do("describeAccounts")["accounts"]) == 5
    ledger.do("alterAccount", username="ada", password="x")
    (found,) = ledger.do("describeAccounts", usernames=["ada"])["accounts"]
    assert found["lastPasswordChange"] > "2025"


def test_the_shape_of_a_description(ledger: Server) -> None:
    ledger.switch(describe_shape="bare", describe_roles="yes")
    found = ledger.do("describeAccounts", usernames=["Cy"])
    assert (found["username"], found["roles"]) == ("Cy", [{"roleName": "GUEST"}])
    assert len(ledger.do("describeAccounts")["accounts"]) == 5
    assert ledger.do("describeAccounts", usernames=["nobody"]) == {"accounts": []}


# rights


@pytest.mark.parametrize(
    ("way", "found"), [("short", ["ada"]), ("empty", []), ("12030", 12030), ("589", 589)]
)
def test_what_lists_show_to_others(stranger: Server, way: str, found: Any) -> None:
    stranger.log_in("ada")
    stranger.switch(list_rights=way)
    for action in ("listAccounts", "describeAccounts"):
        if isinstance(found, int):
            assert stranger.fails(action, {}) == found
        else:
            accounts = stranger.do(action)["accounts"]
            assert [each["username"] for each in accounts] == found


@pytest.mark.parametrize("code", ["12030", "589"])
@pytest.mark.parametrize("action", WRITES)
def test_only_administrators_write(stranger: Server, action: str, code: str) -> None:
    stranger.log_in("ada")
    stranger.switch(write_rights=code)
    before = stranger.state()
    assert stranger.fails(action, WRITES[action]) == int(code)
    assert stranger.state() == before
    stranger.log_in("SECOND")
    assert stranger.ask(action, WRITES[action])["errorCode"] == 0


# what a write answers


@pytest.mark.parametrize("action", WRITES)
@pytest.mark.parametrize("way", ["empty", "absent", "accounts"])
def test_the_result_of_a_write(ledger: Server, action: str, way: str) -> None:
    ledger.switch(write_result=way)
    answer = ledger.ask(action, WRITES[action])
    assert answer["errorCode"] == 0
    if way == "absent" or action == "dropAccounts":
        assert "result" not in answer
    elif way == "empty":
        assert answer["result"] == {}
    else:
        (shown,) = answer["result"]["accounts"]
        assert shown == ledger.listed()[shown["username"]]
