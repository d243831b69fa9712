"""`doctor` on the way to a platform: certificates, proxies, clocks, and what stands in between.

Servers of which every byte is ours stand in the platform's place, or in front of the sandbox.
"""

import http.client
import json
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import trustme

from tests.cli.examined import examine
from tests.cli.test_doctor import ACCOUNT
from tests.cli.world import World
from tests.http.conftest import Peer, RawServer, serve
from tests.http.test_trust_and_proxies import context, tunnel

__all__ = ["serve"]

Serve = Callable[..., RawServer]


def empty(peer: Peer) -> None:
    """No roles, and the right time."""
    peer.reply(200, b"[]", Date=http_date(0))


def http_date(ahead: float) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=ahead), usegmt=True)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def bundle(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = tmp_path_factory.mktemp("trust") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


def lead_to(world: World, url: str, **settings: str) -> None:
    world.configure(url=json.dumps(url), builder_app=None, **settings)


# certificates


@pytest.mark.parametrize(
    ("name", "dates", "known", "cause", "words"),
    [
        ("127.0.0.1", {}, False, "tls-issuer", ("issuer that is not trusted", "ca_bundle")),
        ("other.example", {}, True, "tls-name", ("for another", "`url`")),
        (
            "127.0.0.1",
            {"not_after": datetime(2020, 1, 1, tzinfo=UTC)},
            True,
            "tls-expired",
            ("has expired", "renewed", "clock"),
        ),
        (
            "127.0.0.1",
            {
                "not_before": datetime.now(UTC) + timedelta(days=5),
                "not_after": datetime.now(UTC) + timedelta(days=9),
            },
            True,
            "tls-not-yet-valid",
            ("not valid yet", "clock"),
        ),
    ],
)
def test_a_certificate_that_is_not_accepted(
    world: World,
    serve: Serve,
    authority: trustme.CA,
    bundle: Path,
    name: str,
    dates: dict[str, Any],
    known: bool,
    cause: str,
    words: tuple[str, ...],
) -> None:
    server = serve(empty, context=context(authority, name, **dates))
    lead_to(world, server.url, **({"ca_bundle": json.dumps(str(bundle))} if known else {}))
    seen = examine(world)
    assert seen.code == 7
    seen.fails("reachable", cause, *words)
    seen.was_not_tried(*ACCOUNT)
    assert "certificate" not in seen.found
    assert server.requests == []


def test_a_certificate_that_ends_soon(
    world: World, serve: Serve, authority: trustme.CA, bundle: Path
) -> None:
    ends = datetime.now(UTC) + timedelta(days=3)
    server = serve(empty, context=context(authority, "127.0.0.1", not_after=ends))
    lead_to(world, server.url, ca_bundle=json.dumps(str(bundle)))
    seen = examine(world)
    seen.warns("certificate", "tls-expired", f"expires on {ends:%Y-%m-%d}", "renewed")
    seen.is_ok("reachable")


def test_a_certificate_that_is_good(
    world: World, serve: Serve, authority: trustme.CA, bundle: Path
) -> None:
    server = serve(empty, context=context(authority, "127.0.0.1"))
    lead_to(world, server.url, ca_bundle=json.dumps(str(bundle)))
    seen = examine(world)
    seen.is_ok("certificate")
    seen.is_ok("admin app")


def test_a_bundle_without_a_certificate(world: World) -> None:
    world.file("ca.pem", "none")
    world.configure(ca_bundle='"ca.pem"')
    seen = examine(world)
    assert seen.code == 3
    seen.fails("platform", "tls-files", "no certificate in this CA bundle", "ca_bundle")
    seen.is_ok("store: if-match")


def test_a_bundle_of_the_environment_that_is_not_there(
    world: World, serve: Serve, authority: trustme.CA, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead_to(world, serve(empty, context=context(authority, "127.0.0.1")).url)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nonexistent/ca.pem")
    examine(world).fails("reachable", "tls-files", "REQUESTS_CA_BUNDLE", "ca_bundle")


def test_a_server_that_speaks_no_tls(world: World, serve: Serve) -> None:
    server = serve(behave=lambda peer: peer.conn.sendall(b"HTTP/1.1 400 Bad\r\n\r\n"))
    lead_to(world, server.url.replace("http:", "https:"))
    examine(world).fails("reachable", "tls", "does not answer with TLS", "the port in `url`")


# proxies


def behind(world: World, proxy: str) -> None:
    lead_to(world, "https://bots.example", proxy=json.dumps(proxy), timeout="1")


def test_a_proxy_where_nobody_listens(world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closing:
        port = closing.getsockname()[1]
    behind(world, f"http://127.0.0.1:{port}")
    seen = examine(world)
    seen.fails("reachable", "proxy", f"the proxy 127.0.0.1:{port} refused")
    seen.was_not_tried(*ACCOUNT)


def test_a_proxy_whose_name_is_not_known(world: World) -> None:
    behind(world, "http://proxy.invalid:3128")
    examine(world).fails("reachable", "dns", "the proxy proxy.invalid:3128")


@pytest.mark.parametrize(
    ("status", "words"),
    [(407, ("wants a user and password", "HTTPS_PROXY")), (403, ("status 403", "allowed"))],
)
def test_a_proxy_that_refuses(
    world: World, serve: Serve, status: int, words: tuple[str, ...]
) -> None:
    proxy = serve(lambda peer: peer.reply(status))
    behind(world, proxy.url)
    examine(world).fails("reachable", "proxy", *words)


def test_a_kind_of_proxy_that_is_not_supported(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead_to(world, "https://bots.example")
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:1")
    examine(world).fails("reachable", "proxy", "SOCKS", "ALL_PROXY")


def test_a_certificate_behind_a_proxy(
    world: World, serve: Serve, authority: trustme.CA, bundle: Path
) -> None:
    server = serve(empty, context=context(authority, "elsewhere.example"))
    proxy = serve(behave=tunnel)
    proxy.behind = server.port  # type: ignore[attr-defined]
    behind(world, proxy.url)
    world.configure(ca_bundle=json.dumps(str(bundle)))
    examine(world).fails("reachable", "tls-name", "bots.example")


# clocks


@pytest.mark.parametrize(("ahead", "side"), [(1800, "behind"), (-1800, "ahead of")])
def test_a_clock_that_only_the_date_header_shows(
    world: World, serve: Serve, ahead: float, side: str
) -> None:
    server = serve(lambda peer: peer.reply(200, b"[]", Date=http_date(ahead)))
    lead_to(world, server.url)
    seen = examine(world)
    assert seen.code == 7
    seen.fails("clock", "clock", f" s {side} the platform's", "Set this machine's clock")
    seen.is_ok("admin app")


@pytest.mark.parametrize(
    "message",
    [
        'error verifying the jwt: if \\"jti\\" claim \\"exp\\" must be <= 1 hour(s)',
        "error verifying the jwt: jwt expired",
        "error verifying the jwt: jwt not active",
    ],
)
def test_a_clock_that_only_a_refusal_shows(world: World, serve: Serve, message: str) -> None:
    body = f'{{"errors": [{{"msg": "{message}", "code": 401}}]}}'.encode()
    server = serve(lambda peer: peer.reply(401, body))
    lead_to(world, server.url)
    seen = examine(world)
    seen.warns("clock", "clock", "does not tell its own")
    seen.fails("admin app", "clock", "clock", "NTP")


# the budget, in headers that nobody documents


@pytest.mark.parametrize(
    ("headers", "left"),
    [
        ({"X_RateLimit_Remaining": "3"}, 3),
        ({"RateLimit": '"default";r=4;t=30'}, 4),
        ({"RateLimit": "limit=60, remaining=59, reset=30"}, 59),
        ({"X_RateLimit_Remaining": "soon"}, None),
    ],
)
def test_headers_that_count_calls(
    world: World, serve: Serve, headers: dict[str, str], left: int | None
) -> None:
    server = serve(lambda peer: peer.reply(200, b"[]", Date=http_date(0), **headers))
    lead_to(world, server.url)
    world.configure(limits=None)
    seen = examine(world)
    if left is not None and left < 20:
        seen.warns("rate budget", "rate-limit", f"only {left} calls are left")
        return
    seen.is_ok("rate budget")
    assert ("59 calls are left" in seen.found["rate budget"]["detail"]) == (left == 59)


# what stands in between


def test_a_gateway_that_repeats_requests(world: World, serve: Serve) -> None:
    """Where JTI is enforced, the second of two is a replay."""
    world.switch(jti="enforced")
    port = urlsplit(json.loads(world.settings["prod"]["url"])).port

    def twice(peer: Peer) -> None:
        request = peer.server.requests[-1]
        for _ in range(2):
            onward = http.client.HTTPConnection("127.0.0.1", port)
            onward.request(request.method, request.target, request.body, request.headers)
            answer = onward.getresponse()
            status, body = answer.status, answer.read()
            onward.close()
        peer.reply(status, body, Date=http_date(0))

    lead_to(world, serve(twice).url)
    seen = examine(world)
    seen.fails("admin app", "jti", "possibly a replay", "gateway", "repeats requests")


def test_a_redirect_to_elsewhere(world: World, serve: Serve) -> None:
    server = serve(lambda peer: peer.reply(302, Location="https://login.example/in"))
    lead_to(world, server.url)
    examine(world).fails("reachable", "not-the-platform", "login.example", "`url`")


def test_an_address_that_does_not_offer_the_call(world: World, serve: Serve) -> None:
    lead_to(world, serve(lambda peer: peer.reply(404, b"{}", Date=http_date(0))).url)
    examine(world).fails("admin app", "not-the-platform", "404", "url")


def test_a_server_that_says_nothing(world: World, serve: Serve) -> None:
    server = serve(lambda peer: peer.server.stopping.wait(5))
    lead_to(world, server.url, timeout="0.5")
    examine(world).fails("reachable", "no-answer", "sent nothing for 0.5 s", "timeout")


def test_environments_that_do_not_answer_are_waited_for_side_by_side(
    world: World, serve: Serve
) -> None:
    server = serve(lambda peer: time.sleep(3))
    lead_to(world, server.url, timeout="1")
    one = world.settings["prod"]
    world.settings.update({f"prod-{number}": dict(one) for number in range(8)})
    world.write()
    began = time.monotonic()
    alone = examine(world, "prod-0").found["reachable"]
    took = time.monotonic() - began
    began = time.monotonic()
    ran = world.run("doctor", "--format", "json")
    assert ran.code == 7
    assert time.monotonic() - began < 4 * took
    found = [each for each in ran.json()["findings"] if each["check"] == "reachable"]
    named = [each["environment"] for each in found]
    assert named == list(world.settings)
    assert [each["detail"] for each in found[1:]] == [alone["detail"]] * 9
