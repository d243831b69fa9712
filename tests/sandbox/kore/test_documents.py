import json
from typing import Any

import pytest

from migrate.sandbox.kore.documents import read_role_file

ROLE = {"roleType": "admin", "role": "A", "permissions": {"Invite": "YES"}}
BOT = {"roleType": "bot", "role": "A", "permissions": {"Tasks": ["FULL"]}}


@pytest.mark.parametrize(("roles", "role_type"), [([ROLE], "admin"), ([BOT], "bot"), ([], "bot")])
def test_a_sound_file(roles: list[Any], role_type: str) -> None:
    assert read_role_file(json.dumps(roles).encode(), role_type) == roles


def test_bookkeeping_of_an_import_answer_is_no_fault() -> None:
    assert read_role_file(json.dumps([{**ROLE, "mapping": {}, "__v": 0}]).encode(), "admin")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not JSON"),
        (b"[", "not JSON"),
        (b"\xef\xbb\xbf[]", "not JSON"),
        (b"\xff", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[NaN]", "not JSON"),
        (b"{}", "not an array"),
        (b"role,permissions\nA,YES\n", "not JSON"),
    ],
)
def test_what_is_no_file_of_roles(content: bytes, reason: str) -> None:
    assert reason in str(read_role_file(content, "admin"))


@pytest.mark.parametrize(
    ("role", "reason"),
    [
        ("A", "not an object"),
        ({**ROLE, "role": ""}, "role must be a name"),
        ({**ROLE, "role": None}, "role must be a name"),
        ({**ROLE, "roleType": "bot"}, "roleType must be admin"),
        ({**ROLE, "_id": ""}, "_id must be a string"),
        ({**ROLE, "refId": 1}, "refId must be a string"),
        ({**ROLE, "rDesc": None}, "rDesc must be a string"),
        ({"role": "A"}, "permissions must be an object"),
        ({**ROLE, "permissions": {"Invite": ["YES"]}}, "must be a string"),
    ],
)
def test_a_role_of_a_wrong_shape(role: Any, reason: str) -> None:
    fault = str(read_role_file(json.dumps([role]).encode(), "admin"))
    assert fault.startswith("role 1: ")
    assert reason in fault


@pytest.mark.parametrize("value", ["FULL", [], [1], None])
def test_a_bot_permission_is_a_list_of_strings(value: Any) -> None:
    role = {**BOT, "permissions": {"Tasks": value}}
    assert "list of strings" in str(read_role_file(json.dumps([role]).encode(), "bot"))


def test_two_roles_of_one_name() -> None:
    assert "role 2: a second" in str(read_role_file(json.dumps([ROLE, ROLE]).encode(), "admin"))
