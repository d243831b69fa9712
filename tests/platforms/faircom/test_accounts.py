"""From a list of accounts to who holds what."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from migrate.errors import AccessDenied, PlatformFailed
from migrate.model import Assignment, Capture
from migrate.platforms.faircom.accounts import Row, rows_of, state_of
from tests.platforms.faircom.servers import listed, row, state

SHAPES = ("objects", "names", "strings")


def held(found: Any) -> set[tuple[str, str]]:
    return {(item.principal, item.role) for item in found.people.assignments}


NAMES = ("ann", "Bob", "CÿD", "x" * 64)
ROLES = st.lists(st.sampled_from(("SALES", "sales", "Audit", "GUEST", "guest")), max_size=4)


@given(st.dictionaries(st.sampled_from(NAMES), ROLES.map(tuple)), st.sampled_from(SHAPES))
def test_every_shape_says_who_holds_what(accounts: Any, shape: str) -> None:
    found = state(accounts, shape)
    assert held(found) == {
        (name.upper(), role.upper())
        for name, roles in {**accounts, "ADMIN": ("ADMIN",)}.items()
        for role in roles
        if role.upper() != "GUEST"
    }
    people = found.people
    assert people is not None
    assert people.complete
    assert {each.name for each in people.principals.values()} == {*accounts, "ADMIN"}
    section = found.roles["account"]
    assert section.capture is Capture.SEEN_IN_USE
    assert {role.name for role in section.roles} == {role for _, role in held(found)}
    for name, roles in accounts.items():
        mine = [role.upper() for role in roles if role.upper() != "GUEST"]
        first = mine[0] if len(set(mine)) > 1 else None
        assert people.principals["user", name.upper()].primary == first


def test_a_name_is_kept_as_the_server_spells_it_first() -> None:
    found = state({"Ann": ("Sales",), "bob": ("SALES", "Audit")})
    role = found.by_key()["account", "SALES"]
    assert (role.name, role.id) == ("SALES", "Sales")
    assert state({"bob": ("SALES",), "Ann": ("Sales",)}).by_key()[role.key].id == "Sales"
    assert found.people is not None
    assert Assignment("user", "ANN", "account", "SALES", "") in found.people.assignments


@pytest.mark.parametrize("shape", ["empty", "none", "absent", "guest"])
def test_an_account_without_roles_holds_none_whatever_it_shows(shape: str) -> None:
    shown: Any = {"empty": {"roles": []}, "none": {"roles": None}, "absent": {}}
    shown["guest"] = {"roles": [{"roleName": "GUEST"}]}
    rows = [row("ADMIN", ("ADMIN",)), {"username": "cy", **shown[shape]}]
    found = state_of({"accounts": rows}, operator="ADMIN", where="prod")
    assert held(found) == {("ADMIN", "ADMIN")}
    assert found.people is not None
    assert ("user", "CY") in found.people.principals


@pytest.mark.parametrize(
    ("rows", "operator", "told"),
    [
        ([row("me", ("SALES",))], "me", '"ADMIN" is not in it'),
        ([row("ADMIN", ("ADMIN",))], "me", '"ME" is not in it'),
        ([], "ADMIN", '"ADMIN" is not in it'),
        ([row("ADMIN", ("ADMIN",)), row("me", ("SALES",))], "me", '"ME" does not show the role'),
        ([row("ADMIN", ("GUEST",))], "admin", '"ADMIN" does not show the role'),
    ],
)
def test_a_list_that_cant_be_all_of_it_names_the_right_that_is_missing(
    rows: Any, operator: str, told: str
) -> None:
    with pytest.raises(AccessDenied, match=told) as caught:
        state_of({"accounts": rows}, operator=operator, where="prod")
    assert "holds the role ADMIN" in str(caught.value.remedy)


@pytest.mark.parametrize(
    ("result", "told"),
    [
        ({}, r"\$\.result\.accounts: expected a list, found nothing|null"),
        ({"accounts": {}}, r"\$\.result\.accounts: expected a list"),
        ({"accounts": [5]}, r"\$\.result\.accounts\[0\]: an account without a username"),
        ({"accounts": [{"username": ""}]}, r"accounts\[0\]: an account without a username"),
        ({"accounts": [{"username": "ADMIN"}]}, "no account says which roles it holds"),
        ({"accounts": [{"username": "a", "roles": "ADMIN"}]}, r"\[0\]\.roles: expected a list"),
        ({"accounts": [{"username": "a", "roleNames": {}}]}, r"\[0\]\.roleNames: expected a list"),
        ({"accounts": [{"username": "a", "roles": ["X", {}]}]}, r"\[0\]\.roles\[1\]: a role with"),
        ({"accounts": [{"username": "a", "roles": [""]}]}, r"\[0\]\.roles\[0\]: a role without"),
    ],
)
def test_an_odd_list_is_an_error_with_its_place(result: Any, told: str) -> None:
    with pytest.raises(PlatformFailed, match=told):
        state_of(result, operator="ADMIN", where="prod")


_ODD = st.sampled_from([None, 0, "", {}, [], True])
_NAME = st.sampled_from(["ann", "Ops"]) | _ODD
_ROLES = st.lists(_NAME | st.fixed_dictionaries({}, optional={"roleName": _NAME}), max_size=2)
_ACCOUNT = st.fixed_dictionaries(
    {}, optional={"username": _NAME, "roles": _ROLES | _ODD, "roleNames": _ROLES | _ODD}
)


def _text(name: Any) -> bool:
    return isinstance(name, str) and name != ""


def _sound(account: Any) -> bool:
    """The documented forms (faircom.md 4.6), one account at a time."""
    if not isinstance(account, dict) or not _text(account.get("username")):
        return False
    forms = [account[form] for form in ("roles", "roleNames") if account.get(form) is not None]
    return all(
        isinstance(form, list)
        and all(_text(each.get("roleName") if type(each) is dict else each) for each in form)
        for form in forms
    )


def _read(account: Any) -> Row:
    """The account, with the roles of both forms where both are there: names first."""
    held = (account.get("roleNames") or []) + (account.get("roles") or [])
    names = (each["roleName"] if type(each) is dict else each for each in held)
    return Row(account["username"], tuple(names))


@example([{"username": "ann", "roles": [{"roleName": "Ops"}], "roleNames": ["Audit"]}])
@given(st.lists(_ACCOUNT | _ODD, max_size=3))
def test_a_list_is_read_or_has_a_fault_that_is_told(accounts: list[Any]) -> None:
    says = any("roles" in each or "roleNames" in each for each in accounts if type(each) is dict)
    sound = all(map(_sound, accounts)) and (says or not accounts)
    try:
        rows = rows_of({"accounts": accounts}, where="prod")
    except PlatformFailed as failed:
        assert not sound
        assert not str(failed).endswith("no sound list: ")
    else:
        assert sound
        assert rows == tuple(map(_read, accounts))


def test_of_many_faults_the_first_are_told_and_the_rest_counted() -> None:
    with pytest.raises(PlatformFailed, match=r"accounts\[4\].* and 3 more"):
        state_of({"accounts": [5] * 7 + [{"roles": []}]}, operator="ADMIN", where="prod")


def test_names_that_differ_by_case_only_cant_be_told_apart() -> None:
    with pytest.raises(PlatformFailed, match="can't be told apart"):
        state_of(listed({"ann": (), "ANN": ()}), operator="ADMIN", where="prod")
