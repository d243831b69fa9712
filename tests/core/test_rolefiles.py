"""Roles as files: what they are called, what is in them, and what is wrong with them."""

import json
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.canonical import dumps_pretty
from migrate.digests import content_digest
from migrate.errors import InvalidInput
from migrate.model import Capture, Identity, Role, Section, Selection, Snapshot, State
from migrate.rolefiles import (
    INDEX,
    check_index,
    index_file,
    index_of,
    read_index,
    role_files,
)
from migrate.rolefiles.naming import LONGEST, file_of, folder_of, is_place, name_of, place_of
from migrate.rolefiles.reading import check_role, read_files
from tests.core.strategies import snapshot, states

ODD = (
    *(
        "con",
        "CON",
        "Nul",
        "com1",
        "..",
        ".",
        "../x",
        "a/b",
        "a\\b",
        "~",
        "~1",
        "Ops~1",
        "%41",
        " ",
    ),
    *("a ", "ops", "Ops", "OPS", "É", "E\u0301", "é", "ı", "ß", "SS", "x" * 300, "X" * 300),
)
NAMES = st.sampled_from(ODD) | st.text(
    st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12
)


@given(NAMES)
def test_a_name_leads_to_one_plain_file_and_back(name: str) -> None:
    file = file_of(name)
    assert re.fullmatch(r"[A-Za-z0-9_%-][A-Za-z0-9 _%~-]*\.json", file)
    assert len(file) <= LONGEST + len(".json")
    assert not re.fullmatch("(?i)(con|prn|aux|nul|com[0-9]|lpt[0-9])", file.partition(".")[0])
    assert is_place(place_of("admin", name))
    assert name_of(file) == (None if "~~" in file else name)


@given(NAMES, NAMES)
def test_names_that_differ_only_by_case_or_spelling_have_different_files(a: str, b: str) -> None:
    for one, other in ((a, b), (a, a.upper()), (a, a.lower()), (a, a.swapcase())):
        if one != other and other:
            assert file_of(one).lower() != file_of(other).lower()


def test_what_names_look_like() -> None:
    assert [place_of("admin", name) for name in ("Auditor", "HR Admin", "Prüferin", "con")] == [
        "admin/Auditor.json",
        "admin/HR Admin~2.json",
        "admin/Pr%c3%bcferin.json",
        "admin/%63on~1.json",
    ]
    assert folder_of("bot") == "bot"
    assert folder_of("../Bot") == "%2e%2e%2f%42ot"


@pytest.mark.parametrize(
    "file",
    ["Auditor", "auditor.json", "Auditor~1.json", "a~~0123.json", "%C3%BC.json", "%ff.json",
     "Auditor~0.json", "%41uditor.json", "x/y.json", "Auditor.json\n"],
)  # fmt: skip
def test_what_is_no_name_of_a_role_s_file(file: str) -> None:
    assert name_of(file) is None


@pytest.mark.parametrize(
    "text",
    ["../admin/x.json", "/etc/x.json", "admin/../../x.json", "x.json", "a/b/c.json", "admin/x",
     "admin\\x.json", "admin/.json", "admin/..json", "admin/x.json\n", "", "admin/x\0.json"],
)  # fmt: skip
def test_what_is_no_place_leads_nowhere(text: str) -> None:
    assert not is_place(text)


def read_back(taken: Snapshot) -> Snapshot:
    texts = role_files(taken.state)
    read = read_files(read_index(index_file(index_of(taken)), INDEX), texts)
    assert [fault for fault in read.faults if not fault.warning] == []
    return read.snapshot()


@given(states("dev"), st.sampled_from([Selection(), Selection(("A*",), ("B",))]))
def test_what_was_split_is_read_back_as_it_was(state: State, selection: Selection) -> None:
    taken = snapshot(state, "dev", selection)
    back = read_back(taken)
    assert content_digest(back.state) == content_digest(state)
    assert (back.environment, back.identity, back.selection) == (
        taken.environment,
        taken.identity,
        taken.selection,
    )
    assert all(role.id is None and role.ref_id is None for role in back.state.all_roles())


@given(
    st.lists(
        st.builds(
            Role,
            st.just("admin"),
            NAMES,
            st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
            st.dictionaries(NAMES, st.sampled_from(["YES", ("FULL", "VIEW")]), max_size=3),
            id=st.just("no-id-of-mine"),
        ),
        unique_by=lambda role: role.name,
        max_size=6,
    )
)
def test_hostile_names_survive_and_no_id_does(roles: list[Role]) -> None:
    state = State({"admin": Section.of(tuple(roles))})
    assert content_digest(read_back(snapshot(state, "dev")).state) == content_digest(state)
    files = {**role_files(state), INDEX: index_file(index_of(snapshot(state, "dev")))}
    assert not [name for name, data in files.items() if b"no-id-of-mine" in data]
    assert not [name for name, data in files.items() if b"2026-01-31" in data]


def test_a_file_is_sorted_indented_and_says_what_it_is() -> None:
    role = Role("bot", "Reviewer", "reads", {"Testing": ("FULL", "VIEW"), "Tasks": ("NO",)}, "1")
    ((place, data),) = role_files(State({"bot": Section.of((role,))})).items()
    assert place == "bot/Reviewer.json"
    value = {
        "$schema": "urn:role-migrate:schema:role:1",
        "formatVersion": 1,
        "roleType": "bot",
        "name": "Reviewer",
        "description": "reads",
        "permissions": {"Tasks": ["NO"], "Testing": ["FULL", "VIEW"]},
    }
    assert data.decode() == json.dumps(value, indent=2, sort_keys=True) + "\n"


# what people write


TAKEN = snapshot(
    State(
        {
            "admin": Section.of((Role("admin", "Auditor", "", {"Invite": "NO"}),)),
            "bot": Section(Capture.NOT_CAPTURED),
        }
    ),
    "dev",
)
ROLE = {
    "formatVersion": 1,
    "roleType": "admin",
    "name": "Ops",
    "description": "",
    "permissions": {"Invite": "YES"},
}


def told(texts: dict[str, bytes | dict]) -> list[str]:
    files = {
        place: text if isinstance(text, bytes) else dumps_pretty(text)
        for place, text in texts.items()
    }
    return [str(fault) for fault in read_files(index_of(TAKEN), files).faults]


def test_new_files_are_roles_as_well() -> None:
    files = {"admin/Ops.json": dumps_pretty(ROLE)}
    read = read_files(index_of(TAKEN), files)
    assert read.faults == ()
    assert [role.name for role in read.snapshot().state.all_roles()] == ["Ops"]


def test_every_fault_is_told_with_file_and_line() -> None:
    found = told(
        {
            "admin/A.json": b'{\n  "name": 1,\n  "name": 2\n}',
            "admin/B.json": b"",
            "admin/C.json": {**ROLE, "name": "C", "permissions": {"Invite": 5}, "id": "1"},
            "admin/Ops.json": ROLE,
        }
    )
    assert [line.partition(":")[0].partition(", $")[0] for line in found] == [
        "admin/A.json, line 3",
        "admin/B.json",
        "admin/C.json, line 4",
        "admin/C.json, line 7",
    ]
    assert "id" in found[2]


def test_a_file_must_have_the_name_of_its_role_and_lie_with_its_type() -> None:
    assert told({"admin/Auditor.json": ROLE}) == [
        'admin/Auditor.json, line 4, $.name: the role "Ops" belongs in the file admin/Ops.json; '
        'this one\'s name is that of the role "Auditor"'
    ]
    assert told({"admin/new role.JSON.json": ROLE}) == [
        'admin/new role.JSON.json, line 4, $.name: the role "Ops" belongs in the file '
        "admin/Ops.json"
    ]
    assert told({"admin/Ops.json": {**ROLE, "roleType": "bot"}}) == [
        'admin/Ops.json, line 8, $.roleType: a role of the type "bot" belongs in bot/Ops.json, '
        "not in admin/"
    ]


def test_roles_of_a_type_that_was_not_captured_are_a_fault() -> None:
    (fault,) = told({"bot/Ops.json": {**ROLE, "roleType": "bot"}})
    assert "bot roles were not captured" in fault
    (fault,) = told({"group/Ops.json": {**ROLE, "roleType": "group"}})
    assert "names no role type of which roles lie in group/" in fault


def test_names_that_are_alike_are_warned_about_across_files() -> None:
    texts = {
        place_of("admin", name): dumps_pretty({**ROLE, "name": name}) for name in ("Ops", "OPS")
    }
    (fault,) = read_files(index_of(TAKEN), texts).faults
    assert fault.warning
    assert (fault.file, fault.line) == ("admin/Ops.json", 4)
    assert "admin/OPS~6.json" in fault.message


def test_a_role_s_file_elsewhere_may_have_any_name() -> None:
    assert check_role(ROLE, dumps_pretty(ROLE), where="x.json", place=None) == ()
    assert check_role({**ROLE, "name": ""}, b"{}", where="x.json", place=None)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"files": ["admin/Ops.json", "../../etc/passwd.json"]}, "can't be the place"),
        ({"roleTypes": {"admin": "empty"}}, "empty"),
        ({"formatVersion": 2}, "formatVersion"),
        ({"identity": {"platform": "else", "url": "x", "account": "y"}}, "platform"),
    ],
)
def test_an_index_that_was_tampered_with_is_refused(change: dict, words: str) -> None:
    value = {**json.loads(index_file(index_of(TAKEN))), **change}
    data = dumps_pretty(value)
    assert check_index(value, data, where=INDEX)
    with pytest.raises(InvalidInput) as caught:
        read_index(data, INDEX)
    assert any(words in str(fault) for fault in caught.value.faults)
    assert all(fault.line for fault in caught.value.faults)


def test_an_index_is_read_back_as_it_was_written() -> None:
    index = replace(
        index_of(TAKEN), identity=Identity("faircom", "https://x", "y"), unfinished=True
    )
    assert read_index(index_file(index), INDEX) == index
