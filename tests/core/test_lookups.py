"""Users whom a target need not show: who is asked for, and that the plan is the same then."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migrate.assigning import Unassigned
from migrate.behaviour import Behaviour
from migrate.errors import InvalidInput
from migrate.identity import IdentityRules, Pairs, folded, resolve, unshown_users
from migrate.lookups import (
    NOT_READ,
    LookUp,
    names_of,
    unshown,
    unshown_holders,
    wanted_names,
    with_users,
)
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
from migrate.peopleplan import PeoplePlan, Sides
from migrate.peopleplanner import PeopleRequest, plan_people
from migrate.platforms.kore.catalogue import TRAITS

USER, GROUP = PrincipalKind.USER, PrincipalKind.GROUP
ANN, BOB, NEW = "ann@x", "bob@x", "new@x"
NO_RULES, EVERYTHING = IdentityRules(), Selection()


def user(name: str, own: str | None = None, org: str | None = None) -> Principal:
    return Principal(USER, name, own, org)


def holds(name: str, role: str = "Ops", kind: str = "user") -> Assignment:
    return Assignment(kind, folded(kind, name), "admin", role, "")


def people(
    *users: str | Principal, held: tuple[Assignment, ...] | None = None, complete: bool = True
) -> People:
    """Users who hold Ops each, unless told."""
    known = [each if isinstance(each, Principal) else user(each) for each in users]
    keys = {("user", each.name.casefold()): each for each in known}
    items = [holds(each.name) for each in known] if held is None else held
    return People("acc", keys, {}, frozenset(items), complete=complete)


def asked(source: People, target: People, rules: IdentityRules = NO_RULES) -> tuple[str, ...]:
    return unshown_users(source, target, rules)


# who is asked for


def test_nobody_is_asked_for_where_everybody_shows() -> None:
    assert asked(people(ANN, "Bob@x"), people(ANN, BOB)) == ()


def test_only_users_who_hold_something_are_asked_for_as_they_are_spelled() -> None:
    source = people(
        "New@X", ANN, "idle@x", held=(holds("new@x"), holds(ANN), holds("Desk", kind="group"))
    )
    assert asked(source, people(ANN)) == ("New@X",)


def test_every_name_that_goes_before_the_one_that_shows_is_asked_for() -> None:
    rules = IdentityRules({"a@dev": "Boss@prod"}, domains={"@DEV": "@Prod"})
    source = people("a@dev", "B@Dev", "c@dev", "d@other")
    assert asked(source, people("a@dev"), rules) == (
        "B@Dev",
        "B@Prod",
        "Boss@prod",
        "c@Prod",
        "c@dev",
        "d@other",
    )
    # Whose own name shows might be somebody else there, if there is one of the rewritten name.
    assert asked(source, people("c@dev", "boss@PROD", "b@prod"), rules) == ("c@Prod", "d@other")


def test_one_name_of_two_is_asked_for_once() -> None:
    rules = IdentityRules(domains={"@dev": "@prod"})
    assert asked(people("a@dev", "A@prod"), people(), rules) == ("A@prod", "a@dev")


def test_who_is_known_by_an_id_in_the_organisation_only_is_not_asked_for() -> None:
    kiosk = user("K-7", org="K-7")
    assert asked(people(kiosk), people()) == ()
    assert asked(people(kiosk), people(), IdentityRules({"k-7": "kiosk@x"})) == ("kiosk@x",)
    # Elsewhere the id is beside an e-mail, which goes first.
    assert asked(people(user(ANN, org="7")), people(user("7", org="7"))) == (ANN,)


def test_only_what_the_plan_covers_is_asked_for() -> None:
    source = State({}, people(NEW, BOB, held=(holds(NEW), holds(BOB, "Other"))))
    target = State({}, people())

    def names(
        asked: Selection = EVERYTHING,
        taken: Selection = EVERYTHING,
        rules: IdentityRules = NO_RULES,
    ) -> tuple[str, ...]:
        return wanted_names(source, target, (asked, taken), rules, folded)

    assert names() == (BOB, NEW)
    assert names(Selection(("Op*",))) == names(Selection(exclude=("Other",))) == (NEW,)
    assert names(taken=Selection(("Op*",))) == (NEW,)
    assert names(Selection(("Op*",)), Selection(("Other",))) == ()
    # By the target's name, or by the source's.
    renamed = IdentityRules(roles={"Ops": "Crew"})
    assert names(Selection(("Crew",)), rules=renamed) == (NEW,)
    assert names(Selection(("Ops",)), rules=renamed) == (NEW,)


@pytest.mark.parametrize("side", ["source", "target"])
@pytest.mark.parametrize("known", [None, people(complete=False)])
def test_nobody_is_asked_for_where_a_side_is_not_known(side: str, known: People | None) -> None:
    source = State({}, known if side == "source" else people(NEW))
    target = State({}, known if side == "target" else people())
    assert wanted_names(source, target, (EVERYTHING, EVERYTHING), NO_RULES, folded) == ()


def test_of_an_assignments_file_those_who_do_not_show() -> None:
    assert unshown(("Ann@x", "New@X", "New@X", "old@x"), people(ANN), folded) == ("New@X", "old@x")


# who is asked for before a run


def test_a_run_asks_for_those_it_gives_something_and_who_do_not_show() -> None:
    desk = holds("Desk", kind="group")
    plan = PeoplePlan(
        adds=(holds(NEW), holds(NEW, "Other"), holds(ANN), desk),
        removes=(holds("gone@x"),),
        left=(Unassigned(holds("left@x"), "the platform never gives it"),),
    )
    missing = unshown_holders(plan, people(ANN))
    assert missing == {("user", NEW), ("user", "left@x")}
    assert names_of(missing, people("New@X")) == ("New@X", "left@x")
    assert names_of(missing, None) == ("left@x", NEW)
    assert unshown_holders(plan, people(ANN, NEW, "left@x")) == frozenset()


# who was found


def test_who_was_found_holds_nothing_and_changes_nothing_else() -> None:
    before = State({}, people(user(ANN, "u-1")))
    found = with_users(before, [user("New@X", "u-2")], folded)
    assert found.people and before.people
    assert found.people.principals["user", NEW] == user("New@X", "u-2")
    assert replace(found.people, principals=before.people.principals) == before.people
    assert with_users(State({}), [user(NEW)], folded) == State({})


def test_nobody_becomes_two_principals() -> None:
    before = State({}, people(user(ANN, "u-1")))
    assert with_users(before, [user("alias@x", "u-1"), user("ANN@x", "u-9")], folded) == before


E_MAILS = ("a@dev", "A@prod", "b@dev", "B@prod")
SOME = st.sets(st.sampled_from(E_MAILS))
RULES = st.builds(
    IdentityRules,
    users=st.sampled_from([{}, {"a@dev": "b@prod"}, {"B@dev": "A@prod", "a@prod": "c@prod"}]),
    domains=st.sampled_from([{}, {"@dev": "@prod"}, {"@dev": "@prod", "@prod": "@x"}]),
)


@settings(max_examples=300)
@given(SOME, SOME, SOME, SOME, RULES)
def test_it_makes_no_difference_whether_a_target_shows_who_holds_nothing(
    there: set[str], needed: set[str], here: set[str], active: set[str], rules: IdentityRules
) -> None:
    source = State({}, people(*sorted(there), held=tuple(map(holds, needed & there))))
    whole = State({}, people(*sorted(here), held=tuple(map(holds, active & here))))
    short = State({}, people(*sorted(active & here)))
    assert source.people and short.people
    names = {folded("user", name) for name in unshown_users(source.people, short.people, rules)}
    found = with_users(short, [user(name) for name in here if name.casefold() in names], folded)
    assert outcome(source, found, rules) == outcome(source, whole, rules)


def outcome(source: State, target: State, rules: IdentityRules) -> object:
    """What becomes of every user who holds something; the faults where it can't be told."""
    assert source.people
    holders = {item.holder for item in source.people.assignments if item.kind == "user"}
    try:
        found = resolve(source, target, rules, Pairs())
    except InvalidInput as refused:
        return {str(fault) for fault in refused.faults}
    left = {item.name for item in found.unresolved}
    return {key: found.principals.get(key) for key in holders}, left


# what the plan says


def planned(source: People, target: People, look_up: LookUp, *, skip: bool = False) -> PeoplePlan:
    roles = {"admin": Section.of((Role("admin", "Ops", permissions={"Invite": "YES"}),))}
    sides = Sides(State(roles, source), State(roles, target), State(roles, target), ())
    request = PeopleRequest(Assignments.MERGE, skip_unresolved=skip, look_up=look_up)
    return plan_people(sides, request, Behaviour(), TRAITS, "")


def test_a_user_who_is_not_active_is_given_things_with_a_note() -> None:
    look_up = LookUp(statuses={NEW: "not active", "other@x": "locked"})
    plan = planned(people("New@X", ANN), people("New@x", ANN, held=()), look_up)
    assert plan.adds == (holds(ANN), holds(NEW))
    assert plan.notes == ('user "New@x" is "not active" in the target, and is given 1 assignment',)
    again = planned(people(NEW), people(NEW), look_up)
    assert (again.adds, again.notes) == ((), ())


DENIED = LookUp("the app may not ask", "Give it the scope.")


@pytest.mark.parametrize("look_up", [DENIED, NOT_READ])
def test_who_could_not_be_looked_up_may_be_there_all_the_same(look_up: LookUp) -> None:
    with pytest.raises(InvalidInput) as caught:
        planned(people(NEW, BOB), people(), look_up)
    assert "2 names" in caught.value.what
    assert f"could not be looked up: {look_up.failed}" in caught.value.what
    assert caught.value.remedy.startswith(look_up.remedy)
    assert "--on-unresolved skip" in caught.value.remedy
    doubt, *skipped = planned(people(NEW, BOB), people(), look_up, skip=True).notes
    assert doubt.endswith(look_up.failed)
    assert [note.startswith("skipped: user ") for note in skipped] == [True, True]


def test_nothing_is_said_of_a_look_up_where_no_user_is_missing() -> None:
    desk = people(ANN, held=(holds("Desk", kind="group"),))
    with pytest.raises(InvalidInput) as caught:
        planned(desk, people(ANN), DENIED)
    assert "looked up" not in caught.value.what + caught.value.remedy
    assert planned(people(ANN), people(ANN), DENIED).notes == ()


def test_who_was_looked_up_in_vain_is_just_not_there() -> None:
    with pytest.raises(InvalidInput) as caught:
        planned(people(NEW), people(), LookUp())
    assert "looked up" not in caught.value.what + caught.value.remedy


def test_of_an_id_in_the_organisation_it_is_said_that_nobody_is_found_by_it() -> None:
    with pytest.raises(InvalidInput) as caught:
        planned(people(user("K-7", org="K-7")), people(), LookUp())
    (fault,) = caught.value.faults
    assert "by an id in the organisation alone can't be looked up" in str(fault)
