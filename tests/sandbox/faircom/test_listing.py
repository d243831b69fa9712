from typing import Any

import pytest

from migrate.sandbox.faircom.listing import described, listed, matching
from migrate.sandbox.faircom.state import read_server
from migrate.sandbox.faircom.switches import Switches

SERVER = read_server(
    {
        "platform": "faircom",
        "roles": ["Read", "WRITE"],
        "accounts": [
            {"username": "aDa", "roles": ["WRITE", "READ"]},
            {"username": "Cy"},
        ],
    },
    "ledger",
)
ADA, CY = (SERVER.accounts[name] for name in ("ADA", "CY"))


def shown(account: Any, **switches: str) -> dict[str, Any]:
    whole = listed(SERVER, account, Switches().changed(switches))
    return {key: whole[key] for key in ("username", "roles", "roleNames") if key in whole}


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ("objects", {"roles": [{"roleName": "WRITE"}, {"roleName": "Read"}]}),
        ("names", {"roleNames": ["WRITE", "Read"]}),
        ("strings", {"roles": ["WRITE", "Read"]}),
    ],
)
def test_the_shape_of_roles(shape: str, expected: dict[str, Any]) -> None:
    assert shown(ADA, role_shape=shape) == {"username": "aDa", **expected}


@pytest.mark.parametrize(
    ("spelling", "username", "roles"),
    [
        ("kept", "aDa", ["WRITE", "Read"]),
        ("upper", "ADA", ["WRITE", "READ"]),
        ("example", "ada", ["WRITE", "READ"]),
    ],
)
def test_how_names_are_spelled(spelling: str, username: str, roles: list[str]) -> None:
    expected = {"username": username, "roles": roles}
    assert shown(ADA, spelling=spelling, role_shape="strings") == expected


@pytest.mark.parametrize(
    ("guest", "expected"),
    [
        ("shown", {"roles": ["GUEST"]}),
        ("hidden", {"roles": []}),
        ("absent", {}),
        ("always", {"roles": ["GUEST"]}),
    ],
)
def test_an_account_without_roles(guest: str, expected: dict[str, Any]) -> None:
    assert shown(CY, guest=guest, role_shape="strings") == {"username": "Cy", **expected}
    assert len(shown(ADA, guest=guest)["roles"]) == (3 if guest == "always" else 2)


@pytest.mark.parametrize(
    ("order", "expected"),
    [("kept", ["WRITE", "Read", "GUEST"]), ("by_name", ["GUEST", "Read", "WRITE"])],
)
def test_the_order_of_roles(order: str, expected: list[str]) -> None:
    found = shown(ADA, role_order=order, guest="always", role_shape="strings")
    assert found["roles"] == expected


@pytest.mark.parametrize(
    ("case", "spelling", "start", "found"),
    [
        ("folded", "kept", "ad", ["ADMIN", "aDa"]),
        ("exact", "kept", "ad", []),
        ("exact", "kept", "aD", ["aDa"]),
        ("exact", "upper", "AD", ["ADMIN", "aDa"]),
        ("exact", "example", "ad", ["ADMIN", "aDa"]),
    ],
)
def test_whether_the_case_of_a_start_matters(
    case: str, spelling: str, start: str, found: list[str]
) -> None:
    switches = Switches().changed({"partial_case": case, "spelling": spelling})
    accounts = matching(SERVER.accounts.values(), [start], switches)
    assert [account.username for account in accounts] == found


def test_a_description_shows_roles_only_where_the_switch_says_so() -> None:
    assert "roles" not in described(SERVER, ADA, Switches())
    asked = Switches().changed({"describe_roles": "yes", "role_shape": "names"})
    assert described(SERVER, ADA, asked)["roleNames"] == ["WRITE", "Read"]
