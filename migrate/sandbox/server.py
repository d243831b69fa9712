"""A small threaded HTTP/1.1 server on 127.0.0.1, with the sockets at hand.

The sandbox must be able to reset a connection, drip an answer or lie about its length, which
WSGI hides. Connections are kept alive, and `stop` ends every thread and socket.
"""

import socket
import ssl
import struct
import threading
from collections.abc import Callable
from email.utils import formatdate
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from socketserver import TCPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote

from migrate.errors import UsageError
from migrate.sandbox.exchange import Answer, Hangup, Request, TooLarge

HOST = "127.0.0.1"
_HANDSHAKE_SECONDS = 10
_DRIPS = 20


Application = Callable[[Request], Answer | Hangup]


class Tls(NamedTuple):
    """The files of a certificate chain and its key.

    With `client_ca`, a file of certificates, only clients are served that show a certificate
    issued by one of these.
    """

    chain: str
    key: str
    client_ca: str | None = None


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    hung_up = False
    server: "LoopbackServer"

    def _serve(self) -> None:
        path, _, query = self.path.partition("?")
        values = dict(parse_qsl(query, keep_blank_values=True))
        request = Request(
            self.command,
            self.path,
            unquote(path),
            values,
            self.headers,
            self.rfile,
            _common_name(self.connection),
        )
        try:
            answer = self.server.application(request)
        except TooLarge:
            answer = Answer(413)
        if isinstance(answer, Hangup):
            # Without lingering a close is a reset, not an orderly end.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.hung_up = self.close_connection = True
            return
        cut = answer.length not in (None, len(answer.body)) and self.command != "HEAD"
        if cut or request.has_unread_body:
            self.close_connection = True
        self._send(answer)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _serve  # noqa: N815

    def _send(self, answer: Answer) -> None:
        length = len(answer.body) if answer.length is None else answer.length
        lines = [
            f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}",
            "Server: sandbox",
            f"Date: {formatdate(answer.date, usegmt=True)}",
            *(f"{name}: {value}" for name, value in answer.headers),
            *([] if answer.status == HTTPStatus.NO_CONTENT else [f"Content-Length: {length}"]),
            *(["Connection: close"] if self.close_connection else []),
        ]
        # One write for head and body: two would wait for each other's acknowledgement.
        head = "\r\n".join([*lines, "", ""]).encode("latin-1")
        body = b"" if self.command == "HEAD" else answer.body
        if answer.drip:
            self.wfile.write(head)
            self._drip(body, answer.drip)
        else:
            self.wfile.write(head + body)

    def _drip(self, body: bytes, seconds: float) -> None:
        size = max(1, -(-len(body) // _DRIPS))
        for start in range(0, len(body), size):
            if self.server.stopping.wait(seconds / _DRIPS):
                self.close_connection = True
                return
            self.wfile.write(body[start : start + size])

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the sandbox has a log of its own."""


class LoopbackServer(HTTPServer):
    """Serves one application on a port of 127.0.0.1, a thread per connection.

    `port` 0 takes any free port. Raises UsageError where the port is taken. With `tls` it speaks
    https.
    """

    request_queue_size = 128

    def __init__(self, application: Application, port: int = 0, tls: Tls | None = None) -> None:
        self.application = application
        self.stopping = threading.Event()
        self._tls = _server_context(tls) if tls else None
        self._lock = threading.Lock()
        self._open: dict[threading.Thread, socket.socket] = {}
        try:
            super().__init__((HOST, port), _Handler)
        except (OSError, OverflowError) as error:
            raise UsageError(
                f"The sandbox cannot listen on {HOST}:{port}: {error}.",
                remedy="Choose another port, or 0 for any free one.",
            ) from None
        self._loop = threading.Thread(
            target=self.serve_forever, args=(0.02,), name=f"sandbox-{self.port}", daemon=True
        )

    def server_bind(self) -> None:
        """Bind without the look-up of a host name that HTTPServer does."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = HOST, self.server_address[1]

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self.server_address[1])

    def start(self) -> None:
        """Begin to answer, in threads of its own."""
        self._loop.start()

    def stop(self) -> None:
        """Stop answering; every connection, thread and socket is gone when this returns."""
        self.stopping.set()
        if self._loop.is_alive():
            self.shutdown()
            self._loop.join()
        self.server_close()
        with self._lock:
            conversations = dict(self._open)
        for thread, connection in conversations.items():
            _cut(connection)
            thread.join()

    def process_request(self, request: object, client_address: object) -> None:
        """Hand a new connection to a thread."""
        assert isinstance(request, socket.socket)  # noqa: S101
        thread = threading.Thread(target=self._converse, args=(request, client_address))
        thread.daemon = True
        with self._lock:
            self._open[thread] = request
        thread.start()

    def _converse(self, connection: socket.socket, address: object) -> None:
        hung_up = False
        try:
            if self._tls:
                connection = self._secured(connection, self._tls)
            handler = _Handler(connection, address, self)
            hung_up = handler.hung_up
        except OSError:
            # The client went away, or did not trust us: nothing is left to answer.
            hung_up = True
        finally:
            if hung_up:
                self.close_request(connection)
            else:
                self.shutdown_request(connection)
            with self._lock:
                self._open.pop(threading.current_thread(), None)

    def _secured(self, connection: socket.socket, tls: ssl.SSLContext) -> socket.socket:
        connection.settimeout(_HANDSHAKE_SECONDS)
        secured = tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        with self._lock:
            self._open[threading.current_thread()] = secured
        try:
            secured.do_handshake()
        except OSError:
            secured.close()
            raise
        secured.settimeout(None)
        return secured


def _server_context(tls: Tls) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(tls.chain, tls.key)
    except OSError as error:
        raise UsageError(f"The certificate cannot be used: {error}.", where=tls.chain) from None
    if tls.client_ca:
        try:
            context.load_verify_locations(tls.client_ca)
        except OSError as error:
            what = f"The issuers' certificates cannot be used: {error}."
            raise UsageError(what, where=tls.client_ca) from None
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def _common_name(connection: socket.socket) -> str | None:
    """The common name in the certificate that the other side showed, if it showed one."""
    if not isinstance(connection, ssl.SSLSocket):
        return None
    subject: Any = (connection.getpeercert() or {}).get("subject", ())
    return next((v for parts in subject for key, v in parts if key == "commonName"), None)


def _cut(connection: socket.socket) -> None:
    try:
        # A TLS socket's own shutdown would pull the session from under its thread.
        socket.socket.shutdown(connection, socket.SHUT_RDWR)
    except OSError:
        # It is closed already.
        return
