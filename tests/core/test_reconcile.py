import random

from hypothesis import given, settings
from hypothesis import strategies as st

from migrate.model import Role
from migrate.platforms.kore.catalogue import TRAITS
from migrate.reconcile import reconcile

SENT = (
    Role("bot", "A", "d", {"Tasks": ("FULL",)}),
    Role("bot", "Bot Tester", "d", {"Tasks": ("VIEW",)}),
    Role("bot", "C", "", {}),
)


def answered(*roles):
    return tuple(
        Role(role.role_type, role.name, role.description, role.permissions, f"id-{role.name}")
        for role in roles
    )


@settings(deadline=None)
@given(st.randoms(use_true_random=False))
def test_every_role_as_sent_is_clean_in_whatever_order_and_whatever_else_is_in_the_answer(chance):
    back = [*answered(*SENT), *answered(Role("bot", "Other"), Role("bot", "Bot Owner"))]
    chance.shuffle(back)
    result = reconcile(SENT, back, TRAITS)
    assert result.clean
    assert (result.sent, result.answered, result.others) == (3, 5, 2)
    assert result.ids["A"] == "id-A"
    assert list(result.ids) == sorted(result.ids)


def test_a_custom_role_that_did_not_come_back_is_missing_and_a_built_in_is_not():
    result = reconcile(SENT, (), TRAITS)
    assert result.missing == ("A", "C")
    assert not result.clean
    assert result.answered == 0


def test_what_came_back_otherwise_is_said_in_sentences():
    back = (
        Role("bot", "A", "other", {"Tasks": ("NO",), "Channels": ("NO",)}),
        *answered(*SENT[1:]),
    )
    result = reconcile(SENT, back, TRAITS)
    assert result.missing == ()
    assert result.different == {
        "A": (
            "description came back as 'other'",
            "permission 'Channels': sent absent, came back NO",
            "permission 'Tasks': sent FULL, came back NO",
        )
    }
    assert not result.clean
    assert "A" not in result.ids  # the answer gave none


def test_names_are_compared_exactly():
    random.seed(0)
    result = reconcile((Role("admin", "Team A"),), answered(Role("admin", "team A")), TRAITS)
    assert (result.missing, result.others) == (("Team A",), 1)


def test_nothing_sent_and_nothing_answered_is_clean():
    assert reconcile((), (), TRAITS).clean
