"""What a platform says of who can hold what, beyond single assignments."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.assigning import Delta
from migrate.identity import IdentityRules
from migrate.model import (
    Assignment,
    Capture,
    People,
    Principal,
    PrincipalKind,
    Role,
    Section,
    State,
)
from migrate.moves import Move, Part
from migrate.ordering import Order
from migrate.peopleplan import PeoplePlan
from migrate.platform_rules import making_room, move_notes, refusals, unseen_roles, with_room
from migrate.platforms.faircom.catalogue import TRAITS

USER = PrincipalKind.USER
THREE = replace(TRAITS, most_roles=3)
ROLES = ("A", "B", "C", "D", "E")


def held(who, *roles):
    return frozenset(Assignment("user", who, "account", role, "") for role in roles)


def people(assignments, primary=None):
    names = {item.principal for item in assignments} | set(primary or {})
    principals = {
        ("user", name): Principal(USER, name, primary=(primary or {}).get(name)) for name in names
    }
    return People("", principals, {}, frozenset(assignments))


OWNED = st.frozensets(
    st.builds(
        Assignment,
        st.just("user"),
        st.sampled_from(("ANN", "BOB")),
        st.just("account"),
        st.sampled_from(ROLES),
        st.just(""),
    )
)


@given(OWNED, OWNED)
def test_room_is_made_by_as_few_removals_as_there_can_be(before, after):
    adds, removes = after - before, before - after
    room = making_room(people(before), adds, removes, 3)
    assert room <= removes
    for who in ("ANN", "BOB"):
        mine = [sum(item.principal == who for item in part) for part in (before, adds, room)]
        had, gains, makes = mine
        going = sum(item.principal == who for item in removes)
        assert makes == (min(max(had + gains - 3, 0), going) if gains else 0)
    assert making_room(people(before), adds, removes, None) == frozenset()


@pytest.mark.parametrize(
    ("removed", "parts"),
    [
        (held("ANN", "A"), (Part(Move.REMOVE, held("ANN", "A")), Part(Move.ADD))),
        (
            held("ANN", "A", "B"),
            (Part(Move.REMOVE, held("ANN", "A")), Part(Move.ADD), Part(Move.REMOVE)),
        ),
    ],
)
def test_an_order_makes_room_first_and_takes_the_rest_last(removed, parts):
    order = Order.of("account", Move.ADD, Move.REMOVE)
    there = people(held("ANN", "A", "B", "C"))
    found = with_room([order], there, Delta(held("ANN", "D"), removed), THREE)
    assert found == (replace(order, parts=parts),)
    assert with_room([order], there, Delta(held("BOB", "D"), removed), THREE) == (order,)


def test_more_than_anybody_can_hold_is_refused_only_where_it_comes_about():
    full = people(held("ANN", *"ABCD"))
    plan = PeoplePlan(adds=tuple(held("ANN", "E")))
    assert list(refusals(plan, full, THREE, None)) == [
        'more than 3 roles would be held by account "ANN" (5)'
    ]
    assert list(refusals(PeoplePlan(removes=tuple(held("ANN", "A"))), full, THREE, None)) == []
    assert list(refusals(plan, None, THREE, None)) == []


@pytest.mark.parametrize("word", ["adds", "removes"])
def test_what_only_one_user_can_give_or_take(word):
    plan = PeoplePlan(**{word: tuple(held("OPS", "ADMIN"))})
    there = people(held("OPS", "B"))
    assert list(refusals(plan, there, TRAITS, ("user", "ADMIN"))) == []
    (told,) = refusals(plan, there, TRAITS, ("user", "OPS"))
    assert told.startswith("only ADMIN can give or take the role ADMIN, and this runs as OPS")
    assert told.endswith("--exclude-role ADMIN")


def test_what_becomes_of_the_first_role_is_said_where_it_cant_be_promised():
    there = people(held("ANN", "A", "B") | held("BOB", "A", "B"), {"ANN": "A", "BOB": "B"})
    first = {("user", "ANN"): "C"}
    gone = held("ANN", "A") | held("BOB", "A")
    notes = list(move_notes(held("ANN", "C"), gone, there, first, TRAITS))
    assert notes == [
        "the first role of an account is its primary one, and which one follows can't be chosen: "
        '"ANN" ("A")',
        "whether a role that is given becomes the first, the primary one, as it is in the source, "
        'can\'t be promised: "ANN" ("C")',
    ]
    # Who is left with one role, or none, has it first.
    assert not list(move_notes((), held("ANN", "A", "B"), there, {}, TRAITS))


def test_long_names_are_warned_about_once():
    long = "X" * 32
    notes = list(move_notes(held("ANN", long) | held("BOB", long), (), people(()), {}, TRAITS))
    assert notes == [f'the name of role "{long}" has 32 bytes: servers may take 31 at most']


@pytest.mark.parametrize(
    ("capture", "unseen"), [(Capture.SEEN_IN_USE, ("HERE", "NEW")), (Capture.CAPTURED, ())]
)
def test_only_in_a_list_that_is_not_complete_may_a_role_be_there_unseen(capture, unseen):
    def state(how, *names):
        return State({"account": Section(how, tuple(Role.opaque("account", n) for n in names))})

    source = state(Capture.SEEN_IN_USE, "KNOWN", "NEW", "THERE")
    target = state(capture, "KNOWN", "OTHER")
    rules = IdentityRules(roles={"THERE": "HERE"})
    assert tuple(sorted(r.name for r in unseen_roles(source, target, rules))) == unseen
