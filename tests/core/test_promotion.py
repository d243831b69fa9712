"""Plan, apply on a model of an account, verify, plan again: the whole core in one loop."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migrate.behaviour import Behaviour
from migrate.diff import Action, Reason
from migrate.digests import content_digest
from migrate.model import Capture, Mode, Selection
from migrate.plan import desired
from migrate.platforms.kore.catalogue import TRAITS
from migrate.platforms.kore.importfile import build
from tests.core.account import Account, planned, planned_again, run
from tests.core.strategies import promotions


def in_scope(name, request, narrowed):
    return request.selection.covers(name) and narrowed.covers(name)


@pytest.mark.parametrize("by_ref", [False, True])
@pytest.mark.parametrize("mints", [False, True])
@settings(deadline=None, max_examples=25)
@given(data=st.data())
def test_what_is_planned_is_what_comes_of_it_and_then_there_is_nothing_left(by_ref, mints, data):
    source, target, request, narrowed = data.draw(promotions())
    plan = planned(source, target, request, narrowed=narrowed)
    found, seen = run(plan, target, Account(by_ref=by_ref, mints=mints))
    assert content_digest(found) == content_digest(desired(plan, target))
    assert seen.deviations == ()
    assert not any(learned.drops for learned in seen.learned.values())
    again = planned_again(source, found, request, Behaviour(), narrowed)
    assert again.changes == ()
    assert set(plan.role_types) == seen.visible


@settings(deadline=None, max_examples=50)
@given(promotions())
def test_every_wanted_role_gets_the_sources_content_and_no_other_role_changes(promotion):
    source, target, request, narrowed = promotion
    plan = planned(source, target, request, narrowed=narrowed)
    goal, had = desired(plan, target).by_key(), target.by_key()
    for role in source.all_roles():
        fixed = TRAITS.is_built_in(role.role_type, role.name) and (
            role.name not in request.rules.promote_builtins
            or TRAITS.is_untouchable(role.role_type, role.name)
            or role.key not in had  # a built-in that the target lacks can't be made
        )
        if in_scope(role.name, request, narrowed) and not fixed:
            assert goal[role.key].same_content(role)
    touched = {change.key for change in plan.changes}
    assert {key: role for key, role in goal.items() if key not in touched} == {
        key: role for key, role in had.items() if key not in touched
    }
    assert all(goal[key].id == had[key].id for key in touched & goal.keys() & had.keys())


@settings(deadline=None, max_examples=100)
@given(promotions())
def test_a_plan_leaves_alone_what_it_must(promotion):
    source, target, request, narrowed = promotion
    plan = planned(source, target, request, narrowed=narrowed)
    for change in plan.changes:
        assert not TRAITS.is_untouchable(*change.key)
        assert in_scope(change.name, request, narrowed)
        assert source.roles[change.role_type].capture is not Capture.NOT_CAPTURED
        if TRAITS.is_built_in(*change.key):
            assert change.name in request.rules.promote_builtins
        if change.action is Action.DELETE:
            assert request.mode is Mode.FULL
            assert source.roles[change.role_type].complete
            assert not TRAITS.is_built_in(*change.key)
            assert not Selection(request.rules.keep).covers(change.name) or not request.rules.keep
    assert plan.changes == tuple(sorted(plan.changes, key=lambda change: change.key))


@settings(deadline=None, max_examples=50)
@given(promotions())
def test_in_full_the_custom_roles_in_scope_become_exactly_the_sources_apart_from_those_kept(
    promotion,
):
    source, target, request, narrowed = promotion
    plan = planned(source, target, request, narrowed=narrowed)
    if request.mode is not Mode.FULL:
        return
    goal, wanted = desired(plan, target).by_key(), source.by_key()
    excused = {(item.role_type, item.name) for item in plan.left if item.reason is Reason.KEPT}
    for key in goal.keys() - wanted.keys() - excused:
        assert (
            TRAITS.is_built_in(*key)
            or not in_scope(key[1], request, narrowed)
            or not source.roles[key[0]].complete
        )


@settings(deadline=None, max_examples=100)
@given(promotions())
def test_an_import_file_holds_what_it_must_under_either_kind_of_matching(promotion):
    source, target, request, narrowed = promotion
    plan = planned(source, target, request, narrowed=narrowed)
    goal = desired(plan, target)
    files = {file.role_type: file for file in build(plan, target)}
    assert files.keys() == set(plan.role_types)
    for role_type, file in files.items():
        changes = {change.name for change in plan.changes if change.role_type == role_type}
        held = {role.name: role for role in target.roles[role_type].roles}
        names = [role.name for role in file.roles]
        assert file.full == any(
            change.action is Action.DELETE and change.role_type == role_type
            for change in plan.changes
        )
        if file.full:
            assert names == [role.name for role in goal.roles[role_type].roles]
        else:
            assert set(names) == changes
        ids = [role.id for role in file.roles if role.id is not None]
        refs = [role.ref_id for role in file.roles if role.ref_id is not None]
        assert len(set(ids)) == len(ids)
        assert len(set(refs)) == len(refs)
        for role in file.roles:
            if role.name in held:
                assert role.id == held[role.name].id
                assert role.ref_id in (None, held[role.name].ref_id)
            else:
                assert role.ref_id not in {other.ref_id for other in held.values()} - {None}
                assert role.id is None or request.rules.send_source_id


MISBEHAVIOURS = [
    Account(full_deletes=full_deletes, merges=merges, fills=fills, drops=drops)
    for full_deletes, merges, fills, drops in product((True, False), repeat=4)
]


@pytest.mark.parametrize("account", MISBEHAVIOURS, ids=str)
@settings(deadline=None, max_examples=25)
@given(data=st.data())
def test_what_an_account_does_otherwise_is_reported_learned_and_not_tried_again(account, data):
    # A name that is held, dropped from files and kept by merging looks just like one that
    # somebody set back: that is told each time, and never learned from alone.
    here = () if account.merges and account.drops else None
    source, target, request, narrowed = data.draw(promotions(here=here))
    plan = planned(source, target, request, narrowed=narrowed)
    found, seen = run(plan, target, account)
    reached = content_digest(found) == content_digest(desired(plan, target))
    assert reached == (not seen.deviations)
    known = Behaviour().joined(seen.learned, run="1", at="")
    second = planned_again(source, found, request, known, narrowed)
    found, seen_again = run(second, found, account)
    late = {fault.role_type for fault in seen_again.faults} - seen.visible
    # What shows nothing at all may just be late: only of that nothing is concluded.
    assert not [fault for fault in seen_again.faults if fault.role_type not in late]
    known = known.joined(seen_again.learned, run="2", at="")
    third = planned_again(source, found, request, known, narrowed)
    assert not set(third.role_types) - late


@pytest.mark.parametrize("account", MISBEHAVIOURS, ids=str)
@settings(deadline=None, max_examples=25)
@given(promotion=promotions(unknown=()))
def test_names_that_the_account_knows_always_converge_in_the_run_after(account, promotion):
    source, target, request, narrowed = promotion
    plan = planned(source, target, request, narrowed=narrowed)
    found, seen = run(plan, target, account)
    known = Behaviour().joined(seen.learned, run="1", at="")
    assert planned_again(source, found, request, known, narrowed).changes == ()
    assert not any(learned.drops for learned in seen.learned.values())
