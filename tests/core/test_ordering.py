"""Orders are replayed call by call here, by other code than the one that chose them."""

from collections.abc import Iterator
from itertools import chain

from hypothesis import given
from hypothesis import strategies as st

from migrate.model import Assignment, Permissions, RoleKey
from migrate.ordering import order
from migrate.replay import Grants, Move, Roles

KEYS: tuple[RoleKey, ...] = tuple(("bot", name) for name in "ABCD")
VALUES = ("NO", "VIEW", "FULL", "YES", "ODD")
WEAKER = {"FULL": ("VIEW", "FULL"), "VIEW": ("VIEW",), "YES": ("YES",), "ODD": ("ODD",), "NO": ()}
PEOPLE = ("ann", "bob")


def granting(permissions: Permissions) -> Grants:
    return frozenset(
        (name, each) for name, value in permissions.items() for each in WEAKER[str(value)]
    )


definitions = st.dictionaries(
    st.sampled_from(KEYS),
    st.dictionaries(st.sampled_from(("p", "q")), st.sampled_from(VALUES)),
    min_size=1,
)
held = st.dictionaries(
    st.sampled_from([(("user", name), "") for name in PEOPLE]), st.sets(st.sampled_from(KEYS))
)


def assignments(holdings: dict, existing: object) -> frozenset[Assignment]:
    return frozenset(
        Assignment("user", holder[0][1], *key, holder[1])
        for holder, keys in holdings.items()
        for key in keys
        if key in existing  # type: ignore[operator]
    )


def states(
    roles: Roles, before: frozenset, after: frozenset, moves: tuple[Move, ...], draw: object
) -> Iterator[tuple[Move, dict, frozenset]]:
    """Every state between two calls; the calls of one move are single assignments, in any order."""
    now, who = dict(roles.before), before
    adds = after - before
    removes = frozenset(item for item in before - after if item.role_key not in roles.pruned)
    for move in moves:
        if move in (Move.IMPORT, Move.UPDATE, Move.REPLACE):
            now |= roles.after
        if move in (Move.CREATE, Move.NARROW):
            now |= {key: roles.after[key] for key in roles.created}
        if move is Move.NARROW:
            now |= dict.fromkeys(roles.before.keys() & roles.after.keys())
        if move in (Move.PRUNE, Move.REPLACE):
            now = {key: held for key, held in now.items() if key not in roles.pruned}
        yield move, now, who
        part = {
            Move.ADD: adds,
            Move.ADD_EXISTING: frozenset(i for i in adds if i.role_key in roles.before),
            Move.ADD_CREATED: frozenset(i for i in adds if i.role_key not in roles.before),
        }.get(move, frozenset())
        for item in draw.permutations(sorted(part)):  # type: ignore[attr-defined]
            assert item.role_key in now, "added to a role that is not there yet"
            who |= {item}
            yield move, now, who
        if move is Move.REMOVE:
            for item in draw.permutations(sorted(removes)):  # type: ignore[attr-defined]
                who -= {item}
                yield move, now, who
    assert {key: granting(held) for key, held in now.items()} == {
        key: granting(held) for key, held in roles.after.items()
    }
    assert {item for item in who if item.role_key in now} == after


class Draw:
    def __init__(self, data: st.DataObject) -> None:
        self._data = data

    def permutations(self, items: list) -> list:
        return self._data.draw(st.permutations(items))


def access(roles: Roles, now: dict, who: frozenset, name: str) -> Grants:
    def grants(key: RoleKey) -> Grants:
        if now[key] is None:
            return granting(roles.before[key]) & granting(roles.after[key])
        return granting(now[key])

    return frozenset(
        chain.from_iterable(
            grants(item.role_key) for item in who if item.principal == name and item.role_key in now
        )
    )


@given(definitions, definitions, held, held, st.booleans(), st.data())
def test_nobody_leaves_the_bounds_but_as_named(
    old: dict, new: dict, first: dict, last: dict, careful: bool, data: st.DataObject
) -> None:
    roles = Roles(old, new)
    before, after = assignments(first, old), assignments(last, new)
    changes = (
        after - before,
        frozenset(item for item in before - after if item.role_key not in roles.pruned),
    )
    holdings = [
        {holder: frozenset(key for key in keys if key in existing) for holder, keys in who.items()}
        for who, existing in ((first, old), (last, new))
    ]
    found = order("bot", roles, *holdings, changes, granting, careful=careful)
    named = {
        (breach.move, breach.permission, breach.too_much, holder[0][1])
        for breach in found.breaches
        for holder in breach.holders
    }
    assert not any(breach.too_much for breach in found.breaches)
    for move, now, who in states(roles, before, after, found.moves, Draw(data)):
        for name in PEOPLE:
            had = access(roles, roles.before, before, name)
            will = access(roles, roles.after, after, name)
            has = access(roles, now, who, name)
            assert has <= had | will, (move, found.moves)
            for permission, _ in (had & will) - has:
                # Named for the move, or for the one before it while this one is still going on.
                assert any(key[1:] == (permission, False, name) for key in named), found


def test_a_leaver_of_a_role_that_gains_something_leaves_first() -> None:
    roles = Roles({KEYS[0]: {"p": "NO"}}, {KEYS[0]: {"p": "YES"}})
    ann = (("user", "ann"), "")
    found = order(
        "bot",
        roles,
        {ann: frozenset({KEYS[0]})},
        {},
        (frozenset(), frozenset({Assignment("user", "ann", *KEYS[0], "")})),
        granting,
        careful=False,
    )
    assert found.moves == (Move.REMOVE, Move.IMPORT)
    assert found.breaches == ()


def test_a_role_that_is_split_gives_before_it_takes() -> None:
    roles = Roles(
        {KEYS[0]: {"p": "YES", "q": "YES"}},
        {KEYS[0]: {"p": "YES"}, KEYS[1]: {"q": "YES"}},
    )
    ann = (("user", "ann"), "")
    found = order(
        "bot",
        roles,
        {ann: frozenset({KEYS[0]})},
        {ann: frozenset({KEYS[0], KEYS[1]})},
        (frozenset({Assignment("user", "ann", *KEYS[1], "")}), frozenset()),
        granting,
        careful=False,
    )
    assert found.moves == (Move.CREATE, Move.ADD, Move.UPDATE)
    assert found.breaches == ()


def test_what_cannot_be_kept_within_bounds_is_named() -> None:
    # Two roles swap a permission in one import, and somebody who holds one moves to the other:
    # whatever comes first, for a moment it is too much or too little.
    roles = Roles(
        {KEYS[0]: {"p": "YES"}, KEYS[1]: {"q": "YES"}},
        {KEYS[0]: {"q": "YES"}, KEYS[1]: {"p": "YES"}},
    )
    ann = (("user", "ann"), "")
    item = [Assignment("user", "ann", *key, "") for key in KEYS[:2]]
    found = order(
        "bot",
        roles,
        {ann: frozenset({KEYS[0]})},
        {ann: frozenset({KEYS[1]})},
        (frozenset({item[1]}), frozenset({item[0]})),
        granting,
        careful=False,
    )
    assert {(breach.permission, breach.too_much) for breach in found.breaches} == {("p", False)}
    assert all(breach.holders == (ann,) for breach in found.breaches)
