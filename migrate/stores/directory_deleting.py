"""Deleting from a store in a directory."""

import time
from contextlib import suppress
from pathlib import Path

from migrate.errors import StoreFailed
from migrate.keeping import Object
from migrate.stores.base import check_key
from migrate.stores.deleting import Fate, Listing, Removal, check_removable
from migrate.stores.directory import DirectoryStore
from migrate.stores.directory_files import explained, sync_folder


class DirectoryRemover:
    """A `Remover` for one folder of a directory store; its files' times are the store's clock."""

    def __init__(self, root: Path, folder: str) -> None:
        self._store = DirectoryStore(root)
        self._folder = check_key(folder)
        self._top = Path(self._store.location.removeprefix("dir:")) / folder

    @property
    def location(self) -> str:
        """`dir:` and the absolute path."""
        return f"{self._store.location}/{self._folder}"

    def listing(self) -> Listing:
        """Every file below the folder."""
        start = len(self._folder) + 1
        found = []
        for key in self._store.list(f"{self._folder}/"):
            path = self._top / key[start:]
            with explained(str(path)), suppress(FileNotFoundError):
                stat = path.lstat()
                found.append(Object(key[start:], stat.st_size, stat.st_mtime))
        return Listing(tuple(found), time.time())

    def remove(self, key: str) -> Removal:
        """Delete the file, and its folder with it where that is a run's and empty by then.

        What is reported as gone is gone from the disk. A file that the file system does not let
        go of (immutable, a WORM volume) fails.
        """
        path = self._top / check_removable(check_key(key))
        if self._top.resolve() not in path.parent.resolve().parents:
            raise StoreFailed("a symbolic link leads out of the store's folder", where=str(path))
        with explained(str(path)):
            path.unlink(missing_ok=True)
            if path.parent.is_dir():
                sync_folder(path.parent)
            if key.startswith("runs/"):
                with suppress(OSError):
                    path.parent.rmdir()
        return Removal(Fate.GONE)
