"""Long runs on a clock of our own: how near to the least time, and how many refusals."""

from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migrate.errors import RateLimited
from tests.pace.model import Clock, Platform, drive, evenly, in_bursts, least, paced

FORMS = ("retry_after", "bare")

# Reading both sides and verifying, and a call per hundred: 50,000 assignments to 25,000 users.
MANY = 3 * (2 + 50 + 2 + 2) + 500
WITHIN = 1.05


@given(calls=st.integers(1, 1800), latency=st.floats(0.01, 3))
@settings(max_examples=60, deadline=None)
def test_alone_it_takes_hardly_more_than_the_least_time_and_is_never_refused(
    calls: int, latency: float
) -> None:
    clock = Clock()
    ran = drive(Platform(), clock, paced(clock), calls, latency)
    assert ran.refusals == 0
    assert ran.seconds <= WITHIN * least(calls, latency)


@pytest.mark.parametrize("latency", [0.05, 0.4, 2])
def test_fifty_thousand_assignments_alone(latency: float) -> None:
    clock = Clock()
    ran = drive(Platform(), clock, paced(clock), MANY, latency)
    assert ran.refusals == 0
    assert ran.seconds <= WITHIN * least(MANY, latency)


@pytest.mark.parametrize("calls", [1801, 2500, 4000])
def test_who_may_wait_for_the_hour_keeps_inside_it(calls: int) -> None:
    clock = Clock()
    ran = drive(Platform(), clock, paced(clock, longest=1e9), calls)
    assert ran.refusals == 0
    assert ran.seconds <= WITHIN * least(calls, 0.1)


OTHERS: dict[str, Callable[[float, int], Iterator[float]]] = {
    "evenly": lambda start, seed: evenly(30, start + seed / 9),
    "with jitter": lambda start, seed: evenly(30, start, jitter=2, seed=seed),
    "in bursts": lambda start, seed: in_bursts(30, start + 5 * seed),
}


@pytest.mark.parametrize("says", FORMS)
@pytest.mark.parametrize("other", OTHERS)
@given(seed=st.integers(0, 11), latency=st.sampled_from((0.05, 0.3, 1.0)))
@settings(max_examples=12, deadline=None)
def test_another_client_that_takes_half_costs_a_handful_of_refusals(
    says: str, other: str, seed: int, latency: float
) -> None:
    clock = Clock()
    platform = Platform(says, OTHERS[other](clock.now - 120, seed))
    ran = drive(platform, clock, paced(clock), MANY, latency)
    assert ran.refusals <= 6
    # 30 a minute are left: that is the least time, for refusals of the other client aside.
    assert ran.seconds <= 1.2 * least(MANY, latency, per_minute=30)


@pytest.mark.parametrize("says", FORMS)
def test_where_the_other_client_goes_away_the_pace_recovers(says: str) -> None:
    clock = Clock()
    gone = clock.now + 300
    there = (moment for moment in evenly(30, clock.now - 120) if moment < gone)
    first = drive(Platform(says, there), clock, pace := paced(clock), MANY)
    assert first.refusals <= 3
    assert first.seconds <= least(150, 0.1, per_minute=30) + 1.6 * least(MANY - 150, 0.1)
    clock.now += 600
    assert drive(Platform(), clock, pace, 60, 0).seconds == 0


@pytest.mark.parametrize("says", FORMS)
def test_a_burst_before_our_start_costs_one_or_two_refusals(says: str) -> None:
    """As a plan in one process and its apply in the next, a moment later."""
    clock = Clock()
    platform = Platform(says, [clock.now - 58 + each for each in range(57)])
    ran = drive(platform, clock, paced(clock), MANY)
    assert 1 <= ran.refusals <= 2
    assert ran.seconds <= 1.4 * least(MANY, 0.1)


@pytest.mark.parametrize("says", FORMS)
def test_a_limit_lower_than_the_documented_one_is_found_and_kept_to(says: str) -> None:
    clock = Clock()
    ran = drive(Platform(says, per_minute=40), clock, paced(clock), MANY)
    assert ran.refusals <= 5
    assert ran.seconds <= 1.2 * least(MANY, 0.1, per_minute=40)


@pytest.mark.parametrize("says", FORMS)
def test_who_gets_no_call_through_gives_up_within_the_bound(says: str) -> None:
    clock = Clock()
    start = clock.now
    with pytest.raises(RateLimited, match="15 minutes"):
        drive(Platform(says, per_minute=0), clock, paced(clock), 1)
    assert clock.now - start <= 16 * 60


def test_an_hour_that_others_spent_is_given_up_at_once_and_says_when_to_go_on() -> None:
    clock = Clock()
    platform = Platform("bare", evenly(58, clock.now - 1800))
    with pytest.raises(RateLimited) as stopped:
        drive(platform, clock, paced(clock), MANY)
    assert stopped.value.retry_after is not None
    assert 900 < stopped.value.retry_after <= 3601
