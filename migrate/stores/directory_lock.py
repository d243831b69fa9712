"""One process at a time in a directory store, by `flock` on one file.

The lock is asked for on a file that is never removed, so that all ask for the same one.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from migrate.errors import StoreFailed


@contextmanager
def exclusively(lock_file: Path, wait: float) -> Iterator[None]:
    """Keep other processes and threads out; raises StoreFailed after `wait` seconds in vain.

    The lock ends with the process, however it dies. StoreFailed also where the file system's
    locks are known to keep out nobody on other machines.
    """
    _check_reach(lock_file.parent)
    deadline = time.monotonic() + wait
    while True:
        handle = os.open(lock_file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            while not _try_lock(handle):
                if time.monotonic() >= deadline:
                    raise StoreFailed(
                        f"another process keeps the store busy for more than {wait:g} s",
                        where=str(lock_file),
                        remedy="See who has this file open, and end that process if it hangs.",
                    )
                time.sleep(0.005)
            # Whoever removed the file meanwhile made room for a second one beside ours.
            if _is_at(handle, lock_file):
                yield
                return
        finally:
            os.close(handle)


def _is_at(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.lstat())
    except FileNotFoundError:
        return False


def _check_reach(folder: Path) -> None:
    """Refuse an NFS mount that keeps locks to itself (nfs(5), `nolock` and `local_lock`)."""
    from migrate.mounts import mount_of

    mount = mount_of(folder)
    alone = {"nolock", "local_lock=all", "local_lock=flock"}
    if mount is not None and mount.kind.startswith("nfs") and mount.options & alone:
        raise StoreFailed(
            f"the file system at {mount.point} keeps file locks to this machine "
            f"({', '.join(sorted(mount.options & alone))}), so others would not be kept out",
            where=str(folder),
            remedy="Mount it with locks, as NFS 4 or with a lock service, or use a bucket.",
        )


def _try_lock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
