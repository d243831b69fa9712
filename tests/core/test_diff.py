import pytest

from migrate.behaviour import Behaviour, Learned
from migrate.diff import (
    Action,
    Change,
    Left,
    PermissionChange,
    Reason,
    Rules,
    compare,
    permission_changes,
    renamed,
)
from migrate.errors import InvalidInput
from migrate.model import Capture, Mode, Role, Section, Selection, State
from migrate.platforms.kore.catalogue import TRAITS

YES = {"Invite": "YES"}


def state(*roles, **captures):
    sections = {
        kind: Section.of(tuple(role for role in roles if role.role_type == kind))
        for kind in ("admin", "bot")
    }
    for kind, capture in captures.items():
        sections[kind] = Section(capture, sections[kind].roles)
    return State(sections)


def compared(source, target, *, mode=Mode.INCREMENTAL, selections=(), learned=None, **rules):
    return compare(
        source,
        target,
        mode=mode,
        selections=selections,
        rules=Rules(**rules),
        behaviour=Behaviour({"admin": learned} if learned else {}),
        traits=TRAITS,
    )


def admin(name, permissions=YES, description="", **ids):
    return Role("admin", name, description, permissions, **ids)


def test_new_changed_equal_and_surplus_roles():
    source = state(admin("New"), admin("Same"), admin("Other", {"Invite": "NO"}))
    target = state(admin("Same", id="1"), admin("Other", id="2"), admin("Old", id="3"))
    found = compared(source, target)
    assert [(change.action, change.name) for change in found.changes] == [
        (Action.CREATE, "New"),
        (Action.UPDATE, "Other"),
    ]
    assert found.changes[1].before == admin("Other", id="2")
    assert found.changes[1].after == admin("Other", {"Invite": "NO"})
    assert found.left == (Left("admin", "Old", Reason.TARGET_ONLY),)
    assert found.equal == 1
    pruned = compared(source, target, mode=Mode.FULL)
    assert pruned.changes[1] == Change(Action.DELETE, "admin", "Old", admin("Old", id="3"), None)
    assert pruned.left == ()


@pytest.mark.parametrize("mode", list(Mode))
def test_kept_and_built_in_roles_stay_and_are_shown(mode):
    target = state(admin("BreakGlass 1"), admin("admin"), Role("bot", "Supervisor"))
    found = compared(state(), target, mode=mode, keep=("BreakGlass*",))
    assert found.changes == ()
    assert found.left == (
        Left("admin", "BreakGlass 1", Reason.KEPT),
        Left("admin", "admin", Reason.BUILT_IN, ("only in the target",)),
        Left("bot", "Supervisor", Reason.BUILT_IN, ("only in the target",)),
    )


def test_a_built_in_that_differs_is_shown_with_what_differs_and_changes_only_if_promoted():
    source = state(Role("bot", "Bot Tester", "new", {"Tasks": ("FULL",)}))
    target = state(Role("bot", "Bot Tester", "old", {"Tasks": ("VIEW",)}))
    found = compared(source, target)
    assert found.changes == ()
    assert found.left == (
        Left("bot", "Bot Tester", Reason.BUILT_IN, ("description", "permission 'Tasks'")),
    )
    promoted = compared(source, target, promote_builtins=("Bot Tester",))
    assert [change.action for change in promoted.changes] == [Action.UPDATE]
    assert promoted.left == ()


def test_an_untouchable_built_in_never_changes_even_if_listed():
    source = state(admin("admin", {"Invite": "NO"}), Role("bot", "Bot Owner", "x"))
    target = state(admin("admin"), Role("bot", "Bot Owner"))
    found = compared(source, target, promote_builtins=("admin", "Bot Owner"), mode=Mode.FULL)
    assert found.changes == ()
    assert [item.reason for item in found.left] == [Reason.BUILT_IN] * 2


def test_a_built_in_that_only_the_source_has_is_not_created():
    found = compared(state(Role("bot", "App Developer")), state())
    assert found.changes == ()
    assert found.left == (Left("bot", "App Developer", Reason.BUILT_IN, ("only in the source",)),)


def test_absent_and_denied_are_not_the_same():
    found = compared(state(admin("A", {})), state(admin("A", {"Invite": "NO"})))
    (change,) = found.changes
    assert permission_changes(change.before, change.after) == (
        PermissionChange("Invite", "NO", None),
    )


def test_ids_alone_are_no_difference():
    source, target = state(admin("A", id="1", ref_id="x")), state(admin("A", id="2", ref_id="y"))
    found = compared(source, target)
    assert (found.changes, found.left, found.equal) == ((), (), 1)


@pytest.mark.parametrize("side", ["source", "target", "both"])
def test_a_type_that_was_not_captured_is_left_alone_and_said_so(side):
    missing, held = state(admin=Capture.NOT_CAPTURED), state(admin("A"))
    source = missing if side != "target" else held
    target = missing if side != "source" else held
    found = compared(source, target, mode=Mode.FULL)
    assert found.changes == ()
    assert found.left == (Left("admin", "", Reason.NOT_CAPTURED),)


@pytest.mark.parametrize("side", ["source", "target"])
def test_a_type_that_one_side_does_not_even_name_is_left_alone_and_said_so(side):
    whole = state(admin("A"), Role("bot", "B"))
    part = State({"admin": whole.roles["admin"]})
    source, target = (part, whole) if side == "source" else (whole, part)
    found = compared(source, target, mode=Mode.FULL)
    assert found.changes == ()
    assert found.left == (Left("bot", "", Reason.NOT_CAPTURED),)


def test_a_source_seen_in_part_creates_and_updates_but_never_deletes():
    source = state(admin("New"), admin=Capture.SEEN_IN_USE)
    found = compared(source, state(admin("Old")), mode=Mode.FULL)
    assert [(change.action, change.name) for change in found.changes] == [(Action.CREATE, "New")]
    assert found.left == (Left("admin", "Old", Reason.TARGET_ONLY),)


def test_a_role_type_that_traits_do_not_know_is_compared_like_any_other():
    source = State({"agent": Section.of((Role("agent", "A"), Role("agent", "admin")))})
    target = State({"agent": Section.of((Role("agent", "B"),))})
    found = compared(source, target, mode=Mode.FULL)
    assert [(change.action, change.name) for change in found.changes] == [
        (Action.CREATE, "A"),
        (Action.DELETE, "B"),
        (Action.CREATE, "admin"),
    ]


def test_roles_out_of_any_selection_are_neither_changed_nor_mentioned():
    source, target = state(admin("A1"), admin("B1")), state(admin("A2"), admin("B2"))
    selections = (Selection(include=("A*",)), Selection(exclude=("*2",)))
    found = compared(source, target, selections=selections, mode=Mode.FULL)
    assert [change.name for change in found.changes] == ["A1"]
    assert found.left == ()


def test_what_an_account_will_not_delete_is_shown_instead():
    found = compared(
        state(), state(admin("Old")), mode=Mode.FULL, learned=Learned(keeps_roles=True)
    )
    assert found.changes == ()
    assert [(item.name, item.reason) for item in found.left] == [("Old", Reason.UNREACHABLE)]
    assert "console" in found.left[0].details[0]


def test_what_an_account_will_not_set_is_shown_beside_what_it_will():
    source = state(admin("A", {"Invite": "NO", "Future": "YES"}))
    found = compared(source, state(admin("A")), learned=Learned(drops=frozenset({"Future"})))
    (change,) = found.changes
    assert change.after.permissions == {"Invite": "NO"}
    (left,) = found.left
    assert left.reason is Reason.UNREACHABLE
    assert "'Future'" in left.details[0]
    assert found.equal == 0


def test_unknown_permissions_are_those_that_no_role_of_the_targets_type_has():
    source = state(admin("A", {"Invite": "YES", "Future": "NO"}), admin("B", {"Old": "YES"}))
    target = state(admin("C", {"Invite": "NO", "Old": "NO"}), Role("bot", "D", "", {"Future": ()}))
    found = compared(source, target)
    assert found.unknown == ((("admin", "A"), "Future"),)
    assert compared(source, state()).unknown == ()  # it has nothing to tell by


def test_a_permission_map_renames_before_comparing():
    source = state(admin("A", {"Old": "YES"}))
    found = compared(source, state(admin("A", {"New": "YES"})), permission_map={"Old": "New"})
    assert (found.changes, found.equal) == ((), 1)


def test_a_permission_map_may_swap_names():
    role = admin("A", {"Old": "YES", "New": "NO"})
    rules = Rules(permission_map={"Old": "New", "New": "Old"})
    assert renamed(role, rules).permissions == {"New": "YES", "Old": "NO"}
    assert role.permissions == {"Old": "YES", "New": "NO"}


def test_a_permission_map_may_join_equal_values_but_not_different_ones():
    rules = Rules(permission_map={"Old": "New"})
    same = renamed(admin("A", {"Old": "YES", "New": "YES"}), rules)
    assert same.permissions == {"New": "YES"}
    with pytest.raises(InvalidInput, match="different values") as caught:
        renamed(admin("A", {"Old": "YES", "New": "NO"}), rules)
    assert caught.value.where == "admin role 'A'"
    assert caught.value.target == "unchanged"
    assert caught.value.remedy


def test_permission_changes_of_a_new_or_deleted_role_are_all_of_its_permissions():
    role = admin("A", {"B": "NO", "A": "YES"})
    assert permission_changes(None, role) == (
        PermissionChange("A", None, "YES"),
        PermissionChange("B", None, "NO"),
    )
    assert permission_changes(role, None)[1] == PermissionChange("B", "NO", None)
    assert permission_changes(role, role) == permission_changes(None, None) == ()


def test_roles_that_a_probe_left_in_the_source_stay_there():
    left = admin("role-migrate probe 3f9a1c 2")
    found = compared(state(left), state())
    assert (found.changes, found.equal) == ((), 0)
    assert found.left == (Left("admin", left.name, Reason.PROBE),)
    # In the target they are roles like any other: full mode deletes them.
    pruned = compared(state(admin("A")), state(admin("A"), left), mode=Mode.FULL)
    assert [(change.action, change.name) for change in pruned.changes] == [
        (Action.DELETE, left.name)
    ]


def test_names_that_the_target_does_not_know_are_not_sent_where_they_would_be_dropped():
    source = state(admin("A", {"Invite": "YES", "Future": "YES"}))
    target = state(admin("B"))
    learned = Learned(drops_unknown=True)
    found = compared(source, target, learned=learned)
    assert found.changes[0].after == admin("A")
    assert found.unknown == ()
    assert found.left[0].reason is Reason.UNREACHABLE
    assert "'Future' cannot be set" in found.left[0].details[0]
    told = compared(source, target)
    assert told.unknown == ((("admin", "A"), "Future"),)
    # Where the target has no permission at all to show, nothing is known to be unknown.
    assert (
        compared(source, state(), learned=learned).changes[0].after
        == source.roles["admin"].roles[0]
    )
