"""One entry of a history: its bytes, its place in the chain, and how several are read at once."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from migrate import historyfile
from migrate.canonical import dumps, loads, sha256
from migrate.errors import InvalidInput
from migrate.historyfile import FORMAT_VERSION, SCHEMA, Ended
from migrate.stores.base import Store

HEAD = "history-head.json"
_THREADS = 10
"""As many connections as boto3 keeps."""
RESTORE = (
    "Restore the object from the bucket's older versions or a backup. Where it is lost for good, "
    f"keep history/ and {HEAD} elsewhere and move both away: a new history begins."
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A run that ended, in its place: `previous` and `digest` are SHA-256 of the bytes of the entry
    before, None in the first, and of this one's. Numbers begin with 1."""

    number: int
    previous: str | None
    digest: str
    ended: Ended


def parse(data: bytes, number: int, where: str) -> Entry:
    """Read an entry. Raises InvalidInput unless it is entry `number` in a known format."""
    value = loads(data, where)
    made_by = value.get("formatVersion") if isinstance(value, dict) else None
    if type(made_by) is int and made_by > FORMAT_VERSION:
        raise InvalidInput(
            "this entry of the history was written by a newer version of role-migrate",
            where=where,
            remedy="Use that version, or a later one.",
        )
    if made_by != FORMAT_VERSION or value.get("number") != number:
        raise broken(where, f"entry {number:06d} is altered, or belongs to another place")
    previous = value.get("previous")
    if not isinstance(previous, str | None):
        raise broken(where, f"entry {number:06d} is altered")
    return Entry(number, previous, sha256(data), historyfile.from_value(value, where=where))


def to_bytes(number: int, previous: str | None, ended: Ended) -> bytes:
    """An entry as it is stored."""
    chain = {
        "$schema": SCHEMA,
        "formatVersion": FORMAT_VERSION,
        "number": number,
        "previous": previous,
    }
    return dumps({**chain, **historyfile.to_value(ended)})


def key_of(number: int) -> str:
    """The key of an entry on the shelf."""
    return f"history/{number:06d}.json"


def entries(store: Store, numbers: Iterable[int]) -> list[Entry]:
    """Entries by number, several at once: each is a round trip to a bucket."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(_THREADS) as pool:
        return list(pool.map(lambda number: one(store, number), numbers))


def one(store: Store, number: int) -> Entry:
    """An entry by its number; raises InvalidInput where it is missing or unsound."""
    stored = store.get(key_of(number))
    if stored is None:
        raise missing(store, number)
    return parse(stored.data, number, f"{store.location}/{key_of(number)}")


def follow(store: Store, row: list[Entry]) -> None:
    """Check that each of a row of entries follows from the one before it."""
    for before, after in pairwise(row):
        if after.previous != before.digest:
            where = f"{store.location}/{key_of(after.number)}"
            names = f"{before.number:06d} or entry {after.number:06d}"
            raise broken(where, f"entry {names} is altered: they do not follow")
    if row and row[0].number == 1 and row[0].previous is not None:
        raise broken(f"{store.location}/{key_of(1)}", "entry 000001 is altered")


def missing(store: Store, number: int) -> InvalidInput:
    """The error for an entry that is missing."""
    return broken(f"{store.location}/{key_of(number)}", f"entry {number:06d} is missing")


def broken(where: str, what: str) -> InvalidInput:
    """The error for a history that can't be trusted."""
    return InvalidInput(f"the history can't be trusted: {what}", where=where, remedy=RESTORE)
