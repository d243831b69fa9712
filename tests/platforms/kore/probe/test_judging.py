"""What reads say: each answer, and each reason to give none."""

from dataclasses import replace

import pytest

from migrate.model import Role
from migrate.platforms.kore.probe import judging
from migrate.platforms.kore.probe.judging import Answered
from migrate.platforms.kore.rows import GroupRef, Held

KNOWN = frozenset({"Invite", "Preferences", "Users"})
SENT = {"Invite": "NO"}


@pytest.mark.parametrize(
    ("read", "value"),
    [
        ({"Invite": "NO"}, "absent"),
        ({"Invite": "NO", "Users": "NO"}, "denied"),
        ({"Invite": "NO", "Users": ("NO",), "Preferences": ("NO",)}, "denied"),
        ({"Invite": "NO", "Users": "YES"}, None),
        ({"Invite": "NO", "Users": "NO", "Preferences": "VIEW"}, None),
    ],
)
def test_what_becomes_of_permissions_that_are_left_out(read, value):
    assert judging.absent(SENT, read, KNOWN).value == value


def test_where_there_is_nothing_to_leave_out_nothing_is_settled():
    assert judging.absent(SENT, SENT, frozenset(SENT)).value is None
    assert judging.absent(SENT, SENT, frozenset()).value is None


@pytest.mark.parametrize(
    ("read", "value"),
    [({}, "replaced"), ({"A": "NO"}, "replaced"), ({"A": "YES"}, "merged"), ({"A": "VIEW"}, None)],
)
def test_what_an_update_leaves_out(read, value):
    assert judging.update("A", "YES", read).value == value


def test_a_name_that_nobody_knows():
    assert judging.unknown_name("X", {"X": "YES"}).value == "kept"
    assert judging.unknown_name("X", {"A": "YES"}).value == "dropped"


def role(name, own):
    return Role("admin", name, id=own)


@pytest.mark.parametrize(
    ("now", "value"),
    [(("1", "2"), "kept"), (("3", "4"), "minted"), (("1", "4"), None), ((None, "2"), None)],
)
def test_ids(now, value):
    before = {"A": role("A", "1"), "B": role("B", "2")}
    after = {"A": role("A", now[0]), "B": role("B", now[1])}
    assert judging.ids(before, after).value == value
    assert judging.ids(before, {}).value is None


DIRECT = Held("admin", "1", "A")
THROUGH = replace(DIRECT, groups=(GroupRef("g", "g"),))


def test_members():
    assert judging.members((DIRECT,), False, "kept").value == "carried"
    assert judging.members((DIRECT,), True, "minted").value == "carried"
    assert judging.members((), False, "minted").value == "dropped"
    # Whoever is shown under the old id may just be shown late.
    assert judging.members((), True, "minted").value is None


@pytest.mark.parametrize(
    ("held", "value"),
    [
        ((DIRECT, THROUGH), "one"),
        ((THROUGH,), "merged"),
        ((DIRECT,), None),
        ((), None),
        ((THROUGH, THROUGH), None),
    ],
)
def test_rows_of_groups(held, value):
    assert judging.group_rows(held).value == value


def test_a_role_is_renamed_or_another_is_made_or_neither():
    spare = role("A", "1")
    assert judging.renamed(spare, "B", {"B": spare}) is True
    assert judging.renamed(spare, "B", {"A": spare, "B": role("B", "2")}) is False
    assert judging.renamed(spare, "B", {"A": spare}) is None


ABC = ("a", "b", "c")
CBA = ABC[::-1]


def answers(*pairs, there=(*ABC, "d", "admin")):
    return [Answered(sent, answered, frozenset(there)) for sent, answered in pairs]


@pytest.mark.parametrize(
    ("pairs", "value"),
    [
        (((ABC, ABC), (CBA, CBA)), "file"),
        (((ABC, ("d", *ABC)), (CBA, (*CBA, "d"))), "file"),
        (((ABC, ABC), (CBA, ABC)), "other"),
        (((ABC, CBA), (CBA, CBA)), "other"),
        # One answer, answers to files in one order, or answers that lack a role, tell nothing.
        (((ABC, ABC),), None),
        (((ABC, ABC), (ABC, ABC)), None),
        (((ABC, ABC), (CBA, ("c", "b"))), None),
        (((("a", "b"), ("a", "b")), (("b", "a"), ("b", "a"))), None),
    ],
)
def test_the_order_of_answers(pairs, value):
    assert judging.order(answers(*pairs)).value == value


def test_the_scope_of_answers():
    assert judging.scope(answers((ABC, ABC)), "admin").value == "file"
    assert judging.scope(answers((ABC, (*ABC, "d"))), "admin").value == "all"
    # Where only a fixed built-in was left out, its absence has another reason.
    assert judging.scope(answers((ABC, ABC), there=(*ABC, "admin")), "admin").value is None
    assert judging.scope([], "admin").value is None


def test_built_ins_in_answers():
    whole = (*ABC, "d", "admin")
    assert judging.builtins(answers((whole, whole)), "admin").value == "yes"
    assert judging.builtins(answers((whole, whole[:-1])), "admin").value == "no"
    # They are due as well where answers hold all roles, sent or not.
    assert judging.builtins(answers((ABC, (*ABC, "d"))), "admin").value == "no"
    assert judging.builtins(answers((ABC, (*ABC, "d", "admin"))), "admin").value == "yes"
    assert judging.builtins(answers((ABC, ABC)), "admin").value is None


def test_what_a_full_import_deletes():
    assert judging.deletes(["a", "b"], {"c"}).value == "yes"
    assert judging.deletes(["a", "b"], {"a", "b", "c"}).value == "no"
    assert judging.deletes(["a", "b"], {"a"}).value is None


GOOD, BAD = {"status": "success "}, {"status": "failure", "reason": "Invalid emailId"}


@pytest.mark.parametrize(
    ("answer", "refusal", "value"),
    [
        ([GOOD, BAD], "", "entry"),
        ([GOOD, {"status": "FAILED"}], "", "entry"),
        ([GOOD, {"status": "odd", "reason": "who?"}], "", "entry"),
        ([GOOD, GOOD], "", "silent"),
        (None, "HTTP 400", "refuse"),
        ([GOOD], "", None),
        ([GOOD, {}], "", None),
        ([GOOD, "failure"], "", None),
        ([GOOD, {"status": "accepted"}], "", None),
        ({"status": "failure"}, "", None),
    ],
)
def test_what_is_said_of_somebody_unknown(answer, refusal, value):
    assert judging.unknown(answer, refusal, 1).value == value


@pytest.mark.parametrize(
    ("first", "second", "value"),
    [
        (("a", "b"), ("b", "c"), "record"),
        (("a", "b"), ("c", "d"), "page"),
        (("a", "b"), ("c",), "page"),
        (("a", "b"), (), None),
        (("a",), ("b",), None),
        (("a", "b"), ("a", "c"), None),
    ],
)
def test_what_offset_counts(first, second, value):
    assert judging.offset(first, second).value == value


def test_the_size_of_a_page():
    assert judging.page_size(50, 60, "x").value == "50"
    assert judging.page_size(60, 60, "x").value is None


def test_how_late_writes_show():
    assert judging.lag(0.0, 9, 0, 30).value == "none"
    assert judging.lag(0.84, 9, 0, 30).value == "up to 0.8 s"
    assert judging.lag(0.84, 9, 1, 30).value is None
    assert judging.lag(0.0, 0, 0, 30).value is None


def test_the_form_of_a_refusal():
    assert judging.refusal(429, 2.0).value == "retry_after"
    assert judging.refusal(429, None).value == "bare"
    assert judging.refusal(400, None).value == "message"
