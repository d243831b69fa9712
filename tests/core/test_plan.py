from dataclasses import replace

import pytest
from hypothesis import given, settings

from migrate.behaviour import Behaviour
from migrate.diff import Action, Rules
from migrate.digests import content_digest, state_digest
from migrate.errors import UsageError
from migrate.guards import GuardRule, Outcome
from migrate.judging import judge
from migrate.model import Capture, Identity, Mode, Role, Section, Selection, State
from migrate.plan import Origin, Source, desired, moved
from migrate.planner import Request, make
from migrate.platforms.kore.catalogue import TRAITS
from tests.core.account import planned
from tests.core.strategies import promotions, snapshot


def admin(name, value="YES", **ids):
    return Role("admin", name, "", {"Invite": value}, **ids)


def state(*roles):
    return State({"admin": Section.of(roles)})


SOURCE = state(admin("New", id="s1"), admin("Changed", "NO", id="s2"), admin("Same", id="s3"))
TARGET = state(
    admin("Changed", id="t2", ref_id="r2"),
    admin("Same", id="t3"),
    admin("Old", id="t4"),
)


def request(mode=Mode.FULL, selection=None, guards=(), **rules):
    return Request(mode, selection or Selection(), Rules(**rules), guards, (), "directory")


PLAN = planned(SOURCE, TARGET, request())


def with_role(held, role):
    others = [each for each in held.roles["admin"].roles if each.name != role.name]
    return state(*others, role)


def without(held, name):
    return state(*(each for each in held.roles["admin"].roles if each.name != name))


def test_a_plan_names_both_sides_and_their_digests():
    assert PLAN.source.environment == "dev"
    assert PLAN.source.digest == content_digest(SOURCE)
    assert PLAN.source.snapshot == state_digest(SOURCE)
    assert PLAN.target.digest == PLAN.target.snapshot == state_digest(TARGET)
    assert PLAN.role_types == ("admin",)
    assert [change.name for change in PLAN.of(Action.DELETE)] == ["Old"]
    assert PLAN.source_sizes == {"admin": 3}
    assert PLAN.source_names == {"admin": frozenset({"New", "Changed", "Same"})}
    assert PLAN.equal == 1


def test_a_permission_map_is_used_up_when_the_plan_is_made():
    plan = planned(SOURCE, TARGET, request(permission_map={"Invite": "Invitation"}))
    assert plan.rules.permission_map is None
    assert all("Invite" not in c.after.permissions for c in plan.changes if c.after)


@pytest.mark.parametrize(
    ("role", "moves"),
    [
        (admin("Changed", "NO", id="t2", ref_id="r2"), ["Changed"]),
        (replace(admin("Changed", id="t2", ref_id="r2"), description="x"), ["Changed"]),
        (admin("Changed", id="other", ref_id="r2"), ["Changed"]),
        (admin("Changed", id="t2", ref_id="other"), ["Changed"]),
        (admin("Changed", id="t2"), ["Changed"]),
        (admin("Old", "NO", id="t4"), ["Old"]),
        (admin("New"), ["New"]),
        (admin("Same", "NO", id="t3"), []),
        (admin("Another"), []),
    ],
)
def test_a_role_that_is_no_longer_what_it_was_has_moved_and_others_do_not_matter(role, moves):
    assert [change.name for change in moved(PLAN, with_role(TARGET, role))] == moves


@pytest.mark.parametrize(
    ("gone", "moves"), [("Changed", ["Changed"]), ("Old", ["Old"]), ("Same", [])]
)
def test_a_role_that_is_gone_has_moved(gone, moves):
    assert [change.name for change in moved(PLAN, without(TARGET, gone))] == moves


@pytest.mark.parametrize("now", [State({}), State({"admin": Section(Capture.NOT_CAPTURED)})])
def test_a_type_that_can_no_longer_be_seen_has_moved_its_new_roles_included(now):
    assert moved(PLAN, now) == PLAN.changes


@settings(deadline=None, max_examples=50)
@given(promotions())
def test_on_the_target_that_it_was_made_on_nothing_moved_and_the_verdicts_are_the_same(promotion):
    source, target, asked, narrowed = promotion
    plan = planned(source, target, asked, narrowed=narrowed)
    assert moved(plan, target) == ()
    assert judge(plan, target, asked.guards, TRAITS) == plan.verdicts


def test_desired_on_a_moved_target_leaves_what_the_plan_does_not_touch():
    now = with_role(with_role(TARGET, admin("Another", id="t9")), admin("Same", "NO", id="t3"))
    goal = desired(PLAN, now).by_key()
    assert {name for _, name in goal} == {"New", "Changed", "Same", "Another"}
    assert goal["admin", "Another"] == admin("Another", id="t9")
    assert goal["admin", "Same"] == admin("Same", "NO", id="t3")
    assert goal["admin", "Changed"] == admin("Changed", "NO", id="t2", ref_id="r2")
    assert (goal["admin", "New"].id, goal["admin", "New"].ref_id) == (None, None)


def test_desired_leaves_sections_alone_in_which_nothing_changes():
    bot = Section(Capture.NOT_CAPTURED)
    goal = desired(PLAN, State({**TARGET.roles, "bot": bot}))
    assert goal.roles["bot"] is bot


def outcome_of(rule, verdicts):
    return next(verdict.outcome for verdict in verdicts if verdict.rule == rule)


def test_verdicts_rest_on_the_target_as_it_is_now():
    guards = (GuardRule("max_deletions", parameters={"max": 5, "percent": 34}),)
    plan = planned(SOURCE, TARGET, request(guards=guards))
    assert outcome_of("max_deletions", plan.verdicts) is Outcome.PASS
    fewer = without(TARGET, "Same")
    assert outcome_of("max_deletions", judge(plan, fewer, guards, TRAITS)) is Outcome.REFUSE
    stricter = (GuardRule("max_deletions", parameters={"max": 0}),)
    assert outcome_of("max_deletions", judge(plan, TARGET, stricter, TRAITS)) is Outcome.REFUSE


def test_what_todays_config_keeps_holds_for_yesterdays_plan():
    assert outcome_of("keep", judge(PLAN, TARGET, (), TRAITS)) is Outcome.PASS
    assert outcome_of("keep", judge(PLAN, TARGET, (), TRAITS, ("O*",))) is Outcome.REFUSE


def test_names_in_scope_only_are_what_guards_count():
    plan = planned(SOURCE, TARGET, request(selection=Selection(("Changed", "Old"))))
    assert plan.source_names == {"admin": frozenset({"Changed"})}
    verdicts = judge(
        plan, TARGET, (GuardRule("max_deletions", parameters={"percent": 49}),), TRAITS
    )
    message = next(v.message for v in verdicts if v.rule == "max_deletions")
    assert message.startswith("1 of 2 custom roles in scope")


def test_a_source_without_a_single_role_is_empty():
    plan = planned(state(), TARGET, request(Mode.INCREMENTAL))
    assert outcome_of("empty_source", plan.verdicts) is Outcome.REFUSE


def test_a_type_that_was_not_captured_is_not_empty():
    source = State({**SOURCE.roles, "bot": Section(Capture.NOT_CAPTURED)})
    target = State({**TARGET.roles, "bot": Section.of(())})
    assert outcome_of("empty_source", planned(source, target, request()).verdicts) is Outcome.PASS
    unseen = State({**TARGET.roles, "bot": Section(Capture.NOT_CAPTURED)})
    empty = State({**SOURCE.roles, "bot": Section.of(())})
    assert outcome_of("empty_source", planned(empty, unseen, request()).verdicts) is Outcome.PASS


def test_a_source_captured_for_one_type_by_name_is_not_empty_in_the_other():
    narrowed = Selection(("New", "Changed", "Same"))
    source = State({**SOURCE.roles, "bot": Section.of(())})
    target = State({**TARGET.roles, "bot": Section.of((Role("bot", "B"),))})
    plan = planned(source, target, request(), narrowed=narrowed)
    assert outcome_of("empty_source", plan.verdicts) is Outcome.PASS
    assert plan.selections == (narrowed,)
    nothing = planned(state(), TARGET, request(), narrowed=narrowed)
    assert outcome_of("empty_source", nothing.verdicts) is Outcome.REFUSE


@pytest.mark.parametrize("pattern", ["Nobody", "new", "New?", "[N]"])
def test_a_role_pattern_that_matches_nothing_on_either_side_is_a_usage_error(pattern):
    with pytest.raises(UsageError) as caught:
        planned(SOURCE, TARGET, request(selection=Selection(("Same", pattern))))
    assert repr(pattern) in caught.value.what
    assert caught.value.target == "unchanged"
    assert caught.value.remedy


@pytest.mark.parametrize("pattern", ["New", "Old", "*"])
def test_a_role_pattern_that_matches_on_one_side_is_enough(pattern):
    planned(SOURCE, TARGET, request(selection=Selection((pattern,), ("Nobody",))))


def test_roles_cannot_travel_between_platforms():
    other = replace(snapshot(SOURCE, "dev"), identity=Identity("faircom", "https://x", "a"))
    with pytest.raises(UsageError, match="between platforms"):
        make(
            Source.of(other),
            snapshot(TARGET, "prod"),
            request(),
            behaviour=Behaviour(),
            traits=TRAITS,
            plan_id="1",
            created_at="",
            version="",
        )


def test_what_was_worked_out_is_told_from_what_was_captured():
    side = replace(Source.of(snapshot(SOURCE, "prod")).side, origin=Origin.ASSIGNMENTS_FILE)
    empty = State({"admin": Section.of(())})

    def made(source):
        return make(
            source,
            snapshot(empty, "prod"),
            request(),
            behaviour=Behaviour(),
            traits=TRAITS,
            plan_id="1",
            created_at="",
            version="",
        )

    plan = made(Source(side, empty, notes=("a note",)))
    assert plan.source == side
    assert plan.people.notes == ("a note",)
    # It can't have come up short, as a read can that finds nothing at all.
    assert not [verdict for verdict in plan.verdicts if verdict.outcome is Outcome.REFUSE]
    captured = made(Source.of(snapshot(empty, "dev")))
    assert "empty_source" in [
        verdict.rule for verdict in captured.verdicts if verdict.outcome is Outcome.REFUSE
    ]


@pytest.mark.parametrize("kind", ["agent", "system"])
def test_a_source_with_a_role_type_of_a_later_version_is_planned_for_the_rest(kind):
    source = State({**SOURCE.roles, kind: Section.of((Role(kind, "A"),))})
    plan = planned(source, TARGET, request())
    assert plan.changes == PLAN.changes
    assert plan.source_names.keys() >= {"admin"}
