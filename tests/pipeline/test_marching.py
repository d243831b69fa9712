"""A march through waves: on any executor, so many at a time, and not beyond a halt."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any

import pytest

from migrate.errors import Exit
from migrate.fleet.outcome import STATES, Outcome
from migrate.model import Identity
from migrate.pipeline.errands import Errand
from migrate.pipeline.marching import INTERRUPTED, March, march

ACCOUNT = Identity("kore", "https://example.com", "b-1")


def errands(*waves: str) -> list[list[Errand]]:
    return [
        [Errand("apply", "c", name, f"p-{name}", "d", ACCOUNT) for name in wave] for wave in waves
    ]


def done(errand: Errand, code: int = 0) -> Outcome:
    return Outcome(errand.environment, STATES[Exit(code)], code)


class AtOnce(Executor):
    """An executor of somebody else: it does all in the caller, and can call nothing back."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        self.sent.append(args[0].environment)
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as error:  # noqa: BLE001 - as executors do
            future.set_exception(error)
        return future


def gone(
    waves: list[list[Errand]],
    do: Callable[[Errand], Outcome],
    executor: Executor,
    *,
    width: int = 1,
    most: int | None = 1,
    first: str = "",
) -> March:
    return march(
        waves,
        executor,
        do,
        width=width,
        canaries=first,
        max_failures=most,
        told=lambda _outcome: None,
        lost=lambda errand, error: Outcome(errand.environment, "lost", 7, what=str(error)),
    )


def test_a_wave_begins_when_the_one_before_has_ended() -> None:
    running: set[str] = set()
    seen: list[tuple[str, frozenset[str]]] = []
    lock = threading.Lock()

    def do(errand: Errand) -> Outcome:
        with lock:
            running.add(errand.environment)
            seen.append((errand.environment, frozenset(running)))
        time.sleep(0.02)
        with lock:
            running.remove(errand.environment)
        return done(errand)

    with ThreadPoolExecutor(4) as pool:
        went = gone(errands("a", "bcd", "ef"), do, pool, width=2)
    assert list(went.outcomes) and went.outcomes.keys() == set("abcdef")
    waves = {name: wave for wave in ("a", "bcd", "ef") for name in wave}
    for name, beside in seen:
        assert beside <= set(waves[name])
        assert len(beside) <= 2


@pytest.mark.parametrize(("most", "sent"), [(1, "ab"), (2, "abcd"), (None, "abcdef")])
def test_no_other_is_begun_after_so_many_failures(most: int | None, sent: str) -> None:
    crew = AtOnce()
    went = gone(
        errands("a", "bcd", "ef"),
        lambda errand: done(errand, 7 if errand.environment in "bd" else 0),
        crew,
        most=most,
    )
    assert "".join(crew.sent) == sent
    assert bool(went.halted) is (most is not None)


@pytest.mark.parametrize(("first", "sent"), [("", "abcdef"), ("d", "abcdef"), ("ab", "ab")])
def test_only_the_canaries_halt_whatever_may_fail(first: str, sent: str) -> None:
    crew = AtOnce()
    went = gone(
        errands("abc", "def"),
        lambda errand: done(errand, 7 if errand.environment == "b" else 0),
        crew,
        most=2,
        first=first,
    )
    assert "".join(crew.sent) == sent
    assert bool(went.halted) is (sent == "ab")


def test_an_errand_that_is_lost_counts_as_failed() -> None:
    def do(errand: Errand) -> Outcome:
        if errand.environment == "a":
            raise RuntimeError("the worker died")
        return done(errand)

    crew = AtOnce()
    went = gone(errands("a", "b"), do, crew)
    assert went.outcomes["a"].what == "the worker died"
    assert crew.sent == ["a"]


def test_an_interrupt_waits_for_who_is_at_work() -> None:
    told = threading.Event()

    class Interrupting(ThreadPoolExecutor):
        def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
            if args[0].environment == "b":
                told.set()
                raise KeyboardInterrupt
            return super().submit(fn, *args, **kwargs)

    def do(errand: Errand) -> Outcome:
        told.wait(5)
        time.sleep(0.05)
        return done(errand)

    with Interrupting(2) as pool:
        went = gone(errands("abc", "d"), do, pool, width=2)
    assert went.halted == INTERRUPTED
    assert went.outcomes["a"].state == "done"
    # Whether `b` was sent is not known here: the store is asked.
    assert went.outcomes["b"].state == "lost"
    assert not {"c", "d"} & went.outcomes.keys()
