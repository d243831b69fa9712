"""Sending: what goes out, what comes back, and what is sent again."""

import gzip
import json
import logging
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from migrate.errors import InvalidInput, OutcomeUnknown, PlatformFailed
from migrate.http import Http, Unreachable, Upload

Make = Callable[..., Any]


def get(http: Http, **options: Any) -> Any:
    return http.send("GET", "/api/x", idempotent=True, what="Export Roles", where="prod", **options)


def post(http: Http, **options: Any) -> Any:
    return http.send(
        "POST", "/api/x", idempotent=False, what="Import Roles", where="prod", **options
    )


def status(code: int, **headers: str) -> Callable[[Any], None]:
    return lambda peer: peer.reply(code, b"{}", **headers)


def test_a_request_below_a_base_url_with_a_path(serve: Make, connect: Make) -> None:
    server = serve(lambda peer: peer.reply(200, b'[{"role": "a"}]', X_Kind="roles"))
    http = connect(server.url + "/kore/")
    answer = get(http, params={"roleType": "admin", "q": "a b&c"}, headers={"auth": "t0k3n"})
    assert (answer.status, json.loads(answer.body)) == (200, [{"role": "a"}])
    assert answer.headers["x-kind"] == "roles"
    assert answer.url == server.url + "/kore/api/x"
    [request] = server.requests
    assert request.target == "/kore/api/x?roleType=admin&q=a+b%26c"
    assert request.headers["auth"] == "t0k3n"
    assert request.headers["user-agent"].startswith("role-migrate/")
    assert http.count == 1


def test_json_goes_out_with_its_length_and_type(serve: Make, connect: Make) -> None:
    server = serve(status(200))
    post(connect(server.url), json={"fileId": "Ü"})
    [request] = server.requests
    assert json.loads(request.body) == {"fileId": "Ü"}
    assert request.headers["content-type"] == "application/json"
    assert "transfer-encoding" not in request.headers


def test_a_large_file_goes_out_as_a_form(serve: Make, connect: Make) -> None:
    server = serve(status(200))
    data = bytes(range(256)) * 20_000
    upload = Upload("file", "roles.json", data)
    post(connect(server.url), form={"fileContext": "bulkImport"}, upload=upload)
    [request] = server.requests
    assert request.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert data in request.body
    assert b'name="fileContext"\r\n\r\nbulkImport' in request.body
    assert b'name="file"; filename="roles.json"' in request.body
    assert b"content-type: application/json" in request.body.lower()


def test_a_form_without_a_file_is_encoded(serve: Make, connect: Make) -> None:
    server = serve(status(200))
    post(connect(server.url), form={"a": "b c"})
    [request] = server.requests
    assert request.body == b"a=b+c"
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"


def test_connections_are_kept_and_cookies_are_not(serve: Make, connect: Make) -> None:
    server = serve(status(200, Set_Cookie="session=1; Path=/"))
    http = connect(server.url)
    for _ in range(3):
        get(http)
    assert server.connections == 1
    assert not any("cookie" in request.headers for request in server.requests)


def test_netrc_is_not_read(
    serve: Make, connect: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password hunter2\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    server = serve(status(200))
    get(connect(server.url))
    assert "authorization" not in server.requests[0].headers


@pytest.mark.parametrize("code", [400, 401, 404, 429, 500])
def test_other_statuses_come_back_after_one_attempt(serve: Make, connect: Make, code: int) -> None:
    server = serve(status(code))
    assert get(connect(server.url)).status == code
    assert len(server.requests) == 1


@pytest.mark.parametrize("code", [502, 503, 504])
def test_a_read_is_tried_again_and_a_write_is_not(serve: Make, connect: Make, code: int) -> None:
    server = serve(status(code), status(code), status(200))
    assert get(connect(server.url)).status == 200
    assert len(server.requests) == 3
    server = serve(status(code), status(200))
    assert post(connect(server.url)).status == code
    assert len(server.requests) == 1


def test_a_read_that_goes_on_failing_gives_its_last_answer(serve: Make, connect: Make) -> None:
    server = serve(status(503))
    http = connect(server.url)
    assert get(http).status == 503
    assert len(server.requests) == http.count == 4


def test_each_attempt_is_paced_and_signed_afresh(serve: Make, connect: Make) -> None:
    server = serve(status(502), status(200))
    events: list[str] = []
    waits: list[tuple[float, str]] = []
    http = connect(
        server.url,
        before_each=lambda: events.append("pace"),
        pause=lambda seconds, reason: waits.append((seconds, reason)),
    )
    tokens = iter("ab")

    def sign() -> dict[str, str]:
        events.append("sign")
        return {"auth": next(tokens)}

    get(http, sign=sign)
    assert [request.headers["auth"] for request in server.requests] == ["a", "b"]
    assert events == ["pace", "sign"] * 2
    [(seconds, reason)] = waits
    assert 0 < seconds < 2
    assert "Export Roles" in reason


def test_the_body_is_sent_again_whole(serve: Make, connect: Make) -> None:
    server = serve(status(502), status(200))
    connect(server.url).send(
        "POST", "/usersInfo", idempotent=True, what="x", where="y", json={"a": 1}
    )
    assert [json.loads(request.body) for request in server.requests] == [{"a": 1}] * 2


def test_nobody_listens(connect: Make) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    for send in (get, post):
        http = connect(f"http://127.0.0.1:{port}")
        with pytest.raises(Unreachable, match="refused the connection") as caught:
            send(http)
        assert http.count == 4
        assert caught.value.where == "prod"
        assert caught.value.remedy


def test_a_redirect_is_not_followed_and_names_the_host(serve: Make, connect: Make) -> None:
    other = serve(status(200))
    location = other.url + "/login?state=hunter2"
    for code, send, kind in (
        (302, get, PlatformFailed),
        (307, post, PlatformFailed),
        (302, post, OutcomeUnknown),
    ):
        server = serve(status(code, Location=location))
        with pytest.raises(PlatformFailed, match=f"127.0.0.1:{other.port}") as caught:
            send(connect(server.url), headers={"auth": "t0k3n"})
        assert type(caught.value) is kind
        assert "hunter2" not in f"{caught.value} {caught.value.remedy}"
        assert "url" in caught.value.remedy
    assert other.connections == 0


def test_a_redirect_without_a_sound_location(serve: Make, connect: Make) -> None:
    for headers in ({}, {"Location": "//[::1"}, {"Location": "/login"}):
        server = serve(status(301, **headers))
        with pytest.raises(PlatformFailed, match="301"):
            get(connect(server.url))


def test_a_compressed_answer_is_unpacked_and_bounded(serve: Make, connect: Make) -> None:
    packed = gzip.compress(b" " * 3_000_000)
    server = serve(lambda peer: peer.reply(200, packed, Content_Encoding="gzip"))
    assert len(get(connect(server.url)).body) == 3_000_000
    with pytest.raises(PlatformFailed, match="larger than 1 MiB") as caught:
        get(connect(server.url, max_body=1024 * 1024))
    assert not isinstance(caught.value, OutcomeUnknown)
    with pytest.raises(OutcomeUnknown, match="larger than 1 MiB"):
        post(connect(server.url, max_body=1024 * 1024))


def test_after_an_answer_too_large_the_next_call_gets_its_own(serve: Make, connect: Make) -> None:
    large = 1024 * 1024 + 64 * 1024

    def pause_in_the_middle(peer: Any) -> None:
        head = f"HTTP/1.1 200 OK\r\ncontent-length: {2 * large}\r\n\r\n"
        peer.conn.sendall(head.encode() + b"x" * large)
        if peer.read() is not None:
            peer.conn.sendall(b"x" * large)

    server = serve(pause_in_the_middle, status(200))
    http = connect(server.url, max_body=1024 * 1024)
    with pytest.raises(PlatformFailed, match="larger"):
        get(http)
    assert get(http).body == b"{}"
    assert server.connections == 2


def test_threads_share_a_client(serve: Make, connect: Make) -> None:
    server = serve(behave=_echo)
    http = connect(server.url)
    wrong: list[str] = []

    def work(name: str) -> None:
        for number in range(20):
            mark = f"{name}-{number}"
            body = get(http, headers={"auth": mark}).body.decode()
            if body != mark:
                wrong.append(body)

    threads = [threading.Thread(target=work, args=(str(index),)) for index in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert wrong == []
    assert http.count == 100


def _echo(peer: Any) -> None:
    while (request := peer.read()) is not None:
        peer.reply(200, request.headers["auth"].encode())


def test_only_what_is_harmless_is_logged(
    serve: Make, connect: Make, caplog: pytest.LogCaptureFixture
) -> None:
    server = serve(lambda peer: peer.reply(200, b"s3cr3t"))
    with caplog.at_level(logging.DEBUG, logger="migrate.http"):
        post(
            connect(server.url), headers={"auth": "t0k3n"}, json={"k": "s3cr3t"}, params={"q": "1"}
        )
    [record] = [each for each in caplog.records if each.name == "migrate.http"]
    line = record.getMessage()
    assert line.startswith("POST /api/x: 200, ")
    assert line.endswith("6 bytes")
    assert "s3cr3t" not in caplog.text
    assert "t0k3n" not in caplog.text


@pytest.mark.parametrize(
    "url", ["ftp://x", "https://", "https://u:hunter2@x", "https://x/?q", "https://x:99999", "x y"]
)
def test_an_unsound_base_url_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        Http(url)
    assert "hunter2" not in str(caught.value)


def test_importing_the_package_loads_no_heavy_library() -> None:
    code = (
        "import sys, migrate.http, migrate.pace, migrate.secrets, migrate.config; "
        "print([m for m in ('requests', 'urllib3', 'tenacity', 'boto3', "
        "'jsonschema', 'jsonschema_rs', 'orjson') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
