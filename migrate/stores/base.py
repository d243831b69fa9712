"""What every store can do, and the words for how it goes wrong.

A store keeps small immutable or compare-and-swapped objects under relative keys. There is no
delete on purpose: a lock is released by replacing it, everything else is kept as evidence, and so
the credentials of a run never need the right to remove anything. `stores.deleting` is for pruning.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from migrate.causes import Cause
from migrate.errors import InvalidInput, StoreFailed

NO_VERSION = '"' + "0" * 32 + '"'
"""A version token that no object has; a `replace` that gives it must always be refused."""

MAX_KEY_BYTES = 512
"""Longest key in UTF-8 bytes: with a prefix it stays inside the 1,024 of S3."""

Progress = Callable[[int, int], None]
"""Called with (bytes sent, bytes in all). After a retry the first number starts again."""


class StoreUnreachable(StoreFailed):
    """No answer came from the store: name, network, TLS or proxy."""


class StoreDenied(StoreFailed):
    """The service refused for want of a right. `action` names it: `s3:PutObject`, `kms:Decrypt`."""

    def __init__(self, what: str, *, where: str, remedy: str, action: str, cause: Cause) -> None:
        super().__init__(what, where=where, remedy=remedy, cause=cause)
        self.action = action


class KeyTaken(StoreFailed):
    """A key that is written once holds other bytes already. `key` names it."""

    def __init__(self, key: str, location: str) -> None:
        super().__init__(
            "the key is taken by other content, which is never overwritten",
            where=f"{location}/{key}",
            remedy="Find out who wrote it; move it away by hand if it is wrong.",
        )
        self.key = key


class VersionMoved(StoreFailed):
    """The object is not at the expected version any more, or is gone. `key` names it."""

    def __init__(self, key: str, location: str) -> None:
        super().__init__(
            "the object was changed by somebody else, so it was not replaced",
            where=f"{location}/{key}",
            remedy="Read it again and decide anew.",
        )
        self.key = key


@dataclass(frozen=True, slots=True)
class Stored:
    """An object as the store holds it.

    `version` is opaque and only good for `replace`. `version_id` is the id of this version in a
    versioned S3 bucket, None in a bucket that keeps no versions and in a directory.
    """

    data: bytes
    version: str
    version_id: str | None = None


@dataclass(frozen=True, slots=True)
class Put:
    """The answer of `put_if_absent`: what is under the key now, and whether that is our content.

    `ours` compares bytes, since nobody can tell a retried put of ours from an equal one by
    somebody else. What must be told apart (locks, claims, journal entries) carries a random token.
    """

    stored: Stored
    ours: bool


class Store(Protocol):
    """Keys to bytes, with conditional writes. Every method may raise `StoreFailed`.

    Keys are relative and `/`-separated; a malformed one raises `InvalidInput`. Every write is
    read back before it counts as done.
    """

    @property
    def location(self) -> str:
        """Names the store in plans and messages: `s3://bucket/prefix` or `dir:/abs/path`."""
        ...

    def get(self, key: str) -> Stored | None:
        """The object under the key, or None where there is none."""
        ...

    def put_if_absent(self, key: str, data: bytes, on_progress: Progress | None = None) -> Put:
        """Write where nothing is; never change what is there."""
        ...

    def replace(self, key: str, data: bytes, version: str) -> Stored:
        """Compare and swap. Raises `VersionMoved` when the key is not at `version`."""
        ...

    def list(self, prefix: str) -> Iterator[str]:
        """Every key that starts with the prefix (`""` for all), sorted by code point."""
        ...


def put_once(store: Store, key: str, data: bytes, on_progress: Progress | None = None) -> Stored:
    """Store immutable content; equal bytes that are there already are as good as written.

    Raises `KeyTaken` when the key holds other bytes.
    """
    put = store.put_if_absent(key, data, on_progress)
    if not put.ours:
        raise KeyTaken(key, store.location)
    return put.stored


def check_key(key: str) -> str:
    """The key itself, when it is well-formed; raises `InvalidInput` otherwise.

    Segments may not be empty or start with a dot: `..` would leave the store, and names with a
    leading dot belong to the store itself.
    """
    segments = key.split("/")
    if (
        any(not segment or segment.startswith(".") for segment in segments)
        or "\\" in key
        or not key.isprintable()
        or len(key.encode("utf-8", "replace")) > MAX_KEY_BYTES
    ):
        raise InvalidInput(
            f"{key[:80]!r} cannot be a key in a store",
            remedy="Use a relative name of at most 512 bytes without '..', backslashes, "
            "control characters or parts that are empty or start with a dot.",
        )
    return key


def check_prefix(prefix: str) -> str:
    """The prefix itself, when it is empty, a key, or a key and a slash; else `InvalidInput`."""
    if prefix:
        check_key(prefix.removesuffix("/"))
    return prefix
