import json
import time

import pytest

from migrate import resources
from migrate.platforms.kore.checks import check_kore_roles, role_type_of
from migrate.validation import validate

LEVELS = ("FULL", "VIEW", "NO")
SWITCH = ("YES", "NO")
ADMIN = dict.fromkeys(
    ["Invite", "Import Users / Sync", "Directory Sync", "Manage Groups", "Single Sign On"], SWITCH
)
BOT = {
    **dict.fromkeys(["Tasks", "Natural Language", "Testing", "Bot Developers"], LEVELS),
    **dict.fromkeys(["Bot Import", "Integrations & Extensions", "App Builder API Scopes"], SWITCH),
}


def bot(name, **fields):
    return {"roleType": "bot", "role": name, "permissions": {"Tasks": ["FULL"]}, **fields}


def admin(name, **fields):
    return {"roleType": "admin", "role": name, "permissions": {"Invite": "NO"}, **fields}


def check(documents, role_type="bot", known=BOT):
    text = json.dumps(documents, indent=1).encode()
    return check_kore_roles(documents, role_type, known, text)


def warnings(documents, role_type="bot", known=BOT):
    faults = check(documents, role_type, known)
    assert all(fault.warning for fault in faults)
    assert all(fault.line for fault in faults)
    return [(fault.path, fault.message) for fault in faults]


def object_id(number):
    return f"{number:024x}"


def test_role_types_are_told_by_most_documents():
    assert role_type_of([]) is None
    assert role_type_of([bot("A"), admin("B"), bot("C")]) == "bot"
    assert role_type_of([{"roleType": []}, 5, {"roleType": "agent"}]) is None


SOUND = [
    pytest.param([], "bot", id="empty export"),
    pytest.param([bot("A", _id=object_id(1)), bot("B", _id=object_id(2))], "bot", id="bot export"),
    pytest.param(
        [
            admin("admin", rDesc="", refId="0c6e3a5e-57b5-5a8f-8b1f-0e3f7c7a9d10"),
            admin("A/B é", permissions={}, refId=object_id(9)),
        ],
        "admin",
        id="admin export with both kinds of refId",
    ),
    pytest.param(
        [
            {
                **admin("Custom"),
                "mapping": {"users": [], "groups": [], "bots": []},
                **dict.fromkeys(["rStatus", "category", "orgId", "createdBy", "modifiedBy"], "x"),
                **dict.fromkeys(["createdDate", "modifiedDate", "_product"], "x"),
                **dict.fromkeys(["isASystemRole", "isDefault"], False),
                "audit": [],
                "_userAndGroups": [],
                "__v": 0,
            }
        ],
        "admin",
        id="answer of an import",
    ),
]


@pytest.mark.parametrize(("documents", "role_type"), SOUND)
def test_documents_as_the_platform_gives_them_are_sound(documents, role_type):
    schema = resources.schema(f"import-kore-{role_type}")
    assert validate(documents, None, schema, where="x") == ()
    assert check(documents, role_type, {"bot": BOT, "admin": ADMIN}[role_type]) == ()


def test_two_roles_of_one_name_are_an_error_that_names_both_places():
    (fault,) = check([bot("A"), bot("B"), bot("A")])
    assert not fault.warning
    assert fault.path == "$[2].role"
    assert fault.line == 22
    assert fault.message == 'two roles have the name "A", the other is $[0]'


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ops", "OPS"),
        ("Straße", "STRASSE"),
        ("Ops", " Ops"),
        ("Ops", "Ops\u00a0"),
        ("Ops team", "Ops  team"),
        ("caf\u00e9", "cafe\u0301"),
    ],
)
def test_names_that_look_alike_are_warned_about(one, other):
    ((path, message),) = warnings([bot(one), bot("Z"), bot(other)])
    assert path == "$[2].role"
    assert "$[0]" in message
    assert "only by case, Unicode normalisation or blanks" in message


def test_names_of_other_accents_are_different_names():
    assert warnings([bot("cafe"), bot("café")]) == []


@pytest.mark.parametrize(
    ("name", "code"), [("a\u202eb", "U+202E"), ("a\tb", "U+0009"), ("a\u200bb", "U+200B")]
)
def test_invisible_characters_in_names_are_warned_about(name, code):
    ((path, message),) = warnings([bot(name)])
    assert path == "$[0].role"
    assert code in message


def test_long_names_are_warned_about():
    assert warnings([bot("x" * 100)]) == []
    ((_, message),) = warnings([bot("é" * 101)])
    assert "has 101 characters" in message


def test_one_id_twice_is_an_error_and_one_ref_id_twice_a_warning():
    faults = check([bot("A", _id=object_id(1), refId="r"), bot("B", _id=object_id(1), refId="r")])
    assert [(fault.path, fault.warning) for fault in faults] == [
        ("$[1]._id", False),
        ("$[1].refId", True),
    ]
    assert all("$[0]" in fault.message for fault in faults)


def test_ids_that_a_page_shortened_are_only_warned_about_even_if_they_look_the_same():
    masked = "6495a4d56ca3571b556xxxxx"
    reference = "891ce307-f69f-5b9b-9c92-3945ce2xxxxx"
    found = warnings([bot("A", _id=masked, refId=reference), bot("B", _id=masked, refId=reference)])
    assert [path for path, _ in found] == ["$[0]._id", "$[0].refId", "$[1]._id", "$[1].refId"]
    assert all("was shortened" in message for _, message in found)


def test_ids_of_another_form_are_warned_about_and_still_must_differ():
    faults = check([bot("A", _id="7"), bot("B", _id="7")])
    assert [(fault.path, fault.warning) for fault in faults] == [
        ("$[0]._id", True),
        ("$[1]._id", False),
        ("$[1]._id", True),
    ]
    assert "24 hexadecimal digits" in faults[0].message


def test_unknown_fields_are_told_once_each():
    found = warnings([bot("A"), bot("B", owner=1, rdesc=""), bot("C", owner=2)])
    assert found == [
        ("$[1].owner", 'the field "owner" is not carried over (in 2 roles)'),
        ("$[1].rdesc", 'the field "rdesc" is not carried over (did you mean "rDesc"?)'),
    ]


@pytest.mark.parametrize(
    ("name", "guess"),
    [
        ("Taks", ' (did you mean "Tasks"?)'),
        ("natural language", ' (did you mean "Natural Language"?)'),
        ("Batch Testing", ' ("Testing" is another spelling of it)'),
        ("Extensions", ' ("Integrations & Extensions" is another spelling of it)'),
        ("Bot builder API Scopes", ' ("App Builder API Scopes" is another spelling of it)'),
        ("App Developers", ' ("Bot Developers" may be another spelling of it)'),
        ("WFM", ""),
        ("x" * 5000, ""),
    ],
)
def test_an_unknown_permission_is_told_once_with_a_guess(name, guess):
    roles = [bot("A"), bot("B", permissions={name: ["NO"]}), bot("C", permissions={name: ["NO"]})]
    ((path, message),) = warnings(roles)
    assert path.startswith("$[1].permissions")
    assert "not among the documented ones for bot roles" in message
    assert message.endswith(f"{guess}; it is passed through (in 2 roles)")


def test_unknown_values_are_told_once_each():
    roles = [
        admin(str(i), permissions={"Invite": "Yes", "Manage Groups": "EDIT"}) for i in range(3)
    ]
    found = warnings(roles, "admin", ADMIN)
    assert found == [
        (
            "$[0].permissions.Invite",
            'permissions.Invite holds "Yes", documented are "NO", "YES" (did you mean "YES"?); '
            "it is passed through (in 3 roles)",
        ),
        (
            '$[0].permissions["Manage Groups"]',
            'permissions["Manage Groups"] holds "EDIT", documented are "NO", "YES"; '
            "it is passed through (in 3 roles)",
        ),
    ]


def test_a_list_of_several_values_is_warned_about():
    found = warnings([bot("A", permissions={"Tasks": ["FULL", "VIEW"], "Testing": ["ODD"]})])
    assert [path for path, _ in found] == ["$[0].permissions.Tasks", "$[0].permissions.Testing"]
    assert "more than one value" in found[0][1]
    assert 'holds "ODD"' in found[1][1]


def test_without_a_catalogue_nothing_is_said_of_permissions():
    assert check_kore_roles([bot("A", permissions={"Odd": ["ODD"]})], "bot") == ()


def test_wrong_shapes_are_left_to_the_schema():
    odd = [
        5,
        None,
        admin("A", _id=object_id(1)),
        {"roleType": "bot"},
        bot("A", _id=object_id(1)),
        bot(None, _id=[], refId={}, permissions=[]),
        bot(
            "B",
            permissions={
                "Tasks": "FULL",
                "Testing": [["NO"]],
                "Bot Developers": [1],
                "Bot Import": None,
            },
        ),
    ]
    assert check(odd) == ()


def test_the_list_of_findings_is_bounded():
    documents = [bot("A", permissions={f"P{i}": ["NO"] for i in range(1000)}) for _ in range(120)]
    start = time.perf_counter()
    faults = check(documents)
    assert time.perf_counter() - start < 10  # quadratic would take far longer
    assert len(faults) == 101
    assert sum("two roles have the name" in fault.message for fault in faults) == 100
    assert faults[-1].message == f"at least {19 + 1000} more faults are not listed"


def test_ten_thousand_roles_take_a_fraction_of_a_second():
    permissions = {name: ["NO"] for name in BOT}
    documents = [
        bot(f"Rôle {i}", _id=object_id(i), refId=f"r{i}", permissions=permissions)
        for i in range(10_000)
    ]
    start = time.perf_counter()
    assert check_kore_roles(documents, "bot", BOT, b"") == ()
    assert time.perf_counter() - start < 10  # quadratic would take far longer
