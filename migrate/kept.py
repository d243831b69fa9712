"""Things that are made when they are first asked for, and are one and the same for every thread."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Kept(Generic[K, V]):
    """A value for each key. Whoever is second takes what the first one made."""

    def __init__(self) -> None:
        self._values: dict[K, V] = {}
        self._lock = threading.Lock()

    def get(self, key: K, make: Callable[[], V]) -> V:
        """The value of a key. `make` may run twice: no thread waits for another's."""
        if key not in self._values:
            made = make()
            with self._lock:
                self._values.setdefault(key, made)
        return self._values[key]
