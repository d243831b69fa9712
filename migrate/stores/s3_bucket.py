"""The three calls to a bucket that the store needs, with every failure turned into our errors.

Imported at the first call only, since it brings boto3 with it.
"""

import base64
import hashlib
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.parsers import ResponseParserError

from migrate.errors import StoreFailed
from migrate.stores.base import Progress, Stored
from migrate.stores.s3_errors import (
    ANY_S3_ERROR,
    Call,
    failure,
    is_body_cut,
    is_condition_refused,
    is_missing,
    is_outcome_unknown,
)
from migrate.stores.s3_settings import S3Settings, open_client

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ListObjectsV2OutputTypeDef

PROGRESS_FROM = 256 * 1024
"""Bytes from which sending is reported piece by piece; below, one report at the end."""

READS = 3
"""Tries of a read whose body was cut: boto3 itself retries only up to the answer's head."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of one put: an ETag, the error of a lost answer, or (both None) a refusal.

    `stored` is what the key holds now, where the service says by our checksum that it has it whole.
    """

    etag: str | None = None
    unknown: StoreFailed | None = None
    stored: Stored | None = None


class Bucket:
    """The calls. Keys are relative to the settings' prefix. Every method raises StoreFailed."""

    def __init__(self, settings: S3Settings) -> None:
        self._settings = settings
        self._start = f"{settings.prefix}/" if settings.prefix else ""

    def get(self, key: str) -> Stored | None:
        """The newest version under the key, None where there is none.

        boto3 checks the body against its checksum, where the service sends one.
        """
        arguments = self._arguments(Key=self._start + key)
        for left in reversed(range(READS)):
            try:
                answer = self._client.get_object(**arguments)
                data = answer["Body"].read()
            except ANY_S3_ERROR as error:
                if is_missing(error):
                    return None
                if left and is_body_cut(error):
                    continue
                raise failure(error, self._call("s3:GetObject", key)) from error
            break
        version_id = answer.get("VersionId", "null")
        return Stored(data, answer.get("ETag", ""), None if version_id == "null" else version_id)

    def put(
        self, key: str, data: bytes, expected: str | None, on_progress: Progress | None
    ) -> Sent:
        """One put, on the condition that the key is at the ETag `expected`, or absent (None)."""
        if on_progress is not None and len(data) >= PROGRESS_FROM:
            body: bytes | SentBody = SentBody(data, on_progress)
        else:
            body = data
        condition = {"IfNoneMatch": "*"} if expected is None else {"IfMatch": expected}
        arguments = self._arguments(
            Key=self._start + key,
            Body=body,
            ContentType="application/json",
            **condition,
            **self._protection(data),
        )
        try:
            answer = self._client.put_object(**arguments)
        except ANY_S3_ERROR as error:
            if is_condition_refused(error):
                return Sent()
            told = failure(error, self._call("s3:PutObject", key))
            if is_outcome_unknown(error):
                return Sent(unknown=told)
            raise told from error
        if on_progress is not None and body is data:
            on_progress(len(data), len(data))
        etag, version_id = answer.get("ETag", ""), answer.get("VersionId", "null")
        whole = answer.get("ChecksumSHA256", "") == arguments.get("ChecksumSHA256", None)
        kept = Stored(data, etag, None if version_id == "null" else version_id)
        return Sent(etag, stored=kept if whole and etag else None)

    def keys(self, prefix: str) -> set[str]:
        """Every key under the prefix, all pages."""
        return {
            entry["Key"].removeprefix(self._start)
            for page in self.pages(prefix)
            for entry in page.get("Contents", ())
        }

    def pages(self, prefix: str) -> "Iterator[ListObjectsV2OutputTypeDef]":
        """The pages of a listing; one that ends too early is an error."""
        arguments = self._arguments(Prefix=self._start + prefix)
        tokens: set[str] = set()
        while True:
            try:
                page = self._client.list_objects_v2(**arguments)
            except ANY_S3_ERROR as error:
                raise failure(error, self._call("s3:ListBucket", "")) from error
            if "IsTruncated" not in page:  # the one field that every page of a list has
                raise failure(ResponseParserError(), self._call("s3:ListBucket", ""))
            yield page
            if not page["IsTruncated"]:
                return
            token = page.get("NextContinuationToken", "")
            if not token or token in tokens:
                raise StoreFailed(
                    "the service says that there are more keys, and gives no way to them",
                    where=self._settings.location,
                    remedy="Report it to whoever runs the service; a short list is never used.",
                )
            tokens.add(token)
            arguments["ContinuationToken"] = token

    @cached_property
    def _client(self) -> "S3Client":
        client = open_client(self._settings)
        client.meta.events.register("before-send.s3.PutObject", _count_from_here)
        return client

    def _arguments(self, **own: Any) -> dict[str, Any]:
        own["Bucket"] = self._settings.bucket
        if self._settings.expected_bucket_owner is not None:
            own["ExpectedBucketOwner"] = self._settings.expected_bucket_owner
        return own

    def _protection(self, data: bytes) -> dict[str, str]:
        settings = self._settings
        if settings.checksums == "when_required":
            digest = hashlib.md5(data, usedforsecurity=False).digest()
            result = {"ContentMD5": base64.b64encode(digest).decode()}
        else:
            digest = hashlib.sha256(data).digest()
            result = {
                "ChecksumAlgorithm": "SHA256",
                "ChecksumSHA256": base64.b64encode(digest).decode(),
            }
        if settings.sse is not None:
            result["ServerSideEncryption"] = settings.sse
        if settings.kms_key_id is not None:
            result["SSEKMSKeyId"] = settings.kms_key_id
        return result

    def _call(self, action: str, key: str) -> Call:
        settings = self._settings
        arn = f"{settings.arn_of_bucket}/{self._start}{key}" if key else settings.arn_of_bucket
        where = f"{settings.location}/{key}" if key else settings.location
        return Call(
            action, arn, where, settings.endpoint, settings.profile, settings.expected_bucket_owner
        )


class SentBody(io.BytesIO):
    """A body that reports what is read of it to be sent, not what is read to be signed."""

    def __init__(self, data: bytes, report: Callable[[int, int], None]) -> None:
        super().__init__(data)
        self._total = len(data)
        self._report = report
        self._sending = False

    def start_sending(self) -> None:
        """From here on reads are sent. A seek (to sign, or to send again) ends it."""
        self._sending = True

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Move, and stop reporting until sending starts again."""
        self._sending = False
        return super().seek(offset, whence)

    def read(self, size: int | None = -1, /) -> bytes:
        """Read, and report the position while sending."""
        data = super().read(size)
        if self._sending and data:
            self._report(self.tell(), self._total)
        return data


def _count_from_here(request: Any, **_: object) -> None:
    if isinstance(request.body, SentBody):
        request.body.start_sending()
