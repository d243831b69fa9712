import pytest
from hypothesis import given, settings

from migrate.canonical import dumps
from migrate.diff import Action
from migrate.digests import content_digest
from migrate.drift import Moves, compare_states, to_value
from migrate.model import Capture, Role, Section, Selection, State
from tests.core.strategies import snapshot, states


def admin(*roles, capture=None):
    section = Section.of(roles)
    return State({"admin": Section(capture, section.roles) if capture else section})


def role(name, value="YES", description="", role_id=None):
    return Role("admin", name, description, {"Invite": value}, role_id)


THEN = admin(role("admin"), role("Gone"), role("Same", role_id="1"), role("Changed"))
NOW = admin(
    role("admin", "NO"), role("New"), role("Same", role_id="2"), role("Changed", "YES", "x")
)


def test_everything_that_moved_is_listed_built_ins_too_and_ids_do_not_count():
    assert [(change.action, change.name) for change in compare_states(THEN, NOW, ())] == [
        (Action.UPDATE, "Changed"),
        (Action.DELETE, "Gone"),
        (Action.CREATE, "New"),
        (Action.UPDATE, "admin"),
    ]


def test_only_roles_that_every_selection_covers_count():
    selections = (Selection(exclude=("admin",)), Selection(("New", "admin", "Gone")))
    assert [change.name for change in compare_states(THEN, NOW, selections)] == ["Gone", "New"]


def test_types_that_either_side_did_not_capture_are_left_out():
    unseen = State({"admin": Section(Capture.NOT_CAPTURED)})
    assert compare_states(THEN, unseen, ()) == compare_states(unseen, THEN, ()) == ()
    assert compare_states(THEN, State({}), ()) == compare_states(State({}), THEN, ()) == ()


@pytest.mark.parametrize(
    ("then", "now", "actions"),
    [
        (Capture.SEEN_IN_USE, None, {Action.UPDATE, Action.DELETE}),
        (None, Capture.SEEN_IN_USE, {Action.UPDATE, Action.CREATE}),
        (Capture.SEEN_IN_USE, Capture.SEEN_IN_USE, {Action.UPDATE}),
    ],
)
def test_what_was_only_seen_in_part_says_nothing_of_what_is_not_in_it(then, now, actions):
    sides = [
        admin(*state.roles["admin"].roles, capture=capture)
        for state, capture in ((THEN, then), (NOW, now))
    ]
    assert {change.action for change in compare_states(*sides, ())} == actions


@settings(deadline=None, max_examples=50)
@given(states("dev", whole=True), states("dev", whole=True))
def test_there_is_drift_exactly_where_the_content_differs(then, now):
    changes = compare_states(then, now, ())
    assert (not changes) == (content_digest(then) == content_digest(now))
    back = compare_states(now, then, ())
    assert {change.key for change in back} == {change.key for change in changes}


def test_the_json_value_says_what_differs_in_each_role():
    changes = compare_states(THEN, NOW, ())
    value = to_value(snapshot(THEN, "prod"), snapshot(NOW, "prod"), changes, Moves())
    dumps(value)
    assert value["moved"] is True
    assert value["environment"] == "prod"
    assert value["changes"][0] == {
        "action": "update",
        "roleType": "admin",
        "name": "Changed",
        "description": {"before": "", "after": "x"},
        "permissions": [],
    }
    assert value["changes"][3]["permissions"] == [
        {"name": "Invite", "before": "YES", "after": "NO"}
    ]
    assert value["changes"][2]["description"] == {"before": None, "after": ""}
    still = to_value(snapshot(THEN, "prod"), snapshot(THEN, "prod"), (), Moves())
    assert (still["moved"], still["changes"]) == (False, [])
