"""Orders are replayed call by call here, by other code than the one that chose them."""

from hypothesis import HealthCheck, given, settings
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


@settings(max_examples=40, suppress_health_check=[HealthCheck.filter_too_much])
@given(cases(("one",), 4).filter(lambda case: case.hideable), st.data())
def test_nobody_who_holds_more_than_shows_leaves_the_bounds_but_as_named(
    case: Case, data: st.DataObject
) -> None:
    found = case.order(hidden=True)
    real = case.really(data.draw(st.frozensets(st.sampled_from(sorted(case.hideable)), min_size=1)))
    named = {(breach.permission, holder) for breach in found.breaches for holder in breach.holders}
    bounds = real.bounds()
    drawn = real.states(found.parts, lambda items: data.draw(st.permutations(items)))
    for move, now, who in drawn:
        for holder, (least, most) in bounds.items():
            has = real.may(holder, who, now)
            assert has <= most, (move, found.parts)
            for permission, _ in least - has:
                assert (permission, holder) in named, (move, found)


def test_what_a_user_may_keep_unseen_is_not_taken_before_it_is_given() -> None:
    # bob holds A directly, and B through his group and, it may be, directly as well.
    roles = Roles({A: {"p": "YES", "q": "YES"}, B: {"q": "YES"}}, {A: {}, B: {"p": "YES"}})
    before, inside = frozenset({user("bob"), group(B)}), {"bob": frozenset({DESK})}
    case = Case(roles, before, frozenset(), inside)
    assert case.hideable == {user("bob", B)}
    shown, careful = case.order(), case.order(hidden=True)
    assert (shown.moves, shown.breaches) == ((Move.REMOVE, Move.IMPORT), ())
    assert careful.moves == (Move.REMOVE, Move.IMPORT, Move.REMOVE)
    assert careful.breaches == ()


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
