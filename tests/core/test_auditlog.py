"""What an audit log says of the roles that a plan takes back."""

from dataclasses import replace

import pytest

from migrate.auditlog import NEWEST, AuditLog, Logged, explained
from migrate.plan import Plan, Reverted
from tests.core.account import planned
from tests.core.test_plan import SOURCE, TARGET, request

SINCE = "2026-11-01T00:00:00Z"


def a_plan(*roles: str) -> Plan:
    reverts = tuple(Reverted("admin", name, ("was made, and goes",)) for name in roles)
    return replace(planned(SOURCE, TARGET, request()), reverts=reverts)


def at(minute: int, text: str, **more: str) -> Logged:
    return Logged(f"2026-11-24T10:{minute:02}:00Z", "Role Updated", text, **more)


def said(log: AuditLog, *roles: str, names: tuple[str, ...] = ()) -> dict[str, tuple[str, ...]]:
    return {each.role: each.log for each in explained(a_plan(*roles), log, names, SINCE).reverts}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Role 'Ops' updated", True),
        ("Role Ops", True),
        ("Ops: updated", True),
        ("Role DevOps updated", False),
        ("Role Ops2 updated", False),
        ("Role ops updated", False),
        # Another role that is known has this name as a part of its own.
        ("Role 'Ops Lead' updated", False),
        ("Role 'The Ops Lead' updated", False),
        ("Roles 'Ops Lead' and 'Ops' updated", True),
        ("Role 'Ops Chief' updated", True),
    ],
)
def test_an_entry_is_about_the_role_that_its_text_names(text: str, named: bool) -> None:
    found = said(AuditLog((at(1, text),)), "Ops", names=("Ops Lead", "The Ops Lead"))
    assert bool(found["Ops"]) is named


@pytest.mark.parametrize("name", ["a.b*", "(", "Prüferin / ⚖", "\\d", " x "])
def test_a_name_is_no_pattern(name: str) -> None:
    assert said(AuditLog((at(1, f"Role '{name}' updated"), at(2, "Role 5"))), name)[name] == (
        f"2026-11-24T10:01:00Z Role Updated, Role '{name}' updated",
    )


def test_the_newest_are_shown_and_that_there_are_more() -> None:
    entries = tuple(at(minute, f"Ops, {minute}") for minute in (3, 1, 5, 2, 4))
    plan = explained(a_plan("Ops", "Other"), AuditLog(entries, "7 of 9 were read"), (), SINCE)
    assert [each[-1] for each in plan.reverts[0].log] == ["3", "4", "5"]
    assert len(plan.reverts[0].log) == NEWEST
    where = f"the audit log of prod since {SINCE}"
    assert plan.people.notes[-3:] == (
        f"{where} was not read to its end: 7 of 9 were read",
        f'{where} says nothing of admin role "Other"',
        f'{where} says more of admin role "Ops" than its newest entries',
    )


def test_a_log_that_says_it_all_needs_no_note() -> None:
    plan = a_plan("Ops")
    told = explained(plan, AuditLog((at(1, "Ops"),)), (), SINCE)
    assert told.people.notes == plan.people.notes


def test_many_roles_that_it_says_nothing_of_are_counted() -> None:
    plan = explained(a_plan(*(f"R{n}" for n in range(8))), AuditLog(()), (), SINCE)
    assert plan.people.notes[-1].endswith('"R4" and 3 roles more')


def test_an_entry_in_words() -> None:
    assert str(at(1, "text", who="Jane Doe")) == "2026-11-24T10:01:00Z Jane Doe: Role Updated, text"
    assert str(Logged("", "", "text")) == "text"
    assert str(Logged("", "Role Updated", "text", "Jane")) == "Jane: Role Updated, text"
