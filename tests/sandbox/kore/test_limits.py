from hypothesis import given
from hypothesis import strategies as st

from migrate.sandbox.kore.limits import Budget


def test_the_minute_is_a_rolling_window() -> None:
    budget = Budget()
    assert [budget.take(now, 3, 0) for now in (0, 10, 20)] == [None, None, None]
    spent = budget.take(30, 3, 0)
    assert spent
    assert spent.retry_after == 30
    assert "per-minute rate limit" in spent.message
    assert budget.take(60, 3, 0) is None
    assert budget.take(60.1, 3, 0)
    assert budget.take(70, 3, 0) is None


def test_the_hour_is_told_as_the_hour() -> None:
    budget = Budget()
    assert not any(budget.take(now, 0, 2) for now in (0, 100))
    spent = budget.take(200.5, 0, 2)
    assert spent
    assert spent.retry_after == 3400
    assert "hourly rate limit" in spent.message
    assert budget.take(3600, 0, 2) is None


def test_zero_is_no_limit() -> None:
    budget = Budget()
    assert not any(budget.take(0, 0, 0) for _ in range(5000))


def test_refused_requests_do_not_count() -> None:
    budget = Budget()
    assert budget.take(0, 1, 0) is None
    assert all(budget.take(now, 1, 0) for now in range(1, 60))
    assert budget.take(60, 1, 0) is None


@given(st.lists(st.floats(0, 500), max_size=60).map(sorted), st.integers(1, 5), st.integers(1, 9))
def test_no_window_ever_holds_more_than_its_limit(
    times: list[float], per_minute: int, per_hour: int
) -> None:
    budget = Budget()
    taken = [now for now in times if budget.take(now, per_minute, per_hour) is None]
    for now in taken:
        assert sum(now - 60 < earlier <= now for earlier in taken) <= per_minute
    assert len(taken) <= per_hour
