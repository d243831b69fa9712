"""What may go: by age and number, and by what rests on what."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.keeping import (
    TOO_YOUNG,
    Item,
    Kind,
    Limits,
    Object,
    Ref,
    Stock,
    Why,
    decide,
    items_of,
    names_in,
    refs,
)

NOW = 1_800_000_000.0
DAY = 86400.0


def name(kind: Kind, number: int) -> str:
    if kind is Kind.RUN:
        return f"20260101T{number:06d}Z-0a1b2c"
    return f"{number:064x}" if kind is not Kind.PLAN else f"{number:08x}-0000-4000-8000-{0:012x}"


def key(kind: Kind, named: str) -> str:
    folder = {Kind.RUN: "runs", Kind.PLAN: "plans", Kind.IMPORT: "imports"}.get(kind, "snapshots")
    return f"{folder}/{named}/0000.json" if kind is Kind.RUN else f"{folder}/{named}.json"


@st.composite
def stocks(draw: st.DrawFn) -> Stock:
    kinds = draw(st.lists(st.sampled_from(list(Kind)), max_size=14))
    items: dict[Ref, Item] = {}
    for number, kind in enumerate(kinds):
        age = draw(st.sampled_from([0.0, 60.0, TOO_YOUNG, DAY, 40 * DAY, 400 * DAY]))
        named = name(kind, number)
        items[kind, named] = Item(kind, named, (Object(key(kind, named), 10, NOW - age),))
    known = sorted(items)
    some = st.frozensets(st.sampled_from(known)) if known else st.just(frozenset())
    rests_on = {ref: draw(some) - {ref} for ref in known if draw(st.booleans())}
    pinned = dict.fromkeys(draw(some), Why.UNFINISHED)
    return Stock(items, rests_on, pinned, NOW)


limits = st.builds(Limits, st.sampled_from([1.0, DAY, 90 * DAY]), st.integers(1, 4))


@given(stocks(), limits)
def test_nothing_that_stays_rests_on_what_goes_at_any_moment(stock: Stock, limits: Limits) -> None:
    decision = decide(stock, limits)
    left = set(stock.items)
    for item in (None, *decision.going):
        left -= {item.ref} if item else set()
        staying = left & decision.staying.keys()
        for ref in staying:
            assert stock.rests_on.get(ref, frozenset()) <= left
    assert left == decision.staying.keys()


@given(stocks(), limits)
def test_what_goes_is_old_not_of_the_newest_not_pinned(stock: Stock, limits: Limits) -> None:
    for item in decide(stock, limits).going:
        assert NOW - item.written_at >= max(limits.age, TOO_YOUNG)
        assert item.ref not in stock.pinned
        ours = [each for each in stock.items.values() if each.kind is item.kind]
        newer = [each for each in ours if each.written_at >= item.written_at]
        assert len(newer) > limits.last or item.kind is Kind.IMPORT


@given(stocks(), limits)
def test_what_stays_has_a_reason(stock: Stock, limits: Limits) -> None:
    staying = decide(stock, limits).staying
    for ref, (why, by) in staying.items():
        item = stock.items[ref]
        if why is Why.NEEDED:
            assert by in staying
            assert ref in stock.rests_on[by]
        elif why is Why.YOUNG:
            assert NOW - item.written_at < max(limits.age, TOO_YOUNG)
        elif why is Why.UNFINISHED:
            assert ref in stock.pinned


@given(stocks(), limits)
def test_wider_limits_never_let_more_go(stock: Stock, limits: Limits) -> None:
    wider = Limits(limits.age * 2, limits.last + 1)
    less = {item.ref for item in decide(stock, wider).going}
    assert less <= {item.ref for item in decide(stock, limits).going}


@given(stocks(), limits)
def test_where_nothing_rests_in_a_circle_dependents_go_first(stock: Stock, limits: Limits) -> None:
    order = {ref: place for place, ref in enumerate(sorted(stock.items))}
    forward = {
        ref: frozenset(each for each in below if order[each] > order[ref])
        for ref, below in stock.rests_on.items()
    }
    stock = replace(stock, rests_on=forward)
    gone: set[Ref] = set()
    for item in decide(stock, limits).going:
        above = {ref for ref, below in forward.items() if item.ref in below}
        assert above <= gone
        gone.add(item.ref)


def test_a_long_chain_is_no_matter() -> None:
    items = {}
    for number in range(3000):
        each = Item(
            Kind.RUN,
            name(Kind.RUN, number),
            (Object(key(Kind.RUN, name(Kind.RUN, number)), 1, NOW - 400 * DAY + number),),
        )
        items[each.ref] = each
    row = sorted(items)[:-1]
    # Each rests on the next newer one, so that age alone would have it the other way round.
    rests_on = {ref: frozenset([newer]) for ref, newer in pairwise(row)}
    decision = decide(Stock(items, rests_on, {}, NOW), Limits(DAY, 1))
    assert [item.ref for item in decision.going] == row


RUN, PLAN, DIGEST = name(Kind.RUN, 1), name(Kind.PLAN, 2), name(Kind.SNAPSHOT, 3)


@pytest.mark.parametrize(
    "stays",
    [
        *("behaviour.json", "account.json", "identity/x.json", f"plans/{PLAN}.claim"),
        *("snapshots/last.json", f"approvals/{DIGEST}/x.json", f"verified/{DIGEST}.json"),
        *(f"captures/20260101T000000Z-{DIGEST}.json", "history/000001.json", "pruned/x.json"),
        *("runs/stray.json", "runs/other/0000.json", "imports/notes.txt", "locks/x.json"),
        *(f"snapshots/{DIGEST}-x.json", f"runs/{RUN}/deep/0000.json", f"x/runs/{RUN}/0000.json"),
    ],
)
def test_everything_else_is_part_of_no_item(stays: str) -> None:
    items, others = items_of([Object(stays, 1, NOW)])
    assert items == {}
    assert [each.key for each in others] == [stays]


def test_the_parts_of_an_item_go_its_beginning_first() -> None:
    keys = [f"runs/{RUN}/{n}" for n in ("report.md", "0001.json", "10000.json", "report.json")]
    keys += [f"runs/{RUN}/0000.json", f"snapshots/{DIGEST}-{'0' * 16}.json"]
    keys += [f"snapshots/{DIGEST}.json"]
    items, _ = items_of(Object(each, 1, NOW + place) for place, each in enumerate(keys))
    run = items[Kind.RUN, RUN]
    assert run.objects[0].key == f"runs/{RUN}/0000.json"
    assert run.end.key == f"runs/{RUN}/10000.json"
    assert run.written_at == NOW + 4
    taken = items[Kind.SNAPSHOT, DIGEST]
    assert [len(each.key) for each in taken.objects] == [79, 96]
    cut, _ = items_of(Object(each, 1, NOW) for each in keys[:4])
    assert not cut[Kind.RUN, RUN].whole


def test_names_are_found_wherever_they_stand() -> None:
    data = f'{{"a": "{RUN}", "b": ["run:{RUN}", "sha256:{DIGEST}"], "c": {{"{PLAN}": 1}}}}'
    assert names_in(data.encode()) == {RUN, PLAN, DIGEST}
    assert names_in(f"{DIGEST}0 a{RUN} {DIGEST[:-1]}".encode()) == frozenset()
    items, _ = items_of([Object(f"imports/{DIGEST}.json", 1, NOW)])
    assert refs({DIGEST, RUN}, items) == {(Kind.IMPORT, DIGEST)}


def test_what_an_earlier_prune_left_goes_whatever_the_limits_but_not_within_the_hour() -> None:
    old, new = (
        Object(f"runs/{name(Kind.RUN, n)}/0001.json", 1, NOW - a)
        for n, a in ((1, TOO_YOUNG), (2, 1.0))
    )
    items, _ = items_of([old, new])
    stock = Stock(items, {}, {}, NOW, leftovers=frozenset(items))
    decision = decide(stock, Limits(90 * DAY, 20))
    assert [item.name for item in decision.going] == [name(Kind.RUN, 1)]
