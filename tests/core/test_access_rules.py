from dataclasses import replace

import pytest

from migrate.access import access_changes, effective
from migrate.access_rules import KINDS, AccessFacts
from migrate.errors import InvalidInput
from migrate.guardkind import Severity
from migrate.levels import Levels
from migrate.model import ACCOUNT, Assignment, Role, by_holder
from migrate.platforms.faircom.catalogue import TRAITS as FAIRCOM
from migrate.platforms.kore.catalogue import TRAITS

LEVELS = Levels.of((("NO", "VIEW", "FULL"), ("NO", "YES")), "NO")
MANAGE = "Manage Custom Admin Roles"


def held(principal, name, role_type="admin", scope=ACCOUNT, kind="user"):
    return Assignment(kind, principal, role_type, name, scope)


def facts(
    before,
    after,
    *,
    groups_of=None,
    users=10,
    operator=None,
    permissions=None,
    roles=(),
    traits=TRAITS,
):
    """Both sides: (permissions of admin roles by name, assignments)."""
    sides = [
        effective(
            {
                ("admin", name): Role("admin", name, permissions=each)
                for name, each in these.items()
            },
            by_holder(who),
            groups_of or {},
            LEVELS,
        )
        for these, who in (before, after)
    ]
    named = {name for these, _ in (before, after) for each in these.values() for name in each}
    return AccessFacts(
        before=sides[0],
        after=sides[1],
        changes=access_changes(*sides),
        users=users,
        operator=operator,
        permissions=permissions or {"admin": frozenset(named)},
        roles=frozenset({*before[0], *after[0], *roles}),
        traits=traits,
    )


def objection(rule, found, **parameters):
    kind = KINDS[rule]
    return kind.check(found, {**kind.defaults, **parameters})


def everybody_loses(count):
    who = [held(f"user{number}", "Ops") for number in range(count)]
    return ({"Ops": {"Invite": "YES"}}, who), ({"Ops": {"Invite": "NO"}}, who)


def test_what_each_does_where_a_config_says_nothing():
    assert {name: kind.severity for name, kind in KINDS.items()} == {
        "max_losers": Severity.WARN,
        "no_gain": Severity.WARN,
        "only_through": Severity.REFUSE,
        "not_together": Severity.REFUSE,
        "somebody_holds": Severity.REFUSE,
        "operator_unchanged": Severity.REFUSE,
    }
    assert not any(kind.absolute for kind in KINDS.values())


def test_defaults_have_nothing_against_an_account_without_kore_permissions():
    same = facts(({"Ops": {"Other": "YES"}}, []), ({"Ops": {"Other": "YES"}}, []))
    assert {name: objection(name, same) for name in KINDS} == dict.fromkeys(KINDS, "")


def test_max_losers_names_a_few_and_counts_the_rest():
    found = facts(*everybody_loses(5), users=20)
    assert objection("max_losers", found, max=5, percent=25) == ""
    assert objection("max_losers", found, max=4, percent=100) == (
        "5 of 20 users would lose access (25.0 %): 'user0', 'user1', 'user2' and 2 more; "
        "allowed are 4 and 100 %"
    )
    assert "allowed are 9 and 24 %" in objection("max_losers", found, max=9, percent=24)


def test_max_losers_counts_a_user_once_and_no_group():
    before = ({"Ops": {"A": "YES", "B": "YES"}}, [held("G", "Ops", kind="group")])
    found = facts(before, ({"Ops": {}}, before[1]), groups_of={"ann": frozenset({"G"})})
    assert objection("max_losers", found, max=1, percent=100) == ""
    assert objection("max_losers", found, max=0, percent=100).startswith("1 of 10 users")


def test_an_account_without_users_loses_no_share():
    found = facts(({"Ops": {}}, []), ({"Ops": {}}, []), users=0)
    assert objection("max_losers", found, max=0, percent=0) == ""


def test_no_gain_says_who_and_through_what():
    who = [held("ann", "Ops"), held("Helpers", "Ops", kind="group")]
    before = {"Ops": {"Single Sign On": "NO", "Invite": "NO"}}
    after = {"Ops": {"Single Sign On": "YES", "Invite": "YES"}}
    found = facts((before, who), (after, who), groups_of={"bob": frozenset({"Helpers"})})
    assert objection("no_gain", found) == (
        "would be gained: 'Single Sign On' by 2 users ('ann', 'bob') and 1 group ('Helpers') "
        "through 'Ops'"
    )
    both = objection("no_gain", found, permissions=("Invite", "Single Sign On"))
    assert both.startswith("would be gained: 'Invite' by 2 users")
    assert "; 'Single Sign On' by 2 users" in both
    back = facts((after, who), (before, who))
    assert objection("no_gain", back) == ""


def test_no_gain_knows_names_that_only_one_side_has_and_refuses_others():
    found = facts(({}, []), ({}, []), permissions={"bot": frozenset({"Tasks", "Channels"})})
    assert objection("no_gain", found, permissions=("Tasks",)) == ""
    with pytest.raises(InvalidInput) as caught:
        objection("no_gain", found, permissions=("Taks", "Channels", "Nonsense"))
    assert str(caught.value) == (
        'guard no_gain: names a permission that neither side has: "Taks" (did you mean "Tasks"?); '
        'names a permission that neither side has: "Nonsense"'
    )
    assert len(caught.value.faults) == 2
    assert caught.value.target == "unchanged"


def test_the_default_list_is_an_error_where_a_config_names_it():
    found = facts(({}, []), ({}, []))
    assert objection("no_gain", found) == ""
    with pytest.raises(InvalidInput):
        objection("no_gain", found, permissions=("Single Sign On",))
    assert objection("somebody_holds", found) == ""
    with pytest.raises(InvalidInput):
        objection("somebody_holds", found, permission=MANAGE)


def test_only_through_finds_weaker_grants_of_other_roles_too():
    roles = {"Lead": {"P": "FULL"}, "Helper": {"P": "VIEW"}, "None": {"P": "NO"}}
    who = [held("ann", name) for name in roles]
    before = (roles, who[:1])
    assert objection("only_through", facts(before, before), permission="P", roles=("Lead",)) == ""
    found = facts(before, (roles, who))
    assert objection("only_through", found, permission="P", roles=("Lead",)) == (
        "'P' is to be held through 'Lead' only, but 1 user ('ann') would hold it through 'Helper'"
    )
    assert objection("only_through", found, permission="P", roles=("Lead", "Help*")) == ""
    found = facts((roles, who), (roles, [*who, held("bob", "Helper")]))
    assert objection("only_through", found, permission="P", roles=("Lead",)).endswith(
        "2 users ('ann', 'bob') would hold it through 'Helper' (1 of them already today)"
    )


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"permission": "P"}, "needs both"),
        ({"roles": ("Lead",)}, "needs both"),
        ({"permission": "Q", "roles": ("Lead",)}, 'permission that neither side has: "Q"'),
        (
            {"permission": "P", "roles": ("Lead", "Laed", "No*")},
            'role that neither side has: "Laed" \\(did you mean "Lead"\\?\\); .*"No\\*"',
        ),
    ],
)
def test_only_through_that_could_never_object_is_an_error(parameters, message):
    side = ({"Lead": {"P": "FULL"}}, [])
    with pytest.raises(InvalidInput, match=message):
        objection("only_through", facts(side, side), **parameters)


def test_only_through_knows_roles_that_only_the_source_has():
    side = ({"Lead": {"P": "FULL"}}, [])
    found = facts(side, side, roles=("Coming",))
    assert objection("only_through", found, permission="P", roles=("Coming",)) == ""


def test_not_together_looks_at_one_scope_at_a_time():
    roles = {"Maker": {"Make": "YES"}, "Checker": {"Check": "YES"}, "No": {"Check": "NO"}}
    apart = (roles, [held("ann", "Maker"), held("bob", "Checker"), held("ann", "No")])
    both = (roles, [*apart[1], held("bob", "Maker"), held("G", "Checker", kind="group")])
    names = {"permissions": ("Make", "Check")}
    assert objection("not_together", facts(apart, apart), **names) == ""
    found = facts(apart, both, groups_of={"ann": frozenset({"G"})})
    assert objection("not_together", found, **names) == (
        "2 users ('ann', 'bob') would hold 'Make' and 'Check' together"
    )
    found = facts(both, both, groups_of={"ann": frozenset({"G"})})
    assert objection("not_together", found, **names).endswith("(2 of them already today)")


def test_not_together_counts_no_two_scopes_as_one():
    roles = {("bot", name): Role("bot", name, permissions={name: "YES"}) for name in ("A", "B")}
    who = [held("ann", "A", "bot", "one"), held("ann", "B", "bot", "two")]
    side = effective(roles, by_holder(who), {}, LEVELS)
    known = {"bot": frozenset("AB")}
    found = AccessFacts(side, side, (), 1, None, known, frozenset("AB"), TRAITS)
    assert objection("not_together", found, permissions=("A", "B")) == ""


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("P",), "must name two"),
        (("P", "P"), "must name two"),
        (("P", "Q", "R"), "must name two"),
        (("P", "X"), 'neither side has: "X"'),
        (("P", "Q"), "'P', 'Q': both are in roles of no type"),
    ],
)
def test_not_together_that_could_never_object_is_an_error(names, message):
    known = {"admin": frozenset("PR"), "bot": frozenset("Q")}
    found = facts(({}, []), ({}, []), permissions=known)
    with pytest.raises(InvalidInput, match=message):
        objection("not_together", found, permissions=names)


def test_nobody_may_be_locked_out_of_role_management():
    roles = {"Boss": {MANAGE: "YES"}, "Ops": {MANAGE: "NO"}}
    boss, nobody = [held("ann", "Boss")], [held("ann", "Ops"), held("bob", "Ops")]
    assert objection("somebody_holds", facts((roles, nobody), (roles, boss))) == ""
    assert objection("somebody_holds", facts((roles, boss), (roles, nobody))) == (
        f"no user would hold '{MANAGE}'; today it is 1 user ('ann')"
    )


def test_a_group_without_users_is_nobody():
    roles = {"Boss": {MANAGE: "YES"}}
    user, group = [held("ann", "Boss")], [held("G", "Boss", kind="group")]
    assert objection("somebody_holds", facts((roles, user), (roles, group)))
    inside = facts((roles, user), (roles, group), groups_of={"bob": frozenset({"G"})})
    assert objection("somebody_holds", inside) == ""


def test_what_nobody_holds_today_is_objected_to_only_where_a_config_asks():
    roles = {"Boss": {MANAGE: "YES"}}
    found = facts((roles, []), (roles, []))
    assert objection("somebody_holds", found) == ""
    assert objection("somebody_holds", found, permission=MANAGE) == (
        f"no user would hold '{MANAGE}', as today"
    )


def test_the_operator_is_left_as_it_is():
    before = ({"Ops": {"A": "YES", "B": "NO", "C": "YES"}}, [held("me", "Ops")])
    after = ({"Ops": {"A": "NO", "B": "YES", "C": "YES"}}, [held("me", "Ops"), held("x", "Ops")])
    found = facts(before, after, operator=("user", "me"))
    assert objection("operator_unchanged", found) == (
        "'me', who runs this, would gain 'B' and lose 'A'"
    )
    assert objection("operator_unchanged", facts(before, after, operator=("user", "you"))) == ""


def test_where_nobody_knows_who_runs_it_that_is_said_and_is_no_pass():
    blind = KINDS["operator_unchanged"].blind
    side = ({"Ops": {"A": "YES"}}, [held("me", "Ops")])
    assert "no e-mail as `sub`" in blind(facts(side, side))
    me = replace(facts(side, side, operator=("user", "me")), principals={("user", "me")})
    assert blind(me) == ""
    typo = replace(me, operator=("user", "mee"))
    assert blind(typo) == 'the target lists no user "mee", the `sub` of the admin app'


def test_a_note_is_no_change_of_the_operator():
    before, after = ({"Ops": {"A": "NO"}}, [held("me", "Ops")]), ({"Ops": {}}, [])
    assert objection("operator_unchanged", facts(before, after, operator=("user", "me"))) == ""
    assert facts(before, after).changes


def test_where_permissions_are_roles_one_that_nobody_holds_is_no_misspelling():
    roles = {"SALES": {"SALES": "held"}}
    found = facts((roles, []), (roles, [held("ann", "SALES")]), traits=FAIRCOM)
    assert objection("no_gain", found, permissions=("AUDIT", "SALES")) == (
        "would be gained: 'SALES' by 1 account ('ann')"
    )
    assert objection("not_together", found, permissions=("SALES", "AUDIT")) == ""
    assert objection("only_through", found, permission="SALES", roles=("SALES",)) == ""
    assert objection("somebody_holds", found) == ""
    assert objection("somebody_holds", found, permission="ADMIN") == (
        "no account would hold 'ADMIN', as today"
    )
