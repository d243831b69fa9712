"""Users whom a target has and a capture of it need not show, since they hold nothing there. Pure.

Whoever gets a first role is one of them. They are looked up by name, and only where a plan turns
on it; how they are looked up is the platform's.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from migrate.identity import IdentityRules, scope_here, unshown_users
from migrate.identity.rules import Fold
from migrate.identity.things import Index, things
from migrate.model import (
    Assignment,
    People,
    Principal,
    PrincipalKey,
    PrincipalKind,
    Selection,
    State,
)
from migrate.peopleplan import PeoplePlan
from migrate.wording import quoted

USER = PrincipalKind.USER.value


@dataclass(frozen=True, slots=True)
class LookUp:
    """What looking users up in a target came to.

    `failed` says why nobody could be looked up, and `remedy` what to do about it; both are ""
    where everybody could be, or was shown. `statuses` has, by folded name, what the platform
    calls those of them who are not active.
    """

    failed: str = ""
    remedy: str = ""
    statuses: Mapping[str, str] = field(default_factory=dict)

    def doubt(self, kinds: Iterable[str]) -> str:
        """Why users may be in the target all the same, if there are any among what of these kinds
        was not found there; "" where they are not."""
        if not self.failed or USER not in kinds:
            return ""
        return f"users who hold nothing there could not be looked up: {self.failed}"

    def notes(self, adds: Iterable[Assignment], people: People) -> list[str]:
        """A sentence on each user who is given something and is not active."""
        given = Counter(item.holder for item in adds if item.kind == USER)
        return [
            f"user {quoted(people.principals[holder].name)} is {quoted(self.statuses[holder[1]])} "
            f"in the target, and is given {count} assignment{'' if count == 1 else 's'}"
            for holder, count in sorted(given.items())
            if holder[1] in self.statuses
        ]


SETTLED = LookUp()
"""Everybody was shown, or looked up."""

NOT_READ = LookUp(
    "the target itself is not read",
    "Name the target as an environment, without --target-snapshot: then they are looked up.",
)
"""For plans that are made on a snapshot of the target."""


def wanted_names(
    source: State,
    target: State,
    selections: tuple[Selection, Selection],
    rules: IdentityRules,
    fold: Fold,
) -> tuple[str, ...]:
    """The names that a plan which moves assignments turns on and that the target does not show.

    `selections` are what was asked for and what the source was captured with. None where either
    side is not wholly known: then there can be no such plan.
    """
    there, here = source.people, target.people
    if there is None or here is None or not (there.complete and here.complete):
        return ()
    scope = scope_here(*selections, source, rules)
    moved = frozenset(
        item
        for item in there.assignments
        if all(selection.covers(rules.role(item.role)) for selection in scope)
    )
    return unshown_users(replace(there, assignments=moved), here, rules, fold=fold)


def unshown_holders(plan: PeoplePlan, now: People) -> frozenset[PrincipalKey]:
    """The users whom a plan gives something, or would, and whom a capture does not show."""
    items = (*plan.adds, *(entry.assignment for entry in plan.left))
    return frozenset(item.holder for item in items if item.kind == USER) - now.principals.keys()


def names_of(holders: Iterable[PrincipalKey], planned_on: People | None) -> tuple[str, ...]:
    """The names of a plan's users, spelled as in the capture that it was made on, if at hand."""
    known = planned_on.principals if planned_on else {}
    return tuple(sorted(known[key].name if key in known else key[1] for key in holders))


def unshown(names: Iterable[str], people: People, fold: Fold) -> tuple[str, ...]:
    """Those of some users' names, spelled as in the target, that a capture does not show."""
    shown = Index(things(people, USER))
    return tuple(sorted({name for name in names if not shown.named(fold(USER, name))}))


def with_users(state: State, users: Iterable[Principal], fold: Fold) -> State:
    """A state with users added who were looked up: they hold nothing in it.

    One whose id is there under another name is left out, for nobody is two principals.
    """
    people = state.people
    if people is None:
        return state
    known = (each.id for (kind, _), each in people.principals.items() if kind == USER)
    taken = {own for own in known if own is not None}
    added = {(USER, fold(USER, each.name)): each for each in users if each.id not in taken}
    return replace(state, people=replace(people, principals={**added, **people.principals}))
