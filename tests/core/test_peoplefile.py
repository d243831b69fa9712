"""Who holds what survives its file, and the digests notice what they should."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migrate import canonical, peoplefile, resources, snapshot
from migrate.digests import content_digest, state_digest
from migrate.model import (
    Assignment,
    Identity,
    People,
    Principal,
    PrincipalKind,
    Scope,
    Section,
    Selection,
    Snapshot,
    State,
)
from migrate.snapshot import state_to_value
from migrate.validation import validate

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6)
NAMES = TEXT | st.sampled_from(["ann@example.com", "Ops", "Ops ", "漢", "a/b", '"'])
IDS = st.none() | TEXT
KEYS = st.tuples(st.sampled_from([kind.value for kind in PrincipalKind]), NAMES)
ASSIGNMENTS = st.builds(
    Assignment,
    *(st.sampled_from([kind.value for kind in PrincipalKind]), NAMES),
    *(st.sampled_from(["admin", "bot"]), NAMES, st.just("") | NAMES),
)


@st.composite
def peoples(draw: st.DrawFn) -> People:
    """Anybody and anything that names allow, whether or not it fits together."""
    return People(
        account_id=draw(st.just("") | TEXT),
        principals={
            key: Principal(PrincipalKind(key[0]), draw(NAMES), draw(IDS), draw(IDS))
            for key in draw(st.sets(KEYS, max_size=4))
        },
        scopes={name: Scope(name, draw(TEXT)) for name in draw(st.sets(NAMES, max_size=3))},
        assignments=draw(st.frozensets(ASSIGNMENTS, max_size=6)),
        groups_of=draw(
            st.dictionaries(NAMES, st.frozensets(NAMES, min_size=1, max_size=3), max_size=3)
        ),
        unseen_groups=draw(st.frozensets(NAMES, max_size=2)),
        maybe_direct=draw(st.frozensets(ASSIGNMENTS, max_size=3)),
        complete=draw(st.booleans()),
    )


def taken(people: People | None) -> Snapshot:
    state = State({"admin": Section.of(())}, people)
    identity = Identity("kore", "https://prod.example.com", "a")
    return Snapshot("prod", identity, "2026-01-31T12:00:00Z", "1.0", Selection(), state)


def renumbered(people: People) -> People:
    """The same people in another account: every id, and every name's spelling, is another."""
    return replace(
        people,
        account_id=f"{people.account_id}x",
        principals={
            key: each._replace(name=f"{each.name}x", id=f"{each.id}x", org_id=f"{each.org_id}x")
            for key, each in people.principals.items()
        },
        scopes={name: replace(each, id=f"{each.id}x") for name, each in people.scopes.items()},
    )


@settings(deadline=None)
@given(st.none() | peoples())
def test_a_snapshot_with_people_survives_its_file_and_its_schema_allows_it(people):
    value = snapshot.to_value(taken(people))
    for written in (canonical.dumps(value), canonical.dumps_pretty(value)):
        read = canonical.loads(written, where="x")
        assert validate(read, written, resources.schema("snapshot"), where="x") == ()
        assert snapshot.from_value(read, where="x") == taken(people)


@settings(deadline=None)
@given(peoples())
def test_the_order_in_which_people_were_met_makes_no_difference(people):
    turned = replace(
        people,
        principals=dict(reversed(people.principals.items())),
        scopes=dict(reversed(people.scopes.items())),
        groups_of=dict(reversed(people.groups_of.items())),
    )
    assert canonical.dumps(peoplefile.to_value(turned)) == canonical.dumps(
        peoplefile.to_value(people)
    )


@settings(deadline=None)
@given(peoples())
def test_a_user_in_no_group_is_as_good_as_one_that_is_not_listed(people):
    more = replace(people, groups_of={**people.groups_of, "nobody's": frozenset()})
    assert peoplefile.to_value(more) == peoplefile.to_value(people)


@settings(deadline=None)
@given(peoples())
def test_the_content_digest_leaves_out_ids_that_the_state_digest_has(people):
    one, two = taken(people).state, taken(renumbered(people)).state
    assert content_digest(one) == content_digest(two)
    assert state_digest(one) != state_digest(two)


def without_ids(people):
    """The section with nothing in it that belongs to one account alone."""
    value = peoplefile.to_value(people)
    if people is None:
        return value
    return {
        **{key: item for key, item in value.items() if key != "accountId"},
        "principals": [
            {key: each[key] for key in ("kind", "folded")} for each in value["principals"]
        ],
        "scopes": [{"name": each["name"]} for each in value["scopes"]],
    }


@settings(deadline=None)
@given(peoples())
def test_the_digests_are_those_of_the_section_as_json(people):
    state = taken(people).state
    roles = canonical.loads(canonical.canonical(state_to_value(state)["roles"]), where="x")
    for digest, section in (
        (state_digest(state), peoplefile.to_value(people)),
        (content_digest(state), without_ids(people)),
    ):
        held = {"assignments": section if people else None, "roles": roles}
        assert digest == canonical.sha256(canonical.dumps(held))


@settings(deadline=None)
@given(peoples(), peoples())
def test_the_digests_are_equal_only_where_people_are(one, two):
    states = [taken(each).state for each in (one, two)]
    same = peoplefile.to_value(one) == peoplefile.to_value(two)
    assert (state_digest(states[0]) == state_digest(states[1])) == same
    alike = without_ids(one) == without_ids(two)
    assert (content_digest(states[0]) == content_digest(states[1])) == alike


ANN = ("user", "ann")
SOMEBODY = People(
    "acc-1",
    {ANN: Principal(PrincipalKind.USER, "Ann", "u-1", "E1")},
    {"Bank": Scope("Bank", "st-1")},
    frozenset({Assignment(*ANN, "bot", "Helper", "Bank")}),
    {"ann": frozenset({"Ops"})},
)


@pytest.mark.parametrize(
    ("other", "content"),
    [
        (replace(SOMEBODY, account_id="acc-2"), False),
        (replace(SOMEBODY, principals={ANN: Principal(PrincipalKind.USER, "ANN", "u-1")}), False),
        (replace(SOMEBODY, scopes={"Bank": Scope("Bank", "st-2")}), False),
        (replace(SOMEBODY, scopes={"Shop": Scope("Shop", "st-1")}), True),
        (replace(SOMEBODY, principals={}), True),
        (replace(SOMEBODY, assignments=frozenset()), True),
        (replace(SOMEBODY, groups_of={"ann": frozenset({"Ops", "Desk"})}), True),
        (replace(SOMEBODY, unseen_groups=frozenset({"Ops"})), True),
        (replace(SOMEBODY, maybe_direct=SOMEBODY.assignments), True),
        (replace(SOMEBODY, complete=False), True),
        (None, True),
    ],
)
def test_what_each_digest_notices(other, content):
    one, two = taken(SOMEBODY).state, taken(other).state
    assert state_digest(one) != state_digest(two)
    assert (content_digest(one) != content_digest(two)) == content


@pytest.mark.parametrize(
    ("people", "capture"),
    [
        (None, "not captured"),
        (SOMEBODY, "captured"),
        (replace(SOMEBODY, assignments=frozenset()), "empty"),
        (replace(SOMEBODY, complete=False), "seen in use"),
        (replace(SOMEBODY, complete=False, assignments=frozenset()), "seen in use"),
    ],
)
def test_the_section_says_how_it_came_to_be(people, capture):
    value = peoplefile.to_value(people)
    assert value["capture"] == capture
    assert peoplefile.from_value(value) == people


@pytest.mark.parametrize("key", sorted(peoplefile.to_value(SOMEBODY).keys() - {"capture"}))
def test_a_captured_section_is_whole_and_one_that_was_not_captured_is_empty(key):
    whole = snapshot.to_value(taken(SOMEBODY))
    section = whole["state"]["assignments"]
    value = section.pop(key)
    (fault,) = validate(whole, None, resources.schema("snapshot"), where="x")
    assert f'"{key}" is missing' in fault.message
    whole["state"]["assignments"] = {"capture": "not captured", key: value}
    assert validate(whole, None, resources.schema("snapshot"), where="x")


def test_a_snapshot_whose_people_were_edited_is_refused():
    from migrate.errors import InvalidInput

    value = snapshot.to_value(taken(SOMEBODY))
    value["state"]["assignments"]["items"] = []
    with pytest.raises(InvalidInput, match="digests do not match"):
        snapshot.from_value(value, where="x")
