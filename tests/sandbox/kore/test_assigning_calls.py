"""Assign Admin Roles and Assign Bot Roles over HTTP (kore.md D)."""

from collections.abc import Callable
from typing import Any

import pytest
import requests

from tests.sandbox.conftest import ASSIGN, USER_ROLES, Account

ADA, BO = "ada@example.com", "bo@example.com"
STATE: dict[str, Any] = {
    "users": [{"username": ADA}, {"username": BO}],
    "groups": [{"gN": "Ops", "users": [BO]}],
    "bots": [{"_id": "st-1", "name": "Helper"}],
    "roles": [
        {"roleType": "admin", "role": "A", "_id": "a", "permissions": {}},
        {"roleType": "bot", "role": "B", "_id": "b", "permissions": {}},
    ],
}


@pytest.fixture
def people(serve: Callable[..., Account]) -> Account:
    return serve(STATE)


def give(*users: str, role: str = "a") -> dict[str, Any]:
    return {"roleId": role, "addUsers": list(users)}


def holders(account: Account, role: int = 0, **query: int) -> Any:
    return account.state(**query)["roles"][role]["holders"]


@pytest.mark.parametrize("role_type", list(ASSIGN))
@pytest.mark.parametrize("slash", ["", "/"])
def test_an_assignment_shows_in_the_users_rows(people: Account, role_type: str, slash: str) -> None:
    entry = give(ADA) if role_type == "admin" else {**give(ADA, role="b"), "botId": "st-1"}
    entry |= {"removeUsers": [""], "addGroups": ["Ops"], "removeGroups": []}
    path = ASSIGN[role_type].rstrip("/") + slash
    answer = people.call("POST", path, json=[entry])
    assert answer.status_code == 200
    documented = {"status": "success", "roleId": "a"}
    assert answer.json() == [documented if role_type == "admin" else {"status": "success "}]
    key = "adminRoles" if role_type == "admin" else "btRoles"
    rows = people.rows()
    assert [row["groups"] for row in rows[ADA][key]] == [[]]
    assert [row["groups"] for row in rows[BO][key]] == [["Ops"]]


def test_an_assignment_is_logged_and_leaves_a_state(people: Account) -> None:
    before = people.state()
    people.assign("admin", give(ADA))
    people.assign("admin", {"roleId": "a", "removeUsers": [ADA], "addUsers": [BO]})
    first, second = people.log(environment="dev")
    assert first["path"] == ASSIGN["admin"]
    assert first["body"] == [give(ADA)]
    assert holders(people, at=first["seq"]) == [{"user": ADA}]
    assert holders(people, at=second["seq"]) == [{"user": BO}]
    assert people.state(at=first["seq"] - 1) == before


def test_unknown_people_under_the_switch(people: Account) -> None:
    batch = [give("who@example.com"), give(ADA)]
    answer = people.assign("admin", *batch)
    assert answer.status_code == 200
    failure = {"status": "failure", "reason": "Invalid emailId", "roleId": "a"}
    assert answer.json() == [failure, {"status": "success", "roleId": "a"}]
    people.put_state(STATE)
    people.switch(unknown_principal="refuse")
    answer = people.assign("admin", *batch)
    message = {"msg": "One or more entered emails not found", "code": 400}
    assert (answer.status_code, answer.json()) == (400, {"errors": [message]})
    assert holders(people) == []
    people.switch(unknown_principal="silent", assign_status="plain")
    assert people.assign("admin", *batch).json() == [{"status": "success"}] * 2
    assert holders(people) == [{"user": ADA}]


def test_a_body_that_is_no_batch(people: Account) -> None:
    before = people.state()
    for body in (b"", b"{}", b"[[]]", b'[{"roleId": "a", "botId": "st-1"}]'):
        assert people.call("POST", ASSIGN["admin"], data=body).status_code == 412
    assert people.assign("bot", give(ADA)).status_code == 412
    assert people.state() == before
    assert people.assign("admin").json() == []


def test_half_a_batch_is_done(people: Account) -> None:
    people.fault("assign_partial", path=ASSIGN["admin"].rstrip("/"))
    answer = people.assign("admin", give(ADA), give(BO), give(BO))
    assert [entry["status"] for entry in answer.json()] == ["success", "failure", "failure"]
    assert holders(people) == [{"user": ADA}]
    assert people.log()[-1]["fault"] == "assign_partial"


def test_a_status_that_says_neither(people: Account) -> None:
    people.fault("assign_odd_status")
    answer = people.assign("admin", give(ADA), give("who@example.com"))
    assert [entry["status"] for entry in answer.json()] == ["accepted", "accepted"]
    assert holders(people) == [{"user": ADA}]


@pytest.mark.parametrize(
    ("fault", "left"), [("200_short", 1), ("200_wrong", 2), ("total_moves", 2), ("page_short", 1)]
)
def test_faults_of_other_answers_do_no_harm(people: Account, fault: str, left: int) -> None:
    people.fault(fault)
    assert len(people.assign("admin", give(ADA), give(BO)).json()) == left


@pytest.mark.parametrize(("fault", "done"), [("reset_before", False), ("reset_after", True)])
def test_an_outcome_that_nobody_was_told(people: Account, fault: str, done: bool) -> None:
    people.fault(fault, path=ASSIGN["admin"])
    with pytest.raises(requests.ConnectionError):
        people.assign("admin", give(ADA))
    assert bool(holders(people)) == done
    assert people.call("GET", USER_ROLES).status_code == 200
