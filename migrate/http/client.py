"""`Http`: one base URL, one way to trust it, and one rule for what may be sent again."""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from migrate.errors import InvalidInput
from migrate.http import failures, unsent
from migrate.http.answer import Answer, Upload
from migrate.http.failures import Call
from migrate.http.retry import retrying
from migrate.http.trust import checked_bundle, checked_certificate
from migrate.urls import fault_of, host_of

if TYPE_CHECKING:
    import requests

    from migrate.http.adapter import Attempt

log = logging.getLogger("migrate.http")

MAX_BODY = 512 * 1024 * 1024
"""The largest answer that is read, in bytes after decompression."""

READ_TOTAL, WRITE_TOTAL = 4, 2
"""One attempt may last this many time-outs in all, however steadily an answer drips. A write has
less: as long as one may be on its way, nobody else may have the lock of a process that died."""


class Http:
    """Sends requests below one base URL. Safe to share between a few threads.

    `timeout` is in seconds and bounds each silence; an attempt to write lasts at most `longest()`.
    `before_each` is called before each attempt (hand it `Pace.wait`, so that attempts are
    counted against the platform's limits); `pause(seconds, reason)` waits between attempts.
    Without `ca_bundle`, REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE count, then the usual bundle;
    without `proxy`, the proxies of the environment. Loopback never uses a proxy. Redirects are
    not followed, .netrc is not read, cookies are not kept. `count` is the number of attempts.
    `begins(call)` is told of each attempt, `heard(call, outcome, seconds, bytes)` that it ended and
    how long its answer was.
    `certificate` is what we show a server that asks: PEM files with a certificate and its key.

    Raises InvalidInput if `base_url`, `ca_bundle` or `certificate` is unsound.
    """

    def __init__(
        self,
        base_url: str,
        *,
        ca_bundle: Path | None = None,
        certificate: tuple[Path, Path | None] | None = None,
        proxy: str | None = None,
        timeout: float = 60.0,
        before_each: Callable[[], None] | None = None,
        pause: Callable[[float, str], None] = lambda seconds, _reason: time.sleep(seconds),
        begins: Callable[[str], None] = lambda _call: None,
        heard: Callable[[str, str, float, int], None] = lambda *_told: None,
        max_body: int = MAX_BODY,
    ) -> None:
        from migrate.http.adapter import Adapter

        fault = fault_of(base_url)
        if fault:
            raise InvalidInput(f"the base URL {fault}", remedy="Check `url` in the config.")
        self._base = base_url.rstrip("/")
        self._ca_bundle = checked_bundle(ca_bundle) if ca_bundle else None
        self._certificate = checked_certificate(*certificate) if certificate else None
        self._proxy = proxy
        self._timeout = timeout
        self._before_each = before_each
        self._pause = pause
        self._begins, self._heard = begins, heard
        self._max_body = max_body
        self._adapter = Adapter()
        self._lock = threading.Lock()
        self._count = 0

    @property
    def count(self) -> int:
        """How many attempts were made, retries included."""
        return self._count

    def longest(self) -> float:
        """The most seconds from the end of `sign` to the end of an attempt to write."""
        return self._timeout * WRITE_TOTAL

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._adapter.close()

    def send(
        self,
        method: str,
        path: str,
        *,
        idempotent: bool,
        what: str,
        where: str,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        sign: Callable[[], Mapping[str, str]] | None = None,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        upload: Upload | None = None,
        timeout: float | None = None,
    ) -> Answer:
        """Send one request and return the complete answer, whatever its status below 300 or 400 up.

        `sign` gives headers that are good for one attempt only (kore.md E: a JWT is used once).
        The body is `json`, or `form` fields with or without an `upload`. `what` and `where` name
        the call and the environment in errors.

        A read (`idempotent`) is tried again after a connection that failed, an answer that did
        not come whole, and 502, 503, 504; the last answer is returned if they persist. A write
        is tried again only if no connection had been opened. Raises NotSent (Unreachable where
        it may pass), OutcomeUnknown, and PlatformFailed for a redirect or an answer beyond the
        size bound.
        """
        seconds = timeout or self._timeout
        url = f"{self._base}/{path.lstrip('/')}"
        call = self._call(url, what, where, idempotent, seconds)
        body, content = _encoded(json)

        def build(signed: Mapping[str, str]) -> "requests.PreparedRequest":
            from migrate.http.exchange import prepare

            fixed = {**content, **(headers or {}), **signed}
            return prepare(method, url, fixed, params=params, body=body, form=form, upload=upload)

        def attempt() -> Answer:
            from migrate.http.adapter import Attempt

            if self._before_each:
                self._before_each()
            signed = sign() if sign else {}
            with Attempt(call.total) as running:
                return self._attempt(build(signed), call, running)

        return retrying(call, self._pause)(attempt)

    def _call(self, url: str, what: str, where: str, idempotent: bool, seconds: float) -> Call:
        from migrate.http.exchange import proxy_for

        proxy = proxy_for(url, self._proxy)
        return Call(
            what=what,
            where=where,
            host=host_of(url),
            proxy=host_of(proxy if "://" in proxy else f"http://{proxy}") if proxy else None,
            idempotent=idempotent,
            timeout=seconds,
            total=seconds * (READ_TOTAL if idempotent else WRITE_TOTAL),
        )

    def _attempt(
        self, request: "requests.PreparedRequest", call: Call, running: "Attempt"
    ) -> Answer:
        from migrate.http import exchange

        with self._lock:
            self._count += 1
        url = (request.url or "").partition("?")[0]
        told = f"{request.method} {url.removeprefix(self._base)}"
        self._begins(told)
        started = time.monotonic()
        outcome, body = "no answer", b""
        try:
            status, headers, body = exchange.exchange(
                self._adapter,
                request,
                timeout=call.timeout,
                verify=exchange.trust_for(self._ca_bundle),
                certificate=self._certificate,
                proxy=exchange.proxy_for(request.url or "", self._proxy),
                limit=self._max_body,
            )
            outcome = str(status)
        except exchange.TooLarge:
            raise failures.too_large(call, self._max_body) from None
        except exchange.FAILURES as failure:
            if running.sent:
                raise failures.unknown(failure, call, expired=running.expired) from failure
            raise unsent.not_sent(failure, call) from failure
        finally:
            took, size = time.monotonic() - started, len(body)
            self._heard(told, outcome, took, size)
        if running.expired:
            raise failures.unknown(TimeoutError(), call, expired=True)
        log.debug("%s: %d, %.0f ms, %d bytes", told, status, 1000 * took, size)
        return _sound(Answer(status, headers, body, url), call)


def _encoded(value: Any) -> tuple[bytes | None, dict[str, str]]:
    if value is None:
        return None, {}
    import orjson

    return orjson.dumps(value), {"content-type": "application/json"}


def _sound(answer: Answer, call: Call) -> Answer:
    if answer.status == 407 and call.proxy:
        raise unsent.proxy_wants_login(call)
    if 300 <= answer.status < 400:
        location = answer.headers.get("location", "")
        target = host_of(location) if "//" in location else call.host
        raise failures.redirected(call, answer.status, target)
    return answer
