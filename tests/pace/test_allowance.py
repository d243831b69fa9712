"""How many calls a minute are allowed after refusals."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.pace.allowance import LONGEST_QUIET, QUIET, Allowance


def test_a_refusal_lowers_it_to_what_got_through() -> None:
    allowance = Allowance(60)
    assert allowance.lower(0, passed=42)
    assert allowance.at(0) == 42


def test_it_is_never_more_than_halved_at_once_nor_left_as_it_was() -> None:
    allowance = Allowance(60)
    allowance.lower(0, passed=3)
    assert allowance.at(0) == 30
    allowance.lower(100, passed=30)
    assert allowance.at(100) == 29


def test_refusals_of_one_minute_are_one() -> None:
    allowance = Allowance(60)
    assert allowance.lower(0, passed=50)
    assert not any(allowance.lower(second, passed=0) for second in range(60))
    assert allowance.at(59) == 50
    assert allowance.lower(60, passed=0)


def test_it_does_not_go_below_a_sixth() -> None:
    allowance = Allowance(60)
    for minute in range(20):
        allowance.lower(60.0 * minute, passed=0)
    assert allowance.at(1140) == 10


def test_it_rises_step_by_step_once_it_was_quiet() -> None:
    allowance = Allowance(60)
    allowance.lower(0, passed=0)
    seen = [allowance.at(60.0 * minute) for minute in range(9)]
    assert seen == [30, 30, 30, 36, 42, 48, 54, 60, 60]


def test_each_rise_that_failed_is_waited_for_longer() -> None:
    allowance = Allowance(60)
    now, waits = 0.0, []
    for _ in range(5):
        allowance.lower(now, passed=30)
        low, since = allowance.at(now), now
        while allowance.at(now) == low:
            now += 1
        waits.append(now - since)
    assert waits == [QUIET, 2 * QUIET, 4 * QUIET, LONGEST_QUIET, LONGEST_QUIET]


def test_once_it_is_whole_again_the_next_wait_is_the_first() -> None:
    allowance = Allowance(60)
    for minute in (0.0, 30.0):
        allowance.lower(60 * minute, passed=55)
        assert allowance.at(60 * minute + QUIET - 1) == 55
        assert allowance.at(60 * minute + QUIET) == 60


@pytest.mark.parametrize("limit", [1, 2, 5])
def test_a_small_limit_stays_one_call_at_least(limit: int) -> None:
    allowance = Allowance(limit)
    for minute in range(9):
        allowance.lower(60.0 * minute, passed=0)
        assert allowance.at(60.0 * minute) >= 1
    assert allowance.at(1e6) == limit


@given(
    limit=st.integers(1, 100),
    refusals=st.lists(st.tuples(st.floats(0, 500), st.integers(0, 100)), max_size=30),
)
def test_it_stays_between_one_and_the_limit(limit: int, refusals: list[tuple[float, int]]) -> None:
    allowance, now = Allowance(limit), 0.0
    for pause, passed in refusals:
        now += pause
        before = allowance.at(now)
        lowered = allowance.lower(now, passed)
        assert 1 <= allowance.at(now) <= limit
        assert not lowered or allowance.at(now) < before or before == max(limit // 6, 1)
