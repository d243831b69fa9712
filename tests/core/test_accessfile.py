"""Changes of access survive their file, and the schema of plans allows them."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from migrate import accessfile, canonical, resources
from migrate.access import AccessChange, Delta, Direction, Way, access_changes, effective
from migrate.levels import Levels
from migrate.model import Assignment, Role, by_holder
from migrate.validation import validate
from tests.core.test_access_oracle import ours, sides

LEVELS = Levels.of((("NO", "VIEW", "FULL"), ("NO", "YES")), "NO")
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6)
VALUES = st.lists(TEXT | st.lists(TEXT, min_size=2, max_size=3).map(tuple), max_size=3).map(tuple)
WAYS = st.frozensets(st.builds(Way, TEXT, st.just("") | TEXT), max_size=3)
CHANGES = st.builds(
    AccessChange,
    TEXT,
    st.just("") | TEXT,
    st.lists(st.tuples(st.sampled_from(["user", "group"]), TEXT), min_size=1).map(tuple),
    st.lists(
        st.builds(
            Delta,
            TEXT,
            st.sampled_from(Direction),
            VALUES,
            VALUES,
            st.lists(TEXT, min_size=1, max_size=2).map(tuple),
        ),
        min_size=1,
        max_size=3,
    ).map(tuple),
    WAYS,
    WAYS,
)
SCHEMA = resources.schema("plan")
ACCESS = {
    "$schema": SCHEMA["$schema"],
    "$defs": SCHEMA["$defs"],
    **SCHEMA["properties"]["people"]["properties"]["access"],
}
"""The part of the schema of plans that is for changes of access."""


def survives(changes):
    value = accessfile.to_value(changes)
    for written in (canonical.dumps(value), canonical.dumps_pretty(value)):
        read = canonical.loads(written, where="x")
        assert validate(read, written, ACCESS, where="x") == ()
        assert accessfile.from_value(read) == changes


@settings(deadline=None)
@given(st.lists(CHANGES, max_size=3).map(tuple))
def test_whatever_changes_survives_its_file(changes):
    survives(changes)


@settings(deadline=None)
@given(sides())
def test_what_is_worked_out_survives_its_file(both):
    survives(access_changes(*map(ours, both)))


def test_as_json():
    roles = [{"P": ("B", "A")}, {"Q": "YES"}]
    who = [
        Assignment("user", "ann", "admin", "R", ""),
        Assignment("group", "Ops", "admin", "R", ""),
    ]
    groups = {"bob": frozenset({"Ops"})}
    sides = [
        effective(
            {("admin", "R"): Role("admin", "R", permissions=held)}, by_holder(who), groups, LEVELS
        )
        for held in roles
    ]
    value = accessfile.to_value(access_changes(*sides))
    assert json.loads(json.dumps(value)) == [
        {
            "roleType": "admin",
            "scope": "",
            "principals": principals,
            "permissions": [
                {
                    "permission": "P",
                    "direction": "loss",
                    "before": [["A", "B"]],
                    "after": [],
                    "roles": ["R"],
                },
                {
                    "permission": "Q",
                    "direction": "gain",
                    "before": [],
                    "after": ["YES"],
                    "roles": ["R"],
                },
            ],
            "before": [{"role": "R", "group": group}],
            "after": [{"role": "R", "group": group}],
        }
        for principals, group in [
            ([{"kind": "user", "name": "ann"}, {"kind": "group", "name": "Ops"}], ""),
            ([{"kind": "user", "name": "bob"}], "Ops"),
        ]
    ]
