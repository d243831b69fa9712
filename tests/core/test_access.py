import random
import time

import pytest

from migrate.access import Direction, Way, access_changes, effective
from migrate.levels import Levels
from migrate.model import ACCOUNT, Assignment, Role, by_holder
from migrate.report.access_text import sentences

LEVELS = Levels.of((("NO", "VIEW", "FULL"), ("NO", "YES")), "NO")


def role(role_type, name, **permissions):
    return Role(role_type, name, permissions=permissions)


def held(principal, role_type, name, scope=ACCOUNT, kind="user"):
    return Assignment(kind, principal, role_type, name, scope)


def access(roles, assignments, groups_of=None):
    return effective(
        {one.key: one for one in roles}, by_holder(assignments), groups_of or {}, LEVELS
    )


def deltas(before, after):
    """(principal, scope, permission) -> (direction, before, after, ways)."""
    return {
        (principal, change.scope, delta.permission): (
            delta.direction,
            delta.before,
            delta.after,
            change.through(delta),
        )
        for change in access_changes(before, after)
        for delta in change.deltas
        for principal in change.principals
    }


def test_the_strongest_value_wins_where_an_order_is_known():
    assert LEVELS.strongest(("NO", "FULL", "VIEW")) == ("FULL",)
    assert LEVELS.strongest(("VIEW", "NO")) == ("VIEW",)
    assert LEVELS.strongest(("NO",)) == ("NO",)
    assert LEVELS.strongest(()) == ()


def test_values_without_a_known_order_stay_side_by_side_and_outdo_the_denied_one():
    assert LEVELS.strongest(("YES", "VIEW", "NO", "EDIT")) == ("YES", "VIEW", "EDIT")
    assert LEVELS.strongest((("A", "B"), "NO", "FULL")) == (("A", "B"), "FULL")


def test_orders_that_share_values_make_one_order():
    levels = Levels.of((("a", "b"), ("c", "d"), ("b", "c")), None)
    assert levels.covered("a", ["d"])
    assert not levels.covered("d", ["a"])
    assert levels.strongest(("a", "c", "d")) == ("d",)


def test_without_a_denied_value_everything_that_appears_is_granted():
    levels = Levels.of((("NO", "YES"),), None)
    assert not levels.covered("NO", [])
    assert levels.covered("NO", ["YES"])


@pytest.mark.parametrize(
    "orders", [(("a", "b"), ("b", "a")), (("a", "a"),), (("a", "b"), ("b", "c"), ("c", "a"))]
)
def test_orders_that_contradict_each_other_are_refused(orders):
    with pytest.raises(ValueError, match="contradict"):
        Levels.of(orders, None)


def test_nothing_may_be_below_the_denied_value():
    with pytest.raises(ValueError, match="NO grants nothing"):
        Levels.of((("LESS", "NO"),), "NO")


def test_a_user_has_what_is_held_directly_and_through_groups():
    roles = [role("bot", "Dev", Tasks=("VIEW",)), role("bot", "Lead", Tasks=("FULL",))]
    found = access(
        roles,
        [held("ann", "bot", "Dev", "Helpdesk"), held("Ops", "bot", "Lead", "Helpdesk", "group")],
        {"ann": frozenset({"Ops", "Empty"}), "bob": frozenset({"Ops"}), "cy": frozenset()},
    )
    where = ("bot", "Helpdesk")
    assert found.held[("user", "ann")][where] == {Way("Dev"), Way("Lead", "Ops")}
    assert found.grants(("user", "ann"), where) == {"Tasks": {"FULL": ("Lead",)}}
    assert found.held[("user", "bob")][where] == {Way("Lead", "Ops")}
    assert found.held[("group", "Ops")][where] == {Way("Lead")}
    assert found.held.keys() == {("user", "ann"), ("user", "bob"), ("group", "Ops")}
    assert found.grants(("user", "cy"), where) == {}


def test_a_user_of_the_same_name_is_no_group():
    roles = [role("admin", "A", P="YES"), role("admin", "B", P="YES")]
    who = [held("x", "admin", "A", kind="group"), held("x", "admin", "B")]
    for each in (who, who[::-1]):
        found = access(roles, each, {"ann": frozenset({"x"})})
        assert found.held[("user", "ann")] == {("admin", ACCOUNT): {Way("A", "x")}}


def test_all_roles_that_give_the_strongest_value_are_named_and_no_other():
    roles = [
        role("bot", name, Tasks=(value,))
        for name, value in zip("ABC", ["FULL", "VIEW", "FULL"], strict=True)
    ]
    found = access(roles, [held("ann", "bot", name, "b") for name in "CBA"])
    assert found.grants(("user", "ann"), ("bot", "b")) == {"Tasks": {"FULL": ("A", "C")}}


def test_role_types_and_scopes_do_not_mix():
    roles = [role("admin", "Same", Invite="YES"), role("bot", "Same", Invite=("NO",))]
    found = access(roles, [held("ann", "admin", "Same"), held("ann", "bot", "Same", "b")])
    assert found.grants(("user", "ann"), ("admin", ACCOUNT)) == {"Invite": {"YES": ("Same",)}}
    assert found.grants(("user", "ann"), ("bot", "b")) == {"Invite": {"NO": ("Same",)}}
    assert found.grants(("user", "ann"), ("admin", "b")) == {}


def test_a_changed_role_changes_what_its_holders_can_do():
    who = [held("ann", "bot", "Dev", "b"), held("Ops", "bot", "Dev", "b", "group")]
    groups = {"bob": frozenset({"Ops"})}
    before = access([role("bot", "Dev", Tasks=("FULL",), Old=("YES",))], who, groups)
    after = access([role("bot", "Dev", Tasks=("VIEW",), New=("YES",))], who, groups)
    assert deltas(before, after) == {
        ((kind, name), "b", permission): (*change, (Way("Dev", group),))
        for kind, name, group in (("user", "ann", ""), ("user", "bob", "Ops"), ("group", "Ops", ""))
        for permission, *change in (
            ("Tasks", Direction.LOSS, ("FULL",), ("VIEW",)),
            ("Old", Direction.LOSS, ("YES",), ()),
            ("New", Direction.GAIN, (), ("YES",)),
        )
    }


def test_what_another_role_gives_as_well_is_no_loss():
    roles = [role("bot", "A", Tasks=("FULL",)), role("bot", "B", Tasks="FULL", More="VIEW")]
    both = access(roles, [held("ann", "bot", "A", "b"), held("ann", "bot", "B", "b")])
    one = access(roles, [held("ann", "bot", "B", "b")])
    assert access_changes(both, one) == ()
    assert access_changes(one, both) == ()


@pytest.mark.parametrize(
    ("then", "now", "direction"),
    [
        (None, "YES", Direction.GAIN),
        ("NO", "YES", Direction.GAIN),
        ("VIEW", "FULL", Direction.GAIN),
        ("NO", "EDIT", Direction.GAIN),
        ("FULL", "VIEW", Direction.LOSS),
        ("EDIT", "NO", Direction.LOSS),
        ("EDIT", None, Direction.LOSS),
        ("YES", "EDIT", Direction.CHANGED),
        ("FULL", ("FULL", "VIEW"), Direction.CHANGED),
        (None, "NO", Direction.NOTE),
        ("NO", None, Direction.NOTE),
    ],
)
def test_directions(then, now, direction):
    before, after = (
        access(
            [role("bot", "R", **({} if value is None else {"P": value}))],
            [held("a", "bot", "R", "b")],
        )
        for value in (then, now)
    )
    ((_, (found, *_)),) = deltas(before, after).items()
    assert found is direction
    assert direction.gains == (direction in ("gain", "changed"))
    assert direction.loses == (direction in ("loss", "changed"))


def test_how_a_list_is_written_makes_no_difference():
    who = [held("a", "bot", "R", "b")]
    before = access([role("bot", "R", P=("A", "B"), Q=("FULL",))], who)
    after = access([role("bot", "R", P=("B", "A"), Q="FULL")], who)
    assert access_changes(before, after) == ()


def test_a_gain_beside_a_value_that_stays_names_only_what_gives_the_new_one():
    roles = [role("bot", "A", P="YES"), role("bot", "B", P="EDIT")]
    before = access(roles, [held("ann", "bot", "A", "b")])
    after = access(roles, [held("ann", "bot", "A", "b"), held("ann", "bot", "B", "b")])
    gain = (Direction.GAIN, ("YES",), ("EDIT", "YES"), (Way("B"),))
    assert deltas(before, after) == {(("user", "ann"), "b", "P"): gain}
    loss = (Direction.LOSS, ("EDIT", "YES"), ("YES",), (Way("B"),))
    assert deltas(after, before) == {(("user", "ann"), "b", "P"): loss}


def test_a_role_that_is_gone_grants_nothing():
    who = [held("ann", "admin", "Ops")]
    before = access([role("admin", "Ops", Invite="YES")], who)
    loss = (Direction.LOSS, ("YES",), (), (Way("Ops"),))
    assert deltas(before, access([], who)) == {(("user", "ann"), ACCOUNT, "Invite"): loss}


def test_principals_are_in_order_users_first():
    names = [("group", "A"), ("user", "zoe"), ("user", "ann"), ("group", "B")]
    who = [held(name, "admin", "R", kind=kind) for kind, name in names]
    (change,) = access_changes(access([], who), access([role("admin", "R", P="YES")], who))
    assert change.principals == (("user", "ann"), ("user", "zoe"), ("group", "A"), ("group", "B"))


def test_a_large_account_takes_a_moment_only():
    chance = random.Random(3)
    names = {"admin": [f"A{n}" for n in range(25)], "bot": [f"B{n}" for n in range(25)]}
    values = {"admin": ["YES", "NO"], "bot": [("FULL",), ("VIEW",), ("NO",)]}

    def roles():
        return {
            (kind, name): role(
                kind, name, **{f"P{n}": chance.choice(values[kind]) for n in range(20)}
            )
            for kind in names
            for name in names[kind]
        }

    def some(kind, name):
        role_type = chance.choice(["admin", "bot", "bot"])
        scope = ACCOUNT if role_type == "admin" else f"bot {chance.randrange(8)}"
        return held(name, role_type, chance.choice(names[role_type]), scope, kind)

    users = [f"user{n}@example.com" for n in range(5000)]
    groups = [f"group {n}" for n in range(20)]
    who = {some("user", user) for user in users for _ in range(chance.randrange(4))}
    who |= {some("group", group) for group in groups for _ in range(4)}
    groups_of = {user: frozenset(chance.sample(groups, chance.randrange(3))) for user in users}
    before, after = roles(), roles()
    fewer = [one for one in who if chance.random() > 0.02]

    start = time.process_time()
    then, now = (
        effective(before, by_holder(who), groups_of, LEVELS),
        effective(after, by_holder(fewer), groups_of, LEVELS),
    )
    found = sentences(access_changes(then, now), LEVELS)
    assert found
    # About 0.2 s where nothing else runs; every user for itself would take 3 s.
    assert time.process_time() - start < 10  # under coverage, too; quadratic would take minutes
