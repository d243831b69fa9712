"""Staying inside a platform's request budget: two rolling windows, less of them after a refusal.

kore.md E: 60 calls a minute and 1,800 an hour per account. Everybody in this process who works with
one account shares one pace, for they share its budget.
"""

import math
import sys
import threading
import time
from collections import deque
from collections.abc import Callable

from migrate.errors import RateLimited
from migrate.pace.allowance import Allowance

__all__ = ["DEFAULT_HOLD", "LONGEST_WAIT", "Pace"]

LONGEST_WAIT = 15 * 60.0
"""How long a run waits in all for a platform that refuses, in seconds, before it gives up."""

DEFAULT_HOLD = 60.0
"""How long to hold off when a refusal does not say, in seconds (kore.md E)."""

# A window is counted where the calls arrive: with less than a second more, one that was slow on
# its way and one that was quick could meet in the same minute there, though not here.
_MINUTE, _HOUR = 61.0, 3601.0
_LEAST_PAUSE = 0.001


def _quietly(seconds: float, reason: str) -> None:
    time.sleep(seconds)


class Pace:
    """Holds calls to one account back so that they stay inside its limits. Thread-safe.

    `clock` gives seconds that never go back, `now` epoch seconds. `pause(seconds, reason)` waits.
    A limit of 0 is none. Calls may come in a burst until a window is full. Waiting for the minute's
    window is part of normal work; waiting for the hour's and after refusals counts against
    `longest`, over the life of this object. `where` names the account in errors.
    """

    def __init__(
        self,
        per_minute: int = 60,
        per_hour: int = 1800,
        *,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
        pause: Callable[[float, str], None] = _quietly,
        longest: float = LONGEST_WAIT,
        where: str = "",
    ) -> None:
        self._per_minute = per_minute
        self._allowance = Allowance(per_minute)
        self._per_hour = per_hour
        self._clock = clock
        self._now = now
        self._pause = pause
        self._where = where
        self._longest = longest
        self._calls: deque[float] = deque()  # when each call of the last hour began
        self._lock = threading.Lock()
        self._first = threading.Lock()
        self._held_until = -math.inf
        self._why_held = ""
        self._waited = 0.0

    def wait(self) -> None:
        """Block until a call may start, and count that call.

        Of several threads one waits, and is heard; the others wait behind it. Raises RateLimited
        if the hour's window is full and will not open within the bound.
        """
        with self._first:
            while True:
                with self._lock:
                    seconds, reason = self._turn()
                if not seconds:
                    return
                self._pause(seconds, reason)

    def refused(self, what: str, retry_after: float | None = None, *, hourly: bool = False) -> None:
        """Hold all further calls off after the platform refused one for its rate, as `what` says.

        For `retry_after` seconds if the answer gave a sane number, else for a minute, also where
        the number given last time was not enough; and make fewer calls a minute from then on.
        `hourly` says that the answer named the hourly limit: without a number it is held off until
        the oldest of our calls leaves the window. Raises RateLimited if that would pass the bound.
        """
        said = retry_after if _sane(retry_after) else None
        with self._lock:
            now = self._clock()
            if hourly:
                self._forget(now)
                opens = self._until_open(len(self._calls), _HOUR, now) or _HOUR
                # Room for one call is not worth a refusal of the next.
                self._hold(now, max(opens if said is None else said, DEFAULT_HOLD), what)
                return
            # The call that was refused was counted when it began.
            passed = max(self._made_within(_MINUTE, now) - 1, 0)
            lowered = self._allowance.lower(now, passed)
            # One that was under way when another was refused is no sign that the time was short.
            enough = lowered or now < self._held_until
            seconds = DEFAULT_HOLD if said is None else max(said, 1.0 if enough else DEFAULT_HOLD)
            self._hold(now, seconds, what)
            self._why_held = (
                f"{what}; then at most {self._allowance.at(now)} calls a minute at first"
            )

    def left(self) -> int:
        """How many more calls the hour's window has room for now, as far as they are ours."""
        if not self._per_hour:
            return sys.maxsize
        with self._lock:
            return max(self._per_hour - self._made_within(_HOUR, self._clock()), 0)

    def _turn(self) -> tuple[float, str]:
        """Count a call if it may start now: (0, ""), else how long to wait first and why."""
        now = self._clock()
        if self._held_until > now:
            return self._held_until - now, self._why_held
        self._forget(now)
        seconds = self._until_open(self._per_hour, _HOUR, now)
        if seconds:
            reason = f"the limit of {self._per_hour} calls an hour is reached"
            self._hold(now, seconds, reason)
            return seconds, reason
        allowed = self._allowance.at(now)
        seconds = self._until_open(allowed, _MINUTE, now)
        if seconds and allowed < self._per_minute:
            return seconds, f"{allowed} calls a minute for now, since the platform refused some"
        if seconds:
            return seconds, f"the limit of {allowed} calls a minute is reached"
        self._calls.append(now)
        return 0.0, ""

    def _until_open(self, limit: int, window: float, now: float) -> float:
        """Seconds until fewer than `limit` calls are in the window; 0 if that is so now."""
        if not 0 < limit <= len(self._calls):
            return 0.0
        opens = self._calls[-limit] + window
        return max(opens - now, _LEAST_PAUSE) if opens > now else 0.0

    def _forget(self, now: float) -> None:
        while self._calls and self._calls[0] <= now - _HOUR:
            self._calls.popleft()

    def _made_within(self, window: float, now: float) -> int:
        return sum(1 for moment in self._calls if moment > now - window)

    def _hold(self, now: float, seconds: float, why: str) -> None:
        # Threads that are held together wait together: only what is new counts.
        added = max(0.0, now + seconds - max(self._held_until, now))
        if self._waited + added > self._longest:
            raise self._spent(why, max(self._held_until - now, seconds))
        self._waited += added
        if added:
            self._held_until, self._why_held = now + seconds, why

    def _spent(self, why: str, seconds: float) -> RateLimited:
        minutes = max(math.ceil((seconds - 1) / 60), 1)
        # Up to the next full minute: who comes back then finds the window open.
        at = time.strftime("%H:%M UTC", time.gmtime(math.ceil((self._now() + seconds) / 60) * 60))
        return RateLimited(
            f"{why}, and a run waits {self._longest / 60:g} minutes at most in all: "
            f"calls can be made again from {at} on, in {minutes} minute{'s' * (minutes != 1)}",
            where=self._where,
            remedy=f"Run it again after {at}; if other tools use this account, give them and this "
            "one their share.",
            retry_after=seconds,
            opens=at,
        )


def _sane(seconds: float | None) -> bool:
    return seconds is not None and math.isfinite(seconds) and seconds >= 0
