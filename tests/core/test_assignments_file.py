import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.assignments_file import MOST_BYTES, Action, Wanted, parse
from migrate.canonical import sha256
from migrate.errors import InvalidInput
from migrate.identity import caseless

SAMPLES = Path(__file__).parents[2] / "samples"
HEADER = "kind,principal,role_type,role,bot,action\n"


def ours(*entries):
    return json.dumps({"formatVersion": 1, "assignments": entries}, indent=1).encode()


def body(*entries):
    return json.dumps(entries, indent=1).encode()


def entry(**fields):
    return {"kind": "user", "principal": "a@x", "roleType": "admin", "role": "Ops", **fields}


def wanted(data):
    """What a file without anything odd asks for."""
    found = parse(data if isinstance(data, bytes) else data.encode(), where="f")
    assert found.warnings == ()
    return found.wanted


def refused(data):
    """The faults of a file, as people read them."""
    with pytest.raises(InvalidInput) as caught:
        parse(data if isinstance(data, bytes) else data.encode(), where="f")
    assert caught.value.where == "f"
    assert caught.value.remedy
    return [str(fault) for fault in caught.value.faults]


def warned(data):
    """What a file asks for, and its warnings."""
    found = parse(data if isinstance(data, bytes) else data.encode(), where="f")
    assert found.warnings
    assert all(fault.warning for fault in found.warnings)
    return found.wanted, [str(fault) for fault in found.warnings]


ADMIN = Wanted("user", "a@x", "admin", "Ops")
IN_BOT = Wanted("group", "QA, all", "bot", "Tester", "Shop", Action.REMOVE)


def test_the_three_forms_say_the_same():
    in_json = ours(
        entry(),
        entry(
            kind="group",
            principal="QA, all",
            roleType="bot",
            role="Tester",
            bot="Shop",
            action="remove",
        ),
    )
    in_csv = HEADER + 'user,a@x,admin,Ops,,\ngroup,"QA, all",bot,Tester,Shop,remove\n'
    in_bodies = body(
        {"roleName": "Ops", "addUsers": ["a@x"], "removeUsers": [""], "addGroups": []},
        {"roleName": "Tester", "botName": "Shop", "removeGroups": ["QA, all"]},
    )
    for data, places in (
        (in_json, ["$.assignments[0]", "$.assignments[1]"]),
        (in_csv, ["line 2", "line 3"]),
        (in_bodies, ["$[0].addUsers[0]", "$[1].removeGroups[0]"]),
    ):
        found = wanted(data)
        assert found == (ADMIN, IN_BOT)
        assert [each.place for each in found] == places


def test_a_file_has_a_name_and_a_digest():
    data = ours(entry())
    found = parse(data, where="joiners.json")
    assert (found.name, found.digest) == ("joiners.json", sha256(data))


def test_empty_files_ask_for_nothing():
    assert wanted(ours()) == wanted(b"[]") == wanted(HEADER) == ()


def test_the_samples_say_the_same():
    paths = (SAMPLES / "assignments.csv", SAMPLES / "assignments.json")
    csv_file, json_file = (parse(path.read_bytes(), where=path.name) for path in paths)
    assert csv_file.wanted == json_file.wanted
    assert len(csv_file.wanted) == 7
    assert csv_file.warnings == json_file.warnings == ()


# CSV.


def test_columns_in_any_order_and_spelling_and_those_that_may_be_left_out():
    found = wanted("Role,Role Type,PRINCIPAL,kind\nOps, Admin ,a@x,USER\n")
    assert found == (ADMIN,)
    assert wanted("roleType,role,principal,kind\nadmin,Ops,a@x,user\n") == (ADMIN,)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_line_ends_blank_lines_and_a_byte_order_mark(end):
    text = f"\ufeff{HEADER}\n,,,,,\nuser,a@x,admin,Ops,,add\n".replace("\n", end)
    (found,) = wanted(text)
    assert found == ADMIN
    assert found.place == "line 4"


def test_a_quoted_cell_may_go_over_lines():
    text = HEADER + 'group,"two\nlines",admin,Ops,,\nuser,a@x,admin,,,\n'
    assert refused(text) == ["line 4, column role: the cell is empty"]


@pytest.mark.parametrize(
    ("header", "faults"),
    [
        ("kind,principle,role_type,role", ["unknown (did you mean", '"principal" is missing']),
        ("kind,principal,role", ['the column "role_type" is missing']),
        ("kind,principal,role_type,role,expires", ['the column "expires" is unknown']),
        ("kind,kind,principal,role_type,role", ['the column "kind" is there twice']),
        ("kind;principal;role_type;role", ["separated by semicolons"]),
        ("kind\tprincipal\trole_type\trole", ["separated by tabs"]),
        ("a@x,admin", ['"a@x" is unknown', '"admin" is unknown', *[" is missing"] * 4]),
    ],
)
def test_a_wrong_header_is_told_whole(header, faults):
    found = refused(f"{header}\nuser,a@x,admin,Ops\n")
    assert len(found) == len(faults)
    for fault, words in zip(found, faults, strict=True):
        assert fault.startswith("line 1: ")
        assert words in fault


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"", "line 1: there is no header: the file is empty"),
        (b"\n \n", "line 1: there is no header: the file is empty"),
        (b'kind,"principal', "line 1: this is no sound CSV from here on: unexpected end of data"),
        (HEADER.encode("utf-16"), "looks like UTF-16 or UTF-32 text, not UTF-8"),
        (HEADER.encode("utf-16-le"), "looks like UTF-16 or UTF-32 text, not UTF-8"),
        (
            HEADER.encode() + "user,zoë@x,admin,Ops,,".encode("latin-1"),
            "line 2: is not UTF-8: the byte 0xeb fits no character",
        ),
    ],
)
def test_what_is_no_csv_in_utf8(data, fault):
    assert refused(data) == [fault]


def test_every_fault_of_every_row_is_told_with_its_line():
    text = HEADER + (
        "person,a@x,admin,Ops,,\n"
        "user,,admin,Ops,,\n"
        "user,a@x,amdin,Ops,,ad\n"
        "user,a@x,admin,Ops\n"
        "user,a@x,bot,Tester,,\n"
        "user,a@x,admin,Ops,Shop,\n"
        'user,a@x,admin,"Ops,,\n'
    )
    assert refused(text) == [
        'line 2, column kind: must be user or group, found "person"',
        "line 3, column principal: the cell is empty",
        'line 4, column role_type: must be admin, bot or account, found "amdin" '
        '(did you mean "admin"?)',
        'line 4, column action: must be add or remove, found "ad" (did you mean "add"?)',
        "line 5: the row has 4 cells, the header has 6",
        'line 6: the bot role "Tester" needs a bot that it is held in',
        'line 7: the admin role "Ops" is held in the whole account, not in the bot "Shop"',
        "line 8: this is no sound CSV from here on: unexpected end of data",
    ]


@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_formulas_are_data_and_warned_about(start):
    name = f"{start}1+1"
    found, (warning,) = warned(f'{HEADER}group,"{name}",admin,Ops,,\n')
    assert found == (Wanted("group", name, "admin", "Ops"),)
    assert "line 2, column principal" in warning
    assert "starts as a formula does" in warning


def test_the_list_of_faults_is_bounded_and_holds_errors_first():
    rows = "group,=x,admin,Ops,,\n" * 150 + "user,,admin,Ops,,\n" * 120
    found = refused(HEADER + rows)
    assert len(found) == 101
    assert all("the cell is empty" in fault for fault in found[:100])
    assert "more are not listed" in found[-1]


@given(
    st.lists(
        st.builds(
            Wanted,
            st.sampled_from(["user", "group"]),
            st.text(st.characters(codec="utf-8", exclude_characters="\r\0"), min_size=1).filter(
                str.strip
            ),
            st.just("bot"),
            st.text("ab,\"'\n;é", min_size=1).filter(str.strip),
            st.text("xy,\"'\n;é", min_size=1).filter(str.strip),
            st.sampled_from(Action),
        ),
        unique_by=lambda each: tuple(map(caseless, each.names)),
    )
)
def test_csv_and_json_carry_every_name(lines):
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["kind", "principal", "role_type", "role", "bot", "action"])
    for each in lines:
        writer.writerow([each.kind, each.principal, "bot", each.role, each.bot, each.action])
    assert parse(text.getvalue().encode(), where="f").wanted == tuple(lines)
    entries = [
        {
            "kind": each.kind,
            "principal": each.principal,
            "roleType": "bot",
            "role": each.role,
            "bot": each.bot,
            "action": each.action,
        }
        for each in lines
    ]
    assert parse(ours(*entries), where="f").wanted == tuple(lines)


# JSON.


def test_json_faults_have_path_and_line():
    data = ours(entry(kind="person"), entry(rol="Ops"), {"kind": "user"}, entry(bot="Shop"))
    found = refused(data)
    assert len(found) == 5
    assert found[0].startswith('line 5, $.assignments[0].kind: kind must be one of "user", "group"')
    assert "$.assignments[1].rol" in found[1]
    assert all("is missing" in fault for fault in found[2:])
    (sense,) = refused(ours(entry(), entry(bot="Shop", principal="b@x")))
    assert sense.startswith("line 10, $.assignments[1]: the admin role")


@pytest.mark.parametrize("data", [b"{", b'{"a": 1, "a": 2}', b"[1", b"\xef\xbb\xbf{}"])
def test_broken_json_is_told_by_the_reader(data):
    assert refused(data)


def test_a_file_without_its_version_is_refused():
    assert "formatVersion" in refused(b'{"assignments": []}')[0]
    assert "format version 2" in refused(b'{"formatVersion": 2, "assignments": []}')[0]


def test_a_file_beyond_the_limit_is_refused():
    assert "the limit is" in refused(b"[" + b" " * MOST_BYTES)[0]


# What is said twice.


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("user,a@x,admin,Ops,,", "user,A@x,admin,Ops,,"),
        ("user,a@x,admin,Ops,,", "user,a@x,admin,OPS,,remove"),
        ("group,G,bot,R,Shop,", "group,G,bot,R,shop,"),
        ("group,Straße,admin,Ops,,", "group,STRAßE,admin,Ops,,"),
    ],
)
def test_what_differs_only_by_case_is_an_error_that_names_both(one, other):
    (found,) = refused(f"{HEADER}{one}\n{other}\n")
    assert found.startswith("line 3: ")
    assert found.endswith("differ only by case; the other is line 2")


def test_other_principals_and_roles_are_no_repetition():
    text = HEADER + "user,a@x,admin,Ops,,\ngroup,a@x,admin,Ops,,\nuser,a@x,bot,Ops,B,\n"
    assert len(wanted(text)) == 3
    assert len(wanted(HEADER + "user,straße@x,admin,Ops,,\nuser,strasse@x,admin,Ops,,\n")) == 2


def test_added_and_removed_is_an_error():
    (found,) = refused(f"{HEADER}user,a@x,admin,Ops,,\nuser,a@x,admin,Ops,,remove\n")
    assert "are added and removed; the other is line 2" in found
    (found,) = refused(body({"roleName": "Ops", "addUsers": ["a"], "removeUsers": ["a"]}))
    assert found.startswith("line 8, $[0].removeUsers[0]: ")
    assert found.endswith("the other is $[0].addUsers[0]")


def test_said_twice_is_wanted_once():
    found, (warning,) = warned(ours(entry(), entry(action="add")))
    assert found == (ADMIN,)
    assert "named twice; the other is $.assignments[0]" in warning


def test_blanks_at_an_end_are_kept_and_warned_about():
    found, (warning,) = warned(HEADER + "user, a@x,admin,Ops,,\n")
    assert found == (Wanted("user", " a@x", "admin", "Ops"),)
    assert "has a blank at an end" in warning


# The vendor's request bodies.


def test_names_and_organisation_ids_in_bodies():
    data = body(
        {"roleName": "Ops", "addUsers": ["e1"], "addOrgUserIds": ["E1"], "removeGroups": ["G"]},
        {"roleName": "Tester", "botName": "Shop", "addUsers": ["a@x", "b@x"]},
    )
    assert wanted(data) == (
        Wanted("user", "e1", "admin", "Ops"),
        Wanted("user", "E1", "admin", "Ops", by_org_id=True),
        Wanted("group", "G", "admin", "Ops", action=Action.REMOVE),
        Wanted("user", "a@x", "bot", "Tester", "Shop"),
        Wanted("user", "b@x", "bot", "Tester", "Shop"),
    )


def test_ids_in_bodies_are_kept_for_the_environment_whose_they_are():
    data = body(
        {"roleId": "1", "addUsers": ["a@x"]},
        {"roleId": "9", "roleName": "Tester", "botId": "st-1", "addUsers": ["a@x"]},
    )
    assert wanted(data) == (
        Wanted("user", "a@x", "admin", "", role_id="1"),
        Wanted("user", "a@x", "bot", "Tester", role_id="9", bot_id="st-1"),
    )
    (found,) = refused(body({"roleId": "1", "addUsers": ["a"], "removeUsers": ["a"]}))
    assert 'the admin role "1" are added and removed' in found
    # Roles of two ids are two, whatever they are called.
    twins = body({"roleId": "a", "addUsers": ["a@x"]}, {"roleId": "A", "addUsers": ["a@x"]})
    assert len(wanted(twins)) == 2


@pytest.mark.parametrize(
    ("fields", "fault"),
    [({"roleid": "1"}, '"roleid" is unknown'), ({}, '"roleId" is missing')],
)
def test_faults_of_bodies(fields, fault):
    found = refused(body({**fields, "addUsers": ["a@x"]}))
    assert any(fault in each for each in found)
    assert all(each.startswith("line ") for each in found)


def test_an_entry_that_names_nobody_is_warned_about():
    found, (warning,) = warned(body({"roleName": "Ops", "addUsers": [""]}))
    assert found == ()
    assert "names nobody" in warning
