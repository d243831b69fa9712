"""A part of a store that looks like a store of its own: one environment's folder in a bucket."""

import re
from collections.abc import Iterator

from migrate.stores.base import Progress, Put, Store, Stored

_WRITTEN_ONCE = re.compile(r"runs/[^/]+/[0-9]{4,}\.json")
"""Entries of journals: what one of them holds never changes, so nobody need ask for it twice."""


class ScopedStore:
    """The keys of `store` below `folder`, without that prefix.

    Entries of journals are read once: each read of one is a request to the bucket.
    """

    def __init__(self, store: Store, folder: str) -> None:
        self._store = store
        self._folder = folder
        self._known: dict[str, Stored] = {}

    @property
    def location(self) -> str:
        """The whole store's location: the folder follows from the identity."""
        return f"{self._store.location}/{self._folder}"

    def get(self, key: str) -> Stored | None:
        """The object under the key, or None."""
        if key in self._known:
            return self._known[key]
        stored = self._store.get(f"{self._folder}/{key}")
        return stored and self._keep(key, stored)

    def put_if_absent(self, key: str, data: bytes, on_progress: Progress | None = None) -> Put:
        """Write where nothing is."""
        put = self._store.put_if_absent(f"{self._folder}/{key}", data, on_progress)
        self._keep(key, put.stored)
        return put

    def _keep(self, key: str, stored: Stored) -> Stored:
        if _WRITTEN_ONCE.fullmatch(key):
            self._known[key] = stored
        return stored

    def replace(self, key: str, data: bytes, version: str) -> Stored:
        """Compare and swap."""
        return self._store.replace(f"{self._folder}/{key}", data, version)

    def list(self, prefix: str) -> Iterator[str]:
        """The keys that start with the prefix, without the folder."""
        start = len(self._folder) + 1
        for key in self._store.list(f"{self._folder}/{prefix}"):
            yield key[start:]
