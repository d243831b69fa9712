"""The part that touches requests and urllib3: one attempt of one call, bounded in all ways.

The adapter is used without a `requests.Session`, whose conveniences are hazards here: it reads
.netrc, lets REQUESTS_CA_BUNDLE override `session.verify`, keeps cookies, and reads the body of a
redirect without any bound. Imported only by `Http`, when the first is made.
"""

import socket
import ssl
import threading
import time
from types import TracebackType
from typing import Any

from requests.adapters import HTTPAdapter
from requests.exceptions import InvalidSchema
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util import Retry

_thread = threading.local()

_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""A clock that is never set and goes on while the machine sleeps."""


class Attempt:
    """One attempt: knows whether anything may have left, and ends it when its time is over.

    `sent` is False for as long as no connection was open, so that nothing can have been
    carried out. A read time-out alone bounds each silence, not the whole: a server that drips
    would hold the caller beyond the lease of its lock. So a timer shuts the socket down. And
    nothing leaves once the time is over: each piece asks the clock, since after a pause of the
    whole process (or machine) the timer may come too late.
    """

    def __init__(self, total: float) -> None:
        self._until = time.clock_gettime(_CLOCK) + total
        self.sent = False
        self.expired = False
        self._over = False
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()
        self._timer = threading.Timer(total, self._expire)
        self._timer.daemon = True

    def __enter__(self) -> "Attempt":
        _thread.attempt = self
        self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        failure: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._lock:
            self._over = True
        self._timer.cancel()
        _thread.attempt = None

    def check_time(self) -> None:
        """Raise TimeoutError when nothing may be sent any more."""
        self.expired = self.expired or time.clock_gettime(_CLOCK) >= self._until
        if self.expired:
            raise TimeoutError("the time of this attempt is over")

    def opened(self, sock: Any) -> None:
        """Note that a connection is open; raise TimeoutError if that came too late."""
        with self._lock:
            self.check_time()
            self.sent = True
            # TLS through an HTTPS proxy is an object that only holds the socket.
            self._socket = getattr(sock, "socket", sock)

    def _expire(self) -> None:
        with self._lock:
            if self._over:
                return
            self.expired = True
            if self._socket is not None:
                try:
                    # SSLSocket.shutdown would drop its TLS state under the reading thread.
                    socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
                except OSError:
                    return


def _note_open(connection: HTTPConnection) -> None:
    attempt: Attempt | None = getattr(_thread, "attempt", None)
    if attempt is not None:
        attempt.opened(connection.sock)


class _PlainConnection(HTTPConnection):
    def connect(self) -> None:
        super().connect()
        _note_open(self)

    def request(self, *args: Any, **kwargs: Any) -> None:
        if self.sock is not None:
            _note_open(self)
        super().request(*args, **kwargs)

    def send(self, data: Any) -> None:
        attempt: Attempt | None = getattr(_thread, "attempt", None)
        if attempt is not None:
            attempt.check_time()
        super().send(data)


class _TlsConnection(_PlainConnection, HTTPSConnection):
    pass


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


_POOLS: dict[str, type[HTTPConnectionPool]] = {"http": _PlainPool, "https": _TlsPool}


class Adapter(HTTPAdapter):
    """A requests adapter that never retries, speaks TLS 1.2 or later, and reports to `Attempt`."""

    def __init__(self) -> None:
        # Without this a write on a kept connection that the server closed could be sent twice.
        super().__init__(max_retries=Retry(0, read=False, redirect=False))

    def init_poolmanager(
        self, connections: int, maxsize: int, block: bool = False, **pool_kwargs: Any
    ) -> None:
        """Make the pools with our connections and the least TLS version."""
        super().init_poolmanager(
            connections,
            maxsize,
            block,
            ssl_minimum_version=ssl.TLSVersion.TLSv1_2,
            **pool_kwargs,
        )
        self.poolmanager.pool_classes_by_scheme = dict(_POOLS)

    def proxy_manager_for(self, proxy: str, **proxy_kwargs: Any) -> Any:
        """Make the pools behind `proxy` likewise; there are none behind a SOCKS proxy."""
        if proxy.lower().startswith("socks"):
            raise InvalidSchema("SOCKS proxies are not supported")
        manager = super().proxy_manager_for(
            proxy, ssl_minimum_version=ssl.TLSVersion.TLSv1_2, **proxy_kwargs
        )
        manager.pool_classes_by_scheme = dict(_POOLS)
        return manager
