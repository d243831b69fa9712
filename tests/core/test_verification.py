"""Verify: what differs is told apart, and only what an import did is learned."""

from dataclasses import replace

import pytest
from hypothesis import given, settings

from migrate.behaviour import Learned
from migrate.diff import Action, Change
from migrate.model import Role, Section, State
from migrate.plan import desired
from migrate.platforms.kore.catalogue import TRAITS
from migrate.verification import Deviation, Kind, verify
from tests.core.account import planned
from tests.core.strategies import promotions

HAD = Role("admin", "A", "d", {"Invite": "YES", "Preferences": "NO"}, id="1")


def state(*roles):
    return State({"admin": Section.of(roles)})


def role(permissions, name="A", **other):
    return Role("admin", name, "d", permissions, **{"id": "1", **other})


def seen(before, goal, found, *, ours=True, sent=True):
    """Verify one role: what it was, should be, and is; None where it is not there."""
    one = goal or before or found
    action = Action.CREATE if before is None else Action.UPDATE if goal else Action.DELETE
    changes = (Change(action, "admin", one.name, before, goal),) if ours else ()
    states = (state(*([each] if each else [])) for each in (before, goal, found))
    return verify(*states, changes, {one.key} if sent and goal else set(), TRAITS)


def learned(verification):
    return replace(verification.learned["admin"], ids=None)


def test_as_desired():
    goal = role({"Invite": "NO"})
    result = seen(HAD, goal, goal)
    assert result.deviations == result.faults == ()
    assert result.visible == {"admin"}
    assert result.learned == {"admin": Learned(ids="kept")}


def test_absent_that_became_no_is_a_note_and_learned():
    result = seen(HAD, role({"Invite": "NO"}), role({"Invite": "NO", "Preferences": "NO"}))
    assert result.faults == ()
    assert result.deviations == (
        Deviation(
            "admin",
            "A",
            Kind.DIFFERENT,
            ours=True,
            excused=True,
            details=("permission 'Preferences': absent became NO",),
        ),
    )
    assert learned(result) == Learned(fills=True)


def test_a_note_beside_a_fault_excuses_nothing():
    result = seen(HAD, role({"Invite": "NO"}), role({"Invite": "YES", "Preferences": "NO"}))
    assert len(result.faults) == 1
    assert len(result.faults[0].details) == 2


def test_another_description_is_a_fault():
    result = seen(HAD, replace(HAD, description="x"), replace(HAD, description="y"))
    assert result.faults[0].details == ("description is 'y', not 'x'",)
    assert learned(result) == Learned()


def test_what_an_update_kept_is_learned():
    goal = role({"Preferences": "YES"})
    result = seen(HAD, goal, role({"Invite": "YES", "Preferences": "YES"}))
    assert result.faults[0].details == ("permission 'Invite': kept YES, should be absent",)
    assert learned(result).merges
    late = seen(HAD, role({"Preferences": "NO"}), HAD)
    assert late.faults
    assert not learned(late).merges


@pytest.mark.parametrize("before", [None, HAD, role({"Future": "NO"})])
def test_a_name_that_is_not_there_after_it_was_sent_is_learned(before):
    result = seen(before, role({"Future": "YES"}), role({}))
    assert result.faults[0].details == ("permission 'Future': the platform dropped it",)
    assert learned(result).drops == {"Future"}


def test_a_value_that_is_what_it_was_proves_nothing_for_somebody_may_have_set_it_back():
    goal, found = (
        role({"Invite": "NO", "Preferences": "YES"}),
        role({"Invite": "NO", "Preferences": "NO"}),
    )
    result = seen(HAD, goal, found)
    assert result.faults[0].details == ("permission 'Preferences': is NO, should be YES",)
    assert learned(result).drops == frozenset()


def test_where_nothing_shows_old_values_and_ids_may_just_be_late():
    result = seen(HAD, role({"Invite": "NO", "Preferences": "YES"}), HAD)
    assert len(result.faults) == 1
    assert result.visible == frozenset()
    assert result.learned == {"admin": Learned()}


def test_a_name_that_was_obeyed_for_one_role_is_not_one_that_the_platform_drops():
    other = role({"Future": "YES"}, "B", id="2")
    before, goal = state(HAD), state(role({"Future": "YES"}), other)
    changes = (
        Change(Action.UPDATE, "admin", "A", HAD, role({"Future": "YES"})),
        Change(Action.CREATE, "admin", "B", None, other),
    )
    found = state(role({}), other)
    result = verify(before, goal, found, changes, {("admin", "A"), ("admin", "B")}, TRAITS)
    assert [fault.name for fault in result.faults] == ["A"]
    assert learned(result).drops == frozenset()


def test_another_value_than_any_that_we_know_of_teaches_nothing():
    result = seen(HAD, role({"Invite": "NO"}), role({"Invite": "MAYBE"}))
    assert result.faults[0].details == ("permission 'Invite': is MAYBE, should be NO",)
    assert learned(result) == Learned()


def test_a_role_that_is_not_there_is_missing():
    result = seen(None, HAD, None)
    assert [(fault.kind, fault.ours) for fault in result.faults] == [(Kind.MISSING, True)]
    assert result.visible == frozenset()
    assert learned(result) == Learned()


def test_a_role_that_was_not_deleted_is_learned():
    result = seen(HAD, None, HAD)
    assert [fault.kind for fault in result.faults] == [Kind.NOT_DELETED]
    assert learned(result) == Learned(keeps_roles=True)
    assert result.visible == frozenset()
    done = seen(HAD, None, None)
    assert done.deviations == ()
    assert done.visible == {"admin"}


@pytest.mark.parametrize(("was", "now"), [("1", "2"), ("1", "1")])
def test_ids_of_imported_roles_are_learned(was, now):
    goal = role({"Invite": "NO"})
    result = seen(replace(HAD, id=was), goal, replace(goal, id=now))
    assert result.faults == ()
    assert result.learned["admin"].ids == ("kept" if was == now else "minted")


def test_a_new_id_shows_that_an_import_landed():
    goal = role({"Preferences": "NO"})
    result = seen(HAD, goal, replace(HAD, id="2"))
    assert result.visible == {"admin"}


def test_what_somebody_else_did_is_told_and_teaches_nothing():
    stranger = role({"Invite": "YES"}, "Stranger", id="9")
    before, goal = state(HAD), state(HAD)
    changed = replace(HAD, permissions={"Invite": "YES", "Preferences": "NO", "Manage Users": "NO"})
    result = verify(before, goal, state(changed, stranger), (), set(), TRAITS)
    assert [(d.name, d.kind, d.ours, d.excused) for d in result.deviations] == [
        ("A", Kind.DIFFERENT, False, True),
        ("Stranger", Kind.EXTRA, False, False),
    ]
    assert result.faults[0].details == ("it was not there before the run",)
    assert result.learned == {"admin": Learned()}
    gone = verify(before, goal, state(), (), set(), TRAITS)
    assert [(d.kind, d.ours) for d in gone.faults] == [(Kind.MISSING, False)]
    less = verify(before, goal, state(role({"Invite": "YES"})), (), set(), TRAITS)
    assert less.faults[0].details == ("permission 'Preferences': is absent, should be NO",)
    assert less.learned == {"admin": Learned()}


def test_only_the_types_that_were_read_are_compared():
    before = State({**state(HAD).roles, "bot": Section.of((Role("bot", "B"),))})
    result = verify(before, before, state(HAD), (), set(), TRAITS)
    assert result.deviations == ()
    assert result.learned.keys() == {"admin"}


@settings(deadline=None, max_examples=50)
@given(promotions())
def test_every_single_departure_from_the_desired_state_is_found(promotion):
    source, target, request, narrowed = promotion
    plan = planned(source, target, request, narrowed=narrowed)
    goal = desired(plan, target)
    for one in goal.all_roles():
        for found in (
            replaced(goal, one, None),
            replaced(goal, one, replace(one, description=one.description + "!")),
            replaced(goal, one, replace(one, permissions={**one.permissions, "Extra": "YES"})),
        ):
            result = verify(target, goal, found, plan.changes, set(), TRAITS)
            assert [(fault.role_type, fault.name) for fault in result.faults] == [one.key]


def replaced(held, old, new):
    roles = [role for role in held.roles[old.role_type].roles if role is not old]
    section = Section.of((*roles, *([new] if new else [])))
    return State({**held.roles, old.role_type: section})


def test_a_name_that_was_unknown_and_was_taken_disproves_that_such_names_are_dropped():
    goal = role({"Invite": "YES", "Future": "YES"})
    assert "drops_unknown" in seen(HAD, goal, goal).learned["admin"].disproved
    known = role({"Invite": "NO", "Preferences": "NO"})
    assert "drops_unknown" not in seen(HAD, known, known).learned["admin"].disproved
