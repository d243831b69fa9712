"""The log of requests, and the sequence that orders them and the states they leave behind."""

import threading
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Entry:
    """One request to an environment, as the log shows it. Headers are never kept.

    `status` is None where no answer went out in time; `time` is in epoch seconds; `acted` is the
    sequence number of a write that a fault made late.
    """

    seq: int
    environment: str
    method: str
    path: str
    query: dict[str, str]
    body: Any
    status: int | None
    time: float
    fault: str | None = None
    acted: int | None = None

    def as_document(self) -> dict[str, Any]:
        """The entry as JSON; `fault` and `acted` only where there are any."""
        document: dict[str, Any] = {
            "seq": self.seq,
            "environment": self.environment,
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "body": self.body,
            "status": self.status,
            "time": self.time,
        }
        extra = {"fault": self.fault, "acted": self.acted}
        return document | {name: value for name, value in extra.items() if value is not None}


class Recorder:
    """Keeps the log of all environments. Safe for many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sequence = 0
        self._entries: dict[int, Entry] = {}

    def next(self) -> int:
        """The next sequence number, from 1."""
        with self._lock:
            self._sequence += 1
            return self._sequence

    def record(self, entry: Entry) -> None:
        """Keep an entry; one with a number already kept replaces it."""
        with self._lock:
            self._entries[entry.seq] = entry

    def entries(self, environment: str | None = None, since: int = 0) -> list[Entry]:
        """The entries after sequence number `since`, in order; of one environment, or of all."""
        with self._lock:
            kept = sorted(self._entries.items())
        return [
            entry for seq, entry in kept if seq > since and environment in (None, entry.environment)
        ]

    def clear(self) -> None:
        """Start again with an empty log and the first number."""
        with self._lock:
            self._sequence = 0
            self._entries = {}
