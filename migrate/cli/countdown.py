"""Waiting so that whoever watches sees for how long and why, and so that a signal ends it."""

import math
import threading
import time
from collections.abc import Callable

from migrate.cli.voice import Voice

TICK = 1.0
"""Seconds between two looks at a countdown on a terminal."""

FIRST_LOOK, LONGEST_LOOK = 1.0, 15.0
"""Seconds between two looks at whether a wait may end sooner, each twice the one before."""

STILL = 60.0
"""Seconds between two lines on one wait in a log."""


class Countdown:
    """Waits: in silence, or with a countdown.

    On a terminal that is one line that counts down, and one that stays when it is over; in a log
    a line at the beginning and one a minute; one object with --log-format json.
    """

    def __init__(
        self,
        voice: Voice,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._voice = voice
        self._clock = clock
        self._sleep = sleep
        self._ended = threading.Event()

    def end(self) -> None:
        """Let go of every thread that waits, now and later: the program was told to stop."""
        self._ended.set()

    def sleep(self, seconds: float) -> None:
        """Wait in silence. Raises KeyboardInterrupt where the program is told to stop."""
        if threading.current_thread() is threading.main_thread():
            self._sleep(seconds)  # which the signal itself ends
        elif self._ended.wait(seconds):
            raise KeyboardInterrupt

    def pause(self, seconds: float, reason: str, sooner: Callable[[], bool] | None = None) -> None:
        """Wait, and show it; no longer than until `sooner`, asked now and then, says yes."""
        live = self._voice.live
        if not live:
            self._voice.say(f"waiting {_shown(seconds)}: {reason}", seconds=round(seconds, 1))
        began = now = self._clock()
        until, still, look, between = began + seconds, began + STILL, began + FIRST_LOOK, FIRST_LOOK
        while now < until:
            if live:
                self._voice.show(f"waiting {_shown(math.ceil(until - now))}: {reason}")
            nearest = (until, now + TICK if live else still, *((look,) if sooner else ()))
            self.sleep(min(nearest) - now)
            now = self._clock()
            if sooner and look <= now < until:
                if sooner():
                    break
                between = min(2 * between, LONGEST_LOOK)
                look = now + between
            if not live and still <= now < until:
                still = now + STILL
                if not self._voice.json:
                    self._voice.say(f"still waiting, {_shown(until - now)} left: {reason}")
        if live:
            self._voice.say(f"waited {_shown(min(seconds, now - began))}: {reason}")


def _shown(seconds: float) -> str:
    """A time for people: `0.5 s`, `59 s`, `12 min 5 s`."""
    if seconds < 10 and seconds != int(seconds):
        return f"{seconds:.1f} s"
    whole = round(seconds)
    minutes, rest = divmod(whole, 60)
    if whole < 120:
        return f"{whole} s"
    return f"{minutes} min {rest} s" if rest else f"{minutes} min"
