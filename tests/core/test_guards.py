"""Every guard: passes, objects, at its border, switched, allowed, and per environment."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migrate.access_rules import KINDS as ACCESS_KINDS
from migrate.diff import Action, Change
from migrate.guardkind import Severity
from migrate.guards import (
    GuardRule,
    Outcome,
    Override,
    can_be_allowed,
    evaluate,
    refusals,
)
from migrate.model import Mode, Role
from migrate.moves import Breach, Move
from migrate.platforms.kore.catalogue import TRAITS
from migrate.profile import own_name
from migrate.rules import KINDS, Facts

ABSOLUTE = {"empty_source", "keep", "built_ins", "platform_refuses"}


def names(count, start=0):
    return frozenset(f"role {number}" for number in range(start, start + count))


def change(action, name="Alpha", role_type="admin"):
    role = Role(role_type, name)
    before = None if action is Action.CREATE else role
    return Change(action, role_type, name, before, None if action is Action.DELETE else role)


def deletions(count):
    return tuple(change(Action.DELETE, f"role {number}") for number in range(count))


CALM = Facts(
    environment="prod",
    mode=Mode.FULL,
    source_sizes={"admin": 20, "bot": 20},
    source_names={"admin": names(20)},
    target_names={"admin": names(20)},
    changes=(change(Action.UPDATE),),
    unknown=(),
    keep=(),
    promote_builtins=(),
    traits=TRAITS,
)

OBJECTED = {
    "empty_source": replace(CALM, source_sizes={"admin": 20, "bot": 0}),
    "keep": replace(CALM, changes=deletions(1), keep=("role *",)),
    "built_ins": replace(CALM, changes=(change(Action.UPDATE, "admin"),)),
    "shrunk_source": replace(CALM, source_names={"admin": names(9)}),
    "foreign_source": replace(CALM, source_names={"admin": names(20, start=15)}),
    "max_deletions": replace(CALM, changes=deletions(2)),
    "protected_names": CALM,
    "unknown_permissions": replace(CALM, unknown=((("admin", "Alpha"), "Future"),)),
    "held_roles": replace(CALM, held={("admin", "role 0"): 3}),
    "membership_unread": replace(CALM, unread="the answer is encrypted"),
    "membership_gap": replace(CALM, dropping=("admin",)),
    "access_gap": replace(
        CALM,
        breaches=(Breach("Invite", False, Move.REMOVE, ((("user", "ann@example.com"), ""),)),),
    ),
    "no_profile": replace(CALM, unprofiled=("admin",)),
    "reverts_hotfix": replace(CALM, reverts="somebody changed prod by hand: 'Ops'"),
    "unseen_roles": replace(CALM, unseen=(("account", "LEDGER"),)),
    "platform_refuses": replace(CALM, refusals=("only ADMIN can do that, and this runs as OPS",)),
}
"""For each guard, facts that it objects to; protected_names by the parameters below."""

PARAMETERS = {"protected_names": {"names": ("Alp*",)}}


def rule(name, severity=None, environments=()):
    return GuardRule(name, severity, environments, PARAMETERS.get(name, {}))


def outcome(name, facts, *rules, allow=()):
    verdicts = evaluate(facts, None, rules, allow)
    found = [verdict for verdict in verdicts if verdict.rule == name]
    return found[0] if found else None


def test_the_table_of_this_test_has_every_guard():
    assert OBJECTED.keys() == KINDS.keys()
    assert {name for name, kind in KINDS.items() if kind.absolute} == ABSOLUTE


@pytest.mark.parametrize("name", KINDS)
def test_every_guard_passes_where_there_is_nothing_to_object_to(name):
    verdict = outcome(name, CALM)
    assert (verdict.outcome, verdict.message, verdict.reason) == (Outcome.PASS, "", "")


@pytest.mark.parametrize("name", KINDS)
def test_every_guard_objects_with_a_sentence_and_refuses_when_told_to(name):
    verdict = outcome(name, OBJECTED[name], rule(name, Severity.REFUSE))
    assert verdict.outcome is Outcome.REFUSE
    assert len(verdict.message) > 20
    assert verdict in refusals(evaluate(OBJECTED[name], None, (rule(name, Severity.REFUSE),), ()))


def test_what_a_probe_left_is_not_counted_among_deletions():
    left = tuple(change(Action.DELETE, own_name("3f9a1c", n)) for n in range(20))
    assert outcome("max_deletions", replace(CALM, changes=left)).outcome is Outcome.PASS


def test_a_profile_is_asked_for_only_of_role_types_that_change():
    assert outcome("no_profile", replace(CALM, unprofiled=("bot",))).outcome is Outcome.PASS
    nothing = replace(CALM, unprofiled=("admin", "bot"), changes=())
    assert outcome("no_profile", nothing).outcome is Outcome.PASS


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("name", KINDS)
def test_the_default_severities(name, mode):
    facts = replace(OBJECTED[name], mode=mode)
    expected = Outcome.REFUSE
    if name == "unknown_permissions" or (
        mode is Mode.INCREMENTAL and name in ("shrunk_source", "foreign_source", "membership_gap")
    ):
        expected = Outcome.WARN
    verdicts = evaluate(facts, None, (rule(name),), ())
    assert [v.outcome for v in verdicts if v.rule == name] == [expected]


@pytest.mark.parametrize("name", sorted(KINDS.keys() - ABSOLUTE))
def test_a_guard_can_be_made_to_warn_or_turned_off(name):
    facts = OBJECTED[name]
    assert outcome(name, facts, rule(name, Severity.WARN)).outcome is Outcome.WARN
    assert outcome(name, facts, rule(name, Severity.OFF)) is None


@pytest.mark.parametrize("name", sorted(KINDS.keys() - ABSOLUTE))
def test_a_refusal_is_allowed_with_a_reason_that_stays_in_the_verdict(name):
    allow = (Override(name, "agreed"),)
    verdict = outcome(name, OBJECTED[name], rule(name, Severity.REFUSE), allow=allow)
    assert (verdict.outcome, verdict.reason) == (Outcome.ALLOWED, "agreed")
    assert verdict.message
    assert not refusals((verdict,))
    assert can_be_allowed(name)
    other = (Override("something else", "agreed"),)
    refused = outcome(name, OBJECTED[name], rule(name, Severity.REFUSE), allow=other)
    assert refused.outcome is Outcome.REFUSE


@pytest.mark.parametrize("name", sorted(ABSOLUTE))
def test_an_absolute_guard_can_neither_be_configured_away_nor_allowed(name):
    assert not can_be_allowed(name)
    for severity in (Severity.OFF, Severity.WARN):
        verdict = outcome(
            name, OBJECTED[name], rule(name, severity), allow=(Override(name, "please"),)
        )
        assert verdict.outcome is Outcome.REFUSE
        assert verdict.reason == ""


def test_what_is_no_guard_cannot_be_allowed():
    assert not can_be_allowed("no_such_guard")


@pytest.mark.parametrize("name", sorted(KINDS.keys() - ABSOLUTE - {"protected_names"}))
def test_a_rule_for_other_environments_leaves_the_default_here(name):
    facts = OBJECTED[name]
    there = rule(name, Severity.OFF, ("qa", "dev*"))
    assert outcome(name, facts, there) == outcome(name, facts)
    here = rule(name, Severity.OFF, ("qa", "pro*"))
    assert outcome(name, facts, here) is None


def test_two_rules_of_one_guard_both_hold_where_both_apply():
    rules = (
        GuardRule("max_deletions", Severity.WARN, ("prod",), {"max": 0}),
        GuardRule("max_deletions", Severity.REFUSE, ("p*",), {"max": 5, "percent": 100}),
    )
    verdicts = evaluate(replace(CALM, changes=deletions(1)), None, rules, ())
    found = [verdict.outcome for verdict in verdicts if verdict.rule == "max_deletions"]
    assert found == [Outcome.WARN, Outcome.PASS]


@pytest.mark.parametrize(
    ("gone", "there", "parameters", "objects"),
    [
        (10, 1000, {}, False),
        (11, 1000, {}, True),
        (5, 100, {}, False),
        (6, 100, {}, True),
        (1, 20, {}, False),
        (1, 19, {}, True),
        (0, 0, {}, False),
        (0, 0, {"max": 0, "percent": 0}, False),
        (1, 1000, {"max": 0}, True),
        (3, 8, {"percent": 37.5}, False),
        (29, 100, {"max": 29, "percent": 29}, False),
        (7, 1000, {"percent": 0.7}, False),
        (8, 1000, {"percent": 0.7}, True),
    ],
)
def test_max_deletions_at_its_border(gone, there, parameters, objects):
    facts = replace(CALM, changes=deletions(gone), target_names={"admin": names(there)})
    verdict = outcome("max_deletions", facts, GuardRule("max_deletions", parameters=parameters))
    assert (verdict.outcome is Outcome.REFUSE) == objects


def test_max_deletions_counts_over_all_role_types_and_only_deletions():
    updates = tuple(change(Action.UPDATE, f"other {number}") for number in range(50))
    facts = replace(
        CALM,
        changes=(*deletions(2), *updates),
        target_names={"admin": names(20), "bot": names(20)},
    )
    assert outcome("max_deletions", facts).outcome is Outcome.PASS
    assert outcome("max_deletions", replace(facts, changes=deletions(3))).message.startswith(
        "3 of 40 custom roles in scope would be deleted (7.5 %)"
    )


@pytest.mark.parametrize(
    ("here", "there", "ratio", "objects"),
    [
        (10, 20, 0.5, False),
        (9, 20, 0.5, True),
        (55, 100, 0.55, False),  # 0.55 * 100 is more than 55
        (54, 100, 0.55, True),
        (7, 100, 0.07, False),
        (0, 0, 0.5, False),
        (0, 1, 0.5, True),
        (5, 5, 1, False),
        (4, 5, 1, True),
        (0, 5, 0, False),
    ],
)
def test_shrunk_source_at_its_border(here, there, ratio, objects):
    facts = replace(CALM, source_names={"admin": names(here)}, target_names={"admin": names(there)})
    verdict = outcome(
        "shrunk_source", facts, GuardRule("shrunk_source", parameters={"ratio": ratio})
    )
    assert (verdict.outcome is Outcome.REFUSE) == objects


@pytest.mark.parametrize(
    ("common", "here", "there", "ratio", "objects"),
    [
        (3, 10, 10, 0.3, False),
        (2, 10, 10, 0.3, True),
        (3, 10, 50, 0.3, False),  # of the smaller side
        (2, 50, 10, 0.3, True),
        (55, 100, 100, 0.55, False),
        (0, 0, 10, 0.3, False),
        (0, 10, 0, 0.3, False),
        (0, 1, 1, 0.3, True),
    ],
)
def test_foreign_source_at_its_border(common, here, there, ratio, objects):
    facts = replace(
        CALM,
        source_names={"admin": names(common) | names(here - common, 1000)},
        target_names={"admin": names(common) | names(there - common, 2000)},
    )
    verdict = outcome(
        "foreign_source", facts, GuardRule("foreign_source", parameters={"ratio": ratio})
    )
    assert (verdict.outcome is Outcome.REFUSE) == objects


@settings(deadline=None)
@given(st.integers(1, 100), st.integers(1, 5))
def test_a_share_that_is_just_reached_is_enough(percent, times):
    here, there = names(percent * times), names(100 * times)
    facts = replace(CALM, source_names={"admin": here}, target_names={"admin": there})
    ratio = float(f"{percent / 100:.2f}")
    rule = GuardRule("shrunk_source", parameters={"ratio": ratio})
    assert outcome("shrunk_source", facts, rule).outcome is Outcome.PASS
    more = replace(facts, target_names={"admin": names(100 * times + 1)})
    assert outcome("shrunk_source", more, rule).outcome is Outcome.REFUSE


def test_a_type_that_only_one_side_has_is_no_shrunk_or_foreign_source():
    facts = replace(CALM, source_names={"bot": names(1)}, target_names={"admin": names(50)})
    assert outcome("shrunk_source", facts).outcome is Outcome.PASS
    assert outcome("foreign_source", facts).outcome is Outcome.PASS


@pytest.mark.parametrize("action", list(Action))
def test_protected_names_hold_for_every_action_and_as_patterns_or_literally(action):
    changes = (change(action, "Team [A]"), change(action, "Beta"))
    facts = replace(CALM, changes=changes)
    for pattern, objects in (
        ("Team [A]", True),
        ("Team*", True),
        ("team*", False),
        ("Gamma", False),
    ):
        verdict = outcome(
            "protected_names",
            facts,
            GuardRule("protected_names", parameters={"names": [pattern]}),
        )
        assert (verdict.outcome is Outcome.REFUSE) == objects
        if objects:
            assert f"'Team [A] ({action})'" in verdict.message
            assert "Beta" not in verdict.message


@pytest.mark.parametrize("action", list(Action))
def test_kept_roles_may_be_changed_but_not_deleted(action):
    facts = replace(CALM, changes=(change(action, "BreakGlass 1"),), keep=("BreakGlass*",))
    expected = Outcome.REFUSE if action is Action.DELETE else Outcome.PASS
    assert outcome("keep", facts).outcome is expected


@pytest.mark.parametrize(
    ("role_type", "name", "action", "promoted", "objects"),
    [
        ("admin", "admin", Action.UPDATE, ("admin",), True),
        ("admin", "Master Admin", Action.CREATE, ("Master Admin",), True),
        ("bot", "Bot Owner", Action.UPDATE, ("Bot Owner",), True),
        ("bot", "App Owner", Action.DELETE, (), True),
        ("bot", "Bot Developer", Action.UPDATE, (), True),
        ("bot", "Bot Developer", Action.UPDATE, ("Bot Developer",), False),
        ("bot", "Bot Developer", Action.DELETE, ("Bot Developer",), True),
        ("bot", "App Tester", Action.CREATE, ("App Tester",), True),
        ("admin", "Bot Owner", Action.UPDATE, (), False),  # a custom role of that name
    ],
)
def test_built_ins_change_only_by_update_and_where_promoted(
    role_type, name, action, promoted, objects
):
    facts = replace(CALM, changes=(change(action, name, role_type),), promote_builtins=promoted)
    assert (outcome("built_ins", facts).outcome is Outcome.REFUSE) == objects


def test_a_long_list_of_names_is_shortened_in_the_message():
    changes = deletions(20)
    facts = replace(CALM, changes=changes, keep=("role *",))
    message = outcome("keep", facts).message
    assert message.count("role ") == 5
    assert message.endswith("and 15 more")


def test_unknown_permissions_names_each_once_and_counts_the_roles():
    unknown = tuple((("admin", f"role {n}"), name) for n in range(3) for name in ("Old", "New"))
    message = outcome("unknown_permissions", replace(CALM, unknown=unknown)).message
    assert message.startswith("'New', 'Old': ")
    assert "(3 roles use it)" in message


def test_held_roles_names_each_role_with_how_many_hold_it():
    held = {("bot", f"role {number}"): number + 1 for number in range(7)}
    message = outcome("held_roles", replace(CALM, held=held)).message
    assert "'role 0 (1)', 'role 1 (2)'" in message
    assert message.endswith("and 2 more")


def test_membership_unread_says_why_and_only_where_something_changes():
    facts = replace(CALM, unread="the answer is encrypted")
    assert "can't be read (the answer is encrypted)" in outcome("membership_unread", facts).message
    assert outcome("membership_unread", replace(facts, changes=())).outcome is Outcome.PASS


def test_access_gap_says_who_is_without_what_after_which_call():
    holders = tuple((("user", f"user{number}"), "") for number in range(5))
    breaches = (
        Breach("Invite", False, Move.REMOVE, holders),
        Breach("Tasks", True, Move.ADD, holders[:1]),
    )
    assert outcome("access_gap", replace(CALM, breaches=breaches)).message.endswith(
        "user0, user1, user2 and 2 more without 'Invite' after 'remove'; "
        "user0 too much of 'Tasks' after 'add'"
    )


def test_where_nobodys_access_is_known_guards_over_it_object_if_the_config_asks_for_them():
    def found(facts, *rules):
        return {verdict.rule: verdict for verdict in evaluate(facts, None, rules, ())}

    for name in ACCESS_KINDS:
        unseen = found(CALM)[name]
        assert unseen.outcome is Outcome.UNCHECKED
        assert unseen.message == "it is not known who holds which role"
        asked = GuardRule(name, Severity.REFUSE)
        verdict = found(CALM, asked)[name]
        assert verdict.outcome is Outcome.REFUSE
        assert "not known who holds which role" in verdict.message
        assert found(replace(CALM, changes=()), asked)[name] == unseen
        assert found(CALM, replace(asked, environments=("dev",)))[name] == unseen
        assert name not in found(CALM, replace(asked, severity=Severity.OFF))
        assert found(replace(CALM, changes=(), moves={("admin", "A"): 1}), asked)[name] == verdict


NOBODY_READ = replace(CALM, unread="the answer is encrypted")


def test_where_holders_are_not_read_no_order_was_tried():
    verdict = outcome("access_gap", NOBODY_READ)
    assert verdict.outcome is Outcome.UNCHECKED
    assert verdict.message == "who holds which role can't be read (the answer is encrypted)"
    assert not refusals((verdict,))
    refused = outcome("access_gap", NOBODY_READ, GuardRule("access_gap"))
    assert (refused.outcome, refused.message) == (
        Outcome.REFUSE,
        f"this can't be judged: {verdict.message}",
    )


def test_what_somebody_may_hold_is_not_deleted_where_that_is_not_read():
    facts = replace(NOBODY_READ, changes=(*deletions(1), change(Action.UPDATE, "Beta")))
    verdict = outcome("held_roles", facts)
    assert verdict.outcome is Outcome.REFUSE
    assert verdict.message == (
        "would be deleted, and who holds them can't be read (the answer is encrypted): "
        "'role 0 (delete)'"
    )
    own = replace(facts, own=frozenset({("admin", "role 0")}))
    assert outcome("held_roles", own).outcome is Outcome.PASS
    allowed = outcome("held_roles", facts, allow=(Override("held_roles", "agreed"),))
    assert allowed.outcome is Outcome.ALLOWED


def test_protected_names_hold_for_who_holds_the_role_too():
    key = ("admin", "BreakGlass 1")
    guard = GuardRule("protected_names", parameters={"names": ["BreakGlass*"]})
    moved = replace(CALM, moves={key: 2, ("admin", "Beta"): 1})
    verdict = outcome("protected_names", moved, guard)
    assert verdict.outcome is Outcome.REFUSE
    assert verdict.message.endswith("would change: 'BreakGlass 1 (holders)'")
    both = replace(moved, changes=(change(Action.UPDATE, "BreakGlass 1"),))
    message = outcome("protected_names", both, guard).message
    assert message.endswith("'BreakGlass 1 (update, holders)'")
