"""`doctor` on FairCom servers: network, login, sessions, rights, certificates."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme

from migrate.sandbox import Sandbox
from tests.cli.examined import examine
from tests.cli.ledger import box, log_in_as
from tests.cli.test_faircom_files import authority, secured, written
from tests.cli.world import World, world_on

__all__ = ["authority", "box", "secured"]

LATER = ("accounts", "administrators")


@pytest.fixture
def ledger(box: Sandbox, tmp_path: Path) -> Iterator[World]:
    """Who is not let in need not log out."""
    with world_on(box, tmp_path / "work") as made:
        yield made


def test_all_is_well_and_nothing_is_written(ledger: World) -> None:
    with ledger.untouched():
        seen = examine(ledger)
    assert seen.code == 0
    assert {each["state"] for each in seen.found.values()} == {"ok"}
    assert "rate budget" not in seen.found
    assert ledger.writes() == []


@pytest.mark.parametrize("bad_login", ["native", "12033"])
@pytest.mark.parametrize("what", ["password", "user"])
def test_a_login_that_is_not_known(ledger: World, bad_login: str, what: str) -> None:
    ledger.switch(bad_login=bad_login)
    if what == "password":
        (ledger.folder / "secrets" / "prod-login").write_text("wrong")
    else:
        login = ledger.settings["prod"]["login"].replace('"ADMIN"', '"NOBODY"')
        ledger.configure(login=login.replace('"admin"', '"NOBODY"'))
    seen = examine(ledger)
    assert seen.code == 7
    seen.is_ok("reachable")
    seen.fails("login", "credentials", "does not let", "Check username and password")
    seen.was_not_tried(*LATER)
    seen.is_ok("store: if-match")


def state_with(ledger: World, **settings: Any) -> None:
    """The account ADMIN with settings of its own."""
    state = ledger.state()
    for account in state["accounts"]:
        if account["username"] == "ADMIN":
            account |= settings
    ledger.put("prod", state)


def test_an_account_that_is_locked(ledger: World) -> None:
    state_with(ledger, lockoutAfterNFailedAttempts=1)
    secret = ledger.folder / "secrets" / "prod-login"
    right = secret.read_text()
    secret.write_text("wrong")
    examine(ledger).fails("login", "credentials")
    secret.write_text(right)
    examine(ledger).fails("login", "locked-out", "locked after too many", "unlocked")


def test_an_account_whose_time_is_over(ledger: World) -> None:
    state_with(ledger, disableDatetime="2020-01-01T00:00:00")
    examine(ledger).fails("login", "locked-out", "not allowed at this date", "clock")


def test_a_password_that_has_expired(ledger: World) -> None:
    state_with(ledger, maxDaysBeforePasswordMustChange=1, lastPasswordChange="2020-01-01T00:00:00")
    examine(ledger).fails("login", "credentials-expired", "has expired", "changed on the server")


@pytest.mark.parametrize(
    ("switch", "words"), [("sessions_per_user", "too many logins"), ("sessions", "is full")]
)
def test_there_are_too_many_sessions(ledger: World, switch: str, words: str) -> None:
    ledger.switch(**{switch: 1})
    held = open_session(ledger)
    seen = examine(ledger)
    close_session(ledger, held)
    seen.fails("login", "session-limit", words, "maxJsonApiSessions")
    seen.was_not_tried(*LATER)


def call(ledger: World, action: str, params: Any, token: str | None = None) -> Any:
    import urllib.request

    body = {"api": "admin", "action": action, "params": params}
    if token:
        body["authToken"] = token
    request = urllib.request.Request(
        f"{json.loads(ledger.settings['prod']['url'])}/api",
        json.dumps(body).encode(),
        {"content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as response:
        return json.load(response)


def open_session(ledger: World) -> str:
    password = (ledger.folder / "secrets" / "prod-login").read_text()
    answer = call(ledger, "createSession", {"username": "ADMIN", "password": password})
    token: str = answer["authToken"]
    return token


def close_session(ledger: World, token: str) -> None:
    call(ledger, "deleteSession", {}, token)


@pytest.mark.parametrize("rights", ["short", "empty", "12030", "589"])
def test_a_login_without_the_right(ledger: World, rights: str) -> None:
    log_in_as(ledger, "CY")
    ledger.switch(list_rights=rights)
    seen = examine(ledger)
    assert seen.code == 7
    seen.is_ok("login")
    seen.fails("accounts", "rights", "Log in as an account that holds the role ADMIN")
    seen.warns("administrators", "rights", "only the account ADMIN can")


def test_plain_http_is_for_this_machine_only(ledger: World) -> None:
    ledger.configure(url='"http://ledger.example:8080"')
    seen = examine(ledger, None)
    assert seen.code == 3
    seen.fails("config", "config", "url is http", "https://")


def test_a_port_that_speaks_plain_http(ledger: World) -> None:
    ledger.configure(url=ledger.settings["prod"]["url"].replace("http:", "https:"))
    seen = examine(ledger)
    seen.fails("reachable", "tls", "does not answer with TLS", "https8443", "services.json")
    seen.was_not_tried("login", *LATER)


def test_a_server_that_is_none(ledger: World) -> None:
    ledger.fault("200_html", "/api", times=9)
    seen = examine(ledger)
    seen.fails("reachable", "not-the-platform", "without /api")


def test_a_list_that_is_no_list(ledger: World) -> None:
    ledger.fault("200_html", "/api", action="listAccounts", times=9)
    seen = examine(ledger)
    seen.fails("accounts", "not-the-platform")
    seen.is_ok("administrators")


# certificates


def test_certificates_that_are_good(secured: World) -> None:
    seen = examine(secured)
    assert seen.code == 0
    seen.is_ok("certificate")
    seen.is_ok("client certificate")
    seen.is_ok("login")


@pytest.mark.parametrize("days", [-3, 3])
def test_a_client_certificate_that_ends(secured: World, authority: trustme.CA, days: int) -> None:
    ends = datetime.now(UTC) + timedelta(days=days)
    begins = ends - timedelta(days=9)
    leaf = authority.issue_cert(
        "ADMIN@example.com", common_name="ADMIN", not_before=begins, not_after=ends
    )
    written(leaf, secured.folder, "ADMIN")
    seen = examine(secured)
    if days < 0:
        assert seen.code in (3, 7)
        seen.fails("client certificate", "tls-expired", "has expired")
        secured.control("/reset", {}, "POST")  # who was not let in need not log out
        return
    assert seen.code == 0
    seen.warns("client certificate", "tls-expired", f"expires on {ends:%Y-%m-%d}")


def test_a_client_certificate_and_a_key_that_do_not_fit(
    secured: World, authority: trustme.CA
) -> None:
    _, key = written(authority.issue_cert("x@example.com"), secured.folder, "other")
    secured.configure(client_key=json.dumps(key.name))
    seen = examine(secured)
    assert seen.code == 3
    seen.fails("client certificate", "tls-files", "do not belong together")
    seen.is_ok("store: if-match")
