"""What an approval holds for, and which approvals count."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from migrate import approval
from migrate.actor import Actor
from migrate.approval import Approval, Proof, changes_digest, judge, same_person
from migrate.guards import Outcome, Override, Verdict
from migrate.model import Identity, Mode
from migrate.plan import Plan
from migrate.planfile import plan_digest
from migrate.statement import Statement, statement_bytes
from tests.core.account import planned
from tests.core.test_plan import admin, request, state

AT = "2026-01-31T12:00:00Z"


def a_plan(value: str = "YES") -> Plan:
    source, target = (
        state(admin("Ops", value), admin("Same")),
        state(admin("Ops", "NO"), admin("Same")),
    )
    plan = planned(source, target, request(Mode.INCREMENTAL))
    return replace(plan, planner=Actor("pat", "ci/1"))


def given(of: Plan, name: str = "alice@example.com", **own: object) -> Approval:
    values: dict[str, object] = {
        "plan": of.id,
        "plan_digest": plan_digest(of),
        "changes": changes_digest(of),
        "target": of.target.identity,
        "planner": of.planner,
        "approver": Actor(name, "laptop"),
        "at": AT,
        "change_ref": "CHG1",
    }
    return Approval(Statement(**(values | own)))  # type: ignore[arg-type]


def counted(
    plan: Plan,
    *found: tuple[Approval, Proof | str | None],
    proven_only: bool = False,
    keys: frozenset[str] = frozenset(),
) -> tuple[list[str], str]:
    judged = judge(
        plan,
        found,
        since="2026-01-30T12:00:00Z",
        until="2026-01-31T12:05:00Z",
        proven_only=proven_only,
        planners_keys=keys,
    )
    return [each.actor.name for each in judged.counted], "; ".join(judged.refused)


def test_a_plan_that_is_made_again_and_does_the_same_has_the_same_digest() -> None:
    plan = a_plan()
    again = replace(
        plan,
        id="11111111-89ab-cdef-0123-456789abcdef",
        created_at="2026-02-01T00:00:00Z",
        planner=Actor("somebody else"),
        equal=plan.equal + 3,
        source=replace(plan.source, captured_at="2026-02-01T00:00:00Z", digest="0" * 64),
        target=replace(plan.target, captured_at="2026-02-01T00:00:00Z", digest="1" * 64),
    )
    assert changes_digest(again) == changes_digest(plan)
    assert plan_digest(again) != plan_digest(plan)


OTHER = Identity("kore", "https://other.example.com", "x")
CHANGES: dict[str, Callable[[Plan], Plan]] = {
    "a permission": lambda _plan: a_plan("MAYBE"),
    "a change less": lambda plan: replace(plan, changes=()),
    "the mode": lambda plan: replace(plan, mode=Mode.FULL),
    "the target": lambda plan: replace(plan, target=replace(plan.target, identity=OTHER)),
    "the source": lambda plan: replace(plan, source=replace(plan.source, identity=OTHER)),
    "the store": lambda plan: replace(plan, store="s3://another"),
    "what was allowed": lambda plan: replace(plan, overrides=(Override("max_losers", "so"),)),
    "a verdict": lambda plan: replace(
        plan, verdicts=(*plan.verdicts, Verdict("new", Outcome.WARN, "look", ""))
    ),
    "who is dropped": lambda plan: replace(plan, people=replace(plan.people, dropping=("admin",))),
}


@pytest.mark.parametrize("what", CHANGES)
def test_whatever_else_it_does_loses_its_approval(what: str) -> None:
    plan = a_plan()
    other = CHANGES[what](plan)
    assert changes_digest(other) != changes_digest(plan)
    names, why = counted(other, (given(plan), None))
    assert names == []
    assert "for another target" in why or "for other changes" in why


def test_one_person_counts_once_and_never_whoever_made_the_plan() -> None:
    plan = a_plan()
    names, why = counted(
        plan,
        (given(plan, "Alice@Example.com"), None),
        (given(plan, "alice"), None),
        (given(plan, "PAT@example.com"), None),
        (given(plan, "carol", planner=Actor("carol")), None),
        (given(plan, "bob"), None),
    )
    assert names == ["Alice@Example.com", "bob"]
    assert "'Alice@Example.com' approved already" in why
    assert "'pat' made the plan" in why
    assert "'carol' made the plan" in why


def test_one_key_counts_once_under_whatever_names() -> None:
    plan = a_plan()
    names, why = counted(
        plan,
        (given(plan, "alice"), Proof("alice", "SHA256:a")),
        (given(plan, "ops"), Proof("ops", "SHA256:a")),
        (given(plan, "bob"), Proof("bob", "SHA256:b")),
        keys=frozenset({"SHA256:b"}),
    )
    assert names == ["alice"]
    assert "its key approved already, as 'alice'" in why
    assert "its key is one of whoever made the plan" in why


def test_who_signed_counts_and_not_who_they_say_they_are() -> None:
    plan = a_plan()
    names, why = counted(plan, (given(plan, "alice"), Proof("pat@example.com", "SHA256:p")))
    assert (names, "'pat' made the plan" in why) == ([], True)
    names, _ = counted(plan, (given(plan, "alice"), Proof("dora", "SHA256:d")))
    assert names == ["dora"]


def test_where_signatures_are_asked_for_only_they_count() -> None:
    plan = a_plan()
    found = ((given(plan, "alice"), None), (given(plan, "bob"), "its key is not allowed"))
    names, why = counted(plan, *found, proven_only=True)
    assert names == []
    assert "it is not signed" in why
    assert "its key is not allowed" in why
    assert counted(plan, found[0])[0] == ["alice"]
    assert counted(plan, found[1])[0] == []


@pytest.mark.parametrize(
    ("at", "why"),
    [("2026-01-30T11:59:59Z", "too old"), ("2026-01-31T12:05:01Z", "from the future")],
)
def test_approvals_count_for_a_time(at: str, why: str) -> None:
    plan = a_plan()
    names, said = counted(plan, (given(plan, at=at), None))
    assert names == []
    assert why in said


def test_an_approval_reads_back_and_what_is_signed_is_all_of_it() -> None:
    plan = a_plan()
    one = replace(given(plan), signature="-----BEGIN SSH SIGNATURE-----")
    assert approval.from_value(approval.to_value(one)) == one
    signed = {statement_bytes(one.statement)}
    for own in (
        {"plan": "x"},
        {"plan_digest": "0" * 64},
        {"changes": "0" * 64},
        {"target": OTHER},
        {"planner": Actor("x")},
        {"approver": Actor("x")},
        {"at": "2026-01-31T12:00:01Z"},
        {"change_ref": "CHG2"},
    ):
        signed.add(statement_bytes(given(plan, **own).statement))
    assert len(signed) == 9


def test_names_of_one_person() -> None:
    assert same_person("Alice@Example.com", "alice")
    assert same_person("alice@a.example", " ALICE@b.example")
    assert not same_person("alice", "alicia")
