"""assignRolesToAccounts over real sockets: the shapes that it takes, and what it answers."""

from typing import Any

import pytest

from tests.sandbox.faircom.conftest import Server, entry


def test_the_documented_request(ledger: Server) -> None:
    params = {
        "add": [{"roleNames": ["close"], "usernames": ["ADA"]}],
        "remove": [{"roleNames": ["CLOSE"], "usernames": ["bo"]}],
    }
    assert ledger.do("assignRolesToAccounts", **params) == {}
    assert ledger.held()["ada"] == ["Read", "WRITE", "CLOSE"]
    assert ledger.held()["BO"] == []
    assert ledger.listed()["BO"]["roles"] == [{"roleName": "GUEST"}]


def test_an_entry_gives_every_role_to_every_account(ledger: Server) -> None:
    ledger.assign(entry("CLOSE NOBODY", "Cy SECOND"), entry("READ", "BO"))
    held = ledger.held()
    assert held["Cy"] == ["CLOSE", "NOBODY"]
    assert held["SECOND"] == ["ADMIN", "CLOSE", "NOBODY"]
    assert held["BO"] == ["CLOSE", "Read"]


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"add": [], "remove": []},
        {"add": {}, "remove": {}},
        {"add": None},
        {"add": [{}]},
        {"add": [{"roleNames": ["READ"]}]},
        {"add": [{"roleNames": ["READ"], "usernames": []}]},
        {"add": [{"roleNames": [], "usernames": ["ada"]}]},
        {"add": [{"roleNames": None, "usernames": ["ada"]}]},
    ],
)
def test_what_asks_for_nothing(ledger: Server, params: Any) -> None:
    before = ledger.state()
    ledger.do("assignRolesToAccounts", **params)
    assert ledger.state() == before


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"add": "READ"}, 14702),
        ({"add": {"roleNames": ["READ"], "usernames": ["ada"]}}, 14702),
        ({"add": ["READ"]}, 14702),
        ({"add": [{"roleNames": "READ", "usernames": ["ada"]}]}, 14702),
        ({"add": [{"roleNames": ["READ"], "usernames": [7]}]}, 14702),
        ({"add": [{"roleNames": [""], "usernames": ["ada"]}]}, 12034),
        ({"add": [{"roleNames": ["x" * 65], "usernames": ["ada"]}]}, 12034),
        ({"add": [{"roleNames": ["READ"], "usernames": ["x" * 65]}]}, 12034),
        ({"add": [{"roleNames": ["READ"], "usernames": ["ada"], "why": 1}]}, 14702),
        ({"give": []}, 14702),
    ],
)
def test_what_is_not_understood_changes_nothing(ledger: Server, params: Any, code: int) -> None:
    good = [entry("CLOSE", "ada")]
    before = ledger.state()
    assert ledger.fails("assignRolesToAccounts", {**params, "remove": good}) == code
    assert ledger.state() == before


@pytest.mark.parametrize(
    ("way", "keys"),
    [
        ("exact", {"roleNames"}),
        ("any_case", {"roleNames", "rolenames", "ROLENAMES"}),
        ("lower", {"rolenames"}),
    ],
)
@pytest.mark.parametrize("unknown", ["14702", "ignored"])
def test_the_key_of_role_names(ledger: Server, way: str, keys: set[str], unknown: str) -> None:
    ledger.switch(role_names_key=way, unknown_param=unknown)
    for key in ("roleNames", "rolenames", "ROLENAMES"):
        answer = ledger.assign(entry("CLOSE", "Cy", key))
        assert bool(answer["errorCode"]) == (key not in keys and unknown != "ignored")
        assert answer["debugInfo"]["warnings"] == []
        assert (ledger.held()["Cy"] == ["CLOSE"]) is (key in keys)
        ledger.put_state({**ledger.state(), "accounts": [{"username": "Cy"}]})


@pytest.mark.parametrize(("order", "held"), [("add_first", []), ("remove_first", ["CLOSE"])])
def test_what_is_done_first(ledger: Server, order: str, held: list[str]) -> None:
    ledger.switch(order=order)
    ledger.assign(entry("CLOSE", "Cy"), remove=[entry("CLOSE", "Cy")])
    assert ledger.held()["Cy"] == held


@pytest.mark.parametrize("way", ["warning", "error", "silent"])
@pytest.mark.parametrize(
    ("switch", "code", "add", "remove"),
    [
        ("unknown_role", 581, entry("NEW", "Cy"), entry("", "")),
        ("unknown_user", 450, entry("READ", "nobody"), entry("", "")),
        ("duplicate_add", 580, entry("READ", "ada"), entry("", "")),
        ("absent_remove", 455, entry("", ""), entry("READ", "Cy")),
        ("guest_change", 580, entry("GUEST", "Cy"), entry("", "")),
    ],
)
def test_how_trouble_with_a_pair_is_told(
    ledger: Server, switch: str, code: int, add: Any, remove: Any, way: str
) -> None:
    ledger.switch(**{switch: way})
    before = ledger.state()
    answer = ledger.assign(add, remove=[remove])
    warned = [each["code"] for each in answer["debugInfo"]["warnings"]]
    assert answer["errorCode"] == (code if way == "error" else 0)
    assert warned == ([code] if way == "warning" else [])
    assert ledger.state() == before


def test_a_role_can_come_to_be(ledger: Server) -> None:
    ledger.switch(unknown_role="created")
    ledger.assign(entry("Fresh", "Cy"))
    assert ledger.state()["roles"][-1] == "Fresh"
    assert ledger.listed()["Cy"]["roles"] == [{"roleName": "Fresh"}]


@pytest.mark.parametrize(("way", "code"), [("error", 924), ("warning", 0), ("silent", 0)])
def test_another_administrator_cannot_say_who_is_one(ledger: Server, way: str, code: int) -> None:
    ledger.switch(admin_change=way)
    ledger.log_in("SECOND")
    before = ledger.state()
    for change in ({"add": [entry("ADMIN", "ada")]}, {"remove": [entry("admin", "ADMIN")]}):
        answer = ledger.ask("assignRolesToAccounts", change)
        assert answer["errorCode"] == code
        warned = [each["code"] for each in answer["debugInfo"]["warnings"]]
        assert warned == ([924] if way == "warning" else [])
    assert ledger.state() == before
    ledger.assign(entry("CLOSE", "ada"))
    assert ledger.held()["ada"] == ["Read", "WRITE", "CLOSE"]


@pytest.mark.parametrize(("batch", "held"), [("each", ["CLOSE"]), ("stops", []), ("atomic", [])])
def test_what_an_error_leaves_done(ledger: Server, batch: str, held: list[str]) -> None:
    ledger.switch(batch=batch, unknown_user="error")
    answer = ledger.assign(entry("READ", "nobody"), entry("CLOSE", "Cy"))
    assert answer["errorCode"] == 450
    assert ledger.held()["Cy"] == held


def test_without_debug_nothing_tells_of_a_warning(ledger: Server) -> None:
    answer = ledger.assign(entry("NEW", "nobody"), debug=None)
    assert answer == {
        "authToken": ledger.token,
        "result": {},
        "errorCode": 0,
        "errorMessage": "",
    }
