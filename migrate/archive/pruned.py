"""What was pruned from a shelf: a small record of each prune, written before it deletes.

While an object is there, no record speaks of it: a prune that was cut off, or met Object Lock, may
have left it. Of one that is not there, the newest record that names it tells when it went.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from migrate.archive.shelf import Shelf, checked, shape
from migrate.canonical import dumps_pretty
from migrate.keeping import Kind

FORMAT_VERSION = 1
_FIELDS = {
    Kind.RUN: "runs",
    Kind.PLAN: "plans",
    Kind.IMPORT: "imports",
    Kind.SNAPSHOT: "snapshots",
}
_NAMES = {"type": "array", "items": {"type": "string"}}
_SHAPE: dict[str, Any] = shape(formatVersion="integer", at="string", who="string", ended="string")
_SHAPE |= {
    "required": [*_SHAPE["required"], *_FIELDS.values()],
    "properties": _SHAPE["properties"] | dict.fromkeys(_FIELDS.values(), _NAMES),
}


@dataclass(frozen=True, slots=True)
class Pruned:
    """A prune: `at` and by whom, with which limits (`keep` in seconds), and the names by kind.

    `ended` is when it was done, "" before: the names are then of all that it set out to delete.
    `held` are keys that the store did not let go of, with its reason.
    """

    mark: str
    at: str
    who: str
    keep: int
    keep_last: int
    names: Mapping[Kind, tuple[str, ...]]
    ended: str = ""
    held: Mapping[str, str] = field(default_factory=dict)


def record(shelf: Shelf, pruned: Pruned) -> None:
    """Write, or complete, the record of a prune. Raises StoreFailed."""
    value = {
        "formatVersion": FORMAT_VERSION,
        "at": pruned.at,
        "who": pruned.who,
        "keep": pruned.keep,
        "keepLast": pruned.keep_last,
        "ended": pruned.ended,
        **{key: list(pruned.names.get(kind, ())) for kind, key in _FIELDS.items()},
        "heldByStore": [{"key": key, "why": why} for key, why in sorted(pruned.held.items())],
    }
    shelf.put_mutable(f"pruned/{pruned.mark}.json", dumps_pretty(value))


def pruned_at(shelf: Shelf, kind: Kind, name: str) -> str | None:
    """When an item that is not there was pruned (ISO 8601, UTC); None where no record names it.

    Raises InvalidInput for a damaged record, StoreFailed.
    """
    return next(iter(pruned_of(shelf, kind, [name]).values()), None)


def pruned_of(shelf: Shelf, kind: Kind, names: Iterable[str]) -> dict[str, str]:
    """As `pruned_at`, for several names at once: those that were pruned, and when."""
    missing, found = set(names), {}
    keys = sorted(shelf.store.list("pruned/"), reverse=True)
    for key in keys:
        stored = shelf.store.get(key) if missing else None
        if stored is None:
            continue
        value = checked(stored.data, _SHAPE, f"{shelf.store.location}/{key}", "record of a prune")
        for name in missing & set(value[_FIELDS[kind]]):
            found[name] = str(value["at"])
        missing -= found.keys()
    return found
