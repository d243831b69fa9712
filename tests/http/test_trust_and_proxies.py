"""Certificates and proxies: what is trusted, what is used, what is never used."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trustme

from migrate.errors import InvalidInput, NotSent, OutcomeUnknown
from migrate.http import Unreachable

Make = Callable[..., Any]


def send(http: Any, method: str = "GET") -> Any:
    return http.send(method, "/r", idempotent=method == "GET", what="Export Roles", where="prod")


def ok(peer: Any) -> None:
    peer.reply()


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def bundle(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = tmp_path_factory.mktemp("trust") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


def context(authority: trustme.CA, *names: str, **options: Any) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names, **options).configure_cert(made)
    return made


def test_a_certificate_is_accepted_with_its_bundle_only(
    serve: Make, connect: Make, authority: trustme.CA, bundle: Path
) -> None:
    server = serve(ok, context=context(authority, "127.0.0.1"))
    with pytest.raises(NotSent, match="issuer that is not trusted") as caught:
        send(connect(server.url))
    assert "ca_bundle" in caught.value.remedy
    assert not isinstance(caught.value, Unreachable)
    assert server.connections == 1
    assert send(connect(server.url, ca_bundle=bundle)).status == 200


def test_a_given_bundle_goes_before_the_environments(
    serve: Make,
    connect: Make,
    authority: trustme.CA,
    bundle: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = serve(ok, context=context(authority, "127.0.0.1"))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nonexistent/ca.pem")
    assert send(connect(server.url, ca_bundle=bundle)).status == 200
    with pytest.raises(NotSent):
        send(connect(server.url))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    assert send(connect(server.url)).status == 200


def test_a_bundle_that_is_none(connect: Make, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be read: No such file"):
        connect("https://x.example", ca_bundle=tmp_path / "none.pem")
    (tmp_path / "empty.pem").write_text("hello")
    with pytest.raises(InvalidInput, match="no certificate"):
        connect("https://x.example", ca_bundle=tmp_path / "empty.pem")


def test_certificates_for_another_name_or_out_of_date(
    serve: Make, connect: Make, authority: trustme.CA, bundle: Path
) -> None:
    from datetime import UTC, datetime

    other = serve(ok, context=context(authority, "other.example"))
    with pytest.raises(NotSent, match="for another"):
        send(connect(other.url, ca_bundle=bundle))
    expired = context(authority, "127.0.0.1", not_after=datetime(2020, 1, 1, tzinfo=UTC))
    with pytest.raises(NotSent, match="has expired"):
        send(connect(serve(ok, context=expired).url, ca_bundle=bundle))


def test_a_server_without_tls(serve: Make, connect: Make) -> None:
    server = serve(behave=lambda peer: peer.conn.sendall(b"HTTP/1.1 400 Bad\r\n\r\n"))
    with pytest.raises(NotSent, match="does not answer with TLS"):
        send(connect(server.url.replace("http:", "https:")), "POST")


def test_a_server_with_old_tls_only(
    serve: Make, connect: Make, authority: trustme.CA, bundle: Path
) -> None:
    old = context(authority, "127.0.0.1")
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning):
        old.minimum_version = ssl.TLSVersion.TLSv1
        old.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises(NotSent, match="no TLS version"):
        send(connect(serve(ok, context=old).url, ca_bundle=bundle))


def test_a_reset_in_the_handshake_was_not_sent_and_is_tried_again(
    serve: Make, connect: Make
) -> None:
    def hang_up(peer: Any) -> None:
        peer.conn.recv(1000)
        peer.reset()

    server = serve(behave=hang_up)
    with pytest.raises(Unreachable, match="before anything was sent"):
        send(connect(server.url.replace("http:", "https:")), "POST")
    assert server.connections == 4


def test_trouble_after_the_handshake_is_unknown(
    serve: Make, connect: Make, authority: trustme.CA, bundle: Path
) -> None:
    server = serve(lambda peer: peer.reset(), context=context(authority, "127.0.0.1"))
    with pytest.raises(OutcomeUnknown):
        send(connect(server.url, ca_bundle=bundle), "POST")
    assert len(server.requests) == 1


def test_a_drip_over_tls_is_ended(
    serve: Make, connect: Make, authority: trustme.CA, bundle: Path
) -> None:
    def drip(peer: Any) -> None:
        peer.conn.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n")
        while not peer.server.stopping.wait(0.05):
            peer.conn.sendall(b" ")

    server = serve(drip, context=context(authority, "127.0.0.1"))
    with pytest.raises(OutcomeUnknown, match="no complete answer"):
        send(connect(server.url, ca_bundle=bundle, timeout=0.2), "POST")


def test_a_configured_proxy_is_used(serve: Make, connect: Make) -> None:
    proxy = serve(ok)
    assert send(connect("http://bots.example/kore", proxy=proxy.url)).status == 200
    assert proxy.requests[0].target == "http://bots.example/kore/r"


def test_the_environments_proxy_is_used_but_not_for_exceptions(
    serve: Make, connect: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = serve(ok)
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    monkeypatch.setenv("http_proxy", proxy.url)
    assert send(connect("http://bots.example")).status == 200
    assert len(proxy.requests) == 1
    monkeypatch.setenv("NO_PROXY", "127.0.0.2")
    monkeypatch.setenv("no_proxy", "127.0.0.2")
    assert send(connect("http://other.example")).status == 200


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_loopback_never_uses_a_proxy(
    serve: Make, connect: Make, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    proxy, server = serve(ok), serve(ok)
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, proxy.url)
    url = server.url.replace("127.0.0.1", host)
    assert send(connect(url)).status == 200
    assert send(connect(url, proxy=proxy.url)).status == 200
    assert proxy.connections == 0
    assert len(server.requests) == 2


def tunnel(peer: Any) -> None:
    """Answer CONNECT, then pass bytes on to the loopback port that the proxy was made for."""
    request = peer.read()
    assert request is not None
    assert request.method == "CONNECT"
    with socket.create_connection(("127.0.0.1", peer.server.behind)) as onward:
        peer.conn.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        back = threading.Thread(target=_pass_on, args=(onward, peer.conn))
        back.start()
        _pass_on(peer.conn, onward)
        back.join()


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            sink.sendall(data)
    except OSError:
        return
    finally:
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)


def test_tls_through_a_proxy(
    serve: Make, connect: Make, authority: trustme.CA, bundle: Path
) -> None:
    server = serve(ok, context=context(authority, "bots.example"))
    proxy = serve(behave=tunnel)
    proxy.behind = server.port
    http = connect("https://bots.example", proxy=proxy.url, ca_bundle=bundle)
    assert [send(http).status, send(http, "POST").status] == [200, 200]
    assert proxy.requests[0].target == "bots.example:443"
    assert server.requests[0].target == "/r"
    assert proxy.connections == 1


def test_trouble_behind_a_proxy_is_unknown(
    serve: Make, connect: Make, authority: trustme.CA, bundle: Path
) -> None:
    plain = serve(lambda peer: peer.reset())
    with pytest.raises(OutcomeUnknown):
        send(connect("http://bots.example", proxy=plain.url), "POST")
    server = serve(lambda peer: peer.reset(), context=context(authority, "bots.example"))
    proxy = serve(behave=tunnel)
    proxy.behind = server.port
    http = connect("https://bots.example", proxy=proxy.url, ca_bundle=bundle)
    with pytest.raises(OutcomeUnknown):
        send(http, "POST")
    assert len(server.requests) == len(plain.requests) == 1


@pytest.mark.parametrize(
    ("status", "words"), [(407, "wants a user and password"), (403, "status 403")]
)
def test_a_proxy_that_refuses(serve: Make, connect: Make, status: int, words: str) -> None:
    proxy = serve(lambda peer: peer.reply(status))
    http = connect("https://bots.example", proxy=proxy.url)
    with pytest.raises(NotSent, match=words) as caught:
        send(http, "POST")
    assert caught.value.remedy
    assert len(proxy.requests) == 1


def test_a_plain_proxy_that_wants_a_password(
    serve: Make, connect: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = serve(lambda peer: peer.reply(407))
    login = proxy.url.replace("http://", "http://me:hunter2@")
    monkeypatch.setenv("HTTP_PROXY", login)
    monkeypatch.setenv("http_proxy", login)
    with pytest.raises(NotSent, match="407") as caught:
        send(connect("http://bots.example"), "POST")
    assert proxy.requests[0].headers["proxy-authorization"].startswith("Basic ")
    assert "hunter2" not in f"{caught.value} {caught.value.remedy}"


def test_a_proxy_that_is_not_there(connect: Make) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    http = connect("https://bots.example", proxy=f"http://127.0.0.1:{port}")
    with pytest.raises(Unreachable, match=f"the proxy 127.0.0.1:{port} refused"):
        send(http)
