import json

import pytest

from migrate.errors import InvalidInput
from migrate.model import Capture, Role
from migrate.platforms.kore.exports import check_export, state_of_export
from migrate.resources import seed, seed_names

ADMIN = {
    "roleType": "admin",
    "role": "A",
    "rDesc": "d",
    "permissions": {"Invite": "YES"},
    "_id": "5bf13238aaaaaaaaaaaaaaaa",
    "refId": "r",
}
BOT = {"roleType": "bot", "role": "B", "permissions": {"Tasks": ["FULL"]}}


def state(documents, role_type=None):
    return state_of_export(
        documents, json.dumps(documents, indent=1).encode(), role_type, where="roles.json"
    )


def refusal(documents, role_type=None):
    with pytest.raises(InvalidInput) as caught:
        state(documents, role_type)
    assert caught.value.where == "roles.json"
    assert caught.value.target == "unchanged"
    return caught.value


@pytest.mark.parametrize("role_type", [None, "admin"])
def test_an_export_captures_its_own_type_and_not_the_other(role_type):
    found = state([ADMIN], role_type)
    assert found.roles["admin"].capture is Capture.CAPTURED
    assert found.all_roles() == (
        Role("admin", "A", "d", {"Invite": "YES"}, "5bf13238aaaaaaaaaaaaaaaa", "r"),
    )
    assert found.roles["bot"].capture is Capture.NOT_CAPTURED


def test_an_empty_export_is_empty_where_its_type_is_told():
    assert state([], "bot").roles["bot"].capture is Capture.EMPTY
    assert "--role-type admin|bot" in refusal([]).remedy


def test_a_role_type_that_does_not_exist_is_refused():
    for documents in ([], [ADMIN]):
        failure = refusal(documents, "owner")
        assert "'owner'" in failure.what
        assert "--role-type admin|bot" in failure.remedy


def test_an_export_of_the_other_type_is_refused():
    failure = refusal([ADMIN], "bot")
    assert failure.what == "this is no sound export of bot roles"
    assert failure.faults


@pytest.mark.parametrize("documents", [{}, "text", None, 7, {"roles": [ADMIN]}])
@pytest.mark.parametrize("role_type", [None, "admin"])
def test_what_is_no_list_is_refused(documents, role_type):
    refusal(documents, role_type)


@pytest.mark.parametrize(
    "broken",
    [
        {**ADMIN, "permissions": {"Invite": ["YES"]}},
        {**ADMIN, "permissions": None},
        {**ADMIN, "role": ""},
        {"roleType": "admin"},
        BOT,
        "text",
    ],
)
def test_every_fault_is_told_with_its_line(broken):
    failure = refusal([ADMIN, broken, broken], "admin")
    assert len({fault.line for fault in failure.faults}) >= 2
    assert all(fault.path.startswith("$[") for fault in failure.faults)


def test_two_roles_of_one_name_or_one_id_are_refused():
    assert refusal([ADMIN, {**ADMIN, "_id": "5bf13238bbbbbbbbbbbbbbbb"}]).faults
    assert refusal([ADMIN, {**ADMIN, "role": "B"}]).faults


def test_unknown_permissions_are_warned_about_and_passed_through():
    document = {**BOT, "permissions": {"Taskz": ["ALL"]}}
    text = json.dumps([document]).encode()
    kind, faults = check_export([document], text, None, where="x")
    assert kind == "file of bot roles"
    assert faults
    assert all(fault.warning for fault in faults)
    assert state([document]).all_roles()[0].permissions == {"Taskz": ("ALL",)}


@pytest.mark.parametrize("documents", [[{}], [1], [{"roleType": "agent"}]])
def test_an_array_of_something_else_is_told_apart(documents):
    kind, faults = check_export(documents, b"", None, where="x")
    assert kind == "array"
    assert len(faults) == 1
    assert "no file of roles" in faults[0].message
    refusal(documents)


def test_an_empty_array_is_sound_of_whatever_type():
    assert check_export([], b"[]", None, where="x") == ("empty export of roles", ())


@pytest.mark.parametrize("name", [n for n in seed_names() if seed(n)["platform"] == "kore"])
def test_the_sandboxs_own_accounts_are_sound(name):
    roles = seed(name)["roles"]
    for kind in ("admin", "bot"):
        documents = [
            {"roleType": kind, "role": role["role"], "permissions": role["permissions"]}
            for role in roles
            if role["roleType"] == kind
        ]
        assert len(state(documents).roles[kind].roles) == len(documents)
