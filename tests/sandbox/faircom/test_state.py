from typing import Any

import pytest

from migrate.errors import InvalidInput
from migrate.sandbox.faircom.account import Server, folded
from migrate.sandbox.faircom.seed import server_state
from migrate.sandbox.faircom.state import read_server


def read(*accounts: Any, **more: Any) -> Server:
    return read_server({"platform": "faircom", "accounts": list(accounts), **more}, "ledger")


def faults(document: Any) -> list[str]:
    with pytest.raises(InvalidInput, match="state of ledger") as caught:
        read_server(document, "ledger")
    return [str(fault) for fault in caught.value.faults]


def test_the_least_that_a_state_can_be() -> None:
    server = read()
    assert list(server.roles) == ["ADMIN", "GUEST"]
    assert list(server.accounts) == ["ADMIN"]
    assert server.accounts["ADMIN"].roles == ("ADMIN",)


def test_roles_that_are_left_out_are_those_that_somebody_holds() -> None:
    server = read(
        {"username": "a", "roles": ["Read", "WRITE"]}, {"username": "B", "roles": ["read"]}
    )
    assert dict(server.roles) == {
        "ADMIN": "ADMIN",
        "GUEST": "GUEST",
        "READ": "Read",
        "WRITE": "WRITE",
    }
    assert server.accounts["B"].roles == ("READ",)


def test_roles_need_no_holder_and_are_spelled_as_they_are_listed() -> None:
    server = read({"username": "a", "roles": ["READ"]}, roles=["admin", "Read", "Idle"])
    assert list(server.roles.values()) == ["admin", "GUEST", "Read", "Idle"]
    assert server.as_document()["accounts"][1]["roles"] == ["Read"]


def test_a_document_is_what_was_read() -> None:
    server = read(
        {"username": "a", "roles": ["READ"], "memoryLimit": 7, "metadata": {"x": [1]}},
        {"username": "ADMIN", "roles": []},
    )
    assert read_server(server.as_document(), "ledger") == server
    assert [entry["username"] for entry in server.as_document()["accounts"]] == ["a", "ADMIN"]
    document = server.as_document()
    assert read_server(document, "ledger").as_document() == document
    assert "password" not in str(document).replace("lastPasswordChange", "")


def test_only_ascii_is_folded() -> None:
    assert folded("straße.é") == "STRAßE.é"
    assert len(read({"username": "é"}, {"username": "É"}).accounts) == 3


@pytest.mark.parametrize(
    ("document", "found"),
    [
        ([], "$: a state is an object"),
        ({"platform": "kore", "accounts": []}, "$.platform: platform must be faircom"),
        ({"accounts": []}, "$.platform: platform must be faircom"),
        ({"platform": "faircom"}, "$.accounts: accounts must be a list"),
        ({"platform": "faircom", "accounts": [], "users": []}, "$: unknown key 'users'"),
        (
            {"platform": "faircom", "accounts": [], "roles": ["a", "A"]},
            "$.roles: roles must be a list of names, none twice",
        ),
        ({"platform": "faircom", "accounts": ["a"]}, "$.accounts[0]: an account is an object"),
        ({"platform": "faircom", "accounts": [{}]}, "$.accounts[0]: username is missing"),
    ],
)
def test_what_is_no_state(document: Any, found: str) -> None:
    assert faults(document) == [found]


@pytest.mark.parametrize(
    ("account", "found"),
    [
        ({"username": ""}, "username must be a name"),
        ({"username": 7}, "username must be a name"),
        ({"username": "x", "roles": "READ"}, "roles must be a list of names, none twice"),
        ({"username": "x", "roles": ["READ", "read"]}, "roles must be a list of names, none twice"),
        ({"username": "x", "roles": ["guest"]}, "nobody holds GUEST: leave roles empty"),
        ({"username": "x", "roles": [str(n) for n in range(129)]}, "more than 128 roles"),
        ({"username": "x", "password": "x"}, "unknown key 'password'"),
        ({"username": "x", "memoryLimit": -1}, "memoryLimit must be a whole number from 0"),
        ({"username": "x", "memoryLimit": True}, "memoryLimit must be a whole number from 0"),
        ({"username": "x", "memoryRule": 7}, "memoryRule must be a string"),
        ({"username": "x", "metadata": []}, "metadata must be an object"),
        ({"username": "x", "lastPasswordChange": 7}, "lastPasswordChange must be a string"),
    ],
)
def test_what_is_no_account(account: Any, found: str) -> None:
    assert faults({"platform": "faircom", "accounts": [account]}) == [f"$.accounts[0]: {found}"]


def test_every_fault_is_told() -> None:
    accounts = [{"username": "a"}, {"username": "A"}, {"username": "b", "roles": ["X", "Y"]}, 7]
    assert faults({"platform": "faircom", "roles": ["X"], "accounts": accounts}) == [
        "$.accounts[1]: a second account of this name",
        "$.accounts[2]: there is no role 'Y'",
        "$.accounts[3]: an account is an object",
    ]


def test_large_servers_are_the_same_each_time() -> None:
    assert server_state(50) == server_state(50)
    assert server_state(50) != server_state(50, seed=1)
    names = [entry["username"] for entry in server_state(50)["accounts"]]
    assert names == [entry["username"] for entry in server_state(50, seed=1)["accounts"]]
    server = read_server(server_state(400, roles=20, roles_per_account=2.5), "ledger")
    held = [len(account.roles) for account in server.accounts.values()]
    assert len(held) == 401
    assert len(server.roles) == 22
    assert set(held[1:]) == {2, 3}
    assert 2.3 < sum(held[1:]) / 400 < 2.7
