"""The request budget of an account: two rolling windows (kore.md E)."""

import math
from collections import deque
from dataclasses import dataclass

MINUTE, HOUR = 60.0, 3600.0
_MESSAGE = "You've exceeded the {} rate limit. Please wait for sometime before retrying."


@dataclass(frozen=True, slots=True)
class Spent:
    """A request over budget: the platform's message, and whole seconds until one fits again."""

    message: str
    retry_after: int


class Budget:
    """Counts the requests that were let in; refused ones do not count.

    The upload has a table of its own in the vendor's documentation; here it counts like any other
    request, so that a client that stays inside this budget stays inside both.
    """

    def __init__(self) -> None:
        self._times: deque[float] = deque()

    def take(self, now: float, per_minute: int, per_hour: int) -> Spent | None:
        """Let one request in at `now` (seconds of a monotonic clock), or say what is spent.

        A limit of 0 is none.
        """
        while self._times and self._times[0] <= now - HOUR:
            self._times.popleft()
        for limit, window, name in ((per_minute, MINUTE, "per-minute"), (per_hour, HOUR, "hourly")):
            if limit and len(self._times) >= limit and self._times[-limit] > now - window:
                wait = self._times[-limit] + window - now
                return Spent(_MESSAGE.format(name), math.ceil(wait))
        self._times.append(now)
        return None

    def left(self, now: float, per_minute: int) -> int:
        """How many more requests the minute's limit lets in at `now`."""
        return max(per_minute - sum(1 for each in self._times if each > now - MINUTE), 0)
