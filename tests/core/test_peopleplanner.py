"""From both sides' states to a plan for people: what is known, what is in scope, in which order."""

import pytest

from migrate.behaviour import Behaviour
from migrate.errors import InvalidInput, UsageError
from migrate.identity import IdentityRules
from migrate.model import (
    Assignment,
    Assignments,
    People,
    Principal,
    PrincipalKind,
    Role,
    Section,
    Selection,
    State,
)
from migrate.moves import Move
from migrate.ordering import Order
from migrate.peopleplan import PeoplePlan, Sides
from migrate.peopleplanner import PeopleRequest, plan_people
from migrate.platforms.kore.catalogue import TRAITS

ANN, BOB = "ann@example.com", "bob@example.com"
OLD = Role("admin", "Ops", permissions={"Invite": "YES"}, id="1")
NEW = Role("admin", "Ops", permissions={"Invite": "YES", "Preferences": "YES"}, id="2")


def holds(name: str, role: str = "Ops") -> Assignment:
    return Assignment("user", name, "admin", role, "")


def people(
    *items: Assignment, names: tuple[str, ...] = (ANN, BOB), complete: bool = True
) -> People:
    principals = {("user", name): Principal(PrincipalKind.USER, name) for name in names}
    return People("account", principals, {}, frozenset(items), complete=complete)


def state(role: Role, known: People | None) -> State:
    return State({"admin": Section.of((role,))}, known)


def planned(
    source: State,
    target: State,
    request: PeopleRequest,
    *selections: Selection,
    unread: str = "",
) -> PeoplePlan:
    goal = State(source.roles, target.people)
    sides = Sides(source, target, goal, selections)
    return plan_people(sides, request, Behaviour(), TRAITS, unread)


EXACT = PeopleRequest(Assignments.EXACT)


def test_members_and_roles_are_moved_in_an_order_within_the_bounds() -> None:
    # bob leaves a role that gains something, which he must not hold for a moment.
    plan = planned(state(NEW, people(holds(ANN))), state(OLD, people(holds(BOB))), EXACT)
    assert (plan.adds, plan.removes) == ((holds(ANN),), (holds(BOB),))
    assert plan.orders == (Order.of("admin", Move.REMOVE, Move.IMPORT, Move.ADD),)


def test_without_being_asked_for_members_stay() -> None:
    source = state(NEW, None)
    plan = planned(source, state(OLD, people(holds(BOB))), PeopleRequest())
    assert (plan.adds, plan.removes, plan.left) == ((), (), ())
    assert plan.orders == (Order.of("admin", Move.IMPORT),)


def test_where_holders_are_not_known_roles_are_planned_all_the_same() -> None:
    plan = planned(state(NEW, None), state(OLD, None), PeopleRequest(), unread="encrypted")
    assert plan.unread == "encrypted"
    assert plan.orders == (Order.of("admin", Move.IMPORT),)


@pytest.mark.parametrize("side", ["source", "target"])
@pytest.mark.parametrize("known", [None, people(complete=False)])
def test_assignments_need_both_sides_whole(side: str, known: People | None) -> None:
    source = state(OLD, known if side == "source" else people())
    target = state(OLD, known if side == "target" else people())
    with pytest.raises(UsageError, match=f"those of the {side} are not known") as caught:
        planned(source, target, EXACT, unread="encrypted")
    assert ("encrypted" in str(caught.value)) is (side == "target")


def test_unresolved_names_are_listed_together_or_skipped_by_name() -> None:
    others = ("x@example.com", "y@example.com")
    source = state(OLD, people(*map(holds, others), holds(ANN), names=(ANN, *others)))
    target = state(OLD, people())
    with pytest.raises(InvalidInput, match="2 names") as caught:
        planned(source, target, EXACT)
    assert all(name in str(fault) for name, fault in zip(others, caught.value.faults, strict=True))
    plan = planned(source, target, PeopleRequest(Assignments.EXACT, skip_unresolved=True))
    assert plan.adds == (holds(ANN),)
    assert all(any(note.startswith("skipped: ") and name in note for note in plan.notes)
               for name in others)  # fmt: skip


def test_a_selection_leaves_other_roles_members_and_their_names_alone() -> None:
    source = state(OLD, people(holds("x@example.com"), names=("x@example.com",)))
    target = state(OLD, people(holds(BOB)))
    plan = planned(source, target, EXACT, Selection(("Other",)))
    assert (plan.adds, plan.removes, plan.orders) == ((), (), ())


def test_an_alias_of_a_role_is_the_sources_own() -> None:
    here = Role("admin", "Operators", permissions={"Invite": "YES"})
    rules = IdentityRules(roles={"Ops": "Operators"})
    source = state(OLD, people(holds(ANN)))
    target = state(here, people(holds(BOB, "Operators")))
    sides = Sides(source, target, target, ())
    request = PeopleRequest(Assignments.EXACT, rules)
    plan = plan_people(sides, request, Behaviour(), TRAITS, "")
    assert plan.adds == (holds(ANN, "Operators"),)
    assert plan.removes == (holds(BOB, "Operators"),)
