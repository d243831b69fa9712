"""What a plan comes to, in a handful of lines: the same for 5 changes as for 5,000."""

from collections import Counter
from collections.abc import Iterator
from textwrap import wrap

from migrate.access import Direction
from migrate.diff import Action, Reason
from migrate.guards import Outcome
from migrate.plan import Plan
from migrate.report.escape import inert
from migrate.traits import Traits

_OBJECTIONS = (
    (Outcome.REFUSE, "refused by"),
    (Outcome.ALLOWED, "allowed, with a reason:"),
    (Outcome.WARN, "warned by"),
    (Outcome.UNCHECKED, "not checked:"),
)
NAMED = 4
"""Guards named; they all stand above."""


def summary(plan: Plan) -> str:
    """One line of counts."""
    return " ".join(_counts(plan))


def lines(plan: Plan, traits: Traits, width: int) -> Iterator[str]:
    """Counts of roles and assignments, of whose access changes, and what guards object to."""
    for counts in _counts(plan):
        yield from wrap(counts, width)
    if plan.people.unread:
        yield "Who gains or loses access is not known."
    elif not plan.empty:
        gain, lose = (_reach(plan, traits, way) for way in (Direction.GAIN, Direction.LOSS))
        yield f"Access: {gain} would gain, {lose} would lose."
    said = [
        f"{words} {', '.join(rules) if len(rules) <= NAMED else f'{len(rules)} of them'}"
        for outcome, words in _OBJECTIONS
        if (rules := dict.fromkeys(each.rule for each in plan.verdicts if each.outcome is outcome))
    ]
    yield from wrap(inert(f"Guards: {'; '.join(said) if said else 'all pass'}."), width)


def _counts(plan: Plan) -> Iterator[str]:
    created, updated, deleted = (len(plan.of(action)) for action in Action)
    roles = "role" if created == 1 else "roles"
    counts = f"{created} {roles} to create, {updated} to update, {deleted} to delete"
    left = sum(1 for item in plan.left if item.reason is not Reason.NOT_CAPTURED)
    yield f"{counts}; {plan.equal} equal, {left} left as they are."
    adds, removes = len(plan.people.adds), len(plan.people.removes)
    if adds or removes:
        yield f"Assignments: {adds} to add, {removes} to remove."


def _reach(plan: Plan, traits: Traits, direction: Direction) -> str:
    """How many users and groups gain or lose something somewhere."""
    found = {
        who
        for change in plan.people.access
        if any(delta.direction is direction for delta in change.deltas)
        for who in change.principals
    }
    counts = Counter(kind for kind, _ in found)
    counted = [
        f"{count} {traits.noun(kind)}{'s' * (count != 1)}"
        for kind, count in sorted(counts.items(), reverse=True)
    ]
    return " and ".join(counted) or "nobody"
