"""The lock against every order of events: clocks apart, pauses, deaths, lost and late answers.

A world with a time of its own. Processes take the lock, announce calls, sleep at the worst moment,
die. Their clocks are off by up to half the allowance each, and wander. The store does what it is
told at once, late, or twice: the answer is lost. While one process waits for the store, others act.
What must hold: when somebody takes the lock, every call of those before has landed; and no call
leaves from a process that lost it.
"""

import contextlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random

import hypothesis.strategies as st
from hypothesis import given, settings

from migrate.errors import Blocked, MigrateError, StoreFailed
from migrate.lock import Lock, Who, acquire
from migrate.lock.record import parse_lock
from migrate.stores.base import NO_VERSION, Progress, Put, Stored, StoreUnreachable, VersionMoved
from tests.lock.conftest import KEY, TARGET, TERMS

CALL = 120.0
"""The longest call, from its announcement to its last byte; it lands at most as long after that."""

NAMES = ("ada", "bob", "cyd")
OFFSETS = (-30.0, 0.0, 30.0)
"""What clocks are off by, in seconds: any two by the allowance at most."""

FATES = ["done"] * 12 + ["lost", "landed", "late"]

Meanwhile = Callable[[], object]


@dataclass
class Memory:
    """An honest store. `meanwhile` runs before and after each write, which may go wrong."""

    meanwhile: Meanwhile
    fate: Callable[[], str]
    wrote: Callable[[bytes], object]
    objects: dict[str, tuple[bytes, int]] = field(default_factory=dict)
    writes: int = 0
    late: list[tuple[str, bytes, str]] = field(default_factory=list)
    location: str = "mem:store"

    def get(self, key: str) -> Stored | None:
        found = self._get(key)
        self.meanwhile()  # what was read may be old news
        return found

    def _get(self, key: str) -> Stored | None:
        found = self.objects.get(key)
        return None if found is None else Stored(found[0], str(found[1]))

    def put_if_absent(self, key: str, data: bytes, on_progress: Progress | None = None) -> Put:
        self.meanwhile()
        if key not in self.objects:
            self._write(key, data)
        stored = self._get(key)
        assert stored is not None
        return Put(stored, stored.data == data)

    def replace(self, key: str, data: bytes, version: str) -> Stored:
        if version == NO_VERSION:
            raise VersionMoved(key, self.location)
        self.meanwhile()
        fate = self.fate()
        if fate == "late":
            self.late.append((key, data, version))
        if fate in ("late", "lost"):
            raise StoreUnreachable("no answer came")
        self.land(key, data, version)
        stored = self._get(key)
        self.meanwhile()
        if fate == "landed":
            raise StoreUnreachable("no answer came")
        assert stored is not None
        return stored

    def land(self, key: str, data: bytes, version: str) -> None:
        if key not in self.objects or str(self.objects[key][1]) != version:
            raise VersionMoved(key, self.location)
        self._write(key, data)

    def list(self, prefix: str) -> Iterator[str]:
        return iter(sorted(self.objects))

    def _write(self, key: str, data: bytes) -> None:
        self.writes += 1
        self.objects[key] = (data, self.writes)
        self.wrote(data)


@dataclass
class Process:
    """A process on a machine of its own; `offset` is what its clock is off by."""

    name: str
    offset: float = 0.0
    lock: Lock | None = None
    busy: bool = False


class World:
    """Three processes on machines of their own, and one store; `random` decides what happens."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.now = 1_800_000_000.0
        self.store = Memory(self.others_act, lambda: random.choice(FATES), self.look)
        self.processes = [Process(name, random.choice(OFFSETS)) for name in NAMES]
        self.owner = ""
        self.landings: dict[str, float] = {}
        self.taken: list[Lock] = []
        self.depth = 0

    def step(self) -> None:
        """One of all things that may happen next."""
        holders = [each for each in self.processes if each.lock is not None]
        if self.random.random() < 0.5 or not holders:
            self.random.choice([self.pass_time, self.pass_time, self.take, self.wander])()
            return
        process = self.random.choice(holders)
        acts = [self.call] * 4 + [self.keep_alive, self.die, self.finish, self.arrive_late]
        self.random.choice(acts)(process)

    def look(self, data: bytes) -> None:
        """See each write of the lock: whoever gets it gets a target on which all is quiet."""
        owner = parse_lock(data, KEY).owner
        if owner != self.owner:
            under_way = [at for at in self.landings.values() if at > self.now]
            assert not under_way, "the lock was taken while a call of another was under way"
        self.owner = owner

    def others_act(self) -> None:
        """What goes on while a process sleeps or waits for the store."""
        if self.depth == 2 or self.random.random() < 0.7:
            return
        self.depth += 1
        if self.random.random() < 0.5:
            self.pass_time()
        if self.random.random() < 0.5:
            self.take()
        idle = [each for each in self.processes if each.lock is not None and not each.busy]
        if idle and self.random.random() < 0.5:
            self.call(self.random.choice(idle))
        self.depth -= 1

    def pass_time(self) -> None:
        """Go on to a moment at which something may be over: by this rule or by a wrong one."""
        ends = [self.now + span for span in (1.0, 29.0, 31.0, 59.0, 61.0, 119.0, 121.0, 240.0)]
        if self.owner:
            lock = parse_lock(self.store.objects[KEY][0], KEY)
            starts = (lock.lease_until, *self.landings.values())
            ends += [at + more for at in starts for more in (-CALL, 0.0, 60.0, CALL, CALL + 60)]
        early = self.random.choice(OFFSETS) + self.random.choice([0.0, 0.5, 1.0])
        self.now = max(self.now, self.random.choice(ends) - early)

    def wander(self) -> None:
        """A clock is set, within the allowance."""
        self.random.choice(self.processes).offset = self.random.choice(OFFSETS)

    @contextlib.contextmanager
    def acting(self, process: Process) -> Iterator[None]:
        process.busy = True
        try:
            with contextlib.suppress(StoreFailed, Blocked):
                yield
        finally:
            process.busy = False

    def take(self) -> None:
        free = [each for each in self.processes if each.lock is None and not each.busy]
        if not free:
            return
        process = self.random.choice(free)
        with self.acting(process):
            process.lock = acquire(
                self.store,
                TARGET,
                run="20261122T134501Z-3f9a2c",
                who=Who(process.name, "host", 1),
                clock=lambda: self.now + process.offset,
                unsettled=lambda _run: None,
                terms=TERMS,
            )
            self.taken.append(process.lock)

    def call(self, process: Process) -> None:
        """Announce a call and send it, after a pause perhaps; it lands some time later."""
        lock = process.lock
        assert lock is not None
        with self.acting(process):
            lock.fence(CALL)
            announced = self.now
            self.others_act()
            if self.now - announced >= CALL:
                return  # migrate.http lets nothing leave then: tests/http/test_pauses.py
            assert self.owner == lock.record.owner, "a call left after the lock was lost"
            last_byte = self.random.choice([self.now, announced + CALL])
            landing = max(last_byte + CALL, self.landings.get(self.owner, 0.0))
            self.landings[self.owner] = landing

    def keep_alive(self, process: Process) -> None:
        assert process.lock is not None
        with self.acting(process):
            process.lock.keep_alive()

    def die(self, process: Process) -> None:
        process.lock = None

    def finish(self, process: Process) -> None:
        """A run ends when it has its answers."""
        assert process.lock is not None
        self.now = max(self.now, self.landings.get(process.lock.record.owner, 0.0))
        with self.acting(process):
            process.lock.release()
        process.lock = None

    def arrive_late(self, _process: Process) -> None:
        """Writes to the store whose answers were given up arrive after all."""
        for key, data, version in self.store.late:
            with contextlib.suppress(VersionMoved):
                self.store.land(key, data, version)
        self.store.late.clear()

    def close(self) -> None:
        """Take the signs of life away."""
        self.store.meanwhile = lambda: None
        self.store.fate = lambda: "done"
        self.store.wrote = lambda _data: None
        for lock in self.taken:
            with contextlib.suppress(MigrateError):
                lock.release()


@settings(
    max_examples=1500 if os.environ.get("ROLE_MIGRATE_MATRIX") == "full" else 30,
    deadline=None,
)
@given(seed=st.integers(0, 2**32), steps=st.integers(200, 400))
def test_nobody_writes_into_the_run_of_another(seed: int, steps: int) -> None:
    world = World(Random(seed))
    try:
        for _ in range(steps):
            world.step()
    finally:
        world.close()
