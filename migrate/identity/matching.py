"""Finding the one user, group or bot of a target that one of the source is.

An explicit table says so, or a user's rewritten domain, the same name, or a user's id in the
organisation where nothing else is known of it; or a pair of ids that was remembered. Where the
ids and the name lead to two different ones, neither is taken.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from migrate.identity.pairs import Pairs
from migrate.identity.rules import USER, Fold, IdentityRules
from migrate.identity.things import Index, Thing
from migrate.wording import quoted

TABLE = "by the config's table"
DOMAIN = "by the rewritten domain"
REMEMBERED = "remembered by its id"
NAME = "by its name"
ORG_ID = "by its id in the organisation"


@dataclass(frozen=True, slots=True)
class Match:
    """What was found, and by which way."""

    target: Thing
    way: str


@dataclass(frozen=True, slots=True)
class Problem:
    """Why nothing was found, or which candidates fit equally well.

    `claims` are two matches that contradict each other: neither is free for another meanwhile.
    """

    reason: str
    ambiguous: bool = False
    candidates: tuple[Thing, ...] = ()
    claims: tuple[Match, ...] = ()


class Matcher:
    """Matches the things of one kind, one by one. `complete`: all of the target's were read."""

    def __init__(
        self,
        kind: str,
        sources: Collection[Thing],
        targets: Index,
        rules: IdentityRules,
        remembered: Pairs,
        fold: Fold,
        *,
        complete: bool,
    ) -> None:
        self._kind = kind
        self._targets = targets
        self._fold = fold
        self._complete = complete
        self._table = {fold(kind, key): name for key, name in rules.table(kind).items()}
        self._domains = {fold(USER, key): end for key, end in rules.domains.items()}
        self._pairs = remembered.of(kind)
        self._bases = Counter(each.base for each in sources)
        self._reserved = self._by_table(sources)

    def match(self, thing: Thing) -> Match | Problem:
        """The one that `thing` is in the target, or why that cannot be said.

        What the table gives to another of the source is nobody else's, whatever it is called.
        """
        outcome = self._found(thing)
        if isinstance(outcome, Match):
            owner = self._reserved.get(outcome.target.key)
            if owner is not None and owner != thing:
                it = _spelled(outcome.target)
                return Problem(f"the config says that {it} here is {_spelled(owner)} of the source")
        return outcome

    def unshown(self, thing: Thing) -> tuple[str, ...]:
        """The names, as they are spelled, that `thing` would be found by before any other, if
        only the target had shown that it has them."""
        said = self._said(thing)
        if said is not None:
            names = [said]
        elif thing.by_org_id_only:
            return ()
        else:
            names = [name for name in (self._rewritten(thing), thing.name) if name is not None]
        shown = [bool(self._targets.named(self._fold(self._kind, name))) for name in names]
        return tuple(names[: shown.index(True)] if True in shown else names)

    def _found(self, thing: Thing) -> Match | Problem:
        named = self._by_name(thing)
        same_id = self._by_pair(thing)
        if same_id is None:
            return named if named is not None else self._missing(thing)
        if named is None:
            return Match(same_id, REMEMBERED)
        if isinstance(named, Problem):
            # Names that several share say nothing: here the id can decide.
            settled = named.ambiguous and same_id in (named.candidates or (same_id,))
            return Match(same_id, REMEMBERED) if settled else named
        if named.target == same_id:
            return named
        return Problem(
            f"it is {_spelled(named.target)} {named.way}, and {_spelled(same_id)} "
            f"{REMEMBERED} from an earlier run",
            ambiguous=True,
            claims=(named, Match(same_id, REMEMBERED)),
        )

    def _by_pair(self, thing: Thing) -> Thing | None:
        pair = self._pairs.get(thing.id) if thing.id is not None else None
        return self._targets.by_id.get(pair.target_id) if pair else None

    def _by_table(self, sources: Iterable[Thing]) -> dict[str, Thing]:
        """The table's entries for things that are there: what it gives, and to whom."""
        if not self._table:
            return {}
        return {
            target.key: each
            for each in sources
            if (said := self._said(each)) is not None
            for target in self._targets.named(self._fold(self._kind, said))
        }

    def _said(self, thing: Thing) -> str | None:
        said = self._table.get(thing.key)
        if said is None and not self._has_twin(thing):
            said = self._table.get(thing.base)
        return said

    def _by_name(self, thing: Thing) -> Match | Problem | None:
        said = self._said(thing)
        if said is not None:
            found = self._targets.named(self._fold(self._kind, said))
            if not found:
                reason = f"the config says it is {quoted(said)} here, and there is none"
                return Problem(reason + self._hint(said))
            return _only(found, TABLE)
        for name, way in self._names(thing):
            found = self._targets.named(name)
            if found and self._has_twin(thing) and found[0].base == name:
                return Problem(
                    f"the source has {self._bases[thing.base]} of the name {quoted(thing.base)}",
                    ambiguous=True,
                )
            if found:
                return _only(found, way)
        same_person = self._targets.of_org_id(thing)
        return _only(same_person, ORG_ID) if same_person else None

    def _names(self, thing: Thing) -> Iterable[tuple[str, str]]:
        rewritten = self._rewritten(thing)
        if rewritten is not None:
            yield self._fold(self._kind, rewritten), DOMAIN
        yield thing.key, NAME
        if thing.base != thing.key:
            yield thing.base, NAME

    def _rewritten(self, thing: Thing) -> str | None:
        local, at, domain = thing.name.rpartition("@")
        if self._kind != USER or not at:
            return None
        end = self._domains.get(self._fold(USER, at + domain))
        return None if end is None else local + end

    def _has_twin(self, thing: Thing) -> bool:
        return self._bases[thing.base] > 1

    def _missing(self, thing: Thing) -> Problem:
        wanted = self._rewritten(thing) or thing.base
        near = self._targets.resembling(wanted)
        if len(near) > 1:
            return Problem(
                f"it could be {_either(near)}, which differ only by case, Unicode form or blanks",
                ambiguous=True,
            )
        known = "" if self._complete else " among those who hold a role (only they were read)"
        if thing.by_org_id_only:
            known += "; who is known by an id in the organisation alone can't be looked up"
        if wanted != thing.base:
            names = f"neither {quoted(wanted)} nor {quoted(thing.name)}"
            return Problem(f"the target has {names}{known}{self._hint(wanted)}")
        return Problem(f"the target has none of that name{known}{self._hint(wanted)}")

    def _hint(self, wanted: str) -> str:
        near = self._targets.resembling(wanted)
        if not near:
            return ""
        return (
            f"; {_either(near)} differs only by case, Unicode form or blanks: "
            f"if it is meant, say so under {self._kind}s"
        )


def _only(found: list[Thing], way: str) -> Match | Problem:
    if len(found) == 1:
        return Match(found[0], way)
    return Problem(f"it could be {_either(found)}", ambiguous=True, candidates=tuple(found))


def _either(found: Iterable[Thing]) -> str:
    return " or ".join(_spelled(each) for each in found)


def _spelled(thing: Thing) -> str:
    return quoted(thing.spelled)
