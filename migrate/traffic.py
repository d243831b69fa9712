"""What a process called and waited for, in time: kept for the report of a run."""

import threading
from collections import defaultdict, deque
from collections.abc import Callable, Collection
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import partial
from typing import Any

ABOUT: ContextVar[str] = ContextVar("about", default="")
"""The target that this thread works on, where several are worked on side by side."""

MOST = 1000
"""Moments that are kept from the beginning and from the end, by environment; of what is between
them there is the number alone."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A call, or a wait. `began` is epoch seconds.

    `where` is the environment that was called, "" for a wait; `outcome` a call's HTTP status, or
    in words why there is none, and "" for a wait.
    """

    began: float
    seconds: float
    what: str
    where: str = ""
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class Going:
    """A call that is under way, and what went before it.

    `page` counts calls of the same kind in a row, which is how long lists are read; `calls` are all
    of the process, this one included; `received` are the bytes of their answers.
    """

    where: str
    what: str
    page: int
    calls: int
    received: int


@dataclass(slots=True)
class _Kept:
    """The moments of one environment: the first, and the last."""

    first: list[Moment] = field(default_factory=list)
    last: deque[Moment] = field(default_factory=lambda: deque(maxlen=MOST))
    count: int = 0

    def add(self, moment: Moment) -> None:
        self.count += 1
        (self.first if len(self.first) < MOST else self.last).append(moment)


class Traffic:
    """The moments of a process. Thread-safe. `now` is epoch seconds.

    `watch` is told of each call that begins, and with None that none is under way any more.
    """

    def __init__(
        self, now: Callable[[], float], watch: Callable[[Going | None], None] = lambda _going: None
    ) -> None:
        self._now = now
        self._watch = watch
        self._going: Going | None = None
        self._under_way = 0
        self._received = 0
        self._kept: dict[str, _Kept] = defaultdict(_Kept)
        self._lock = threading.Lock()

    def begins(self, where: str) -> Callable[[str], None]:
        """What notes that a call of an environment begins."""
        return partial(self._begin, where)

    def calls(self, where: str) -> Callable[[str, str, float, int], None]:
        """What notes a call of an environment that just ended: (call, outcome, seconds, bytes)."""
        return partial(self._end, where)

    def waited(self, reason: str, seconds: float) -> None:
        """Note a wait that just ended."""
        self._note("", reason, "", seconds)

    def _begin(self, where: str, what: str) -> None:
        with self._lock:
            last = self._going
            same = last is not None and (last.where, last.what) == (where, what)
            page = last.page + 1 if last and same else 1
            calls = last.calls + 1 if last else 1
            self._going = going = Going(where, what, page, calls, self._received)
            self._under_way += 1
        self._watch(going)

    def _end(self, where: str, what: str, outcome: str, seconds: float, size: int) -> None:
        with self._lock:
            self._received += size
            self._under_way -= 1
            quiet = not self._under_way
        self._note(where, what, outcome, seconds)
        if quiet:
            self._watch(None)

    def _note(self, where: str, what: str, outcome: str, seconds: float) -> None:
        moment = Moment(self._now() - seconds, seconds, what, where, outcome)
        with self._lock:
            self._kept[where or ABOUT.get()].add(moment)

    def to_value(self, where: Collection[str]) -> dict[str, Any]:
        """The calls of some environments, and the waits for them, as JSON, by when they began.

        `at` is in seconds from the first of them.
        """
        with self._lock:
            kept = [self._kept[name] for name in {"", *where} if name in self._kept]
            mine = [moment for each in kept for moment in (*each.first, *each.last)]
            count = sum(each.count for each in kept)
        mine.sort(key=lambda each: each.began)
        first = mine[0].began if mine else 0.0
        return {
            "moments": [
                {
                    "at": round(max(each.began - first, 0.0), 3),
                    "seconds": round(max(each.seconds, 0.0), 3),
                    "where": each.where,
                    "what": each.what,
                    "outcome": each.outcome,
                }
                for each in mine
            ],
            "leftOut": count - len(mine),
        }
