"""A clock of our own, and a platform that counts calls in rolling windows (kore.md E)."""

import math
import random
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from migrate.pace import Pace


class Clock:
    """Seconds that pass only where somebody waits."""

    def __init__(self) -> None:
        self.now = 1_000_000.0
        self.waits: list[tuple[float, str]] = []

    def __call__(self) -> float:
        return self.now

    def pause(self, seconds: float, reason: str) -> None:
        assert seconds > 0
        self.waits.append((seconds, reason))
        self.now += seconds


def paced(clock: Clock, per_minute: int = 60, per_hour: int = 1800, **options: float) -> Pace:
    return Pace(
        per_minute,
        per_hour,
        clock=clock,
        now=lambda: clock.now,
        pause=clock.pause,
        where="prod",
        **options,
    )


class Platform:
    """Lets calls in while the windows have room; `says` is how a refusal is told.

    A limit of 0 lets nobody in. `others` are the moments, in order, at which another client calls,
    whatever comes of it.
    """

    def __init__(
        self,
        says: str = "bare",
        others: Iterable[float] = (),
        *,
        per_minute: int = 60,
        per_hour: int = 1800,
    ) -> None:
        self._says = says
        self._limits = ((per_minute, 60.0, False), (per_hour, 3600.0, True))
        self._times: deque[float] = deque()
        self._others = iter(others)
        self._next = next(self._others, math.inf)

    def call(self, now: float) -> tuple[float | None, bool] | None:
        """One call: None where it was let in, else (Retry-After, whether the hour is spent)."""
        while self._next <= now:
            self._take(self._next)
            self._next = next(self._others, math.inf)
        return self._take(now)

    def _take(self, now: float) -> tuple[float | None, bool] | None:
        while self._times and self._times[0] <= now - 3600:
            self._times.popleft()
        for limit, window, hourly in self._limits:
            if not limit:
                return (window / 2 if self._says == "retry_after" else None, hourly)
            if len(self._times) >= limit and self._times[-limit] > now - window:
                said = math.ceil(self._times[-limit] + window - now)
                return (said if self._says == "retry_after" else None, hourly)
        self._times.append(now)
        return None


@dataclass(frozen=True)
class Result:
    """How long so many calls took, in seconds, and how often one was refused."""

    seconds: float
    refusals: int


def drive(platform: Platform, clock: Clock, pace: Pace, calls: int, latency: float = 0.1) -> Result:
    """Make calls one after the other, as a channel does."""
    start, refusals, done = clock.now, 0, 0
    while done < calls:
        pace.wait()
        answer = platform.call(clock.now + latency / 2)
        clock.now += latency
        if answer is None:
            done += 1
            continue
        refusals += 1
        pace.refused("Export Roles: the rate limit is reached", answer[0], hourly=answer[1])
    return Result(clock.now - start, refusals)


def least(calls: int, latency: float, per_minute: int = 60, per_hour: int = 1800) -> float:
    """The least time in which so many calls can be made by somebody who knows the windows."""
    times: list[float] = []
    now = 0.0
    for _ in range(calls):
        for limit, window in ((per_minute, 60.0), (per_hour, 3600.0)):
            if len(times) >= limit:
                now = max(now, times[-limit] + window)
        times.append(now)
        now += latency
    return now


def evenly(rate: float, start: float, *, jitter: float = 0.0, seed: int = 0) -> Iterator[float]:
    """`rate` calls a minute, the same time apart but for a jitter in seconds, for some hours."""
    chance = random.Random(seed)
    moments = (start + number * 60 / rate for number in range(int(rate * 300)))
    return iter(sorted(moment + chance.random() * jitter for moment in moments))


def in_bursts(size: int, start: float) -> Iterator[float]:
    """`size` calls at the beginning of each minute, for some hours."""
    return (start + minute * 60 + each / 10 for minute in range(300) for each in range(size))
