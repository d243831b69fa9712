"""Names of a source in a target: everything that can be matched, and everything that cannot."""

from collections import Counter, defaultdict
from collections.abc import Collection

from migrate.errors import UNCHANGED, Fault, InvalidInput
from migrate.identity.matching import REMEMBERED, Match, Matcher, Problem
from migrate.identity.pairs import Pairs
from migrate.identity.resolution import Resolution, Unresolved
from migrate.identity.rules import BOT, GROUP, ROLE, USER, Fold, IdentityRules, folded
from migrate.identity.things import Index, Thing, things
from migrate.model import People, RoleKey, State
from migrate.wording import quoted

_REMEDY = (
    "Say which is meant under [environments.TARGET.identity] in the config. Where a remembered id "
    "is wrong, delete identity/SOURCE.json from the target's store: the next verified run writes "
    "it anew."
)


def resolve(
    source: State,
    target: State,
    rules: IdentityRules,
    remembered: Pairs,
    *,
    roles_after: Collection[RoleKey] | None = None,
    fold: Fold = folded,
) -> Resolution:
    """Match users, groups, bots and role names of `source` with those of `target`.

    People are matched where both states have them. Only what an assignment of the source needs
    can be at fault: leave out of `source` those that shall not be moved. `roles_after` are the
    target's roles as they will be when assignments are made; with it, a role that will not be
    there is unresolved. `fold` must be what the keys in both states were folded by.

    Raises InvalidInput that lists every ambiguity with its candidates, and every name of the
    target that two of the source would share.
    """
    found = _Found()
    needs = _needs(source.people)
    scopes: dict[str, str] = {}
    principals: dict[tuple[str, str], tuple[str, str]] = {}
    if source.people is not None and target.people is not None:
        for kind in (USER, GROUP, BOT):
            known = things(source.people, kind)
            index = Index(things(target.people, kind))
            complete = target.people.complete
            matcher = Matcher(kind, known, index, rules, remembered, fold, complete=complete)
            pairs = found.match_all(known, matcher, needs)
            if kind == BOT:
                scopes = pairs
            else:
                principals |= {(kind, key): (kind, other) for key, other in pairs.items()}
    roles = found.roles(source, rules, roles_after)
    found.refuse()
    return Resolution(principals, scopes, roles, tuple(found.unresolved), tuple(found.notes))


def unshown_users(
    source: People, target: People, rules: IdentityRules, *, fold: Fold = folded
) -> tuple[str, ...]:
    """Names of users that `target` does not show, and that would settle what a user of `source`
    who holds something is there: none where everybody is found by the name that goes first.

    A target need not show who holds nothing (kore.md D). Spelled as they would be there.
    """
    known = things(source, USER)
    matcher = Matcher(
        USER, known, Index(things(target, USER)), rules, Pairs(), fold, complete=target.complete
    )
    needed = {each.principal for each in source.assignments if each.kind == USER}
    found = [name for thing in known if thing.key in needed for name in matcher.unshown(thing)]
    return tuple(sorted({fold(USER, name): name for name in found}.values()))


_Needs = Counter[tuple[str, str]]
"""How many assignments name what: (kind, key)."""


def _needs(people: People | None) -> _Needs:
    if people is None:
        return Counter()
    needs: _Needs = Counter({each: len(items) for each, items in people.by_holder.items()})
    needs.update({(BOT, scope): count for scope, count in people.scope_counts.items()})
    return needs


class _Found:
    """What was noticed while matching, of all kinds together."""

    def __init__(self) -> None:
        self.unresolved: list[Unresolved] = []
        self.notes: list[str] = []
        self._faults: list[Fault] = []

    def match_all(self, known: list[Thing], matcher: Matcher, needs: _Needs) -> dict[str, str]:
        """The target's keys by the source's, of one kind."""
        takers: dict[str, list[tuple[Thing, Match]]] = defaultdict(list)
        matched = set()
        for thing in known:
            outcome = matcher.match(thing)
            if isinstance(outcome, Match):
                matched.add(thing.key)
                takers[outcome.target.key].append((thing, outcome))
                continue
            for claim in outcome.claims:
                takers[claim.target.key].append((thing, claim))
            if needed := needs[(thing.kind, thing.key)]:
                self._problem(thing, outcome, needed)
        pairs = {}
        for key, claims in takers.items():
            thing, match = claims[0]
            if len(claims) > 1:
                if any(needs[(each.kind, each.key)] for each, _ in claims):
                    self._shared(claims)
                continue
            if thing.key not in matched:
                continue
            pairs[thing.key] = key
            if match.way == REMEMBERED and needs[(thing.kind, thing.key)]:
                self.notes.append(
                    f"{thing.kind} {quoted(thing.name)} is {quoted(match.target.name)} in the "
                    f"target, {REMEMBERED}"
                )
        return pairs

    def roles(
        self,
        source: State,
        rules: IdentityRules,
        roles_after: Collection[RoleKey] | None,
    ) -> dict[RoleKey, RoleKey]:
        """The target's role keys by the source's."""
        needs = source.people.role_counts if source.people else Counter[RoleKey]()
        takers: dict[RoleKey, RoleKey] = {}
        found = {}
        for key in sorted(needs.keys() | source.by_key().keys()):
            role_type, name = key
            wanted = (role_type, rules.role(name))
            first = takers.setdefault(wanted, key)
            if first != key:
                self._faults.append(
                    Fault(
                        f"{role_type} roles {quoted(first[1])} and {quoted(name)} would both be "
                        f"{quoted(wanted[1])} in the target, by the aliases in the config"
                    )
                )
            if roles_after is None or wanted in roles_after:
                found[key] = wanted
            elif needs[key]:
                reason = f"the target will have no {role_type} role {quoted(wanted[1])}"
                self.unresolved.append(Unresolved(ROLE, name, reason, needs[key]))
        return found

    def refuse(self) -> None:
        """Raise InvalidInput if there is any ambiguity."""
        if not self._faults:
            return
        count = "one name" if len(self._faults) == 1 else f"{len(self._faults)} names"
        raise InvalidInput(
            f"{count} of the source cannot be told apart in the target",
            target=UNCHANGED,
            remedy=_REMEDY,
            faults=tuple(self._faults),
        )

    def _problem(self, thing: Thing, problem: Problem, needed: int) -> None:
        unresolved = Unresolved(thing.kind, thing.name, problem.reason, needed)
        if problem.ambiguous:
            self._faults.append(Fault(str(unresolved)))
        else:
            self.unresolved.append(unresolved)

    def _shared(self, claims: list[tuple[Thing, Match]]) -> None:
        kind, target = claims[0][0].kind, claims[0][1].target
        listed = ", ".join(f"{quoted(each.name)} ({match.way})" for each, match in claims)
        message = f"{kind} {quoted(target.name)} of the target is meant by {len(claims)}: {listed}"
        self._faults.append(Fault(message))
