"""The pace of calls, on a clock of our own."""

import threading
import time
from bisect import bisect_right

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.errors import RateLimited
from migrate.pace import LONGEST_WAIT, Pace
from tests.pace.model import Clock, paced

SAID = "Export Roles: the platform's rate limit is reached"


def most_within(moments: list[float], window: float) -> int:
    return max(
        bisect_right(moments, moment + window) - index for index, moment in enumerate(moments)
    )


def test_a_burst_passes_and_the_call_after_it_waits_for_the_minute() -> None:
    clock = Clock()
    pace = paced(clock)
    start = clock.now
    for _ in range(60):
        pace.wait()
    assert clock.now == start
    pace.wait()
    # A second more than the minute, for calls that are quicker on their way than others.
    assert clock.now - start == 61
    [(seconds, reason)] = clock.waits
    assert seconds == 61
    assert "60 calls a minute" in reason


@given(
    pauses=st.lists(st.floats(0, 30), min_size=1, max_size=120),
    per_minute=st.integers(1, 12),
    per_hour=st.integers(1, 60),
)
def test_no_window_ever_holds_more_than_its_limit(
    pauses: list[float], per_minute: int, per_hour: int
) -> None:
    clock = Clock()
    pace = paced(clock, per_minute, per_hour, longest=1e9)
    moments = []
    for pause in pauses:
        clock.now += pause
        pace.wait()
        moments.append(clock.now)
    assert most_within(moments, 60) <= per_minute
    assert most_within(moments, 3600) <= per_hour


@pytest.mark.parametrize(("per_minute", "per_hour"), [(60, 3600), (60, 60), (100, 5), (1, 1)])
def test_limits_that_make_each_other_needless_are_kept(per_minute: int, per_hour: int) -> None:
    clock = Clock()
    pace = paced(clock, per_minute, per_hour, longest=1e9)
    moments = []
    for _ in range(min(per_minute, per_hour) + 1):
        pace.wait()
        moments.append(clock.now)
    assert most_within(moments, 60) <= min(per_minute, per_hour)
    assert len(clock.waits) == 1


def test_a_spent_hour_stops_at_once_when_it_opens_too_late() -> None:
    clock = Clock()
    pace = paced(clock, per_hour=100)
    for _ in range(100):
        pace.wait()
    before = clock.now
    with pytest.raises(RateLimited, match="100 calls an hour") as caught:
        pace.wait()
    assert clock.now == before
    assert caught.value.retry_after is not None
    assert 3000 < caught.value.retry_after < 3602
    assert caught.value.where == "prod"
    assert caught.value.remedy


def test_a_spent_hour_is_waited_for_when_it_opens_soon() -> None:
    clock = Clock()
    pace = paced(clock, per_hour=70)
    for _ in range(30):
        pace.wait()
    clock.now += 3590
    for _ in range(40):
        pace.wait()
    before = clock.now
    pace.wait()
    assert 10 < clock.now - before < 13
    assert "an hour" in clock.waits[-1][1]


def test_waiting_for_the_minute_never_uses_up_the_bound() -> None:
    clock = Clock()
    pace = paced(clock, per_minute=1, per_hour=10_000)
    for _ in range(40):
        pace.wait()
    assert sum(seconds for seconds, _ in clock.waits) > 2 * LONGEST_WAIT


@pytest.mark.parametrize(
    ("said", "held"),
    [
        (None, 60),
        (7.5, 7.5),
        (0, 1),
        (-3, 60),
        (float("nan"), 60),
        (float("inf"), 60),
    ],
)
def test_after_a_refusal_all_calls_are_held_off(said: float | None, held: float) -> None:
    clock = Clock()
    pace = paced(clock)
    pace.wait()
    pace.refused(SAID, said)
    before = clock.now
    pace.wait()
    assert clock.now - before == held
    assert clock.waits == [(held, f"{SAID}; then at most 30 calls a minute at first")]


def test_a_time_that_was_not_enough_is_followed_by_a_minute() -> None:
    clock = Clock()
    pace = paced(clock)
    for _ in range(3):
        pace.wait()
        pace.refused(SAID, 2)
    pace.wait()
    assert [seconds for seconds, _ in clock.waits] == [2, 60, 2]


def test_refusals_of_calls_that_were_under_way_together_are_one() -> None:
    clock = Clock()
    pace = paced(clock)
    for _ in range(3):
        pace.wait()
    for _ in range(3):
        pace.refused(SAID, 5)
    pace.wait()
    assert [seconds for seconds, _ in clock.waits] == [5]


def test_after_a_refusal_no_more_calls_are_made_than_got_through() -> None:
    clock = Clock()
    pace = paced(clock)
    for _ in range(41):
        pace.wait()
    pace.refused(SAID, 61)
    moments = []
    for _ in range(100):
        pace.wait()
        moments.append(clock.now)
    assert most_within(moments, 60) == 40
    assert clock.waits[-1][1] == "40 calls a minute for now, since the platform refused some"


def test_refusals_end_at_the_bound() -> None:
    clock = Clock()
    pace = paced(clock, longest=150)
    for _ in range(2):
        pace.wait()
        pace.refused(SAID)
    pace.wait()
    with pytest.raises(RateLimited, match=r"Export Roles.*2\.5 minutes") as stopped:
        pace.refused(SAID)
    assert stopped.value.retry_after == 60


def test_refusals_at_the_same_time_are_waited_for_once() -> None:
    clock = Clock()
    pace = paced(clock, longest=70)
    for _ in range(5):
        pace.refused(SAID, 60)
    before = clock.now
    pace.wait()
    assert clock.now - before == 60


def test_a_wait_beyond_the_bound_is_refused_and_says_until_when() -> None:
    clock = Clock()
    clock.now = 14 * 3600 + 4 * 60 + 30
    pace = paced(clock)
    with pytest.raises(RateLimited, match=r"from 14:35 UTC on, in 30 minutes") as caught:
        pace.refused(SAID, 1800)
    assert caught.value.retry_after == 1800
    assert caught.value.where == "prod"
    assert "14:35 UTC" in caught.value.remedy


def test_a_spent_hour_without_a_time_is_over_an_hour_after_our_first_call() -> None:
    clock = Clock()
    pace = paced(clock)
    pace.wait()
    clock.now += 600
    with pytest.raises(RateLimited, match="in 50 minutes") as stopped:
        pace.refused(SAID, hourly=True)
    assert stopped.value.retry_after == 3001
    clock.now += 2700
    pace.refused(SAID, hourly=True)
    before = clock.now
    pace.wait()
    assert clock.now - before == 301
    assert clock.waits[-1][1] == SAID


def test_a_spent_hour_with_a_time_is_waited_for_where_that_is_short() -> None:
    clock = Clock()
    pace = paced(clock)
    pace.refused(SAID, 200, hourly=True)
    pace.wait()
    assert clock.waits == [(200, SAID)]
    clock.waits.clear()
    pace.refused(SAID, 2, hourly=True)
    pace.wait()
    assert clock.waits == [(60, SAID)]
    for _ in range(58):
        pace.wait()
    assert len(clock.waits) == 1  # the minute's limit is as it was


def test_how_many_calls_the_hour_has_room_for() -> None:
    clock = Clock()
    pace = paced(clock, per_hour=100)
    for _ in range(60):
        pace.wait()
    assert pace.left() == 40
    clock.now += 3602
    assert pace.left() == 100


def test_calls_of_the_past_are_forgotten() -> None:
    clock = Clock()
    pace = paced(clock)
    for _ in range(100):
        clock.now += 3700
        pace.wait()
    assert len(pace._calls) == 1


def test_threads_share_one_budget() -> None:
    clock = Clock()
    turned_away = threading.Event()

    def pause(seconds: float, reason: str) -> None:
        turned_away.set()
        raise InterruptedError

    pace = Pace(50, 5000, clock=clock, pause=pause)
    passed = []

    def work() -> None:
        try:
            for _ in range(30):
                pace.wait()
                passed.append(1)
        except InterruptedError:
            return

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert turned_away.is_set()
    assert len(passed) == 50


def test_of_threads_that_wait_together_one_is_heard() -> None:
    clock = Clock()
    waits = []

    def pause(seconds: float, reason: str) -> None:
        waits.append(seconds)
        time.sleep(0.1)  # long enough for the others to come and wait, too
        clock.now += seconds

    pace = Pace(4, 1000, clock=clock, pause=pause)
    threads = [threading.Thread(target=pace.wait) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert waits == [61]
