"""A record of each probe, written before it writes: a later one finds what was not finished."""

from collections.abc import Iterator
from dataclasses import dataclass

from migrate.archive.shelf import Shelf, shape
from migrate.canonical import dumps_pretty

FORMAT_VERSION = 1
_SHAPE = shape(
    formatVersion="integer", startedAt="string", who="string", before="string", ended="string"
)


@dataclass(frozen=True, slots=True)
class Begun:
    """A probe that was begun: its mark, when and by whom, and the digest of the state before."""

    mark: str
    started_at: str
    who: str
    before: str


def begin(shelf: Shelf, begun: Begun) -> None:
    """Write down that a probe begins. Raises StoreFailed."""
    _put(shelf, begun, "")


def end(shelf: Shelf, begun: Begun, how: str) -> None:
    """Write down how a probe ended. Raises StoreFailed."""
    _put(shelf, begun, how)


def unfinished(shelf: Shelf) -> Iterator[Begun]:
    """The probes that were begun and did not write how they ended."""
    for key in shelf.store.list("probes/"):
        value = shelf.read(key, _SHAPE)
        if value is not None and not value["ended"]:
            mark = key.removeprefix("probes/").removesuffix(".json")
            yield Begun(mark, value["startedAt"], value["who"], value["before"])


def _put(shelf: Shelf, begun: Begun, ended: str) -> None:
    shelf.put_mutable(
        f"probes/{begun.mark}.json",
        dumps_pretty(
            {
                "formatVersion": FORMAT_VERSION,
                "startedAt": begun.started_at,
                "who": begun.who,
                "before": begun.before,
                "ended": ended,
            }
        ),
    )
