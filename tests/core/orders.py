"""Small accounts on which orders are tried, and what is right there, worked out by other code.

Nothing in here knows how orders are found: it counts what everybody may do from assignments alone.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from hypothesis import strategies as st

from migrate.model import Assignment, Permissions, PermissionValue, RoleKey
from migrate.moves import Grants, Hold, Holder, Holdings, Move, Part, Roles
from migrate.ordering import Order, order

KEYS: tuple[RoleKey, ...] = tuple(("bot", name) for name in "ABC")
VALUES = ("NO", "VIEW", "FULL", "YES", "ODD")
WEAKER = {"FULL": ("VIEW", "FULL"), "VIEW": ("VIEW",), "YES": ("YES",), "ODD": ("ODD",), "NO": ()}
SCOPES = ("one", "two")
DESK, ALL = "desk", "all"
Value = PermissionValue | None


def granting(permissions: Permissions) -> Grants:
    return frozenset(
        (name, each) for name, value in permissions.items() for each in WEAKER[str(value)]
    )


def common(one: Value, other: Value) -> Value:
    if one is None:
        return None
    both = set(WEAKER[str(one)]) & set(WEAKER[str(other)]) if other is not None else set()
    return "FULL" if "FULL" in both else next(iter(both), "NO")


@dataclass(frozen=True)
class Case:
    """Roles and assignments before and after; users with the groups that they are in."""

    roles: Roles
    before: frozenset[Assignment]
    after: frozenset[Assignment]
    groups_of: Mapping[str, frozenset[str]]

    @property
    def adds(self) -> frozenset[Assignment]:
        return self.after - self.before

    @property
    def removes(self) -> frozenset[Assignment]:
        """Who holds a role that is pruned is in no removal."""
        gone = self.before - self.after
        return frozenset(item for item in gone if item.role_key not in self.roles.pruned)

    @property
    def people(self) -> frozenset[Holder]:
        """Everybody, everywhere."""
        names = {("user", name) for name in self.groups_of} | {("group", DESK), ("group", ALL)}
        return frozenset((name, scope) for name in names for scope in SCOPES)

    def holds(self, who: Holder, item: Assignment) -> bool:
        (kind, name), scope = who
        inside = self.groups_of.get(name, frozenset()) if kind == "user" else frozenset()
        own = item.holder == (kind, name)
        return item.scope == scope and (own or (item.kind == "group" and item.principal in inside))

    def may(
        self, who: Holder, items: frozenset[Assignment], roles: Mapping[RoleKey, Any]
    ) -> Grants:
        """What somebody may do by some assignments."""
        return frozenset(
            chain.from_iterable(
                granting(roles[item.role_key])
                for item in items
                if item.role_key in roles and self.holds(who, item)
            )
        )

    def bounds(self) -> dict[Holder, tuple[Grants, Grants]]:
        """What everybody must hold at least, and may hold at most, on the way."""
        found = {}
        for who in self.people:
            had = self.may(who, self.before, self.roles.before)
            will = self.may(who, self.after, self.roles.after)
            found[who] = (had & will, had | will)
        return found

    def holdings(self, items: frozenset[Assignment]) -> Holdings:
        found: dict[Holder, set[Hold]] = {}
        for who in self.people:
            for item in items:
                if self.holds(who, item):
                    group = item.principal if item.holder != who[0] else ""
                    found.setdefault(who, set()).add((item.role_key, group))
        return {who: frozenset(held) for who, held in found.items()}

    @property
    def hideable(self) -> frozenset[Assignment]:
        """What users may keep directly, unseen behind a group's row, when every group loses it."""
        after = {(who, key) for who, held in self.holdings(self.after).items() for key, _ in held}
        may = {
            Assignment(*who[0], *key, who[1])
            for who, held in self.holdings(self.before).items()
            for key, _ in held
            if who[0][0] == "user" and key in self.roles.after and (who, key) not in after
        }
        return frozenset(may - self.before)

    def really(self, hidden: frozenset[Assignment]) -> "Case":
        """This, with what does not show."""
        return Case(self.roles, self.before | hidden, self.after | hidden, self.groups_of)

    def order(self, *, careful: bool = False, hidden: bool = False) -> Order:
        """`hidden`: rows do not tell whether somebody holds directly what a group gives."""
        found: dict[Holder, set[RoleKey]] = {}
        for item in self.hideable if hidden else ():
            found.setdefault((item.holder, item.scope), set()).add(item.role_key)
        return order(
            "bot",
            self.roles,
            self.holdings(self.before),
            self.holdings(self.after),
            (self.adds, self.removes),
            granting,
            common,
            careful=careful,
            hidden={who: frozenset(keys) for who, keys in found.items()},
        )

    def states(
        self, parts: tuple[Part, ...], draw: Any
    ) -> Iterator[tuple[Move, dict[RoleKey, Any], frozenset[Assignment]]]:
        """Every state between two calls; the calls of one part are single assignments, in any
        order. Ends as it shall, or it is an error."""
        now: dict[RoleKey, Any] = dict(self.roles.before)
        who = self.before
        for part in parts:
            move = part.move
            if part.roles is not None:
                for name, waits in part.roles.items():
                    key = ("bot", name)
                    there = {**self.roles.after[key], **waits}
                    now[key] = {each: value for each, value in there.items() if value is not None}
            elif move in (Move.IMPORT, Move.UPDATE, Move.REPLACE):
                now |= self.roles.after
            elif move in (Move.CREATE, Move.NARROW):
                now |= {key: self.roles.after[key] for key in self.roles.created}
            if move is Move.NARROW:
                for key in self.roles.before.keys() & self.roles.after.keys():
                    then = self.roles.after[key]
                    less = {
                        each: common(value, then.get(each))
                        for each, value in self.roles.before[key].items()
                    }
                    now[key] = {each: value for each, value in less.items() if value is not None}
            if move in (Move.PRUNE, Move.REPLACE):
                now = {key: held for key, held in now.items() if key not in self.roles.pruned}
            yield move, now, who
            adds = self.adds if move is not Move.REMOVE else frozenset[Assignment]()
            for item in draw(self._of(part, adds)):
                assert item.role_key in now, "added to a role that is not there yet"
                who |= {item}
                yield move, now, who
            if move is Move.REMOVE:
                for item in draw(self._of(part, self.removes)):
                    who -= {item}
                    yield move, now, who
        assert now == self.roles.after
        assert {item for item in who if item.role_key in now} == self.after

    def _of(self, part: Part, items: frozenset[Assignment]) -> list[Assignment]:
        created = self.roles.created
        some = {
            Move.ADD: items,
            Move.ADD_EXISTING: {i for i in items if i.role_key not in created},
            Move.ADD_CREATED: {i for i in items if i.role_key in created},
            Move.REMOVE: items,
        }.get(part.move, frozenset())
        return sorted(some if part.items is None else some & part.items)


definitions = st.dictionaries(
    st.sampled_from(KEYS),
    st.dictionaries(st.sampled_from(("p", "q")), st.sampled_from(VALUES)),
    min_size=1,
)
principals = st.sampled_from([("user", "ann"), ("user", "bob"), ("group", DESK), ("group", ALL)])


@st.composite
def cases(draw: st.DrawFn, scopes: tuple[str, ...] = SCOPES, most: int = 5) -> Case:
    """Cases of any kind; `most` bounds the assignments on either side."""
    old, new = draw(definitions), draw(definitions)
    sides = []
    for existing in (old, new):
        held = st.tuples(principals, st.sampled_from(sorted(existing)), st.sampled_from(scopes))
        sides.append(
            frozenset(
                Assignment(*who, *key, scope)
                for who, key, scope in draw(st.sets(held, max_size=most))
            )
        )
    inside = st.sets(st.sampled_from((DESK, ALL)))
    groups_of = {name: frozenset(draw(inside)) for name in ("ann", "bob")}
    texts = draw(st.booleans())
    both = frozenset(key for key in old.keys() & new.keys() if old[key] == new[key])
    return Case(Roles(old, new, both if texts else frozenset()), *sides, groups_of)
