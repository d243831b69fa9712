"""Changes of effective access for reviewers: summed up, by user, and as JSON."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from textwrap import wrap
from typing import Any, NamedTuple

from migrate.access import AccessChange, Delta, Direction, Way
from migrate.levels import Levels, Values
from migrate.model import ACCOUNT, PermissionValue, PrincipalKind
from migrate.report.escape import inert, quoted

WIDTH = 80
MOST = 50
"""Sentences, and principals in the table, that are shown unless everything is asked for."""

VERBS = dict(zip(Direction, ("gain", "change", "lose", "show"), strict=True))
SIGNS = dict(zip(Direction, "+~-=", strict=True))
_DANGER = tuple(Direction)


@dataclass(frozen=True, slots=True)
class Sentence:
    """One change of one permission in one scope, and everybody (by folded name) it happens to.

    `members` are the users whom it reaches through `groups` alone. Values that grant nothing
    count as absence, apart from a note's.
    """

    direction: Direction
    role_type: str
    scope: str
    permission: str
    before: Values
    after: Values
    roles: tuple[str, ...]
    users: tuple[str, ...]
    groups: tuple[str, ...]
    members: tuple[str, ...]


class Row(NamedTuple):
    """One line of the table by user: what changes for one principal in one scope."""

    kind: str
    name: str
    role_type: str
    scope: str
    delta: Delta
    through: tuple[Way, ...]


@dataclass(frozen=True, slots=True)
class Words:
    """What sentences need to know beside the changes: the environment's name stands for its
    whole account, `labels` has the console's name of a permission where that is another, `nouns`
    what users are called. `opaque`: permissions are roles, so that there is no way to them.
    """

    environment: str
    levels: Levels
    labels: Mapping[str, str] = field(default_factory=dict)
    sensitive: Collection[str] = ()
    nouns: Mapping[str, str] = field(default_factory=dict)
    opaque: bool = False

    def sentence(self, one: Sentence) -> str:
        """`3 users gain Single Sign On in prod, through Ops Admin`, safe for a terminal."""
        user = self.nouns.get("user", "user")
        subjects = [_count(len(one.users), user)] if one.users else []
        if one.groups:
            inside = f" ({_count(len(one.members), user)})" if one.members else ""
            subjects.append(_count(len(one.groups), "group") + inside)
        verb = VERBS[one.direction] + ("s" if len(one.users) + len(one.groups) == 1 else "")
        if self.opaque:
            return f"{' and '.join(subjects)} {verb} {self.named(one.permission, one.scope)}"
        nothing = ", which grants nothing" if one.direction is Direction.NOTE else ""
        what = f"{verb} {self.permission(one.permission)}{self._values(one)}"
        through = f"through {', '.join(map(_name, one.roles))}"
        return f"{' and '.join(subjects)} {what} {self.where(one.scope)}{nothing}, {through}"

    def named(self, role: str, scope: str) -> str:
        """`role ACCOUNTING in ledger-prod`."""
        return f"role {_name(role)} {self.where(scope)}"

    def permission(self, name: str) -> str:
        """A permission's name on the wire, with the console's beside it where that differs."""
        label = self.labels.get(name, name)
        return _name(name) if label == name else f"{_name(name)} [{_name(label)}]"

    def where(self, scope: str) -> str:
        """`in prod`, `in bot Helpdesk`."""
        return f"in {_name(self.environment)}" if scope == ACCOUNT else f"in bot {_name(scope)}"

    def _values(self, one: Sentence) -> str:
        if (one.before and one.after) or one.direction is Direction.NOTE:
            return f" ({_shown(one.before)} → {_shown(one.after)})"
        # Of what can only be granted or denied, the name says it all.
        values, weaker = one.before or one.after, self.levels.weaker
        lowest = weaker.get(values[0]) == frozenset({self.levels.denied}) and len(values) == 1
        stronger = any(values[0] in below for below in weaker.values())
        return "" if lowest and not stronger else f" ({_shown(values)})"


_Key = tuple[Direction, str, str, str, Values, Values, tuple[str, ...]]


def sentences(
    changes: Iterable[AccessChange], levels: Levels, sensitive: Collection[str] = ()
) -> tuple[Sentence, ...]:
    """The changes summed up, most dangerous first: gains before losses, `sensitive` permissions
    before others, then by how many users they reach.
    """
    alike: dict[_Key, list[tuple[AccessChange, Delta]]] = {}
    for change in changes:
        for delta in change.deltas:
            before, after = delta.before, delta.after
            if delta.direction is not Direction.NOTE:
                before, after = levels.granting(before), levels.granting(after)
            what = (delta.direction, change.role_type, change.scope, delta.permission)
            alike.setdefault((*what, before, after, delta.roles), []).append((change, delta))

    def danger(one: Sentence) -> tuple[Any, ...]:
        count = len(one.users) + len(one.members)
        first = (_DANGER.index(one.direction), one.permission not in sensitive, -count)
        values = tuple(repr(each) for each in (one.before, one.after))
        last = (one.permission, one.role_type, one.scope, one.roles, values)
        return (*first, -len(one.groups), *last)

    return tuple(sorted((_summed(key, each) for key, each in alike.items()), key=danger))


def _summed(key: _Key, changes: list[tuple[AccessChange, Delta]]) -> Sentence:
    groups: set[str] = set()
    for change, _ in changes:
        groups.update(name for kind, name in change.principals if kind == PrincipalKind.GROUP)
    users: list[str] = []
    members: list[str] = []
    for change, delta in changes:
        of_groups = all(way.group in groups for way in change.through(delta))
        reached = members if of_groups else users
        reached.extend(name for kind, name in change.principals if kind == PrincipalKind.USER)
    return Sentence(*key, tuple(sorted(users)), tuple(sorted(groups)), tuple(sorted(members)))


def rows(changes: Iterable[AccessChange]) -> tuple[Row, ...]:
    """The table by user, by name, groups after users."""
    found = [
        Row(kind, name, change.role_type, change.scope, delta, through)
        for change in changes
        for delta, through in [(delta, change.through(delta)) for delta in change.deltas]
        for kind, name in change.principals
    ]
    found.sort(key=lambda row: (row.kind != PrincipalKind.USER, row[:4], row.delta.permission))
    return tuple(found)


def lines(
    changes: tuple[AccessChange, ...], words: Words, *, everything: bool, principals: bool = True
) -> Iterator[str]:
    """The sentences and, where everything is asked for, notes and the table by user.

    Without `principals` nobody is named, and there is no such table. Plain text of at most about
    80 columns.
    """
    yield "Access"
    found = sentences(changes, words.levels, words.sensitive)
    notes = [one for one in found if one.direction is Direction.NOTE]
    telling = found if everything else found[: len(found) - len(notes)]  # Notes come last.
    if len(notes) == len(found):
        yield "  nobody gains or loses anything"
    for one in telling if everything else telling[:MOST]:
        yield from _wrapped(f"{SIGNS[one.direction]} {words.sentence(one)}", 2)
        who = [*map(_name, one.users), *(f"group {_name(name)}" for name in one.groups)]
        if principals:
            yield from _wrapped(_some(who), 6)
    yield from _more(len(telling), everything)
    if notes and not everything:
        yield f"  {_count(len(notes), 'note')} on what grants nothing (-v shows all)"
    if telling and everything and principals:
        yield from ("", "Access by user")
        yield from _table(rows(changes), words, everything)


def telling(changes: tuple[AccessChange, ...], words: Words) -> tuple[Sentence, ...]:
    """The sentences without notes on what grants nothing, most dangerous first."""
    found = sentences(changes, words.levels, words.sensitive)
    return tuple(one for one in found if one.direction is not Direction.NOTE)


def _table(table: tuple[Row, ...], words: Words, everything: bool) -> Iterator[str]:
    by_who: dict[tuple[str, str], list[Row]] = {}
    for row in table:
        if everything or row.delta.direction is not Direction.NOTE:
            by_who.setdefault(row[:2], []).append(row)
    for kind, name in by_who if everything else list(by_who)[:MOST]:
        yield from _wrapped(("" if kind == PrincipalKind.USER else "group ") + _name(name), 2)
        for row in by_who[kind, name]:
            ways = [
                _name(way.role) + (f" (group {_name(way.group)})" if way.group else "")
                for way in row.through
            ]
            text = (
                f"{words.permission(row.delta.permission)} "
                f"{words.where(row.scope)}: {_shown(row.delta.before)} → "
                f"{_shown(row.delta.after)}, through {', '.join(ways)}"
            )
            if words.opaque:
                text = words.named(row.delta.permission, row.scope)
            text = f"{SIGNS[row.delta.direction]} {text}"
            yield from _wrapped(text, 4)
    yield from _more(len(by_who), everything)


def _more(count: int, everything: bool) -> list[str]:
    rest = 0 if everything else count - MOST
    return [f"  … and {rest} more (-v shows all)"] if rest > 0 else []


def _wrapped(text: str, indent: int) -> list[str]:
    return wrap(text, WIDTH, initial_indent=" " * indent, subsequent_indent=" " * (indent + 4))


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _some(names: list[str]) -> str:
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(names[:5]) + more


def _shown(values: Values) -> str:
    """`FULL`; `A | B` side by side; a list of several in brackets; `absent`."""
    return " | ".join(_value(value) for value in values) or "absent"


def _value(value: PermissionValue) -> str:
    return _name(value) if isinstance(value, str) else f"[{', '.join(map(_name, value))}]"


def _name(text: str) -> str:
    """A name safe for a terminal, between quotation marks where it could be misread."""
    plain = text.strip() and text.split(" ") == text.split() and not set(text) & set('",;:()[]|→')
    return inert(text) if plain else quoted(text)
