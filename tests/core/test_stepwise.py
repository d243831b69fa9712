"""Orders that no plain one replaces: found wherever there is one, as trying everything shows."""

from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from migrate.model import Assignment
from migrate.moves import Move, Part, Roles
from migrate.ordering import candidate_orders
from migrate.replay import Replay
from migrate.stepwise import stepwise
from tests.core.orders import DESK, KEYS, Case, cases, common, granting

A, B, C = KEYS
Point = tuple[frozenset[tuple[Any, ...]], frozenset[Assignment]]
"""What roles grant as (role, permission, value), with (role,) for one that is there; who holds."""


def point(roles: Any, items: frozenset[Assignment]) -> Point:
    values = ((key, name, value) for key, held in roles.items() for name, value in held.items())
    return frozenset((*((key,) for key in roles), *values)), items


def roles_of(held: frozenset[tuple[Any, ...]]) -> dict[Any, dict[str, Any]]:
    found: dict[Any, dict[str, Any]] = {each[0]: {} for each in held if len(each) == 1}
    for each in held:
        if len(each) == 3:
            found[each[0]][each[1]] = each[2]
    return found


def onward(case: Case, at: Point) -> Iterator[Point]:
    """Every state that one more call can lead to: of single assignments, and of imports of single
    permissions, of whole roles, or of roles cut to what they had and will have."""
    roles, items = roles_of(at[0]), at[1]
    for item in case.adds - items:
        if item.role_key in roles:
            yield point(roles, items | {item})
    for item in case.removes & items:
        yield point(roles, items - {item})
    for key, then in case.roles.after.items():
        now = roles.get(key)
        if now is None:
            yield point({**roles, key: dict(then)}, items)
            continue
        yield point({**roles, key: dict(then)}, items)
        for name in now.keys() | then.keys():
            less = common(now.get(name), then.get(name))
            for value in (then.get(name), less):
                some = {**now, name: value}
                kept = {each: value for each, value in some.items() if value is not None}
                yield point({**roles, key: kept}, items)
    for key in case.roles.pruned & roles.keys():
        yield point({each: held for each, held in roles.items() if each != key}, items)


def reachable(case: Case) -> bool:
    """Whether any order of calls stays within the bounds, by trying all of them."""
    bounds = case.bounds()

    def within(at: Point) -> bool:
        roles = roles_of(at[0])
        return all(
            least <= case.may(who, at[1], roles) <= most for who, (least, most) in bounds.items()
        )

    def ended(at: Point) -> bool:
        roles = roles_of(at[0])
        alive = {item for item in at[1] if item.role_key in roles}
        return roles == {key: dict(held) for key, held in case.roles.after.items()} and (
            alive == case.after
        )

    first = point(case.roles.before, case.before)
    seen, waiting = {first}, [first]
    while waiting:
        here = waiting.pop()
        if ended(here):
            return True
        new = {each for each in onward(case, here) if each not in seen}
        seen |= new
        waiting += [each for each in new if within(each)]
    return False


@settings(deadline=None, max_examples=60)
@given(cases(("one",), 3))
def test_an_order_is_found_wherever_there_is_one(case: Case) -> None:
    assert (case.order().breaches == ()) is reachable(case)


@settings(deadline=None)
@given(cases(), st.booleans(), st.data())
def test_what_is_made_step_by_step_stays_within_the_bounds_and_ends_as_it_shall(
    case: Case, careful: bool, data: st.DataObject
) -> None:
    replay = Replay(case.roles, case.holdings(case.before), case.holdings(case.after), granting)
    parts = stepwise(replay, case.adds, case.removes, common, careful=careful)
    plain = candidate_orders(case.roles, case.adds, case.removes, careful)
    if parts is None:
        assert not any(replay.within_bounds(each) for each in plain)
        return
    bounds = case.bounds()
    drawn = case.states(parts, lambda items: data.draw(st.permutations(items)))
    for move, now, who in drawn:
        for holder, (least, most) in bounds.items():
            assert least <= case.may(holder, who, now) <= most, (move, parts)
    if careful:
        assert Move.REPLACE not in [part.move for part in parts]


def user(name: str, key: tuple[str, str] = A) -> Assignment:
    return Assignment("user", name, *key, "one")


NOBODY = {"ann": frozenset[str](), "bob": frozenset[str]()}


def test_a_leaver_leaves_before_and_another_after_what_replaces_it() -> None:
    # bob must not have what A gains; ann needs it from C until A has it.
    roles = Roles(
        {A: {"p": "YES"}, C: {"q": "YES"}}, {A: {"p": "YES", "q": "YES"}, C: {"q": "YES"}}
    )
    before = frozenset({user("ann"), user("bob"), user("ann", C)})
    found = Case(roles, before, frozenset({user("ann")}), NOBODY).order()
    assert found.breaches == ()
    assert found.parts == (
        Part(Move.REMOVE, frozenset({user("bob")})),
        Part(Move.IMPORT, roles={"A": {}}),
        Part(Move.REMOVE, frozenset({user("ann", C)})),
    )


def test_a_role_gains_at_once_and_loses_later_what_somebody_still_needs() -> None:
    # ann needs q of A until B has it; cy must leave B before that, and needs r until C has it; bob
    # must leave C before that, and needs p until A has it: so A gains p while it still grants q.
    roles = Roles(
        {A: {"q": "YES"}, B: {"r": "YES"}, C: {"p": "YES"}},
        {A: {"p": "YES"}, B: {"r": "YES", "q": "YES"}, C: {"p": "YES", "r": "YES"}},
    )
    stays = {user("ann"), user("ann", B), user("bob"), user("cy", C)}
    before = frozenset({*stays, user("bob", C), user("cy", B)})
    case = Case(roles, before, frozenset(stays), {**NOBODY, "cy": frozenset()})
    found = case.order()
    assert found.breaches == ()
    assert found.parts == (
        Part(Move.IMPORT, roles={"A": {"q": "YES"}}),
        Part(Move.REMOVE, frozenset({user("bob", C)})),
        Part(Move.IMPORT, roles={"C": {}}),
        Part(Move.REMOVE, frozenset({user("cy", B)})),
        Part(Move.IMPORT, roles={"A": {}, "B": {}}),
    )


def test_what_can_only_be_taken_for_a_while_is_tried_and_gone_back_on() -> None:
    # ann holds p twice and is to hold it by C, which has q yet that bob needs, until A has it.
    roles = Roles(
        {A: {"p": "YES"}, B: {"p": "YES"}, C: {"q": "YES"}},
        {A: {"p": "YES", "q": "YES"}, B: {"p": "YES"}, C: {"p": "YES"}},
    )
    before = frozenset({user("ann"), user("ann", B), user("bob", C), user("bob")})
    after = frozenset({user("ann", C), user("bob", C), user("bob")})
    case = Case(roles, before, after, NOBODY)
    assert reachable(case)
    found = case.order()
    assert found.breaches == ()
    assert Part(Move.REMOVE, frozenset({user("ann")})) == found.parts[0]


def test_those_who_fare_the_same_are_one_step_and_all_of_them_are_in_the_order() -> None:
    names = [f"user{number}" for number in range(30)]
    roles = Roles(
        {A: {"p": "YES"}, C: {"q": "YES"}}, {A: {"p": "YES", "q": "YES"}, C: {"q": "YES"}}
    )
    stay, leave = names[:20], names[20:]
    before = frozenset({user(name) for name in names} | {user(name, C) for name in stay})
    after = frozenset(user(name) for name in stay)
    found = Case(roles, before, after, {name: frozenset() for name in names}).order()
    assert found.breaches == ()
    assert [part.items for part in found.parts if part.items is not None] == [
        frozenset(user(name) for name in leave),
        frozenset(user(name, C) for name in stay),
    ]


def test_what_a_group_gives_in_one_bot_is_apart_from_what_it_gives_in_another() -> None:
    desk = [Assignment("group", DESK, *A, scope) for scope in ("one", "two")]
    roles = Roles({A: {"p": "YES"}, B: {"q": "NO"}}, {A: {"p": "YES"}, B: {"q": "YES"}})
    before = frozenset({*desk, Assignment("user", "bob", *B, "two")})
    after = frozenset({desk[0], Assignment("user", "ann", *A, "two")})
    inside = {"ann": frozenset({DESK}), "bob": frozenset[str]()}
    case = Case(roles, before, after, inside)
    replay = Replay(roles, case.holdings(before), case.holdings(after), granting)
    parts = stepwise(replay, case.adds, case.removes, common, careful=False)
    assert parts is not None
    assert replay.within_bounds(parts)
    gone = [item for part in parts if part.move is Move.REMOVE for item in part.items or ()]
    assert desk[1] in gone
    assert desk[0] not in gone


def test_who_still_holds_what_is_pruned_afterwards_has_nothing_by_it() -> None:
    # As for the leaver above; and B goes, with ann among its holders, of whom no removal is made.
    roles = Roles(
        {A: {"p": "YES"}, B: {"x": "YES"}, C: {"q": "YES"}},
        {A: {"p": "YES", "q": "YES"}, C: {"q": "YES"}},
    )
    before = frozenset({user("ann"), user("bob"), user("ann", C), user("ann", B)})
    found = Case(roles, before, frozenset({user("ann"), user("ann", B)}), NOBODY).order()
    assert found.breaches == ()
    assert found.parts[0] == Part(Move.REMOVE, frozenset({user("bob")}))
    assert Move.PRUNE in [part.move for part in found.parts]
