"""Trouble on the way: what is certain not to have happened, and what may have."""

import socket
import time
from collections.abc import Callable
from typing import Any

import pytest

from migrate.errors import NotSent, OutcomeUnknown, PlatformFailed
from migrate.http.failures import Call, Unreachable
from migrate.http.unsent import not_sent

Make = Callable[..., Any]
HEAD = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n"


def get(http: Any, **options: Any) -> Any:
    return http.send("GET", "/r", idempotent=True, what="Export Roles", where="prod", **options)


def post(http: Any, **options: Any) -> Any:
    return http.send(
        "POST", "/r", idempotent=False, what="Import Roles", where="prod", json={}, **options
    )


def reset(peer: Any) -> None:
    peer.reset()


def close(peer: Any) -> None:
    peer.conn.shutdown(socket.SHUT_RDWR)
    peer.conn.close()


def cut(peer: Any) -> None:
    peer.conn.sendall(HEAD + b"[{")
    close(peer)


def cut_chunk(peer: Any) -> None:
    peer.conn.sendall(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n10\r\n[{")
    close(peer)


def no_http(peer: Any) -> None:
    peer.conn.sendall(b"SSH-2.0-x\r\n\r\n")
    close(peer)


def not_gzip(peer: Any) -> None:
    peer.reply(200, b"plain", Content_Encoding="gzip")


def silent(peer: Any) -> None:
    peer.server.stopping.wait(20)


TROUBLE = [
    (reset, "closed the connection"),
    (close, "closed the connection"),
    (cut, "was cut"),
    (cut_chunk, "was cut"),
    (no_http, "not HTTP"),
    (not_gzip, "could not be decompressed"),
    (silent, r"sent nothing for 0\.3 s"),
]


@pytest.mark.parametrize(("trouble", "words"), TROUBLE)
def test_a_write_without_a_sound_answer_is_unknown_and_sent_once(
    serve: Make, connect: Make, trouble: Callable[[Any], None], words: str
) -> None:
    server = serve(trouble)
    with pytest.raises(OutcomeUnknown, match=words) as caught:
        post(connect(server.url, timeout=0.3))
    assert len(server.requests) == 1
    assert caught.value.where == "prod"
    assert "may or may not" in caught.value.remedy
    assert str(caught.value).startswith("prod: Import Roles: ")


@pytest.mark.parametrize(("trouble", "words"), TROUBLE)
def test_a_read_without_a_sound_answer_is_tried_again(
    serve: Make, connect: Make, trouble: Callable[[Any], None], words: str
) -> None:
    server = serve(trouble, lambda peer: peer.reply(200, b"[]"))
    assert get(connect(server.url, timeout=0.3)).body == b"[]"
    assert len(server.requests) == 2


def test_a_write_on_a_kept_connection_that_is_reset_is_not_sent_again(
    serve: Make, connect: Make
) -> None:
    server = serve(lambda peer: peer.reply(), reset, lambda peer: peer.reply())
    http = connect(server.url)
    post(http)
    with pytest.raises(OutcomeUnknown):
        post(http)
    assert len(server.requests) == 2
    assert server.connections == 1


def test_a_kept_connection_that_the_server_closed_is_replaced(serve: Make, connect: Make) -> None:
    closed = []

    def once(peer: Any) -> None:
        peer.read()
        peer.reply()
        close(peer)
        closed.append(1)

    server = serve(behave=once)
    http = connect(server.url)
    for number in range(1, 4):
        assert post(http).status == 200
        deadline = time.monotonic() + 5
        while len(closed) < number and time.monotonic() < deadline:
            time.sleep(0.001)
    assert server.connections == 3


def test_a_reset_while_sending_is_unknown(serve: Make, connect: Make) -> None:
    def reset_early(peer: Any) -> None:
        peer.conn.recv(1000)
        peer.reset()

    server = serve(behave=reset_early)
    with pytest.raises(OutcomeUnknown):
        connect(server.url).send(
            "POST", "/r", idempotent=False, what="x", where="y", json="x" * 20_000_000
        )
    assert server.connections == 1


def drip_body(peer: Any) -> None:
    peer.conn.sendall(HEAD)
    while not peer.server.stopping.wait(0.05):
        peer.conn.sendall(b" ")


def drip_headers(peer: Any) -> None:
    peer.conn.sendall(b"HTTP/1.1 200 OK\r\nx-slow: ")
    while not peer.server.stopping.wait(0.05):
        peer.conn.sendall(b"a")


def drip_without_length(peer: Any) -> None:
    peer.conn.sendall(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n")
    while not peer.server.stopping.wait(0.05):
        peer.conn.sendall(b" ")


@pytest.mark.parametrize("drip", [drip_body, drip_headers, drip_without_length])
def test_an_answer_that_drips_is_ended(
    serve: Make, connect: Make, drip: Callable[[Any], None]
) -> None:
    server = serve(drip)
    http = connect(server.url, timeout=0.4)
    started = time.monotonic()
    with pytest.raises(OutcomeUnknown, match=r"no complete answer .* within 0\.8 s"):
        post(http)
    assert 0.7 < time.monotonic() - started < 2
    assert http.longest() == pytest.approx(0.8)


def test_an_answer_to_a_read_may_take_twice_as_long(serve: Make, connect: Make) -> None:
    http = connect(serve(drip_body).url, timeout=0.2)
    with pytest.raises(OutcomeUnknown, match=r"no complete answer .* within 0\.8 s"):
        get(http)


def test_a_server_that_takes_nothing_in_is_given_up(serve: Make, connect: Make) -> None:
    server = serve(behave=silent)
    started = time.monotonic()
    with pytest.raises(OutcomeUnknown):
        connect(server.url, timeout=0.3).send(
            "POST", "/r", idempotent=False, what="x", where="y", json="x" * 50_000_000
        )
    assert time.monotonic() - started < 2.5


def test_a_slow_upload_may_last_longer_than_the_connect_time_out(
    serve: Make, connect: Make
) -> None:
    def slow_reader(peer: Any) -> None:
        data, taken = b"", 0
        while not data.endswith(b'END"'):
            piece = peer.conn.recv(65536)
            data, taken = data[-10:] + piece, taken + len(piece)
            # In step with the clock, however fast this machine is.
            time.sleep(max(0.0, started + 0.8 * taken / 12_000_000 - time.monotonic()))
        peer.reply()

    server = serve(behave=slow_reader)
    started = time.monotonic()
    answer = connect(server.url, timeout=0.6).send(
        "POST", "/r", idempotent=False, what="x", where="y", json="x" * 12_000_000 + "END"
    )
    assert answer.status == 200
    assert 0.6 < time.monotonic() - started < 1.2


CALL = Call("Export Roles", "prod", "bots.example", None, True, 5, 20)


def test_names_that_are_not_found() -> None:
    error = not_sent(socket.gaierror(socket.EAI_NONAME, "x"), CALL)
    assert "the host bots.example was not found" in str(error)
    assert not isinstance(error, Unreachable)
    passing = not_sent(socket.gaierror(socket.EAI_AGAIN, "x"), CALL)
    assert isinstance(passing, Unreachable)
    behind = Call("Export Roles", "prod", "bots.example", "proxy.example:3128", True, 5, 20)
    error = not_sent(socket.gaierror(socket.EAI_NONAME, "x"), behind)
    assert "the proxy proxy.example:3128 was not found" in str(error)
    assert "`proxy`" in error.remedy


def test_other_reasons_for_no_connection() -> None:
    assert "within the time-out" in str(not_sent(TimeoutError(), CALL))
    assert "No route to host" in str(not_sent(OSError(113, "No route to host"), CALL))
    assert "SOCKS" in str(not_sent(ValueError("Missing dependencies for SOCKS support."), CALL))
    assert isinstance(not_sent(ConnectionResetError(), CALL), Unreachable)


def test_a_connection_that_is_never_accepted_times_out_as_not_sent(connect: Make) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        fill = [socket.socket() for _ in range(4)]
        try:
            for each in fill:
                each.setblocking(False)
                each.connect_ex(("127.0.0.1", port))
            time.sleep(0.05)
            with pytest.raises(NotSent, match="within the time-out") as caught:
                post(connect(f"http://127.0.0.1:{port}", timeout=0.2))
            assert not isinstance(caught.value, Unreachable)
        finally:
            for each in fill:
                each.close()


def test_all_of_them_are_failures_of_the_platform() -> None:
    assert issubclass(Unreachable, NotSent)
    assert issubclass(NotSent, PlatformFailed)
