"""Runs that ended, made up; and a store in memory."""

from collections.abc import Iterator

from migrate.actor import Actor, Approver
from migrate.canonical import sha256
from migrate.historyfile import Basis, Ended, Place
from migrate.model import Identity
from migrate.stores.base import Progress, Put, Stored, VersionMoved
from migrate.tools import stamp

START = 1_767_225_600
"""2026-01-01T00:00:00Z."""
HOUR = 3_600


def run_id(number: int) -> str:
    return f"20260101T000000Z-{number:06x}"


def ended(number: int, at: float | None = None, lasted: float = 60, undoes: str = "") -> Ended:
    """A run that ended `at` epoch seconds, by default an hour after the one before."""
    finished = START + number * HOUR if at is None else at
    identity = Identity("kore", "http://127.0.0.1", "a")
    return Ended(
        run=run_id(number),
        plan="0e3e3a7c",
        plan_digest=sha256(b"plan"),
        mode="incremental",
        assignments="none",
        source=Place("dev", identity, sha256(b"dev")),
        target=Place("prod", identity, sha256(b"prod")),
        planner=Actor("ann", "https://ci.example/1"),
        applier=Actor("bob", "runner"),
        ended_by=Actor("bob", "runner"),
        approvers=(Approver(Actor("cy", "laptop"), "2026-01-01T00:00:00Z", "CHG1", "SHA256:x"),),
        result="done",
        reason="",
        undoes=undoes,
        started_at=stamp(finished - lasted),
        finished_at=stamp(finished),
        backup=sha256(b"before"),
        after=sha256(b"after"),
        basis=Basis.READ_BACK,
    )


class MemoryStore:
    """A store that forgets; `reads` are the keys that were asked for."""

    location = "memory"

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.reads: list[str] = []

    def get(self, key: str) -> Stored | None:
        self.reads.append(key)
        return self._stored(key) if key in self.objects else None

    def put_if_absent(self, key: str, data: bytes, on_progress: Progress | None = None) -> Put:
        held = self.objects.setdefault(key, data)
        return Put(self._stored(key), held == data)

    def replace(self, key: str, data: bytes, version: str) -> Stored:
        if key not in self.objects or self._stored(key).version != version:
            raise VersionMoved(key, self.location)
        self.objects[key] = data
        return self._stored(key)

    def list(self, prefix: str) -> Iterator[str]:
        yield from sorted(key for key in self.objects if key.startswith(prefix))

    def _stored(self, key: str) -> Stored:
        return Stored(self.objects[key], sha256(self.objects[key]))
