"""One running account or server of any platform: its state over time, its behaviour, its clock."""

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from migrate.sandbox.config import Config
from migrate.sandbox.history import Held, History
from migrate.sandbox.s3 import S3Endpoint
from migrate.sandbox.switchboard import Value


@dataclass(frozen=True, slots=True)
class Setup:
    """What an environment starts with: a name, a state document, switches that are not as usual.

    `prefix` is a path before the platform's own; `place` counts the environments of the sandbox
    from 0; `bucket` says whether there is S3 beside them.
    """

    name: str
    document: Any
    switches: Mapping[str, Any]
    prefix: str = ""
    place: int = 0
    bucket: bool = False


class Behaviour(Protocol):
    """The switches that every platform has."""

    @property
    def read_lag(self) -> float:
        """Seconds until a write shows in reads."""
        ...

    @property
    def latency(self) -> float:
        """Seconds that a request is on its way."""
        ...

    @property
    def clock_offset(self) -> float:
        """Seconds by which the server's clock is ahead."""
        ...

    def as_document(self) -> dict[str, Value]:
        """Every switch and its value, as JSON."""
        ...


Switched = TypeVar("Switched", bound=Behaviour)


class Environment(ABC, Generic[Held, Switched]):
    """The mutable holder of a state. Whoever reads then writes holds `lock`."""

    def __init__(self, setup: Setup, state: Held, switches: Switched) -> None:
        self.name = setup.name
        self.prefix = setup.prefix
        self.lock = threading.RLock()
        self._start = (state, switches)
        self.reset()

    def reset(self) -> None:
        """As at the start. A platform resets here what else it keeps."""
        with self.lock:
            state, self.switches = self._start
            self._history = History(state)

    def now(self) -> float:
        """The server's clock in epoch seconds, which a switch can move."""
        return time.time() + self.switches.clock_offset

    def elapsed(self) -> float:
        """The server's clock for spans of time, in seconds; the same switch moves it."""
        return time.monotonic() + self.switches.clock_offset

    @property
    def state(self) -> Held:
        """The state as it is."""
        with self.lock:
            return self._history.newest

    def visible(self) -> Held:
        """The state as reads show it, `read_lag` seconds late."""
        with self.lock:
            return self._history.shown(self.switches.read_lag)

    def at(self, seq: int) -> Held:
        """The state after call number `seq`."""
        with self.lock:
            return self._history.at(seq)

    def commit(self, seq: int, state: Held) -> None:
        """Keep what call number `seq` made of the state."""
        with self.lock:
            self._history.add(seq, state)

    def put(self, seq: int, state: Held) -> None:
        """Set the state by hand; reads show it at once."""
        with self.lock:
            self._history.add(seq, state, at_once=True)

    @abstractmethod
    def read(self, document: object) -> Held:
        """The state that a document describes. Raises InvalidInput with every fault."""

    @abstractmethod
    def set_switches(self, values: object) -> Switched:
        """Set some switches. Raises InvalidInput, or UsageError for what can't be had here."""

    @abstractmethod
    def change_secret(self, entry: object) -> dict[str, Any]:
        """Change a credential, at once or from a later request on. Raises InvalidInput."""

    @abstractmethod
    def credentials(self) -> dict[str, Any]:
        """How to log in, for the ready file."""

    @abstractmethod
    def settings(self, header: str, config: Config, s3: S3Endpoint | None) -> list[str]:
        """The lines of a config that only this platform has, secrets in files of their own.

        They follow those of the table `header`, and may open tables below it.
        """
