"""A part of a store that looks like a store of its own: one environment's folder in a bucket."""

from collections.abc import Iterator

from migrate.stores.base import Progress, Put, Store, Stored


class ScopedStore:
    """The keys of `store` below `folder`, without that prefix."""

    def __init__(self, store: Store, folder: str) -> None:
        self._store = store
        self._folder = folder

    @property
    def location(self) -> str:
        """The whole store's location: the folder follows from the identity."""
        return f"{self._store.location}/{self._folder}"

    def get(self, key: str) -> Stored | None:
        """The object under the key, or None."""
        return self._store.get(f"{self._folder}/{key}")

    def put_if_absent(self, key: str, data: bytes, on_progress: Progress | None = None) -> Put:
        """Write where nothing is."""
        return self._store.put_if_absent(f"{self._folder}/{key}", data, on_progress)

    def replace(self, key: str, data: bytes, version: str) -> Stored:
        """Compare and swap."""
        return self._store.replace(f"{self._folder}/{key}", data, version)

    def list(self, prefix: str) -> Iterator[str]:
        """The keys that start with the prefix, without the folder."""
        start = len(self._folder) + 1
        for key in self._store.list(f"{self._folder}/{prefix}"):
            yield key[start:]
