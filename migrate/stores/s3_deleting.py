"""Deleting from a bucket, as far as the bucket lets go.

Imports boto3, so it is imported when something is to be deleted. Sources: Amazon S3 user guide,
"Locking objects with Object Lock" and "Deleting object versions from a versioning-enabled bucket":
a delete without a version never fails there for a lock, it hides the object behind a marker. So
what is under a lock is found out before, and left as it is.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from migrate.keeping import Object
from migrate.stores.base import check_key
from migrate.stores.deleting import Fate, Listing, Removal, check_removable
from migrate.stores.s3_bucket import Bucket
from migrate.stores.s3_errors import ANY_S3_ERROR, failure, is_missing, is_object_locked
from migrate.stores.s3_settings import S3Settings

BY_LOCK = "the bucket's Object Lock"


class S3Remover(Bucket):
    """A `Remover` for one folder of a bucket.

    Needs s3:DeleteObject beside the rights to read, and s3:GetObjectRetention and
    s3:GetObjectLegalHold where locks are to be seen (else what is locked is hidden as the rest is).
    Versions are left alone: in a bucket that keeps them, what is deleted can be restored until a
    lifecycle rule removes it.
    """

    def __init__(self, settings: S3Settings, folder: str) -> None:
        prefix = f"{settings.prefix}/{folder}" if settings.prefix else folder
        super().__init__(replace(settings, prefix=check_key(prefix)))

    @property
    def location(self) -> str:
        """`s3://bucket/prefix/folder`."""
        return self._settings.location

    def listing(self) -> Listing:
        """Every object below the folder, all pages."""
        objects, now = [], None
        for page in self.pages(""):
            date = page["ResponseMetadata"].get("HTTPHeaders", {}).get("date")
            now = now if now is not None or not date else parsedate_to_datetime(date).timestamp()
            for entry in page.get("Contents", ()):
                key = entry["Key"].removeprefix(self._start)
                if not key.endswith("/"):
                    written = entry["LastModified"].timestamp()
                    objects.append(Object(key, entry["Size"], written))
        return Listing(tuple(sorted(objects, key=lambda each: each.key)), now)

    def remove(self, key: str) -> Removal:
        """Delete an object that no lock holds."""
        arguments = self._arguments(Key=self._start + check_removable(check_key(key)))
        try:
            head = self._client.head_object(**arguments)
        except ANY_S3_ERROR as error:
            if is_missing(error):
                return Removal(Fate.GONE)
            raise failure(error, self._call("s3:GetObject", key)) from error
        held = _held(head)
        if held:
            return Removal(Fate.HELD, held)
        try:
            answer = self._client.delete_object(**arguments)
        except ANY_S3_ERROR as error:
            if is_object_locked(error):
                return Removal(Fate.HELD, BY_LOCK)
            raise failure(error, self._call("s3:DeleteObject", key)) from error
        return Removal(Fate.HIDDEN if answer.get("DeleteMarker") else Fate.GONE)


def _held(head: Mapping[str, Any]) -> str:
    """Why the store does not let go of an object, "" where it does, as far as it tells."""
    if head.get("ObjectLockLegalHoldStatus") == "ON":
        return "a legal hold"
    until = head.get("ObjectLockRetainUntilDate")
    if until is not None and until > datetime.now(UTC):
        mode = str(head.get("ObjectLockMode", "")).lower()
        return f"retention ({mode}) until {until.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return ""
