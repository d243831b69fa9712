import re
from typing import Any

import pytest

from migrate.errors import InvalidInput
from migrate.sandbox.kore.seed import account_state
from migrate.sandbox.kore.state import read_account

ROLE = {"roleType": "admin", "role": "A", "permissions": {"Invite": "YES"}}


def test_a_state_survives_the_round_trip() -> None:
    account = read_account(account_state(3, 3), "dev")
    document = account.as_document()
    assert read_account(document, "other") == account
    assert read_account(document, "other").as_document() == document


def test_ids_that_are_left_out_differ_between_environments_but_not_between_starts() -> None:
    state = {"roles": [ROLE]}
    dev, again, prod = (read_account(state, name).roles[0] for name in ("dev", "dev", "prod"))
    assert dev == again
    assert dev.id != prod.id
    assert dev.ref_id != prod.ref_id
    assert len(dev.id) == 24


def test_an_account_shares_nothing_with_its_document() -> None:
    state = account_state(1, 1)
    account = read_account(state, "dev")
    before = account.as_document()
    for role in state["roles"]:
        role["permissions"].clear()
    before["roles"][-1]["permissions"]["Tasks"] = ["changed"]
    assert account.roles[0].permissions
    assert account.as_document()["roles"][-1]["permissions"].get("Tasks") != ["changed"]


@pytest.mark.parametrize(
    ("state", "fault"),
    [
        ([], r"\$: a state is an object"),
        ({}, "roles must be a list"),
        ({"roles": [], "role": 1}, "unknown key 'role'"),
        ({"roles": [], "platform": "faircom"}, "platform must be kore"),
        ({"roles": [], "orgId": 1}, "orgId"),
        ({"roles": [], "accountId": None}, "accountId"),
        ({"roles": [], "catalogue": {"agent": []}}, "catalogue"),
        ({"roles": [], "catalogue": {"admin": [1]}}, "permission names"),
        ({"roles": [], "builtIns": {"admin": {"admin": []}}}, "fixed or editable"),
        ({"roles": [], "builtIns": []}, "builtIns"),
        ({"roles": ["A"]}, r"\$.roles\[0\]: a role is an object"),
        ({"roles": [{**ROLE, "roleType": "agent"}]}, "roleType"),
        ({"roles": [{**ROLE, "permissions": {"Invite": ["YES"]}}]}, "must be a string"),
        ({"roles": [{**ROLE, "rdesc": ""}]}, "unknown key 'rdesc'"),
        ({"roles": [{**ROLE, "holders": [{"user": "a", "group": "b"}]}]}, "holders"),
        ({"roles": [{**ROLE, "holders": [{"bot": "a"}]}]}, "holders"),
        ({"roles": [{**ROLE, "createdBy": 1}]}, "createdBy"),
        ({"roles": [ROLE, ROLE]}, r"roles\[1\]: a second role of this name"),
        ({"roles": [{**ROLE, "_id": "x"}, {**ROLE, "role": "B", "_id": "x"}]}, "this _id"),
    ],
)
def test_a_bad_state_is_refused_with_every_fault(state: Any, fault: str) -> None:
    with pytest.raises(InvalidInput, match="state of dev") as caught:
        read_account(state, "dev")
    assert [str(entry) for entry in caught.value.faults if re.search(fault, str(entry))]


def test_one_name_may_stand_in_both_role_types() -> None:
    bot = {"roleType": "bot", "role": "A", "permissions": {}}
    assert len(read_account({"roles": [ROLE, bot]}, "dev").roles) == 2
