from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.sandbox.bodies import Body
from migrate.sandbox.calls import Call
from migrate.sandbox.kore.calls import Refused
from migrate.sandbox.kore.paging import Window, page, window
from migrate.sandbox.kore.switches import Switches


def call(fault: str = "", **query: Any) -> Call:
    text = {name: str(value) for name, value in query.items()}
    return Call(1, "GET", "/", text, None, Body(), fault)


@pytest.mark.parametrize(
    ("query", "way", "expected"),
    [
        ({}, "page", Window(0, 50)),
        ({"offset": 2}, "page", Window(100, 50)),
        ({"offset": 2}, "record", Window(2, 50)),
        ({"offset": 2, "limit": 10}, "page", Window(20, 10)),
        ({"offset": 20, "limit": 10}, "record", Window(20, 10)),
        ({"offset": 1, "limit": 51}, "page", Window(51, 51)),
        ({"offset": 1, "limit": 1001}, "page", Window(1000, 1000)),
    ],
)
def test_where_a_page_begins(query: Any, way: str, expected: Window) -> None:
    assert window(call(**query), way, Switches()) == expected


def test_a_documented_largest_page_holds_whatever_the_switches_say() -> None:
    assert window(call(offset=1, limit=51), "page", Switches(), 50) == Window(50, 50)
    small = Switches().changed({"largest_page": 5})
    assert window(call(limit=51), "page", small, 50) == Window(0, 5)


def test_sizes_follow_the_switches() -> None:
    switches = Switches().changed({"default_page": 20, "largest_page": 30})
    assert window(call(offset=1), "page", switches) == Window(20, 20)
    assert window(call(limit=40), "page", switches).size == 30
    small = switches.changed({"largest_page": 5})
    assert window(call(), "page", small).size == 5


def test_a_page_that_repeats_the_one_before() -> None:
    switches = Switches()
    for way, offset in (("page", 3), ("record", 30)):
        again = window(call("page_repeats", offset=offset, limit=10), way, switches)
        assert again == Window(20, 10)
    assert window(call("page_repeats", limit=10), "page", switches) == Window(0, 10)


@pytest.mark.parametrize("name", ["limit", "offset"])
@pytest.mark.parametrize("value", ["", "-1", "ten", "²", "1.0", " 1", "1" * 10])
def test_a_number_that_is_none(name: str, value: str) -> None:
    with pytest.raises(Refused):
        window(call(**{name: value}), "page", Switches())


@given(st.integers(0, 40), st.integers(1, 12), st.sampled_from(["page", "record"]))
def test_all_pages_together_are_the_list(total: int, limit: int, way: str) -> None:
    rows, seen, number, more = list(range(total)), [], 0, True
    while more:
        offset = number if way == "page" else number * limit
        part = window(call(offset=offset, limit=limit), way, Switches())
        answer = page("rows", rows, part, str)
        assert answer["total"] == total
        seen += answer["rows"]
        more, number = answer["availableMore"], number + 1
    assert seen == [str(row) for row in rows]
    assert number == max(1, -(-total // limit))
