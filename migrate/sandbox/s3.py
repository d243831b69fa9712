"""An S3 endpoint with one versioned bucket: moto's server, in this process, on 127.0.0.1.

moto keeps one world per process, and its conditional writes are not atomic: so all requests of all
endpoints pass one lock, and each endpoint has a bucket name of its own ("role-migrate" unless
another endpoint of the process has it). moto checks no signatures; the access key is checked here.
"""

import re
import secrets
import threading
from collections.abc import Callable, Iterator
from http.client import HTTPConnection, HTTPResponse
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

from migrate.errors import UsageError
from migrate.sandbox.exchange import Answer, Request
from migrate.sandbox.server import HOST, LoopbackServer
from migrate.sandbox.wsgi import answer

BUCKET = "role-migrate"
REGION = "us-east-1"

_VERSIONED = (
    b'<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
    b"<Status>Enabled</Status></VersioningConfiguration>"
)
_MOTO = threading.Lock()
_in_use: set[str] = set()


class S3Endpoint:
    """moto's S3 behind our own server. Only requests with the endpoint's access key pass."""

    def __init__(self, port: int = 0) -> None:
        # Imported here: half a second that a sandbox without S3 should not pay.
        try:
            from moto.moto_server.werkzeug_app import (
                DomainDispatcherApplication,
                create_backend_app,
            )
        except ImportError as error:
            raise UsageError(
                f"The sandbox's S3 needs moto, and {error.name} is missing.",
                remedy="Install it with: pip install 'role-migrate[sandbox]'; or do without S3.",
            ) from error

        self.access_key = f"AKIA{secrets.token_hex(8).upper()}"
        self.secret_key = secrets.token_urlsafe(30)
        self.bucket = ""
        self._moto: Callable[..., Any] = DomainDispatcherApplication(create_backend_app)
        self._server = LoopbackServer(self._answer, port)
        self.endpoint_url = f"http://{HOST}:{self._server.port}"

    def start(self) -> None:
        """Begin to answer, and create the bucket with versioning."""
        with _MOTO:
            names = (f"{BUCKET}-{number}" if number > 1 else BUCKET for number in range(1, 1000))
            self.bucket = next(name for name in names if name not in _in_use)
            _in_use.add(self.bucket)
        self._server.start()
        self._put(f"/{self.bucket}")
        self._put(f"/{self.bucket}?versioning", _VERSIONED)

    def stop(self) -> None:
        """Remove the bucket with all that is in it, and stop answering."""
        if self.bucket and not self._forgotten():
            for key, version in list(self.versions(with_markers=True)):
                self._exchange("DELETE", _object_path(self.bucket, key, version))
            status, _ = self._exchange("DELETE", f"/{self.bucket}")
            # A bucket that somebody filled meanwhile stays, and its name stays taken.
            with _MOTO:
                _in_use.difference_update({self.bucket} if status < 300 else ())
        self._server.stop()

    def _forgotten(self) -> bool:
        """Clear moto as a whole, where no other endpoint uses it."""
        with _MOTO:
            if _in_use - {self.bucket}:
                return False
            _forget_everything()
            _in_use.clear()
            return True

    def read(self, key: str, version: str | None = None) -> bytes | None:
        """The content of an object, by default its newest version; None where there is none."""
        if not key:
            return None
        status, content = self._exchange("GET", _object_path(self.bucket, key, version))
        return content if status == 200 else None

    def versions(self, *, with_markers: bool = False) -> Iterator[tuple[str, str]]:
        """(key, version id) of every version in the bucket, delete markers left out by default."""
        position = ""
        while True:
            status, listing = self._exchange("GET", f"/{self.bucket}?versions{position}")
            if status != 200:
                # Somebody deleted the bucket: nothing is in it.
                return
            page = ElementTree.fromstring(listing)  # noqa: S314 - our own server's answer
            space = re.match(r"\{.*\}|", page.tag)
            prefix = space.group() if space else ""
            for kind in ("Version", "DeleteMarker") if with_markers else ("Version",):
                for entry in page.iterfind(f"{prefix}{kind}"):
                    yield (
                        entry.findtext(f"{prefix}Key", ""),
                        entry.findtext(f"{prefix}VersionId", ""),
                    )
            if page.findtext(f"{prefix}IsTruncated") != "true":
                return
            key = page.findtext(f"{prefix}NextKeyMarker", "")
            version = page.findtext(f"{prefix}NextVersionIdMarker", "")
            position = f"&key-marker={quote(key)}&version-id-marker={quote(version)}"

    def _put(self, target: str, body: bytes = b"") -> None:
        status, content = self._exchange("PUT", target, body)
        if status >= 300:
            raise RuntimeError(f"moto answered {status} to PUT {target}: {content[:200]!r}")

    def _exchange(self, method: str, target: str, body: bytes = b"") -> tuple[int, bytes]:
        # http.client and no SDK: the user's AWS and proxy settings must play no part in this.
        scope = f"{self.access_key}/20240101/{REGION}/s3/aws4_request"
        headers = {"Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, Signature=0"}
        connection = HTTPConnection(HOST, self._server.port, timeout=60)
        try:
            connection.request(method, target, body, headers)
            response: HTTPResponse = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def _answer(self, request: Request) -> Answer:
        if not self._knows(request):
            return _denied(request)
        # Before the lock: a client that is slow to send must not hold up the others.
        request.read_body()
        with _MOTO:
            return answer(self._moto, request, self._server.port)

    def _knows(self, request: Request) -> bool:
        if request.path.startswith("/moto-api"):
            return False
        signed = request.headers.get("Authorization", "")
        presigned = request.query.get("X-Amz-Credential") or request.query.get("AWSAccessKeyId", "")
        return (
            f"Credential={self.access_key}/" in signed
            or presigned.partition("/")[0] == self.access_key
        )


def _object_path(bucket: str, key: str, version: str | None) -> str:
    which = f"?versionId={quote(version, safe='')}" if version else ""
    return f"/{bucket}/{quote(key)}{which}"


def _denied(request: Request) -> Answer:
    anonymous = "Authorization" not in request.headers and "X-Amz-Credential" not in request.query
    code = "AccessDenied" if anonymous else "InvalidAccessKeyId"
    message = "Access Denied" if anonymous else "The access key is not one of this sandbox."
    body = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return Answer(403, body.encode(), (("Content-Type", "application/xml"),))


def _forget_everything() -> None:
    # moto remembers every object that it ever made, deleted ones too, until it is reset.
    from moto.core.base_backend import BackendDict
    from moto.s3.models import FakeKey, FakeMultipart

    BackendDict.reset()
    for model in (FakeKey, FakeMultipart):
        model.instances_tracked.clear()  # type: ignore[union-attr]
