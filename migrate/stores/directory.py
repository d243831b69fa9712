"""A store in a directory, for one machine or a file system that several share.

A file appears under its key complete or not at all, by a hard link that fails where something is
already there. Replacing is guarded by `flock` on one file. What is reported as written is on the
disk: the content before the name, the name before the answer.

On NFS, Linux passes both on to the server, so that several machines may share a store: a link
whose answer was lost is told from a rival's by its content. A mount that keeps locks to itself is
refused.
"""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

from migrate.errors import InvalidInput, StoreFailed
from migrate.stores.base import Progress, Put, Stored, VersionMoved, check_key, check_prefix
from migrate.stores.directory_files import (
    explained,
    link_if_absent,
    make_folder,
    read_file,
    sync_folder,
    written_beside,
)
from migrate.stores.directory_lock import exclusively

LOCK_FILE = ".lock"
TEMPORARY = ".tmp"
LOCK_WAIT = 10.0
"""Seconds to wait for other processes to finish their replace, each a matter of milliseconds."""


class DirectoryStore:
    """A `Store` in a folder: files 0600, folders 0700, version tokens are SHA-256 of the bytes.

    The folder is made by the first write. Raises StoreFailed for what the operating system
    refuses, and InvalidInput for keys that a symbolic link leads out of the folder. May be shared
    between threads. `lock_wait` is in seconds.
    """

    def __init__(self, root: Path, *, lock_wait: float = LOCK_WAIT) -> None:
        with explained(str(root)):
            self._root = Path(os.path.realpath(root.expanduser()))
        self._lock_wait = lock_wait
        # Threads of this process take turns, so that they do not use up each other's wait.
        self._turn = threading.Lock()

    @property
    def location(self) -> str:
        """`dir:` and the absolute path, symbolic links resolved."""
        return f"dir:{self._root}"

    def get(self, key: str) -> Stored | None:
        """The file under the key, or None."""
        path = self._path(key)
        with explained(str(path)):
            return read_file(path)

    def put_if_absent(self, key: str, data: bytes, on_progress: Progress | None = None) -> Put:
        """Write the file where none is; crash-safe, and atomic between processes and machines."""
        path = self._path(key)
        with explained(str(path)):
            make_folder(path.parent)
            with written_beside(self._root / TEMPORARY, data) as temporary:
                link_if_absent(temporary, path)
            stored = read_file(path)
        if stored is None:
            raise StoreFailed("the file vanished right after it was written", where=str(path))
        if on_progress:
            on_progress(len(data), len(data))
        return Put(stored, stored.data == data)

    def replace(self, key: str, data: bytes, version: str) -> Stored:
        """Swap the file's content if it is at `version`. Raises `VersionMoved`."""
        path = self._path(key)
        with explained(str(path)):
            make_folder(self._root)
            with self._turn, exclusively(self._root / LOCK_FILE, self._lock_wait):
                current = read_file(path)
                if current is None or current.version != version:
                    raise VersionMoved(key, self.location)
                with written_beside(self._root / TEMPORARY, data) as temporary:
                    temporary.replace(path)
                    sync_folder(path.parent)
                stored = read_file(path)
        if stored is None or stored.data != data:
            raise StoreFailed(
                "what was written does not come back",
                where=str(path),
                remedy="Check the disk, and that nothing else writes into this folder.",
            )
        return stored

    def list(self, prefix: str) -> Iterator[str]:
        """Every key that starts with the prefix, sorted; links and dot-files are no entries."""
        folder = check_prefix(prefix).rpartition("/")[0]
        top = self._path(folder) if folder else self._root
        found: set[str] = set()
        with explained(str(top)):
            for here, folders, files in os.walk(top, onerror=_unless_missing):
                folders[:] = [name for name in folders if not name.startswith(".")]
                paths = [Path(here, name) for name in files if not name.startswith(".")]
                found.update(
                    path.relative_to(self._root).as_posix()
                    for path in paths
                    if not path.is_symlink()
                )
        yield from sorted(key for key in found if key.startswith(prefix))

    def _path(self, key: str) -> Path:
        path = self._root / check_key(key)
        with explained(str(path)):
            inside = Path(os.path.realpath(path)).is_relative_to(self._root)
        if not inside:
            raise InvalidInput(
                "a symbolic link leads out of the store's folder",
                where=str(path),
                remedy="Remove the link; name the folder itself in the config instead.",
            )
        return path


def _unless_missing(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error
