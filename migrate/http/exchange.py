"""One exchange: build the request, choose proxy and trust, send it, read the whole answer.

Imported only by `Http`, when the first is made.
"""

import io
import os
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.utils import get_environ_proxies, select_proxy
from urllib3.exceptions import HTTPError

from migrate import __version__
from migrate.http.adapter import Adapter
from migrate.http.answer import Upload
from migrate.urls import is_loopback

_CONNECT_SECONDS = 15.0
_PIECE = 64 * 1024
_WANTED = {"accept": "application/json", "accept-encoding": "gzip, deflate"}

FAILURES = (requests.RequestException, HTTPError, HTTPException, OSError)
"""Everything that an attempt may raise for reasons outside this program."""


class TooLarge(Exception):
    """The answer went beyond the size bound."""


def proxy_for(url: str, configured: str | None) -> str | None:
    """Choose the proxy for `url`: none for loopback, else the configured, else the environment's.

    The environment's are HTTP_PROXY, HTTPS_PROXY and ALL_PROXY, less what NO_PROXY excepts.
    """
    if is_loopback(urlsplit(url).hostname or ""):
        return None
    return configured or select_proxy(url, dict(get_environ_proxies(url)))


def trust_for(ca_bundle: str | None) -> str | bool:
    """Choose what to verify certificates with: the given bundle, the environment's, the default."""
    return (
        ca_bundle
        or os.environ.get("REQUESTS_CA_BUNDLE")
        or os.environ.get("CURL_CA_BUNDLE")
        or True
    )


def prepare(
    method: str,
    url: str,
    headers: Mapping[str, str],
    *,
    params: Mapping[str, str] | None,
    body: bytes | None,
    form: Mapping[str, str] | None,
    upload: Upload | None,
) -> requests.PreparedRequest:
    """Build the request: `body`, or a form of fields and a file (multipart if there is a file)."""
    files = {upload.name: (upload.filename, upload.data, upload.content_type)} if upload else None
    prepared = requests.Request(
        method,
        url,
        headers={"user-agent": f"role-migrate/{__version__}", **_WANTED, **headers},
        params=dict(params or {}),
        data=body if body is not None else dict(form or {}),
        files=files,
    ).prepare()
    if isinstance(prepared.body, str):
        prepared.body = prepared.body.encode("utf-8")
    if isinstance(prepared.body, bytes):
        # Bytes go out in one call that must end within the connect time-out, however large
        # they are; a stream goes out block by block, each with that time to itself.
        stream: Any = io.BytesIO(prepared.body)
        prepared.body = stream
    return prepared


def exchange(
    adapter: Adapter,
    prepared: requests.PreparedRequest,
    *,
    timeout: float,
    verify: str | bool,
    certificate: tuple[str, str] | None,
    proxy: str | None,
    limit: int,
) -> tuple[int, dict[str, str], bytes]:
    """Send, and read the whole answer: (status, headers by lower-case name, body).

    Raises TooLarge beyond `limit` bytes, and whatever requests, urllib3 and the socket raise.
    """
    response = adapter.send(
        prepared,
        stream=True,
        timeout=(min(timeout, _CONNECT_SECONDS), timeout),
        verify=verify,
        cert=certificate,
        proxies={"http": proxy, "https": proxy} if proxy else {},
    )
    raw = response.raw
    whole = False
    try:
        pieces, size = [], 0
        for piece in raw.stream(_PIECE, decode_content=True):
            size += len(piece)
            if size > limit:
                raise TooLarge
            pieces.append(piece)
        whole = True
    finally:
        if not whole:
            # Bytes of this answer are still under way: no other call may read them.
            raw.close()
        raw.release_conn()
    headers = {name.lower(): value for name, value in response.headers.items()}
    return response.status_code, headers, b"".join(pieces)
