"""Deleting from a store: a capability of its own, that `store prune` has and nobody else.

A `Store` can't delete, so that a run needs no right to. A remover reaches into one environment's
folder only, and there only what can be pruned: the locks, which lie outside, are out of its reach.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from migrate.keeping import Object, items_of


class Fate(StrEnum):
    """What became of an object that was to be removed."""

    GONE = "gone"
    HIDDEN = "hidden"  # a bucket that keeps versions has put a delete marker before it
    HELD = "held"  # the store does not let go of it: Object Lock


@dataclass(frozen=True, slots=True)
class Removal:
    """What became of an object, and, of one that the store holds, why."""

    fate: Fate
    why: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """Every object of the folder, sorted by key, and the time by the store's own clock.

    `now` is in epoch seconds, None where the store does not tell.
    """

    objects: tuple[Object, ...]
    now: float | None = None


class Remover(Protocol):
    """Lists and deletes in one environment's folder. Both methods may raise StoreFailed."""

    @property
    def location(self) -> str:
        """The folder, for messages."""
        ...

    def listing(self) -> Listing:
        """Everything in the folder; keys are relative to it."""
        ...

    def remove(self, key: str) -> Removal:
        """Delete an object; one that is not there is gone. ValueError for what never goes."""
        ...


def check_removable(key: str) -> str:
    """The key itself; ValueError for one that no prune may delete."""
    items, _ = items_of([Object(key, 0, 0.0)])
    if not items:
        raise ValueError(f"{key} is never deleted")
    return key
