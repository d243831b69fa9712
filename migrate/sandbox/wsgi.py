"""Serving a WSGI application from the sandbox's own server."""

import sys
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any
from urllib.parse import unquote_to_bytes

from migrate.sandbox.exchange import Answer, Request
from migrate.sandbox.server import HOST

Application = Callable[[dict[str, Any], Callable[..., None]], Iterable[bytes]]

_OWN_HEADERS = {"content-length", "connection", "date", "server", "transfer-encoding"}


def answer(application: Application, request: Request, port: int) -> Answer:
    """Let an application answer a request, all of it at once."""
    sent: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], _error: Any = None) -> None:
        sent[:] = [int(status.split()[0]), headers]

    body = b"".join(application(environ(request, port), start_response))
    status, headers = sent
    lengths = [int(value) for name, value in headers if name.lower() == "content-length"]
    kept = tuple(entry for entry in headers if entry[0].lower() not in _OWN_HEADERS)
    # The answer to HEAD tells the length of a body that it does not have.
    length = lengths[0] if lengths and request.method == "HEAD" else None
    return Answer(status, body, kept, length=length)


def environ(request: Request, port: int) -> dict[str, Any]:
    """The request as PEP 3333 describes it."""
    path, _, query = request.target.partition("?")
    body = request.read_body()
    values: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query,
        "REQUEST_URI": request.target,
        "RAW_URI": request.target,
        "SERVER_NAME": HOST,
        "SERVER_PORT": str(port),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": HOST,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in request.headers.items():
        # As any WSGI server does: X_A and X-A could not be told apart.
        if "_" not in name:
            values[f"HTTP_{name.upper().replace('-', '_')}"] = value
    values.pop("HTTP_TRANSFER_ENCODING", None)
    values.pop("HTTP_CONTENT_LENGTH", None)
    values["CONTENT_LENGTH"] = str(len(body))
    values["CONTENT_TYPE"] = values.pop("HTTP_CONTENT_TYPE", "")
    return values
