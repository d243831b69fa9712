"""Profiles: their file, the fingerprint of a platform's version, and what probes leave behind."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.behaviour import Behaviour, Learned, from_value, to_value
from migrate.canonical import dumps, loads
from migrate.errors import InvalidInput
from migrate.lessons import lessons
from migrate.model import Assignment, Capture, People, Role, Section, State
from migrate.platforms.kore.catalogue import TRAITS
from migrate.profile import (
    Finding,
    Profile,
    catalogues,
    made_by_probe,
    own_name,
    without_probes,
)
from tests.core.strategies import TEXT


def finding(question, value, role_type="admin"):
    return Finding(question, "a question", role_type, value, "seen")


FINDINGS = st.builds(Finding, TEXT, TEXT, TEXT, st.none() | TEXT, TEXT)
PROFILES = st.builds(
    Profile,
    TEXT,
    TEXT,
    TEXT,
    st.dictionaries(TEXT, TEXT, max_size=2),
    st.lists(FINDINGS, max_size=2).map(tuple),
    st.integers(0, 1000),
    st.lists(TEXT, max_size=2).map(tuple),
)
PROFILE = Profile("3f9a1c", "now", "1.0", {"admin": "ab"}, (finding("ids", "kept"),), 7, ("left",))


@given(PROFILES)
def test_a_profile_survives_the_file_of_learned_behaviour(profile):
    known = Behaviour({"admin": Learned(drops_unknown=True)}, "r1", "now", profile)
    assert from_value(loads(dumps(to_value(known)), where="x")) == known


def test_a_file_without_a_profile_and_of_before_there_were_any_is_read():
    value = to_value(Behaviour({"admin": Learned()}))
    assert "profile" not in value
    del value["roleTypes"]["admin"]["dropsUnknown"]
    assert from_value(value) == Behaviour({"admin": Learned()})


@pytest.mark.parametrize("key", ["probe", "at", "catalogues", "findings", "requests", "left"])
def test_a_damaged_profile_is_refused(key):
    value = to_value(Behaviour(profile=PROFILE))
    for damage in (None, 7, [7]):
        if (key, damage) != ("requests", 7):
            broken = {**value, "profile": {**value["profile"], key: damage}}
            with pytest.raises(InvalidInput, match="damaged"):
                from_value(broken)


def test_what_a_run_learns_leaves_the_profile_alone():
    known = Behaviour({}, "r1", "then", PROFILE)
    learned = known.joined({"admin": Learned(fills=True)}, run="r2", at="now")
    assert (learned.profile, learned.run) == (PROFILE, "r2")


# the platform's version


def section(*roles):
    return State({"admin": Section.of(roles)})


FIXED = Role("admin", "admin", "", {"Invite": "YES", "Preferences": "YES"})


def test_the_fingerprint_is_of_the_names_that_fixed_built_ins_hold():
    one = catalogues(section(FIXED, Role("admin", "A", "", {"Legacy": "NO"})), TRAITS)
    two = catalogues(
        section(replace(FIXED, permissions={"Preferences": "NO", "Invite": "NO"})), TRAITS
    )
    assert one == two
    newer = replace(FIXED, permissions={**FIXED.permissions, "Billing": "YES"})
    assert catalogues(section(newer), TRAITS) != one


def test_without_built_ins_the_fingerprint_is_of_every_name_but_the_probes():
    role = Role("admin", "A", "", {"Invite": "NO"})
    plain = catalogues(section(role), TRAITS)
    left = Role("admin", own_name("3f9a1c", 1), "", {"role-migrate probe 3f9a1c": "NO"})
    assert catalogues(section(role, left), TRAITS) == plain
    assert catalogues(section(), TRAITS) == {}
    assert catalogues(State({"bot": Section(Capture.NOT_CAPTURED)}), TRAITS) == {}


# roles of probes


def test_roles_of_probes_are_told_by_their_whole_name():
    assert made_by_probe(own_name("3f9a1c", 12))
    for name in (
        "role-migrate probe",
        "role-migrate probe xyz 1",
        "My role-migrate probe 3f9a1c 1",
    ):
        assert not made_by_probe(name)


def test_a_state_without_probes_has_neither_their_roles_nor_their_holders():
    name = own_name("3f9a1c", 1)
    own = Assignment("user", "ann", "admin", name, "")
    other = Assignment("user", "ann", "admin", "admin", "")
    people = People("a", {}, {}, frozenset({own, other}), maybe_direct=frozenset({own}))
    state = State(section(FIXED, Role("admin", name)).roles, people)
    clean = without_probes(state)
    assert clean.all_roles() == (FIXED,)
    assert clean.people.assignments == {other}
    assert clean.people.maybe_direct == frozenset()
    assert without_probes(section(FIXED)) == section(FIXED)
    assert without_probes(section(Role("admin", name))) == section()


@pytest.mark.parametrize("where", ["assignments", "maybe_direct"])
def test_a_role_of_a_probe_that_is_gone_is_known_by_who_is_said_to_hold_it(where):
    own = Assignment("user", "ann", "admin", own_name("3f9a1c", 1), "")
    people = replace(People("a", {}, {}, frozenset()), **{where: frozenset({own})})
    clean = without_probes(State(section(FIXED).roles, people))
    assert clean.people == People("a", {}, {}, frozenset())


# lessons


def test_findings_teach_planning_by_role_type():
    learned = lessons(
        (
            finding("ids", "minted"),
            finding("update", "merged"),
            finding("full_deletes", "no", "bot"),
            finding("absent_permissions", "denied", "bot"),
            finding("unknown_permissions", "dropped", "bot"),
            finding("members", "dropped", "bot"),
        )
    )
    assert learned == {
        "admin": Learned(ids="minted", merges=True),
        "bot": Learned(fills=True, keeps_roles=True, drops_unknown=True, members="dropped"),
    }


def test_findings_clear_what_was_learned_before():
    before = Learned(fills=True, merges=True, keeps_roles=True, drops_unknown=True)
    learned = lessons(
        (
            finding("update", "replaced"),
            finding("full_deletes", "yes"),
            finding("absent_permissions", "absent"),
            finding("unknown_permissions", "kept"),
        )
    )
    assert before.joined(learned["admin"]) == Learned()


def test_what_is_not_settled_or_concerns_no_role_type_teaches_nothing():
    known = Learned(merges=True, ids="kept")
    taught = lessons((finding("update", None), finding("ids", "minted", ""), finding("jti", "x")))
    assert taught == {}
    assert known.joined(Learned()) == known
