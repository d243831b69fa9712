"""Staying inside a platform's request budget: two rolling windows, and waits after a refusal.

kore.md E: 60 calls a minute and 1,800 an hour per account. The counting is pyrate-limiter's
bucket on our own clock; the waiting is ours, so that it is bounded and can be shown.
"""

import math
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from migrate.errors import RateLimited

if TYPE_CHECKING:
    from pyrate_limiter import Rate

LONGEST_WAIT = 15 * 60.0
"""How long a run waits in all for a platform that refuses, in seconds, before it gives up."""

DEFAULT_HOLD = 60.0
"""How long to hold off when a refusal does not say, in seconds (kore.md E)."""

_MINUTE, _HOUR = 60_000, 3_600_000
# A window is counted where the calls arrive: without this, one that was slow on its way and one
# that was quick could meet in the same minute there, though not here. In milliseconds.
_MARGIN = 1_000
_LATER = "Run it again later; if other tools use this account, give them and this one their share."


class Pace:
    """Holds calls to one account back so that they stay inside its limits. Thread-safe.

    `clock` gives seconds that never go back. `on_wait(seconds, reason)` is called before each
    wait. Calls may come in a burst until a window is full. Waiting for the minute's window is
    part of normal work; waiting for the hour's and after refusals counts against `longest`, over
    the life of this object.
    """

    def __init__(
        self,
        per_minute: int = 60,
        per_hour: int = 1800,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        on_wait: Callable[[float, str], None] | None = None,
        longest: float = LONGEST_WAIT,
        where: str = "",
    ) -> None:
        from pyrate_limiter import InMemoryBucket

        self._per_minute = per_minute
        self._per_hour = per_hour
        self._clock = clock
        self._sleep = sleep
        self._on_wait = on_wait
        self._where = where
        self._longest = longest
        self._bucket = InMemoryBucket(_rates(per_minute, per_hour))
        self._lock = threading.Lock()
        self._held_until = -math.inf
        self._waited = 0.0

    def wait(self) -> None:
        """Block until a call may start, and count that call.

        Raises RateLimited if the hour's window is full and will not open within the bound.
        """
        while True:
            with self._lock:
                seconds, reason = self._turn()
            if not seconds:
                return
            if self._on_wait:
                self._on_wait(seconds, reason)
            self._sleep(seconds)

    def refused(self, retry_after: float | None = None, *, hourly: bool = False) -> float:
        """Hold all further calls off after the platform refused one for its rate.

        Returns for how many seconds: `retry_after` if the answer gave a sane one, else 60.
        `hourly` says that the answer named the hourly limit. Raises RateLimited if the hourly
        limit is spent and no time was given, or if the wait would pass the bound.
        """
        said = retry_after if _sane(retry_after) else None
        if hourly and said is None:
            raise self._spent("the platform says that the hourly limit of this account is spent")
        seconds = DEFAULT_HOLD if said is None else max(said, 1.0)
        with self._lock:
            reason = f"the platform refuses calls for {seconds:.0f} s"
            self._hold(self._clock(), seconds, reason, said)
        return seconds

    def _turn(self) -> tuple[float, str]:
        """Count a call if it may start now: (0, ""), else how long to wait first and why."""
        from pyrate_limiter import RateItem

        now = self._clock()
        if self._held_until > now:
            return self._held_until - now, "the platform asked to hold off"
        moment = int(now * 1000)
        self._bucket.leak(moment)
        item = RateItem("call", moment)
        if self._bucket.put(item):
            return 0.0, ""
        seconds = max(cast("int", self._bucket.waiting(item)), 1) / 1000
        failing = self._bucket.failing_rate
        if failing is not None and failing.interval > _MINUTE + _MARGIN:
            reason = f"the limit of {self._per_hour} calls an hour is reached"
            self._hold(now, seconds, reason, seconds)
            return seconds, reason
        return seconds, f"the limit of {self._per_minute} calls a minute is reached"

    def _hold(self, now: float, seconds: float, reason: str, retry_after: float | None) -> None:
        # Threads that are held together wait together: only what is new counts.
        added = max(0.0, now + seconds - max(self._held_until, now))
        if self._waited + added > self._longest:
            raise self._spent(
                f"{reason}, and a run waits {self._longest / 60:g} minutes at most in all",
                retry_after,
            )
        self._waited += added
        self._held_until = max(self._held_until, now + seconds)

    def _spent(self, what: str, retry_after: float | None = None) -> RateLimited:
        return RateLimited(what, where=self._where, remedy=_LATER, retry_after=retry_after)


def _rates(per_minute: int, per_hour: int) -> list["Rate"]:
    """Make the windows. The bucket refuses one that the other makes needless."""
    from pyrate_limiter import Rate

    minute = Rate(per_minute, _MINUTE + _MARGIN)
    hour = Rate(per_hour, _HOUR + _MARGIN)
    if per_hour <= per_minute:
        return [hour]
    if per_hour * minute.interval > per_minute * hour.interval:
        return [minute]
    return [minute, hour]


def _sane(seconds: float | None) -> bool:
    return seconds is not None and math.isfinite(seconds) and seconds >= 0
