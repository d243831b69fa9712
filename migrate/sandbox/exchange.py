"""What goes over the wire between a sandbox server and what it serves: request and answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from io import BufferedIOBase
from typing import IO, cast

from werkzeug.serving import DechunkedInput

LARGEST_BODY = 256 * 1024 * 1024
"""Bytes; a longer request is answered with 413."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer. `date` is the server's clock in epoch seconds.

    `length` replaces the true Content-Length, `drip` spreads the body over that many seconds.
    """

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    date: float | None = None
    length: int | None = None
    drip: float = 0


@dataclass(frozen=True, slots=True)
class Hangup:
    """No answer: the connection is reset."""


class TooLarge(Exception):
    """The request's body is longer than `LARGEST_BODY`."""


@dataclass(slots=True)
class Request:
    """The head of a request; `read_body` fetches the rest, once.

    `target` is the path with its query, as sent; `path` is the path, decoded. `peer` is the common
    name in the certificate that the client showed, if any.
    """

    method: str
    target: str
    path: str
    query: Mapping[str, str]
    headers: Message
    source: BufferedIOBase
    peer: str | None = None
    body: bytes | None = None

    @property
    def has_unread_body(self) -> bool:
        """Whether bytes of this request are still on the wire."""
        announced = self.headers.get("Content-Length", "0") != "0"
        return self.body is None and (announced or "Transfer-Encoding" in self.headers)

    def read_body(self) -> bytes:
        """The whole body. Raises TooLarge, or ConnectionError where the client stops half way."""
        if self.body is None:
            if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
                self.body = DechunkedInput(cast(IO[bytes], self.source)).read()
            else:
                self.body = self._read_announced()
        return self.body

    def _read_announced(self) -> bytes:
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > LARGEST_BODY:
            raise TooLarge
        body = self.source.read(int(length))
        if len(body) < int(length):
            raise ConnectionError("the client stopped before the end of its request")
        return body
