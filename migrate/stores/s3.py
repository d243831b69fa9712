"""A store in a bucket of Amazon S3 or of any S3-compatible service with conditional writes.

boto3 is imported at the first call. Each write is one put with a checksum and a condition. Where
the service answers with that checksum, it has what was sent. Else the bytes under the key decide,
which are read: boto3 resends a put whose answer was lost, and the second one then meets its own
first. An ETag is only ever compared with another ETag: with SSE-KMS it is no MD5.
"""

import time
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from migrate.errors import StoreFailed
from migrate.stores.base import Progress, Put, Stored, VersionMoved, check_key, check_prefix
from migrate.stores.s3_settings import S3Settings

if TYPE_CHECKING:
    from migrate.stores.s3_bucket import Bucket

__all__ = ["S3Settings", "S3Store"]

PAUSES = (0.1, 0.4, 0.0)
"""Seconds after each try of a write that was refused although its condition holds: S3 answers 409
while a rival's write is under way, and that rival may fail."""


class S3Store:
    """A `Store` in a bucket. `Stored.version` is the ETag as the service gives it.

    Needs s3:GetObject, s3:PutObject and s3:ListBucket; it can't delete. Raises StoreFailed
    and InvalidInput as `Store` says. May be shared between threads.
    """

    def __init__(self, settings: S3Settings) -> None:
        self._settings = settings

    @property
    def location(self) -> str:
        """`s3://bucket/prefix`."""
        return self._settings.location

    def get(self, key: str) -> Stored | None:
        """The newest version under the key, or None."""
        return self._bucket.get(check_key(key))

    def put_if_absent(self, key: str, data: bytes, on_progress: Progress | None = None) -> Put:
        """Write where nothing is (`If-None-Match: *`).

        `version_id` is right also when the object was there already.
        """
        found = self._write(check_key(key), data, None, on_progress)
        if found is None:
            raise StoreFailed(
                "the object vanished right after it was written", where=f"{self.location}/{key}"
            )
        return Put(found, found.data == data)

    def replace(self, key: str, data: bytes, version: str) -> Stored:
        """Compare and swap (`If-Match`). Raises `VersionMoved`."""
        found = self._write(check_key(key), data, version, None)
        if found is None or found.data != data:
            raise VersionMoved(key, self.location)
        return found

    def list(self, prefix: str) -> Iterator[str]:
        """Every key that starts with the prefix, all pages, sorted by code point."""
        keys = self._bucket.keys(check_prefix(prefix))
        # Consoles make objects that end in a slash to show an empty folder: no entries of ours.
        yield from sorted(key for key in keys if not key.endswith("/"))

    @cached_property
    def _bucket(self) -> "Bucket":
        from migrate.stores.s3_bucket import Bucket

        return Bucket(self._settings)

    def _write(
        self, key: str, data: bytes, expected: str | None, on_progress: Progress | None
    ) -> Stored | None:
        """Send, then say what is under the key: our bytes, or what somebody else put there."""
        where = f"{self.location}/{key}"
        for pause in PAUSES:
            sent = self._bucket.put(key, data, expected, on_progress)
            if sent.stored is not None:
                return sent.stored
            found = self._bucket.get(key)
            if found is not None and found.data == data:
                return found
            now = found.version if found is not None else None
            if sent.unknown is not None and now == expected:
                raise sent.unknown
            if sent.etag is not None and now in (sent.etag, expected):
                raise StoreFailed(
                    "the service accepted the object, but what comes back is not what was sent",
                    where=where,
                    remedy="Something on the way changes or drops data: do not use this store.",
                )
            if now != expected:
                return found
            time.sleep(pause)
        raise StoreFailed(
            "the service refuses a conditional write although its condition holds",
            where=where,
            remedy="Run again; if it stays, the service handles conditional writes wrongly.",
        )
