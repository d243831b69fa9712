"""Hold the lock on a target while something is written to it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from migrate import lock as locks
from migrate.archive import Archive
from migrate.config import Environment
from migrate.connect import Connections
from migrate.errors import UNCHANGED, MigrateError
from migrate.journal import first_unfinished, new_run_id
from migrate.lock import Lock
from migrate.platforms.base import Writer


@dataclass(frozen=True, slots=True)
class Target:
    """An environment that is about to be written to, under its lock."""

    environment: Environment
    archive: Archive
    writer: Writer
    lock: Lock
    run_id: str
    connections: Connections


@contextmanager
def locked(
    environment: Environment,
    connections: Connections,
    *,
    run_id: str | None = None,
    settles: tuple[str, ...] = (),
) -> Iterator[Target]:
    """Hold the lock on a target for a run: a new one, or the one that is gone on with.

    `settles` are unfinished runs that it brings to an end. Raises TargetLocked, RunUnfinished, and
    StoreFailed for a store that can't hold a lock.
    """
    tools = connections.tools
    run = run_id or new_run_id(tools.now(), tools.random_hex(3))
    with untouched():
        archive = connections.archive(environment)
        writer = connections.writer(environment)
        lock = locks.acquire(
            archive.whole,
            environment.identity,
            run=run,
            who=tools.who,
            clock=tools.now,
            unsettled=lambda other: first_unfinished(archive.store, other),
            settles=settles,
        )
    writer.fence = lambda: lock.fence(writer.timeout)
    if lock.takeover:
        tools.tell(str(lock.takeover))
    try:
        yield Target(environment, archive, writer, lock, run, connections)
    except BaseException as error:
        lock.__exit__(type(error), error, error.__traceback__)
        raise
    try:
        # A run that was taken back may itself have taken back one that is still unfinished.
        lock.release(first_unfinished(archive.store, run) if settles else None)
    except (MigrateError, KeyboardInterrupt) as late:
        # What was to be done is done; the lock falls by itself when its lease is over.
        why = str(late) or "interrupted"
        tools.tell(f"warning: the lock could not be released: {why}")


def in_the_way(environment: Environment, connections: Connections) -> MigrateError | None:
    """What would keep a plan from being applied now: a run under way, an unfinished one, or that
    it can't be told; None where nothing would. Only the store is read.
    """
    archive = connections.archive(environment)
    try:
        return locks.in_the_way(
            archive.whole,
            environment.identity,
            clock=connections.tools.now,
            unsettled=lambda other: first_unfinished(archive.store, other),
        )
    except MigrateError as error:
        return error


def warn_of_runs(environment: Environment, connections: Connections) -> None:
    """Say what would keep a plan from being applied now."""
    why = in_the_way(environment, connections)
    if why is not None:
        connections.tools.tell(f"warning: nothing can be applied to {environment.name} now: {why}")
        connections.tools.tell(f"  next: {why.remedy}")


@contextmanager
def untouched(target: str = UNCHANGED) -> Iterator[None]:
    """What happens inside writes to no platform, and an error that comes out says so."""
    try:
        yield
    except MigrateError as error:
        error.target = error.target or target
        raise
