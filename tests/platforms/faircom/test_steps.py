"""The steps of a plan: least, in an order that leaves nobody without a role, and never too many."""

from collections import defaultdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.errors import PlanStale
from migrate.model import Assignment, Assignments, State
from migrate.platforms.assign_step import moves_of
from migrate.platforms.base import Step
from migrate.platforms.faircom.catalogue import MOST_ROLES
from migrate.platforms.faircom.steps import MOST, entries, work_of
from tests.platforms.faircom.servers import planned, state

Owned = frozenset[Assignment]
ACCOUNTS = ("ann", "BOB", "Cy", "dee")
ROLES = ("A", "b", "C", "d", "E", "NEW")
SERVERS = st.dictionaries(
    st.sampled_from(ACCOUNTS), st.lists(st.sampled_from(ROLES), unique=True).map(tuple), min_size=1
)


def held(found: State) -> Owned:
    assert found.people is not None
    return found.people.assignments


def by_account(owned: Owned) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for item in owned:
        found[item.principal].add(item.role)
    return found


def prefixes(steps: tuple[Step, ...], owned: Owned) -> list[Owned]:
    """Who holds what before, and after each pair that the steps give or take.

    A call may be done in part (faircom.md 5), so that every pair counts as a moment of its own.
    """
    found = [owned]
    for step in steps:
        adds, removes = moves_of(step)
        assert not adds & owned, "given what it has"
        assert removes <= owned, "taken what it has not"
        assert bool(adds) != bool(removes), "one thing at a time"
        assert len(adds) + len(removes) <= MOST
        for item in sorted(adds | removes):
            owned = owned | {item} if item in adds else owned - {item}
            found.append(owned)
    return found


@given(SERVERS, SERVERS, st.sampled_from([Assignments.MERGE, Assignments.EXACT]))
def test_nobody_is_without_a_role_or_has_one_too_many_on_the_way(
    dev: Any, prod: Any, assignments: Assignments
) -> None:
    source, target = state(dev), state(prod)
    plan = planned(source, target, assignments)
    before = held(target)
    goal = before.union(plan.people.adds).difference(plan.people.removes)
    moments = prefixes(work_of(plan, target).steps, before)
    assert moments[-1] == goal
    had, has = by_account(before), by_account(goal)
    for moment in map(by_account, moments):
        for account in had.keys() | has.keys():
            assert had[account] & has[account] <= moment[account] <= had[account] | has[account]
            assert moment[account] or not (had[account] and has[account]), "fell to GUEST"
    here = {name.upper() for name in prod}
    wanted = {item for item in held(source) if item.principal in {*here, "ADMIN"}}
    assert goal >= wanted
    if assignments is Assignments.MERGE:
        assert goal == before | wanted


@given(SERVERS, SERVERS)
def test_roles_that_nobody_was_seen_to_hold_are_tried_first_on_one_account(
    dev: Any, prod: Any
) -> None:
    source, target = state(dev), state(prod)
    plan = planned(source, target)
    unseen = {role.name for role in plan.people.unseen}
    assert unseen == {item.role for item in plan.people.adds} - {r.name for r in target.all_roles()}
    steps = work_of(plan, target).steps
    for step, role in zip(steps, sorted(unseen), strict=False):
        (item,), _ = moves_of(step)
        assert item.role == role
        assert "to see that role" in step.object
    assert not any("to see that role" in step.object for step in steps[len(unseen) :])


def test_an_entry_has_one_role_in_the_servers_spelling_with_all_its_accounts() -> None:
    target = state({"Ann": ("Old",), "bob": ("Ledger",), "CY": ()})
    source = state({"ann": ("LEDGER", "Fresh"), "BOB": ("ledger",), "cy": ("LEDGER",)})
    plan = planned(source, target)
    steps = work_of(plan, target).steps
    sent = []
    for step in steps:
        adds, removes = moves_of(step)
        sent.append(entries(step, adds | removes, target))
    assert sent == [
        ({"roleNames": ("Fresh",), "usernames": ("Ann",)},),
        ({"roleNames": ("Ledger",), "usernames": ("Ann", "CY")},),
        ({"roleNames": ("Old",), "usernames": ("Ann",)},),
    ]


def full(first: str, count: int = MOST_ROLES) -> tuple[str, ...]:
    return tuple(f"{first}{number:03}" for number in range(count))


def test_where_adding_first_would_pass_the_most_as_few_removals_as_needed_go_first() -> None:
    keep = full("KEEP", MOST_ROLES - 6)
    dev = {"ann": (*keep, *full("NEW", 4)), "bob": full("NEW", 4)}
    prod = {"ANN": (*keep, *full("OLD", 5)), "BOB": full("OLD", 5), "CY": full("NEW", 4)}
    source, target = state(dev), state(prod)
    plan = planned(source, target)
    assert any(
        "would hold more than 128 roles on the way, so 3 are taken" in note
        for note in plan.people.notes
    )
    moments = [by_account(each) for each in prefixes(work_of(plan, target).steps, held(target))]
    assert max(len(moment["ANN"]) for moment in moments) == MOST_ROLES
    assert len(moments[3]["ANN"]) == MOST_ROLES - 4, "room is made before all else"
    assert all(moment["BOB"] >= set(full("OLD", 5)) for moment in moments[:4]), "there was room"
    assert moments[-1]["ANN"] == {*keep, *full("NEW", 4)}


def test_room_that_nobody_planned_for_makes_a_plan_stale() -> None:
    held = full("X", 100)
    plan = planned(state({"ann": ("NEW", *held)}), state({"ann": ("OLD", *held)}))
    moved = state({"ann": ("OLD", *held, *full("Y", 27))})
    with pytest.raises(PlanStale, match='"ANN"') as caught:
        work_of(plan, moved)
    assert caught.value.target == "unchanged"
