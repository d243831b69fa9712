"""A sign of life: a small file in this machine's memory, locked for as long as its process lives.

The kernel drops the lock when the process ends, however it ends. The file lies in a file system
that is memory (tmpfs), which no two machines share, under a random name that only the lock in the
store tells. So whoever finds it is on the holder's machine, and whoever can lock it knows that the
holder is gone. Host names, process ids and the kernel's boot id could not tell that: containers
share the first two, and machines started from one snapshot of memory share all three.
"""

import fcntl
import math
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from migrate.mounts import mount_of

FOLDER = Path("/dev/shm")  # noqa: S108 - no temporary file: nobody else can know the name

_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Never set, the same for all processes of a machine, and goes on while it sleeps."""


class SignOfLife:
    """Held from now on until `end`, or until the process is gone. Nothing where that can't be."""

    def __init__(self, owner: str) -> None:
        self._path = _path(owner)
        self._handle: int | None = None
        if not _in_memory():
            return
        try:
            self._handle = os.open(
                self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600
            )
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:  # no right to, or no memory left: others wait for the lease, then
            self.end()

    def end(self) -> None:
        """Take the sign away: the holder has let go of what it held."""
        if self._handle is not None:
            _remove(self._path)
            os.close(self._handle)
            self._handle = None


def gone_for(owner: str) -> float | None:
    """For how many seconds it is known that the process behind `owner` is gone; None: it is not.

    0.0 when it is found out; the moment is kept in the file for whoever asks later.
    """
    with _sign(owner) as (handle, held):
        if handle is None or held:
            return None
        try:
            return _since(handle, time.clock_gettime(_CLOCK))
        except OSError:
            return None


def lives(owner: str) -> bool:
    """Whether the process behind `owner` is known to run on this machine."""
    with _sign(owner) as (_, held):
        return held


@contextmanager
def _sign(owner: str) -> Iterator[tuple[int | None, bool]]:
    """The open sign of a process, None where there is none, and whether it holds it."""
    handle, held = None, False
    with suppress(OSError):
        if _is_owner(owner) and _in_memory():
            handle = os.open(_path(owner), os.O_RDWR | os.O_NOFOLLOW)
    try:
        if handle is not None:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                held = True
        yield handle, held
    finally:
        if handle is not None:
            os.close(handle)


def forget(owner: str) -> None:
    """Remove the sign of a process that no longer matters, where there is one."""
    if _is_owner(owner):
        _remove(_path(owner))


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:  # another user's: it goes with the machine's next start
        return


def _is_owner(text: str) -> bool:
    """What an object in a store says is no part of a path until it looks like one of ours."""
    return re.fullmatch("[0-9a-f]{32}", text) is not None


def _since(handle: int, now: float) -> float:
    try:
        seen = float(os.pread(handle, 64, 0))
    except ValueError:
        seen = math.nan
    if not 0 <= seen <= now:
        seen = now
        os.ftruncate(handle, 0)
        os.pwrite(handle, repr(now).encode(), 0)
    return now - seen


def _path(owner: str) -> Path:
    return FOLDER / f"role-migrate-{owner}"


def _in_memory() -> bool:
    mount = mount_of(FOLDER)
    return mount is not None and mount.kind == "tmpfs"
