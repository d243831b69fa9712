"""What was done by hand, and what a plan would take back of it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.hotfix import next_base, objection, reverted
from migrate.model import Mode, Role, Selection, State
from migrate.plan import Origin, Plan, Undoes, desired
from tests.core.account import planned
from tests.core.test_plan import request, state


def role(name: str, **permissions: str) -> Role:
    return Role("admin", name, "", permissions)


def a_plan(source: State, target: State, mode: Mode = Mode.INCREMENTAL, **scope: object) -> Plan:
    selection = Selection(**scope) if scope else None  # type: ignore[arg-type]
    return planned(source, target, request(mode, selection))


def words(plan: Plan, base: State) -> dict[str, tuple[str, ...]]:
    return {each.role: each.what for each in reverted(plan, base)}


BASE = state(role("Ops", A="YES", B="NO"), role("Same", A="YES"))


@pytest.mark.parametrize(
    ("source", "target", "said"),
    [
        # What nobody touched is no hotfix, whatever the plan does to it.
        (("Ops", {"A": "NO", "B": "NO"}), ("Ops", {"A": "YES", "B": "NO"}), None),
        # What the source has as well is not taken back.
        (("Ops", {"A": "NO", "B": "YES"}), ("Ops", {"A": "YES", "B": "YES"}), None),
        (
            ("Ops", {"A": "YES", "B": "NO"}),
            ("Ops", {"A": "YES", "B": "YES"}),
            "B was set from NO to YES, and becomes NO",
        ),
        (
            ("Ops", {"A": "YES"}),
            ("Ops", {"A": "YES", "C": "YES"}),
            "C was set from absent to YES, and becomes absent",
        ),
    ],
)
def test_what_a_plan_takes_back_of_a_role(source, target, said) -> None:
    plan = a_plan(
        state(role(source[0], **source[1]), role("Same", A="YES")),
        state(role(target[0], **target[1]), role("Same", A="YES")),
    )
    found = words(plan, BASE)
    assert found == ({} if said is None else {"Ops": (said,)})
    assert bool(objection(reverted(plan, BASE), "dev", "prod")) is (said is not None)


def test_roles_that_were_made_or_deleted_by_hand() -> None:
    target = state(role("Same", A="YES"), role("Mine", A="YES"), role("Theirs", A="YES"))
    source = state(role("Ops", A="YES", B="NO"), role("Same", A="YES"), role("Theirs", A="NO"))
    assert words(a_plan(source, target, Mode.FULL), BASE) == {
        "Mine": ("was made, and goes",),
        "Ops": ("was deleted, and comes back",),
        "Theirs": ("was made, and becomes another",),
    }
    changed = state(role("Ops", A="NO", B="NO"), role("Same", A="YES"))
    plan = a_plan(state(role("Same", A="YES")), changed, Mode.FULL)
    assert words(plan, BASE) == {"Ops": ("was changed, and goes",)}
    untouched = a_plan(state(role("Same", A="YES")), BASE, Mode.FULL)
    assert words(untouched, BASE) == {}


def test_what_is_meant_by_name_is_no_hotfix() -> None:
    target = state(role("Ops", A="YES", B="YES"), role("Same", A="YES"))
    plan = a_plan(BASE, target)
    assert words(plan, BASE)
    assert not words(replace(plan, undoes=Undoes("run")), BASE)
    side = replace(plan.source, origin=Origin.ASSIGNMENTS_FILE)
    assert not words(replace(plan, source=side), BASE)


def test_the_message_names_the_way_back() -> None:
    plan = a_plan(BASE, state(role("Ops", A="YES", B="YES"), role("Same", A="YES")))
    said = objection(reverted(plan, BASE), "dev", "prod")
    assert "role-migrate plan --from prod --to dev --role 'Ops'" in said
    assert objection((), "dev", "prod") == ""


def test_what_a_run_leaves_alone_is_known_as_before() -> None:
    old = state(role("Ops", A="YES"), role("Same", A="YES"))
    target = state(role("Ops", A="NO"), role("Same", A="NO"), role("Mine", A="YES"))
    source = state(role("Ops", A="YES"), role("Same", A="YES"))
    plan = a_plan(source, target, include=("Same",))
    after = desired(plan, target)
    base = next_base(plan, source, old, after, ())
    assert base.by_key()["admin", "Same"].permissions == {"A": "YES"}
    # Ops was changed by hand, and is to be seen by the next plan still; so is Mine.
    assert base.by_key()["admin", "Ops"].permissions == {"A": "YES"}
    assert ("admin", "Mine") not in base.by_key()
    assert words(a_plan(source, after, Mode.FULL), base) == {
        "Mine": ("was made, and goes",),
        "Ops": ("A was set from YES to NO, and becomes YES",),
    }


def test_what_somebody_else_changed_meanwhile_is_not_ours() -> None:
    old, source = state(role("Ops", A="NO")), state(role("Ops", A="YES"))
    plan = a_plan(source, old)
    after = state(role("Ops", A="MAYBE"))
    assert next_base(plan, source, old, after, {("admin", "Ops")}).by_key() == old.by_key()
    assert next_base(plan, source, None, after, ()) == after


permissions = st.dictionaries(st.sampled_from("AB"), st.sampled_from(["YES", "NO"]), max_size=2)
states = st.dictionaries(st.sampled_from(["P", "Q", "R"]), permissions, min_size=1).map(
    lambda found: state(*(role(name, **held) for name, held in found.items()))
)


@given(first=states, second=states, target=states, mode=st.sampled_from(Mode))
def test_what_a_run_did_is_no_hotfix_to_the_next(
    first: State, second: State, target: State, mode: Mode
) -> None:
    plan = a_plan(first, target, mode)
    after = desired(plan, target)
    base = next_base(plan, first, None, after, ())
    assert words(a_plan(second, after, mode), base) == {}
    again = a_plan(second, after, mode)
    later = next_base(again, second, base, desired(again, after), ())
    assert words(a_plan(first, desired(again, after), mode), later) == {}


@given(first=states, by_hand=states, second=states, mode=st.sampled_from(Mode))
def test_whatever_is_taken_back_was_done_by_hand(
    first: State, by_hand: State, second: State, mode: Mode
) -> None:
    plan = a_plan(second, by_hand, mode)
    found = {("admin", name) for name in words(plan, first)}
    was, now = first.by_key(), by_hand.by_key()
    moved = {
        key
        for key in was.keys() | now.keys()
        if key not in was or key not in now or not was[key].same_content(now[key])
    }
    assert found <= moved
    # Whatever moved and goes back to what it was is found.
    back = {change.key for change in plan.changes if change.after and was.get(change.key)}
    assert {key for key in back & moved if second.by_key()[key].same_content(was[key])} <= found
