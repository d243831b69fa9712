"""The pace of calls, on a clock of our own."""

import threading
from bisect import bisect_right

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.errors import RateLimited
from migrate.pace import LONGEST_WAIT, Pace


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0
        self.waits: list[tuple[float, str]] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds

    def note(self, seconds: float, reason: str) -> None:
        self.waits.append((seconds, reason))


def paced(clock: Clock, per_minute: int = 60, per_hour: int = 1800, **options: float) -> Pace:
    return Pace(
        per_minute,
        per_hour,
        clock=clock,
        sleep=clock.sleep,
        on_wait=clock.note,
        where="prod",
        **options,
    )


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
    assert 61 < clock.now - start < 61.1
    [(seconds, reason)] = clock.waits
    assert 61 < seconds < 61.1
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
    assert pace.refused(said) == held
    before = clock.now
    pace.wait()
    assert clock.now - before == held
    assert clock.waits == [(held, "the platform asked to hold off")]


def test_refusals_in_a_row_end_at_the_bound() -> None:
    clock = Clock()
    pace = paced(clock, longest=150)
    for _ in range(2):
        pace.wait()
        pace.refused()
    pace.wait()
    with pytest.raises(RateLimited, match=r"60 s.*2\.5 minutes"):
        pace.refused()


def test_refusals_at_the_same_time_are_waited_for_once() -> None:
    clock = Clock()
    pace = paced(clock, longest=70)
    for _ in range(5):
        pace.refused(60)
    before = clock.now
    pace.wait()
    assert clock.now - before == 60


def test_a_wait_beyond_the_bound_is_refused_and_says_how_long() -> None:
    pace = paced(Clock())
    with pytest.raises(RateLimited, match="3600 s") as caught:
        pace.refused(3600)
    assert caught.value.retry_after == 3600


def test_the_hourly_limit_without_a_time_is_not_waited_for() -> None:
    pace = paced(Clock())
    with pytest.raises(RateLimited, match="hourly limit"):
        pace.refused(hourly=True)
    assert pace.refused(20, hourly=True) == 20


def test_calls_of_the_past_are_forgotten() -> None:
    clock = Clock()
    pace = paced(clock)
    for _ in range(100):
        clock.now += 3700
        pace.wait()
    assert pace._bucket.count() == 1


def test_threads_share_one_budget() -> None:
    clock = Clock()
    turned_away = threading.Event()

    def sleep(seconds: float) -> None:
        turned_away.set()
        raise InterruptedError

    pace = Pace(50, 5000, clock=clock, sleep=sleep)
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
