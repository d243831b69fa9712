from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.errors import AccessDenied, PlatformFailed
from migrate.platforms.kore.paging import Listing, Meaning, Request, read_all

PAGE, RECORD = Meaning.PAGE, Meaning.RECORD
REQUEST = Request("things", 100, "Get Things", "prod")


@dataclass
class Server:
    """A listing as the platform serves it, under one meaning of `offset` and one page size."""

    total: int
    size: int
    meaning: Meaning = RECORD
    calls: list[tuple[int, int]] = field(default_factory=list)
    change: dict[int, dict] = field(default_factory=dict)
    """What the answer to the nth call (from 0) has in place of the sound one's fields."""

    def __call__(self, offset, limit):
        size = min(limit, self.size)
        start = offset if self.meaning is RECORD else offset * size
        rows = [{"id": f"i{number}"} for number in range(self.total)][start : start + size]
        answer = {"total": self.total, "availableMore": start + size < self.total, "things": rows}
        answer |= self.change.get(len(self.calls), {})
        self.calls.append((offset, limit))
        return answer

    def read(self, hint=None) -> Listing:
        return read_all(self, lambda row: row.get("id", ""), REQUEST, hint)

    def offsets(self):
        return [offset for offset, _ in self.calls]


def rows(first, end):
    return [{"id": f"i{number}"} for number in range(first, end)]


@given(
    total=st.integers(0, 60),
    size=st.integers(1, 20),
    meaning=st.sampled_from(Meaning),
    hint=st.sampled_from([None, *Meaning]),
)
def test_every_row_comes_once_whatever_the_meaning_and_the_page_size(total, size, meaning, hint):
    server = Server(total, size, meaning)
    found = server.read(hint)
    assert [row["id"] for row in found.rows] == [f"i{number}" for number in range(total)]
    pages = max(1, -(-total // size))
    known = pages > 1 and size > 1
    assert found.meaning is (meaning if known else hint)
    # Handed back in, what was found spares every call but one per page.
    server.calls.clear()
    assert server.read(found.meaning).rows == found.rows
    if known or pages == 1:
        assert len(server.calls) == pages


@pytest.mark.parametrize(
    ("meaning", "hint", "offsets"),
    [
        (PAGE, None, [0, 1, 2]),
        (PAGE, PAGE, [0, 1, 2]),
        (RECORD, RECORD, [0, 10, 20]),
        (RECORD, None, [0, 1, 11, 21]),
        (RECORD, PAGE, [0, 1, 11, 21]),
        # A hint that is wrong costs two calls, and no row.
        (PAGE, RECORD, [0, 10, 0, 1, 2]),
    ],
)
def test_calls(meaning, hint, offsets):
    server = Server(25, 10, meaning)
    assert len(server.read(hint).rows) == 25
    assert server.offsets() == offsets
    assert {limit for _, limit in server.calls} == {100}


def test_a_wrong_hint_is_found_out_also_where_far_pages_exist():
    server = Server(130, 10, PAGE)
    found = server.read(RECORD)
    assert len(found.rows) == 130
    assert found.meaning is PAGE


@pytest.mark.parametrize(
    ("call", "answer", "message"),
    [
        (1, {"things": rows(0, 10)}, 'repeats rows of the first, "i0" for one'),
        (1, {"things": rows(1, 10)}, "repeats rows of the first"),
        (2, {"things": rows(5, 15)}, 'repeats rows of earlier ones, "i5" for one'),
        (1, {"things": []}, "an empty page came after 10 of 25 rows"),
        (2, {"things": []}, "the pages hold 20 rows in all, the total is 25"),
        (0, {"things": rows(0, 9)}, "the pages hold 24 rows in all, the total is 25"),
        (1, {"things": rows(10, 15)}, "the pages hold 20 rows in all, the total is 25"),
        (2, {"things": rows(20, 24)}, "the pages hold 24 rows in all, the total is 25"),
        (2, {"things": rows(20, 27)}, "the pages hold 27 rows in all, the total is 25"),
        (1, {"availableMore": False}, "the pages hold 20 rows in all, the total is 25"),
        (2, {"availableMore": True}, "more is said to follow after 25 rows, the total is 25"),
        (0, {"total": "25"}, 'total is the string "25", not a count'),
        (0, {"total": True}, "total is true, not a count"),
        (0, {"total": -1}, "total is the number -1, not a count"),
        (0, {"availableMore": "false"}, 'availableMore is the string "false", not true or false'),
        (0, {"things": None}, "things is not a list of objects"),
        (0, {"things": [5]}, "things is not a list of objects"),
        (0, {"things": [{}]}, "a row of things has nothing that tells it from the others"),
        (0, {"things": rows(0, 5) * 2}, "a page of things holds a row twice"),
    ],
)
def test_what_does_not_add_up_is_an_error(call, answer, message):
    server = Server(25, 10, PAGE, change={call: answer})
    with pytest.raises(PlatformFailed) as caught:
        server.read()
    assert message in caught.value.what
    assert "Get Things: the list did not come whole" in caught.value.what
    assert caught.value.where == "prod"
    assert "Nothing is planned" in caught.value.remedy


def test_an_answer_that_is_no_object_is_an_error():
    with pytest.raises(PlatformFailed, match="the answer is an empty list, not an object"):
        read_all(lambda offset, limit: [], lambda row: "", REQUEST)


@pytest.mark.parametrize("meaning", Meaning)
@pytest.mark.parametrize("call", [1, 2])
def test_a_total_that_moves_restarts_the_listing_once(meaning, call):
    server = Server(25, 10, meaning, change={call: {"total": 26}})
    assert len(server.read(meaning).rows) == 25
    assert server.offsets()[: call + 2].count(0) == 2
    assert len(server.calls) == call + 1 + 3


def test_a_total_that_moves_again_is_an_error():
    server = Server(25, 10, PAGE, change={1: {"total": 26}, 3: {"total": 24}})
    with pytest.raises(PlatformFailed, match=r"changed from 25 to 24 .* a moment before"):
        server.read()
    assert len(server.calls) == 4


def test_errors_of_the_call_pass_through_and_are_not_tried_again():
    calls = []

    def fetch(offset, limit):
        calls.append(offset)
        raise AccessDenied("no")

    with pytest.raises(AccessDenied):
        read_all(fetch, lambda row: "", REQUEST, RECORD)
    assert calls == [0]
