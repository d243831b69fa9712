"""Where a cut-off run stands: whatever the account made of it, only others are in its way."""

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from migrate.canonical import loads
from migrate.digests import content_digest
from migrate.model import Role, State
from migrate.platforms.kore.catalogue import TRAITS
from migrate.platforms.kore.documents import role_from_document
from migrate.platforms.kore.effects import effect_of
from migrate.platforms.kore.importfile import ImportFile
from migrate.platforms.kore.steps import work_of
from migrate.reconcile import reconcile
from migrate.standing import Progress, Stage, Standing
from migrate.undoing import undo
from tests.core.account import Account, planned
from tests.core.strategies import promotions

ACCOUNTS = [
    Account(full_deletes=full, merges=merges, fills=fills, drops=drops, mints=mints)
    for full, merges, fills, drops, mints in product((True, False), repeat=5)
]
THIRD = "neither before nor sent"


@st.composite
def cut_off(draw, account: Account):
    """A run cut off somewhere: (before, now, stages, the number of steps that landed)."""
    source, before, request, narrowed = draw(promotions())
    plan = planned(source, before, request, narrowed=narrowed)
    assume(plan.changes)
    work = work_of(plan, before)
    imports = [step for step in work.steps if step.kind == "import"]
    landed = draw(st.integers(0, len(imports)))
    known = landed - draw(st.integers(0, 1)) if landed else 0
    begun = known < landed or draw(st.booleans())
    now, stages = before, []
    for number, step in enumerate(imports):
        data = work.payloads[step.payload]
        sent = [role_from_document(item) for item in loads(data, where="x")]
        outcome = None
        if number < landed:
            file = ImportFile(step.role_type, step.arguments["fullImport"], (), data, True)
            now = account.after(now, file)
            if number < known:
                outcome = answer(sent, now)
        progress = Progress.PENDING
        if outcome is not None:
            progress = Progress.DONE
        elif number == known and begun:
            progress = Progress.UNKNOWN
        stages.append(Stage(effect_of(step, data, plan.changes, outcome), progress))
    assume(landed == known or begun)
    return before, now, tuple(stages)


def answer(sent, now):
    """What an import answers, as the journal keeps it."""
    there = now.by_key()
    answered = [there[role.key] for role in sent if role.key in there]
    found = reconcile(sent, answered, TRAITS)
    return {
        "sent": found.sent,
        "missing": list(found.missing),
        "different": dict(found.different),
        "ids": dict(found.ids),
    }


def altered(state: State, role: Role) -> State:
    """Somebody gives a role a description that nobody has sent."""
    section = state.roles[role.role_type]
    others = [each for each in section.roles if each.name != role.name]
    changed = section.holding([*others, replace(role, description=THIRD)])
    return State({**state.roles, role.role_type: changed})


@pytest.mark.parametrize("account", ACCOUNTS, ids=str)
@settings(deadline=None, max_examples=15)
@given(data=st.data())
def test_what_only_the_run_touched_is_never_a_conflict_and_can_be_undone(account, data):
    before, now, stages = data.draw(cut_off(account))
    standing = Standing(before, now, stages, TRAITS)
    assert standing.conflicts() == ()
    way = undo(standing, None, stay=(), empty=False)
    assert way.conflicts == ()
    landed = standing.written
    goal, was = way.desired.by_key(), before.by_key()
    for key in landed:
        assert (key in goal) == (key in was)
        assert key not in was or goal[key].same_content(was[key])
    if account == Account(mints=account.mints):
        assert content_digest(way.desired) == content_digest(before)


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_what_somebody_else_did_to_what_the_run_touches_is_a_conflict(data):
    before, now, stages = data.draw(cut_off(Account()))
    standing = Standing(before, now, stages, TRAITS)
    there = [role for role in now.all_roles() if role.key in standing.touched]
    assume(there)
    role = data.draw(st.sampled_from(there))
    moved = Standing(before, altered(now, role), stages, TRAITS)
    assert [repr(role.name) in str(each) for each in moved.conflicts()] == [True]
    way = undo(moved, None, stay=(), empty=False)
    if role.key in standing.written:
        assert [repr(role.name) in str(each) for each in way.conflicts] == [True]
    else:
        assert way.desired.by_key()[role.key].description == THIRD


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_what_somebody_else_did_elsewhere_stays_and_is_no_fault(data):
    before, now, stages = data.draw(cut_off(Account()))
    standing = Standing(before, now, stages, TRAITS)
    others = [role for role in now.all_roles() if role.key not in standing.touched]
    assume(others)
    role = data.draw(st.sampled_from(others))
    moved = Standing(before, altered(now, role), stages, TRAITS)
    assert moved.conflicts() == ()
    assert moved.rebased().by_key()[role.key].description == THIRD
    way = undo(moved, None, stay=(), empty=False)
    assert way.conflicts == ()
    assert way.desired.by_key()[role.key].description == THIRD


@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_what_is_known_to_be_done_and_does_not_show_is_late(data):
    before, now, stages = data.draw(cut_off(Account()))
    done = {
        key
        for stage in stages
        if stage.progress is Progress.DONE
        for key, sent in stage.effect.roles.items()
        if key not in stage.effect.doubtful
    }
    late = set(Standing(before, before, stages, TRAITS).unseen())
    assert late <= done
    assert not Standing(before, now, stages, TRAITS).unseen()
    had = before.by_key()
    plain = {key for key in done if key in had and now.by_key().get(key, had[key]) != had[key]}
    assert {key for key in plain if not had[key].same_content(now.by_key()[key])} <= late


@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_created_roles_can_be_kept_when_a_run_is_undone(data):
    before, now, stages = data.draw(cut_off(Account()))
    standing = Standing(before, now, stages, TRAITS)
    way = undo(standing, now, stay=("admin", "bot"), empty=False)
    assert way.kept == now.by_key().keys() - before.by_key().keys()
    assert way.kept <= way.desired.by_key().keys()
    assert not way.own
    gone = undo(standing, now, stay=(), empty=False)
    assert gone.own == way.kept
    assert not gone.kept
