"""One environment's folder in a store: where it is, and how its objects are read and replaced."""

import re
from collections.abc import Mapping
from typing import Any

from migrate.canonical import loads, sha256
from migrate.errors import InvalidInput, StoreFailed
from migrate.model import Identity
from migrate.stores.base import Store, VersionMoved
from migrate.stores.scoped import ScopedStore
from migrate.validation import validate

OURS = "urn:role-migrate:schema:"
MEND = "Restore an older version of this object, or delete it."


def folder_of(identity: Identity) -> str:
    """The shelf's name: readable for people who browse the bucket, unique by the hash."""
    digest = sha256(f"{identity.platform}\n{identity.url}\n{identity.account}".encode())
    readable = re.sub(r"[^A-Za-z0-9_-]+", "-", identity.account).strip("-")[:40]
    return f"{identity.platform}-{readable}-{digest[:8]}"


class Shelf:
    """The objects of one environment. Every method may raise StoreFailed."""

    def __init__(self, store: Store, identity: Identity) -> None:
        self.whole = store
        self.store: Store = ScopedStore(store, folder_of(identity))

    @property
    def location(self) -> str:
        """The store that plans are bound to, without the environment's own folder."""
        return self.whole.location

    def read(self, key: str, shape: Mapping[str, Any]) -> dict[str, Any] | None:
        """The object under a key, in a shape; None where there is none, InvalidInput if unsound."""
        stored = self.store.get(key)
        return checked(stored.data, shape, f"{self.store.location}/{key}") if stored else None

    def put_mutable(self, key: str, data: bytes) -> None:
        """Write an object that changes over time, whoever else does."""
        put_mutable(self.store, key, data)


def put_mutable(store: Store, key: str, data: bytes) -> None:
    """Write an object of which the newest version counts. Raises StoreFailed."""
    put = store.put_if_absent(key, data)
    for _ in range(5):
        if put.ours or put.stored.data == data:
            return
        try:
            store.replace(key, data, put.stored.version)
            return
        except VersionMoved:
            put = store.put_if_absent(key, data)
    raise StoreFailed(
        "the object changes faster than it can be replaced",
        where=f"{store.location}/{key}",
        remedy="See what else writes to this store, and run again.",
    )


def shape(**types: str) -> dict[str, Any]:
    """The JSON schema of a small object with these fields, of these types."""
    fields = {name: {"type": kind} for name, kind in types.items()}
    return {"type": "object", "required": list(types), "properties": fields}


def _is_one(value: Any, named: str) -> bool:
    """Whether a value says that it is of a kind, in whichever version."""
    said = value.get("$schema") if isinstance(value, dict) else None
    return isinstance(said, str) and said.rpartition(":")[0] == named.rpartition(":")[0]


def checked(
    data: bytes, shape: Mapping[str, Any], where: str, kind: str = "object", remedy: str = MEND
) -> dict[str, Any]:
    """The object in some bytes; raises InvalidInput with every fault."""
    try:
        value: dict[str, Any] = loads(data, where=where)
    except InvalidInput as error:
        error.remedy = remedy
        raise
    named = shape.get("$id", "")
    if named.startswith(OURS) and not _is_one(value, named):
        raise InvalidInput(f"this is no {kind}", where=where, remedy=remedy)
    faults = validate(value, data, shape, where=where)
    if faults:
        raise InvalidInput(f"this is no sound {kind}", where=where, remedy=remedy, faults=faults)
    return value
