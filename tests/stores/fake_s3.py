"""A tiny S3 on 127.0.0.1 that can go wrong in the ways that a real one does."""

import base64
import hashlib
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

from migrate.stores.s3 import S3Settings


@dataclass(frozen=True)
class Answer:
    """An answer that a fault gives in place of the service's own."""

    status: int
    code: str = ""
    message: str = ""
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def bytes(self) -> bytes:
        if self.body is not None:
            return self.body
        if not self.code:
            return b""
        return (
            f"<?xml version='1.0' encoding='UTF-8'?><Error><Code>{self.code}</Code>"
            f"<Message>{self.message}</Message></Error>"
        ).encode()


@dataclass(frozen=True)
class Request:
    method: str
    key: str
    query: str
    headers: dict[str, str]
    body: bytes


RESET = "reset"
Fault = Callable[[Request, "FakeS3"], Answer | str | None]


class FakeS3:
    """Objects of one bucket.

    `faults` are asked in turn, each for one request of its method; `every` is asked for each.
    `latency`: seconds that each request is on its way. `echoes`: it answers with the checksum of
    what was stored, where one came with it.
    """

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.requests: list[Request] = []
        self.faults: list[tuple[str, Fault]] = []
        self.every: Fault | None = None
        self.ignores: tuple[str, ...] = ()
        self.url = ""
        self.latency = 0.0
        self.echoes = True
        self.lock = threading.Lock()

    def settings(self, **own: object) -> S3Settings:
        values: dict[str, object] = {
            "bucket": "box",
            "endpoint_url": self.url,
            "region": "eu-central-1",
            "path_style": True,
            "access_key": "AKIDEXAMPLE",
            "secret_key": "a-very-secret-key",
            "connect_timeout": 2.0,
            "read_timeout": 0.5,
            "attempts": 1,
        }
        return S3Settings(**(values | own))  # type: ignore[arg-type]

    def fail(self, method: str, fault: Answer | str | Fault, times: int = 1) -> None:
        act: Fault = fault if callable(fault) else lambda _request, _server: fault
        self.faults.extend([(method, act)] * times)

    def store(self, request: Request) -> Answer:
        old = self.objects.get(request.key)
        asked = {name: text for name, text in request.headers.items() if name not in self.ignores}
        refused = asked.get("if-none-match") == "*" and old is not None
        if "if-match" in asked:
            refused = old is None or etag(old) != asked["if-match"]
        if refused:
            return Answer(412, "PreconditionFailed", "At least one condition did not hold")
        self.objects[request.key] = request.body
        headers = {"ETag": etag(request.body)}
        if self.echoes and "x-amz-checksum-sha256" in request.headers:
            headers["x-amz-checksum-sha256"] = checksum(request.body)
        return Answer(200, headers=headers)

    def listing(self, request: Request) -> Answer:
        prefix = parse_qs(request.query).get("prefix", [""])[0]
        keys = sorted(key for key in self.objects if key.startswith(prefix))
        items = "".join(f"<Contents><Key>{key}</Key><Size>1</Size></Contents>" for key in keys)
        body = f"<ListBucketResult><IsTruncated>false</IsTruncated>{items}</ListBucketResult>"
        return Answer(200, body=body.encode(), headers={"Content-Type": "application/xml"})

    def answer(self, request: Request) -> Answer | str:
        with self.lock:
            self.requests.append(request)
            if self.every is not None:
                given = self.every(request, self)
                if given is not None:
                    return given
            for number, (method, fault) in enumerate(self.faults):
                if method == request.method:
                    del self.faults[number]
                    given = fault(request, self)
                    if given is not None:
                        return given
                    break
            if request.method == "PUT":
                return self.store(request)
            if request.method == "DELETE":
                self.objects.pop(request.key, None)
                return Answer(204)
            if "list-type" in request.query:
                return self.listing(request)
            data = self.objects.get(request.key)
            if data is None:
                return Answer(404, "NoSuchKey", "The specified key does not exist.")
            return Answer(200, body=data, headers={"ETag": etag(data)})


def checksum(data: bytes) -> str:
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


def etag(data: bytes) -> str:
    return f'"{hashlib.md5(data, usedforsecurity=False).hexdigest()}"'


def land_then(answer: Answer | str) -> Fault:
    """The write is executed, and its answer is lost or wrong."""

    def fault(request: Request, server: FakeS3) -> Answer | str:
        server.store(request)
        return answer

    return fault


@contextmanager
def fake_s3(tls: ssl.SSLContext | None = None) -> Iterator[FakeS3]:
    fake = FakeS3()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def handle_one(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            request = Request(
                self.command,
                unquote(parts.path).removeprefix("/box").removeprefix("/"),
                parts.query,
                {name.lower(): value for name, value in self.headers.items()},
                self.rfile.read(length),
            )
            time.sleep(fake.latency)
            answer = fake.answer(request)
            if isinstance(answer, str):
                self.close_connection = True
                if answer == RESET:
                    linger = struct.pack("ii", 1, 0)
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                return
            body = answer.bytes()
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if "Content-Length" not in answer.headers:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)
            if "Content-Length" in answer.headers:
                self.close_connection = True

        do_GET = do_PUT = do_HEAD = do_DELETE = handle_one  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
        server.handle_error = lambda *_: None  # type: ignore[method-assign]
    fake.url = f"http{'s' if tls else ''}://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
