"""The sections of a plan, as values for a page's template and as data for its script."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from migrate.access import Direction
from migrate.diff import Action, Left, Reason
from migrate.guards import Outcome, can_be_allowed
from migrate.model import PrincipalKind
from migrate.plan import Origin, Plan, Reverted, Side
from migrate.planfile import verdict_to_value
from migrate.report import people_text, plan_text
from migrate.report.access_text import Sentence, Words, sentences
from migrate.report.html import matrix, who
from migrate.report.html.strings import Strings, name
from migrate.snapshot import UNDATED
from migrate.traits import Traits

MOST = 200
"""Entries of a list that are written out; tables have all."""

GRAVITY = (Outcome.REFUSE, Outcome.WARN, Outcome.ALLOWED, Outcome.UNCHECKED, Outcome.PASS)

Fact = tuple[str, str, bool]
"""What it is called, what it is, and whether that is code."""


def of_plan(plan: Plan, traits: Traits) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the template and what the script need to show what a plan does."""
    strings, words = Strings(), plan_text.words_of(plan, traits)
    levels = words.levels
    people = plan.people
    data = {
        "matrices": matrix.to_value(plan.changes, levels, traits.labels, strings),
        "access": who.access(people.access, words, strings),
        "assignments": who.assignments(
            people.adds, people.removes, [role.key for role in people.unseen], words, strings
        ),
        "alphabet": matrix.ALPHABET,
    }
    data["strings"] = strings.table
    found = [] if people.unread else list(sentences(people.access, levels, traits.sensitive))
    telling = [one for one in found if one.direction is not Direction.NOTE]
    context = {
        "plan": plan,
        "opaque": traits.opaque_roles,
        "sentences": [_told(one, words) for one in telling[:MOST]],
        "more_sentences": max(0, len(telling) - MOST),
        "notes_on_access": len(found) - len(telling),
        "reverts": [_reverted(each) for each in plan.reverts[:MOST]],
        "more_reverts": max(0, len(plan.reverts) - MOST),
        "left": list(_left(plan.left)),
        "left_assignments": _left_assignments(plan),
        "orders": [
            (order.role_type, ", ".join(map(people_text.part_text, order.parts)))
            for order in people.orders
        ],
        "without_script": list(_plain(plan)),
    }
    return context, data


def counts(plan: Plan, traits: Traits) -> list[tuple[int, str, str]]:
    """Numbers for the top of a page: how many, what, and the direction it is shown in."""
    gaining, losing = _reached(plan)
    user = traits.noun("user")
    found = [
        (len(plan.of(Action.CREATE)), "roles to create", "gain"),
        (len(plan.of(Action.UPDATE)), "roles to update", "changed"),
        (len(plan.of(Action.DELETE)), "roles to delete", "loss"),
        (len(plan.people.adds), "assignments to add", "gain"),
        (len(plan.people.removes), "assignments to remove", "loss"),
        (gaining, f"{user}s gain something", "gain"),
        (losing, f"{user}s lose something", "loss"),
        (plan.equal, "roles equal", ""),
        (len(plan.left), "left as they are", ""),
    ]
    return [(number, what, kind if number else "") for number, what, kind in found]


def _reached(plan: Plan) -> tuple[int, int]:
    gaining, losing = set[str](), set[str]()
    for change in plan.people.access:
        users = [who for kind, who in change.principals if kind == PrincipalKind.USER]
        if any(delta.direction.gains for delta in change.deltas):
            gaining.update(users)
        if any(delta.direction.loses for delta in change.deltas):
            losing.update(users)
    return len(gaining), len(losing)


def side(word: str, one: Side) -> Iterator[Fact]:
    """Where a plan comes from or goes to."""
    if one.origin is Origin.ASSIGNMENTS_FILE:
        yield word, f"the file {name(one.environment)}", False
        yield f"{word}, digest", f"sha256:{one.digest}", True
        return
    if one.origin is Origin.RUN:
        yield word, f"what {name(one.environment)} found, for all that it changed", False
        return
    identity = one.identity
    account = f"{identity.platform} account {name(identity.account)} at {identity.url}"
    yield word, f"{name(one.environment)}: {account}", False
    yield f"{word}, as of", "no time" if one.captured_at == UNDATED else one.captured_at, False
    yield f"{word}, snapshot", f"sha256:{one.snapshot}", True


def verdicts(found: Iterable[Mapping[str, str]]) -> list[dict[str, Any]]:
    """What guards say, as plans and reports hold it, the gravest first; those that say the same
    together, and of those that passed just their names.
    """
    alike: dict[tuple[str, str, str, str], list[str]] = {}
    for each in found:
        rule, outcome = each["rule"], each["outcome"]
        can = outcome == Outcome.REFUSE and can_be_allowed(rule)
        allow = f'--allow {rule} --reason "why"' if can else ""
        message = "" if outcome == Outcome.PASS else each["message"]
        alike.setdefault((outcome, message, each["reason"], allow), []).append(rule)
    shown = [
        {
            "outcome": outcome,
            "kind": outcome.replace(" ", "-"),
            "rules": rules,
            "message": message,
            "reason": reason,
            "allow": allow,
        }
        for (outcome, message, reason, allow), rules in alike.items()
    ]
    return sorted(shown, key=lambda each: GRAVITY.index(Outcome(str(each["outcome"]))))


def of_guards(plan: Plan) -> list[dict[str, Any]]:
    """What the guards say of a plan."""
    return verdicts(map(verdict_to_value, plan.verdicts))


def _told(one: Sentence, words: Words) -> dict[str, Any]:
    names = [*one.users, *(f"group {group}" for group in one.groups)]
    shown = [name(each) for each in names[:50]]
    return {
        "direction": one.direction.value,
        "text": words.sentence(one),
        "sensitive": one.permission in words.sensitive and one.direction.gains,
        "names": shown,
        "more": len(names) - len(shown),
    }


def _reverted(one: Reverted) -> dict[str, Any]:
    what = (*one.what, *(f"log: {said}" for said in one.log))
    return {"role": f"{one.role_type} role {name(one.role)}", "what": what}


def _left(left: Sequence[Left]) -> Iterator[dict[str, Any]]:
    for reason in Reason:
        group = [item for item in left if item.reason is reason]
        if group:
            items = [
                f"{item.role_type} {f'role {name(item.name)}' if item.name else 'roles'}"
                + (f": {'; '.join(item.details)}" if item.details else "")
                for item in group[:MOST]
            ]
            yield {"reason": reason.value, "items": items, "more": len(group) - len(items)}


def _left_assignments(plan: Plan) -> list[dict[str, Any]]:
    reasons: dict[str, list[Any]] = {}
    for item in plan.people.left:
        reasons.setdefault(item.reason, []).append(item.assignment)
    return [
        {
            "reason": reason,
            "items": [line.strip() for line in people_text.by_role(" ", items[:MOST])],
            "more": max(0, len(items) - MOST),
        }
        for reason, items in sorted(reasons.items())
    ]


def _plain(plan: Plan) -> Iterator[str]:
    """The first changes as lines, for where no script runs."""
    for change in plan.changes[:50]:
        yield from plan_text.change_lines(change)
    if len(plan.changes) > 50:
        yield f"  … and {len(plan.changes) - 50} more"
