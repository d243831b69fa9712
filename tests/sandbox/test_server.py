"""The server over real sockets: keep-alive, resets, TLS, and an end that leaves nothing behind."""

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from migrate.errors import UsageError
from migrate.sandbox import exchange
from migrate.sandbox.exchange import Answer, Hangup, Request
from migrate.sandbox.server import LoopbackServer, Tls


def application(request: Request) -> Answer | Hangup:
    match request.path:
        case "/echo":
            return Answer(200, request.read_body(), (("X-Q", request.query.get("q", "")),))
        case "/peer":
            return Answer(200, (request.peer or "").encode())
        case "/unread":
            return Answer(200, b"unread")
        case "/drip":
            return Answer(200, b"0123456789", drip=float(request.query["s"]))
        case "/cut":
            return Answer(200, b"half", length=8)
        case "/hangup":
            return Hangup()
        case "/date":
            return Answer(200, date=86400.0)
    return Answer(404)


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    server = LoopbackServer(application)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def connection(server: LoopbackServer) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    yield connection
    connection.close()


def test_one_connection_serves_many_requests(connection: http.client.HTTPConnection) -> None:
    used = set()
    for number in range(3):
        connection.request("POST", f"/echo?q={number}", b"x" * number)
        response = connection.getresponse()
        assert (response.status, response.read()) == (200, b"x" * number)
        assert response.headers["X-Q"] == str(number)
        used.add(connection.sock.getsockname())
    assert len(used) == 1


def test_a_chunked_body(connection: http.client.HTTPConnection) -> None:
    connection.request("POST", "/echo", iter([b"ab", b"cd"]), encode_chunked=True)
    assert connection.getresponse().read() == b"abcd"


def test_a_body_that_nobody_read_does_not_become_the_next_request(
    connection: http.client.HTTPConnection,
) -> None:
    connection.request("POST", "/unread", b"GET /echo HTTP/1.1\r\n\r\n")
    response = connection.getresponse()
    assert response.headers["Connection"] == "close"
    assert response.read() == b"unread"


def test_a_body_that_is_too_large(
    connection: http.client.HTTPConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "LARGEST_BODY", 3)
    connection.request("POST", "/echo", b"1234")
    assert connection.getresponse().status == 413


def test_a_head_answer_has_no_body(connection: http.client.HTTPConnection) -> None:
    connection.request("HEAD", "/unread")
    response = connection.getresponse()
    assert (response.read(), response.headers["Content-Length"]) == (b"", "6")
    connection.request("GET", "/unread")
    assert connection.getresponse().read() == b"unread"


def test_the_date_is_the_answers(connection: http.client.HTTPConnection) -> None:
    connection.request("GET", "/date")
    assert connection.getresponse().headers["Date"] == "Fri, 02 Jan 1970 00:00:00 GMT"


def test_a_hangup_is_a_reset(server: LoopbackServer) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as client:
        client.sendall(b"GET /hangup HTTP/1.1\r\nHost: x\r\n\r\n")
        with pytest.raises(ConnectionResetError):
            client.recv(1)


def test_a_false_length_ends_the_connection_early(
    connection: http.client.HTTPConnection,
) -> None:
    connection.request("GET", "/cut")
    with pytest.raises(http.client.IncompleteRead):
        connection.getresponse().read()


def test_a_dripping_body_takes_its_time(connection: http.client.HTTPConnection) -> None:
    connection.request("GET", "/drip?s=0.4")
    started = time.monotonic()
    assert connection.getresponse().read() == b"0123456789"
    assert 0.15 < time.monotonic() - started < 3


def test_nonsense_is_answered_and_a_vanished_client_is_borne(server: LoopbackServer) -> None:
    for sent in (b"\r\n\r\n", b"NONSENSE\r\n\r\n", b"GET /echo\r\n", b"POST /echo HTTP/1.1\r\nCon"):
        with socket.create_connection(("127.0.0.1", server.port), timeout=5) as client:
            client.sendall(sent)
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as client:
        client.sendall(b"POST /echo HTTP/1.1\r\nContent-Length: 99\r\n\r\nshort")
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as client:
        client.sendall(b"GET /unread HTTP/1.1\r\n\r\n")
        assert client.recv(12) == b"HTTP/1.1 200"


def test_stop_ends_threads_sockets_and_the_port() -> None:
    before = threading.active_count()
    server = LoopbackServer(application)
    server.start()
    idle = socket.create_connection(("127.0.0.1", server.port), timeout=5)
    dripping = socket.create_connection(("127.0.0.1", server.port), timeout=5)
    dripping.sendall(b"GET /drip?s=60 HTTP/1.1\r\n\r\n")
    assert dripping.recv(4) == b"HTTP"
    started = time.monotonic()
    server.stop()
    assert time.monotonic() - started < 2
    assert threading.active_count() == before
    idle.close()
    dripping.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", server.port), timeout=5)


def test_a_taken_port_is_a_usage_error(server: LoopbackServer) -> None:
    with pytest.raises(UsageError, match=f"127.0.0.1:{server.port}"):
        LoopbackServer(application, server.port)
    with pytest.raises(UsageError, match="70000"):
        LoopbackServer(application, 70000)


def test_it_listens_on_the_loopback_address_only(server: LoopbackServer) -> None:
    assert server.server_address[0] == "127.0.0.1"


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def files(authority: trustme.CA, tmp_path: Path) -> Tls:
    certificate = authority.issue_cert("127.0.0.1")
    chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    certificate.cert_chain_pems[0].write_to_path(chain)
    certificate.private_key_pem.write_to_path(key)
    return Tls(str(chain), str(key))


def test_tls(authority: trustme.CA, files: Tls) -> None:
    server = LoopbackServer(application, tls=files)
    server.start()
    context = ssl.create_default_context()
    authority.configure_trust(context)
    connection = http.client.HTTPSConnection("127.0.0.1", server.port, timeout=5, context=context)
    connection.request("GET", "/unread")
    assert connection.getresponse().read() == b"unread"
    distrust = http.client.HTTPSConnection("127.0.0.1", server.port, timeout=5)
    with pytest.raises(ssl.SSLCertVerificationError):
        distrust.request("GET", "/unread")
    distrust.close()
    # Neither a client that speaks no TLS nor one that says nothing keeps the others waiting.
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as plain:
        plain.sendall(b"GET /unread HTTP/1.1\r\n\r\n")
        silent = socket.create_connection(("127.0.0.1", server.port), timeout=5)
        time.sleep(0.05)
        connection.request("GET", "/unread")
        assert connection.getresponse().read() == b"unread"
    started = time.monotonic()
    server.stop()
    assert time.monotonic() - started < 2
    connection.close()
    silent.close()


def test_a_client_must_show_a_certificate_where_issuers_are_named(
    authority: trustme.CA, files: Tls, tmp_path: Path
) -> None:
    issuer = tmp_path / "issuer.pem"
    authority.cert_pem.write_to_path(str(issuer))
    server = LoopbackServer(application, tls=files._replace(client_ca=str(issuer)))
    server.start()

    def ask(*issuers: trustme.CA) -> bytes:
        context = ssl.create_default_context()
        authority.configure_trust(context)
        for each in issuers:
            each.issue_cert("ada@example.com", common_name="Ada").configure_cert(context)
        connection = http.client.HTTPSConnection(
            "127.0.0.1", server.port, timeout=5, context=context
        )
        try:
            connection.request("GET", "/peer")
            return connection.getresponse().read()
        finally:
            connection.close()

    assert ask(authority) == b"Ada"
    for issuers in ((), (trustme.CA(),)):
        with pytest.raises(OSError, match=r"(?i)ssl|reset|EOF|closed"):
            ask(*issuers)
    server.stop()


def test_a_certificate_that_cannot_be_read(files: Tls) -> None:
    with pytest.raises(UsageError, match="certificate cannot"):
        LoopbackServer(application, tls=files._replace(chain=files.key))
    with pytest.raises(UsageError, match="issuers' certificates"):
        LoopbackServer(application, tls=files._replace(client_ca="/nonexistent.pem"))
