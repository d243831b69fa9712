"""Who holds a permission, in which ways, and who of them gained or lost it."""

import random
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.access import effective
from migrate.errors import UsageError
from migrate.holders import holders, known_permissions, moves, named
from migrate.levels import Levels
from migrate.model import Assignment, People, Principal, PrincipalKind, Role, Section, State

LEVELS = Levels.of((("NO", "VIEW", "FULL"), ("NO", "YES")), "NO")
USERS, GROUPS, ROLES = ("ann", "bob", "cy"), ("desk", "night"), ("A", "B", "C")
VALUES = st.sampled_from(["NO", "VIEW", "FULL", "YES", ("FULL",), ("VIEW", "OTHER")])


@st.composite
def states(draw: st.DrawFn) -> State:
    roles = tuple(
        Role("bot", name, "", {"Tasks": draw(VALUES)} if draw(st.booleans()) else {})
        for name in ROLES
    )
    principals = [*(("user", user) for user in USERS), *(("group", group) for group in GROUPS)]
    held = draw(
        st.frozensets(
            st.builds(
                lambda who, role, scope: Assignment(*who, "bot", role, scope),
                st.sampled_from(principals),
                st.sampled_from(ROLES),
                st.sampled_from(["", "Desk bot"]),
            ),
            max_size=8,
        )
    )
    people = People(
        "a",
        {(kind, name): Principal(PrincipalKind(kind), name.upper()) for kind, name in principals},
        {},
        held,
        {user: frozenset(draw(st.sets(st.sampled_from(GROUPS)))) for user in USERS},
    )
    return State({"bot": Section.of(roles)}, people)


@given(states())
def test_they_are_those_to_whom_effective_access_grants_it(state: State) -> None:
    people = state.people
    assert people is not None
    access = effective(state.by_key(), people.by_holder, people.groups_of, LEVELS)
    wanted = {}
    for (kind, name), places in access.held.items():
        for where in places:
            grant = access.grants((kind, name), where).get("Tasks", {})
            values = LEVELS.granting(grant)
            if values:
                wanted[kind, name, *where] = frozenset(values)
    found = holders(state, "Tasks", LEVELS)
    assert {one.place: frozenset(one.values) for one in found} == wanted
    for one in found:
        assert one.name == one.principal.upper()
        ways = access.held[one.kind, one.principal][one.role_type, one.scope]
        grant = access.grants((one.kind, one.principal), (one.role_type, one.scope))["Tasks"]
        giving = {role for value in one.values for role in grant[value]}
        assert set(one.ways) == {way for way in ways if way.role in giving}
    assert [one.kind for one in found] == sorted((one.kind for one in found), reverse=True)


@given(states(), states())
def test_moves_lead_from_one_answer_to_the_other(before: State, after: State) -> None:
    had, has = holders(before, "Tasks", LEVELS), holders(after, "Tasks", LEVELS)
    values = {one.place: one.values for one in had}
    for one in moves(had, has):
        place = (one.kind, one.principal, one.role_type, one.scope)
        assert values.get(place, ()) == one.before != one.after
        values[place] = one.after
    assert {place: held for place, held in values.items() if held} == {
        one.place: one.values for one in has
    }
    assert moves(had, had) == ()


def test_nobody_is_known_where_nobody_was_captured() -> None:
    role = Role("admin", "A", "", {"Invite": "YES"})
    assert holders(State({"admin": Section.of((role,))}), "Invite", LEVELS) == ()


def test_a_permission_is_found_by_its_name_in_any_case_or_by_its_label() -> None:
    known = {"Single Sign On", "Manage Bot Roles", "Invite"}
    labels = {"Manage Bot Roles": "Manage App Roles", "Smart Bots": "Smart Apps"}
    assert named("Single Sign On", known, labels) == "Single Sign On"
    assert named("single sign on", known, labels) == "Single Sign On"
    assert named("Manage App Roles", known, labels) == "Manage Bot Roles"
    for text, near in (("Singel Sign-On", "Single Sign On"), ("Manage App Role", "Bot Roles")):
        with pytest.raises(UsageError) as raised:
            named(text, known, labels)
        assert near in raised.value.remedy
    with pytest.raises(UsageError) as raised:
        named("Xyz", known, labels)
    assert "Did you mean" not in raised.value.remedy
    assert raised.value.remedy


def account(users: int) -> State:
    """So many users in ten groups each, of a hundred, who hold two roles of sixty each."""
    pick = random.Random(users)
    roles = [f"Role {number}" for number in range(60)]
    groups = [f"group {number}" for number in range(100)]
    people = [f"user{number}@example.com" for number in range(users)]
    held = {Assignment("user", who, "admin", pick.choice(roles), "") for who in people * 2}
    held |= {Assignment("group", who, "admin", pick.choice(roles), "") for who in groups}
    permissions = [{"Invite": pick.choice(["YES", "NO"]), "Tasks": "YES"} for _ in roles]
    return State(
        {
            "admin": Section.of(
                tuple(
                    Role("admin", name, "", given)
                    for name, given in zip(roles, permissions, strict=True)
                )
            )
        },
        People(
            "a",
            {("user", who): Principal(PrincipalKind.USER, who) for who in people},
            {},
            frozenset(held),
            {who: frozenset(pick.sample(groups, 10)) for who in people},
        ),
    )


def test_nothing_is_quadratic() -> None:
    took = {}
    for users in (2_000, 8_000):
        state = account(users)
        tries = []
        for _ in range(3):
            started = process_time()
            found = holders(state, "Tasks", LEVELS)
            moves(found, found[: len(found) // 2])
            known_permissions(state)
            tries.append(process_time() - started)
        assert len(found) == users + 100
        took[users] = min(tries)
    assert took[8_000] < 9 * took[2_000] + 0.05
