import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from time import sleep

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migrate.canonical import canonical, dumps, loads, sha256
from migrate.digests import content_digest, role_digest, state_digest
from migrate.errors import InvalidInput
from migrate.model import Capture, Role, Section, State
from migrate.resources import schema
from migrate.rolevalue import role_from_value, role_to_value
from migrate.snapshot import from_value, state_to_value, to_value
from migrate.validation import validate
from tests.core.strategies import BUILT_IN, CUSTOM, DRAWN, role_of, selections, snapshot, states


def without_ids(state):
    return State(
        {
            kind: Section(part.capture, tuple(replace(r, id=None, ref_id=None) for r in part.roles))
            for kind, part in state.roles.items()
        }
    )


def with_other_ids(state):
    return State(
        {
            kind: Section(
                part.capture,
                tuple(replace(r, id=f"other-{n}", ref_id=None) for n, r in enumerate(part.roles)),
            )
            for kind, part in state.roles.items()
        }
    )


@settings(deadline=None, max_examples=50)
@given(states("dev"), states("dev"))
def test_digests_are_equal_exactly_where_what_they_are_of_is_equal(one, other):
    same = without_ids(one) == without_ids(other)
    assert (content_digest(one) == content_digest(other)) == same
    assert (state_digest(one) == state_digest(other)) == (one == other)


@settings(deadline=None, max_examples=50)
@given(states("dev"))
def test_ids_are_in_the_state_digest_and_never_in_the_content_digest(state):
    other = with_other_ids(state)
    assert content_digest(other) == content_digest(state)
    assert (state_digest(other) == state_digest(state)) == (other == state)


@settings(deadline=None, max_examples=50)
@given(states("dev"), st.randoms(use_true_random=False))
def test_order_makes_no_difference_to_a_digest(state, chance):
    kinds = list(state.roles.items())
    chance.shuffle(kinds)
    turned = State(
        {
            kind: Section(part.capture, tuple(turned_role(r, chance) for r in part.roles[::-1]))
            for kind, part in kinds
        }
    )
    assert content_digest(turned) == content_digest(state)
    assert state_digest(turned) == state_digest(state)


def turned_role(role, chance):
    permissions = list(role.permissions.items())
    chance.shuffle(permissions)
    return replace(role, permissions=dict(permissions))


@settings(deadline=None)
@given(DRAWN, DRAWN)
def test_a_change_of_one_role_changes_both_digests(number, other):
    pool = ("Invite", "Manage Users", "Preferences")
    roles = [role_of(each, "admin", "Alpha", "1", pool) for each in (number, other)]
    one, two = (State({"admin": Section.of((role,))}) for role in roles)
    assert (content_digest(one) == content_digest(two)) == roles[0].same_content(roles[1])
    assert (role_digest(roles[0]) == role_digest(roles[1])) == (roles[0] == roles[1])


@pytest.mark.parametrize("capture", list(Capture)[1:])
def test_how_a_section_was_captured_is_part_of_its_digest(capture):
    assert content_digest(State({"admin": Section(capture)})) != content_digest(
        State({"admin": Section(Capture.CAPTURED)})
    )


def test_threads_that_share_a_state_find_both_digests():
    roles = tuple(Role("admin", f"R{n}", permissions={"Invite": "YES"}) for n in range(2000))
    section = {"admin": Section(Capture.CAPTURED, roles)}
    expected = (content_digest(State(section)), state_digest(State(section)))

    def late(state, after):
        sleep(after)
        return content_digest(state), state_digest(state)

    with ThreadPoolExecutor(16) as pool:
        for _ in range(10):
            delays = [number * 0.002 for number in range(16)]
            assert {*pool.map(late, [State(section)] * 16, delays)} == {expected}


@settings(deadline=None, max_examples=50)
@given(states("dev"))
def test_a_digest_is_that_of_the_canonical_form_of_the_whole(state):
    value = {"roles": state_to_value(state)["roles"], "assignments": None}
    assert state_digest(state) == sha256(canonical(value))
    for section in value["roles"].values():
        for each in section["items"]:
            each.pop("id", None)
            each.pop("refId", None)
    assert content_digest(state) == sha256(canonical(value))


@settings(deadline=None, max_examples=50)
@given(st.data())
def test_a_snapshot_survives_its_file_and_its_schema_allows_it(data):
    state = data.draw(states("dev"))
    taken = snapshot(state, "dev", data.draw(selections(state)))
    written = dumps(to_value(taken))
    value = loads(written, where="x")
    assert validate(value, written, schema("snapshot"), where="x") == ()
    assert from_value(value, where="x") == taken


@settings(deadline=None, max_examples=50)
@given(states("dev").filter(lambda state: any(part.roles for part in state.roles.values())))
def test_a_snapshot_whose_roles_were_edited_is_refused(state):
    value = to_value(snapshot(state, "dev"))
    items = next(part["items"] for part in value["state"]["roles"].values() if part["items"])
    for edit in ("description", "id"):
        edited = loads(dumps(value), where="x")
        role = next(p["items"] for p in edited["state"]["roles"].values() if p["items"])[0]
        role[edit] = items[0].get(edit, "") + "!"
        with pytest.raises(InvalidInput, match="digests do not match") as caught:
            from_value(edited, where="s.json")
        assert caught.value.where == "s.json"
        assert caught.value.remedy


def test_a_snapshot_with_two_roles_of_one_name_is_refused_for_the_second_would_be_created_again():
    roles = (Role("admin", "Alpha", "one", id="1"), Role("admin", "Alpha", "two", id="2"))
    value = to_value(snapshot(State({"admin": Section.of(roles)}), "dev"))
    with pytest.raises(InvalidInput, match="two admin roles have the name 'Alpha'"):
        from_value(value, where="s.json")


def test_one_name_in_two_role_types_is_two_roles():
    state = State({kind: Section.of((Role(kind, "Alpha"),)) for kind in BUILT_IN})
    assert from_value(to_value(snapshot(state, "dev")), where="x").state == state


@pytest.mark.parametrize("name", CUSTOM)
def test_a_role_survives_its_json_value(name):
    role = Role("bot", name, "d", {"Tasks": ("FULL", "VIEW"), "Channels": ("NO",)}, "1", "r")
    assert role_from_value("bot", loads(dumps(role_to_value(role)), where="x")) == role
    bare = role_from_value("bot", role_to_value(role, ids=False))
    assert (bare.id, bare.ref_id) == (None, None)
    assert bare.same_content(role)


def test_a_list_of_values_is_a_set_its_order_in_a_file_makes_no_difference():
    values = ["VIEW", "FULL", "NO"]
    random.Random(1).shuffle(values)
    value = {"name": "A", "description": "", "permissions": {"Tasks": values}}
    assert role_from_value("bot", value).permissions == {"Tasks": ("FULL", "NO", "VIEW")}
