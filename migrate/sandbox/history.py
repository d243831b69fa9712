"""The states that an environment was in, by the calls that left them behind."""

import time
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar


class State(Protocol):
    """What an environment holds: an immutable value."""

    def as_document(self) -> dict[str, Any]:
        """All of it as a state document."""
        ...


Held = TypeVar("Held", bound=State)


@dataclass(frozen=True, slots=True)
class _Moment(Generic[Held]):
    """The state after a write: the call's sequence number, and when (monotonic seconds).

    States that were put in by hand carry minus infinity: they show at once, whatever the lag.
    """

    seq: int
    time: float
    state: Held


class History(Generic[Held]):
    """Every state of an environment, the newest last. Callers hold the environment's lock."""

    def __init__(self, start: Held) -> None:
        self._moments = [_Moment(0, float("-inf"), start)]

    @property
    def newest(self) -> Held:
        """The state as it is."""
        return self._moments[-1].state

    def shown(self, lag: float) -> Held:
        """The state as reads show it, `lag` seconds late."""
        until = time.monotonic() - lag
        return next(moment for moment in reversed(self._moments) if moment.time <= until).state

    def at(self, seq: int) -> Held:
        """The state after call number `seq`."""
        return next(moment for moment in reversed(self._moments) if moment.seq <= seq).state

    def add(self, seq: int, state: Held, *, at_once: bool = False) -> None:
        """Keep what call number `seq` left behind; `at_once`: reads show it whatever the lag."""
        when = float("-inf") if at_once else time.monotonic()
        self._moments.append(_Moment(seq, when, state))
