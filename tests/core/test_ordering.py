"""Orders are replayed call by call here, by other code than the one that chose them."""

from hypothesis import given
from hypothesis import strategies as st

from migrate.model import Assignment
from migrate.moves import Move, Roles
from tests.core.orders import DESK, KEYS, Case, cases

A, B, C = KEYS


def user(name: str, key: tuple[str, str] = A, scope: str = "one") -> Assignment:
    return Assignment("user", name, *key, scope)


def group(key: tuple[str, str] = A, scope: str = "one") -> Assignment:
    return Assignment("group", DESK, *key, scope)


@given(cases(), st.booleans(), st.data())
def test_nobody_leaves_the_bounds_but_as_named(
    case: Case, careful: bool, data: st.DataObject
) -> None:
    found = case.order(careful=careful)
    named = {(breach.permission, holder) for breach in found.breaches for holder in breach.holders}
    assert not any(breach.too_much for breach in found.breaches)
    bounds = case.bounds()
    drawn = case.states(found.parts, lambda items: data.draw(st.permutations(items)))
    for move, now, who in drawn:
        for holder, (least, most) in bounds.items():
            has = case.may(holder, who, now)
            assert has <= most, (move, found.parts)
            for permission, _ in least - has:
                assert (permission, holder) in named, (move, found)


def test_a_leaver_of_a_role_that_gains_something_leaves_first() -> None:
    roles = Roles({A: {"p": "NO"}}, {A: {"p": "YES"}})
    found = Case(roles, frozenset({user("ann")}), frozenset(), {"ann": frozenset()}).order()
    assert found.moves == (Move.REMOVE, Move.IMPORT)
    assert found.breaches == ()


def test_a_role_that_is_split_gives_before_it_takes() -> None:
    roles = Roles({A: {"p": "YES", "q": "YES"}}, {A: {"p": "YES"}, B: {"q": "YES"}})
    after = frozenset({user("ann"), user("ann", B)})
    found = Case(roles, frozenset({user("ann")}), after, {"ann": frozenset()}).order()
    assert found.moves == (Move.CREATE, Move.ADD, Move.UPDATE)
    assert found.breaches == ()


def test_what_cannot_be_kept_within_bounds_is_named() -> None:
    # Two roles swap a permission, and so do their holders: each has to leave before the other.
    roles = Roles({A: {"p": "YES"}, B: {"q": "YES"}}, {A: {"q": "YES"}, B: {"p": "YES"}})
    before = frozenset({user("ann"), user("bob", B)})
    after = frozenset({user("ann", B), user("bob")})
    found = Case(roles, before, after, {"ann": frozenset(), "bob": frozenset()}).order()
    ann, bob = ((("user", name), "one") for name in ("ann", "bob"))
    assert {(each.permission, each.too_much, each.holders) for each in found.breaches} == {
        ("p", False, (ann,)),
        ("q", False, (bob,)),
    }


def test_who_holds_a_role_directly_instead_of_through_a_group_is_never_without() -> None:
    # Nothing that anybody may do changes, but in which way it is held: first give, then take.
    roles = Roles({A: {"p": "YES"}, B: {"q": "NO"}}, {A: {"p": "YES"}, B: {"q": "YES"}})
    before, after = frozenset({group(), user("bob", B)}), frozenset({user("ann")})
    inside = {"ann": frozenset({DESK}), "bob": frozenset[str]()}
    found = Case(roles, before, after, inside).order()
    assert found.moves == (Move.ADD_EXISTING, Move.REMOVE, Move.IMPORT)
    assert found.breaches == ()
    back = Case(Roles(roles.after, roles.after), after, before - {user("bob", B)}, inside).order()
    assert back.moves == (Move.ADD, Move.REMOVE)


def test_a_group_that_loses_a_role_takes_it_from_those_who_hold_it_otherwise_not() -> None:
    roles = Roles({A: {"p": "YES"}}, {A: {"p": "YES"}})
    both = frozenset({group(), user("ann")})
    found = Case(roles, both, frozenset({user("ann")}), {"ann": frozenset({DESK})}).order()
    assert (found.moves, found.breaches) == ((Move.REMOVE,), ())
