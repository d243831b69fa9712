"""Files that are whole or not there: the crash-safe writing under the directory store.

POSIX only: `flock`, `link` and folders that can be synced. The tool does not run on Windows.
"""

import errno
import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from migrate.errors import StoreFailed
from migrate.stores.base import Stored

LEFT_BEHIND = 3600
"""Seconds after which a temporary file is taken for one of a process that died. A write takes
milliseconds; one that was paused for longer fails, and says so."""

_LOCAL = "Put the store on a local file system."
_REASONS: dict[int, tuple[str, str]] = {
    errno.EACCES: ("permission denied", "Give this user read and write rights on the folder."),
    errno.EPERM: (
        "operation not permitted",
        "Use a folder that this user owns, on a file system with hard links.",
    ),
    errno.ENOTSUP: ("the file system lacks hard links or file locks", _LOCAL),
    errno.ENOLCK: ("the file system gives no file locks", _LOCAL),
    errno.EINVAL: ("the file system can't make sure that a file is kept", _LOCAL),
    errno.ENOENT: (
        "what was just written is gone",
        "See what else removes files there; run again.",
    ),
    errno.ENOSPC: ("no space left on the device", "Free some space and run again."),
    errno.EDQUOT: ("the disk quota is used up", "Free some space and run again."),
    errno.EROFS: ("the file system is read-only", "Choose a folder that can be written."),
    errno.ENOTDIR: ("a file is where a folder is needed", "Choose another folder for the store."),
    errno.EISDIR: ("a folder is where a file is needed", "Move that folder away."),
    errno.ELOOP: ("a symbolic link is where a file is needed", "Move that link away."),
    errno.ENAMETOOLONG: ("the name is too long for this file system", "Use a shorter path."),
}


def directory_failure(error: OSError, where: str) -> StoreFailed:
    """Say in the project's words what the operating system refused."""
    reason, remedy = _REASONS.get(
        error.errno or 0,
        (error.strerror or "input or output failed", "Check the disk and the system's log."),
    )
    return StoreFailed(f"cannot use the store's folder: {reason}", where=where, remedy=remedy)


@contextmanager
def explained(where: str) -> Iterator[None]:
    """Turn what the operating system refuses into `StoreFailed`."""
    try:
        yield
    except OSError as error:
        raise directory_failure(error, where) from error


def read_file(path: Path) -> Stored | None:
    """The file, its version being the SHA-256 of its bytes; None where there is none."""
    try:
        with open(path, "rb", opener=_open_no_link) as file:
            data = file.read()
    except FileNotFoundError:
        return None
    return Stored(data, hashlib.sha256(data).hexdigest())


def make_folder(folder: Path) -> None:
    """Make the folder and those above it, 0700, each one synced into its parent."""
    missing: list[Path] = []
    while not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    for path in reversed(missing):
        try:
            path.mkdir(mode=0o700)
        except FileExistsError:
            if not path.is_dir():
                raise NotADirectoryError(errno.ENOTDIR, "a file is in the way", path) from None
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Wait until the folder's entries are on the disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def written_beside(folder: Path, data: bytes) -> Iterator[Path]:
    """A complete, synced file (0600) under a random name in `folder`; removed at the end."""
    make_folder(folder)
    path = folder / secrets.token_hex(16)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            now = os.fstat(file.fileno()).st_mtime
        _sweep(folder, now - LEFT_BEHIND)
        yield path
    finally:
        path.unlink(missing_ok=True)


def _sweep(folder: Path, before: float) -> None:
    """Remove what processes that died left behind. The time is the file system's own."""
    for path in folder.iterdir():
        with suppress(FileNotFoundError):
            if path.lstat().st_mtime < before:
                path.unlink()


def link_if_absent(temporary: Path, path: Path) -> None:
    """Give a complete file its name, unless something has that name."""
    with suppress(FileExistsError):
        os.link(temporary, path)
    # Also for a rival's file: what we report as being there must survive a crash.
    sync_folder(path.parent)


def _open_no_link(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW)
