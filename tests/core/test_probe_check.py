"""Whether an account is what it was before a probe, and what of the probe is left."""

from dataclasses import replace

import pytest

from migrate.model import Assignment, People, Principal, PrincipalKind, Role, Scope, Section, State
from migrate.pipeline.probe_check import differences, leftovers
from migrate.platforms.kore.catalogue import TRAITS
from migrate.profile import own_name

OWN = Role("admin", own_name("3f9a1c", 1), "", {"Invite": "NO"}, id="9")
A = Role("admin", "A", "d", {"Invite": "YES"}, id="1", ref_id="r1")
B = Role("admin", "B", "", {}, id="2")
HELD = Assignment("user", "ann@x", "admin", "A", "")
PEOPLE = People(
    "acc",
    {("user", "ann@x"): Principal(PrincipalKind.USER, "Ann@x", "u-1")},
    {"Bot": Scope("Bot", "st-1")},
    frozenset({HELD}),
    groups_of={"ann@x": frozenset({"G"})},
    maybe_direct=frozenset({HELD}),
)


def state(*roles, people=PEOPLE):
    return State({"admin": Section.of(roles), "bot": Section.of(())}, people)


BEFORE = state(A, B)


def test_what_a_probe_makes_and_brings_about_does_not_count():
    own = HELD._replace(role=OWN.name)
    people = replace(PEOPLE, assignments=frozenset({HELD, own}), maybe_direct=frozenset({own}))
    assert differences(BEFORE, state(A, B, OWN, people=people)) == ()
    assert differences(state(A, OWN), state(A)) == ()


@pytest.mark.parametrize(
    ("now", "words"),
    [
        (state(A), 'admin role "B" is gone'),
        (state(A, B, Role("admin", "C")), 'admin role "C" is new'),
        (state(replace(A, description="x"), B), 'admin role "A" changed'),
        (state(replace(A, permissions={}), B), 'admin role "A" changed'),
        (state(replace(A, id="7"), B), 'admin role "A" has other ids'),
        (state(replace(A, ref_id="r7"), B), 'admin role "A" has other ids'),
        (
            state(A, B, people=replace(PEOPLE, assignments=frozenset())),
            '"ann@x" does not hold the admin role "A"',
        ),
        (
            state(
                A, B, people=replace(PEOPLE, assignments=frozenset({HELD, HELD._replace(role="B")}))
            ),
            '"ann@x" holds the admin role "B"',
        ),
        (
            state(A, B, people=replace(PEOPLE, principals={})),
            'the user "ann@x" is not shown any more',
        ),
        (state(A, B, people=replace(PEOPLE, groups_of={})), "who is in which group changed"),
        (state(A, B, people=replace(PEOPLE, scopes={})), "the bots changed"),
        (state(A, B, people=replace(PEOPLE, account_id="other")), "something that has no name"),
    ],
)
def test_everything_else_is_named(now, words):
    found = differences(BEFORE, now)
    assert len(found) == 1
    assert words in found[0]


def test_a_new_user_is_named():
    """A platform may make a user of an unknown e-mail that is assigned a role."""
    found = differences(state(A, B, people=replace(PEOPLE, principals={})), BEFORE)
    assert found == ('the user "ann@x" is new',)


@pytest.mark.parametrize(
    ("role", "held", "words", "harmless"),
    [
        (OWN, (), "grants nothing", True),
        (replace(OWN, permissions={}), (), "grants nothing", True),
        (replace(OWN, permissions={"Invite": "YES"}), (), "grants something", False),
        (OWN, (HELD._replace(role=OWN.name),), "grants nothing, somebody holds it", False),
    ],
)
def test_what_is_left_is_harmless_where_it_grants_nothing_and_nobody_holds_it(
    role, held, words, harmless
):
    people = replace(PEOPLE, assignments=frozenset({HELD, *held}))
    found = leftovers(state(A, role, people=people), TRAITS)
    assert found == ((f"admin role {role.name} ({words})",), harmless)
    assert leftovers(BEFORE, TRAITS) == ((), True)
