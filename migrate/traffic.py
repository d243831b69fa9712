"""What a process called and waited for, in time: kept for the report of a run."""

import threading
from collections.abc import Callable, Collection
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import partial
from typing import Any

ABOUT: ContextVar[str] = ContextVar("about", default="")
"""The target that this thread works on, where several are worked on side by side."""

MOST = 2000
"""Moments that are kept; of more there is the number alone."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A call, or a wait. `began` is epoch seconds.

    `where` is the environment that was called, "" for a wait; `outcome` a call's HTTP status, or
    in words why there is none, and "" for a wait. `about` is the target that a thread worked on,
    where several were worked on side by side.
    """

    began: float
    seconds: float
    what: str
    where: str = ""
    outcome: str = ""
    about: str = ""


@dataclass(slots=True)
class Traffic:
    """The moments of a process, in the order in which they ended. Thread-safe."""

    now: Callable[[], float]
    moments: list[Moment] = field(default_factory=list)
    left_out: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def calls(self, where: str) -> Callable[[str, str, float], None]:
        """What notes a call of an environment that just ended: (call, outcome, seconds)."""
        return partial(self._note, where)

    def waited(self, reason: str, seconds: float) -> None:
        """Note a wait that just ended."""
        self._note("", reason, "", seconds)

    def _note(self, where: str, what: str, outcome: str, seconds: float) -> None:
        moment = Moment(self.now() - seconds, seconds, what, where, outcome, ABOUT.get())
        with self._lock:
            if len(self.moments) < MOST:
                self.moments.append(moment)
            else:
                self.left_out += 1

    def to_value(self, where: Collection[str]) -> dict[str, Any]:
        """The calls of some environments, and the waits for them, as JSON, by when they began.

        `at` is in seconds from the first of them.
        """
        mine = [each for each in self.moments if (each.where or each.about) in {"", *where}]
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
            "leftOut": self.left_out,
        }
