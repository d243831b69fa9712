"""createSession and what follows, over real sockets."""

import json
from pathlib import Path
from typing import Any

import pytest
import requests
import trustme

from migrate.sandbox import Sandbox
from tests.sandbox.faircom.conftest import STATE, Server

DEAD = "'authToken' does not match any existing session. Use a valid 'authToken'"


def login(server: Server) -> dict[str, Any]:
    return dict(server.ready["login"])


def test_a_session_is_created_used_and_deleted(stranger: Server) -> None:
    assert stranger.fails("listAccounts") == 12031
    shown = stranger.log_in(description="tests")
    assert shown["authToken"] == stranger.token
    assert shown["username"] == "ADMIN"
    assert shown["description"] == "tests"
    assert shown["idleConnectionTimeoutSeconds"] == 3600
    assert shown["idleCursorTimeoutSeconds"] == 600
    assert shown["permanentSession"] is False
    assert len(shown["sessionStartTimestamp"]) == len("2026-05-07T22:36:42")
    assert len(stranger.do("listAccounts")["accounts"]) == 5
    assert stranger.do("deleteSession") == {}
    assert stranger.fails("listAccounts") == 12031


def test_deleting_a_session_that_is_none_is_well_with_a_warning(ledger: Server) -> None:
    ledger.do("deleteSession")
    for token in (ledger.token, "nonsense", "", None):
        answer = ledger.ask("deleteSession", {}, authToken=token)
        assert answer["errorCode"] == 0
        assert answer["debugInfo"]["warnings"] == [{"code": 12031, "message": f"{DEAD}."}]


@pytest.mark.parametrize(
    ("place", "top", "inside"),
    [("both", True, True), ("result", False, True), ("top", True, False)],
)
def test_where_the_token_is(stranger: Server, place: str, top: bool, inside: bool) -> None:
    stranger.switch(token_place=place)
    answer = stranger.ask("createSession", login(stranger), authToken=None)
    assert ("authToken" in answer) is top
    assert ("authToken" in answer["result"]) is inside
    stranger.token = answer.get("authToken") or answer["result"]["authToken"]
    assert ("authToken" in stranger.ask("pingSession")) is top
    assert stranger.ask("listAccounts")["errorCode"] == 0


@pytest.mark.parametrize(
    ("params", "native", "other"),
    [
        ({"username": "NOBODY", "password": "x"}, 450, 12033),
        ({"username": "ADMIN", "password": "ADMIN"}, 451, 12033),
        ({"username": "ADMIN"}, 451, 12033),
        ({"username": "ada", "password": "x"}, 451, 12033),
        ({}, 470, 470),
        ({"password": "x"}, 470, 470),
        ({"username": 7, "password": "x"}, 14702, 14702),
        ({"username": "", "password": "x"}, 12034, 12034),
        ({"username": "x" * 65, "password": "x"}, 12034, 12034),
        ({"username": "x", "password": "x" * 257}, 12034, 12034),
        ({"username": "x", "defaultDebug": "loud"}, 12012, 12012),
        ({"username": "x", "idleConnectionTimeoutSeconds": "60"}, 14702, 14702),
        ({"username": "x", "permanentSession": 1}, 14702, 14702),
        ({"username": "x", "defaultResponseOptions": "x"}, 14702, 14702),
        ({"user": "x"}, 14702, 14702),
    ],
)
def test_bad_credentials(stranger: Server, params: Any, native: int, other: int) -> None:
    assert stranger.fails("createSession", params) == native
    stranger.switch(bad_login="12033")
    assert stranger.fails("createSession", params) == other


def test_names_are_taken_in_any_case_and_passwords_are_not(stranger: Server) -> None:
    stranger.password("ADA", "Secret")
    assert stranger.log_in("aDa", "Secret")["username"] == "ada"
    assert stranger.fails("createSession", {"username": "ada", "password": "secret"}) == 451


def test_a_guest_where_the_switch_lets_one_in(stranger: Server) -> None:
    stranger.switch(guest_login="allowed")
    stranger.token = stranger.ask("createSession", {})["authToken"]
    assert stranger.listed() == {}
    assert stranger.fails("createAccount", {"username": "NEW"}) == 12030


def test_a_session_ends_when_it_is_idle_and_each_call_begins_its_time_anew(ledger: Server) -> None:
    ledger.log_in(idleConnectionTimeoutSeconds=100)
    for offset, call in ((90, "pingSession"), (180, "listAccounts"), (270, "alterSession")):
        ledger.switch(clock_offset=offset)
        assert ledger.ask(call)["errorCode"] == 0
    ledger.switch(clock_offset=371)
    for call in ("listAccounts", "pingSession", "alterSession", "listSessions", "describeSessions"):
        answer = ledger.ask(call)
        assert answer["errorCode"] == 12031
        assert answer["errorMessage"].startswith(f"{DEAD} or use 'createSession'")
    assert ledger.warnings("deleteSession", {}) == [12031]


def test_how_long_a_session_may_be_idle_where_it_does_not_say(stranger: Server) -> None:
    stranger.switch(idle_timeout=10)
    assert stranger.log_in()["idleConnectionTimeoutSeconds"] == 10
    stranger.switch(clock_offset=11)
    assert stranger.fails("pingSession") == 12031


def test_ping_without_a_token_asks_the_server_for_a_sign_of_life(stranger: Server) -> None:
    assert stranger.ask("pingSession", authToken=None)["errorCode"] == 0
    assert stranger.fails("pingSession", authToken="nonsense") == 12031


def test_permanent_sessions(stranger: Server) -> None:
    params = {**login(stranger), "permanentSession": True}
    assert stranger.fails("createSession", params) == 12006
    stranger.switch(permanent_sessions="allowed")
    stranger.log_in(permanentSession=True, idleConnectionTimeoutSeconds=1)
    stranger.switch(clock_offset=10**6)
    assert stranger.ask("listAccounts")["errorCode"] == 0
    stranger.do("deleteSession")
    assert stranger.fails("listAccounts") == 12031


def test_limits_of_sessions(ledger: Server) -> None:
    ledger.log_in("ada")
    ledger.switch(sessions_per_user=2, sessions=4)
    both = login(ledger)
    assert ledger.ask("createSession", both)["errorCode"] == 0
    assert ledger.fails("createSession", both) == 967
    ledger.log_in("BO")
    ledger.password("Cy", "x")
    assert ledger.fails("createSession", {"username": "Cy", "password": "x"}) == 12004
    ledger.do("deleteSession")
    ledger.log_in("Cy")
    ledger.switch(sessions_per_user=0, sessions=0)
    for _ in range(3):
        assert ledger.ask("createSession", both)["errorCode"] == 0


def test_alter_session(ledger: Server) -> None:
    changed = ledger.do("alterSession", description="other", idleConnectionTimeoutSeconds=5)
    assert (changed["description"], changed["idleConnectionTimeoutSeconds"]) == ("other", 5)
    for name, value in (("username", "ada"), ("password", "x"), ("permanentSession", True)):
        assert ledger.fails("alterSession", {name: value}) == 14702
    ledger.switch(clock_offset=6)
    assert ledger.fails("alterSession", {}) == 12031


def test_sessions_are_listed_and_described(ledger: Server) -> None:
    admin = ledger.token
    ledger.log_in("ada", description="Ada's")
    ada = ledger.token
    # Who is no administrator sees only what is their own.
    assert ledger.do("listSessions") == {
        "sessions": [{"authToken": ada, "username": "ada", "description": "Ada's"}]
    }
    assert ledger.do("describeSessions", authTokens=[admin])["sessions"] == []
    ledger.token = admin
    assert len(ledger.do("listSessions")["sessions"]) == 2
    (found,) = ledger.do("listSessions", usernameFilter=["ADA"])["sessions"]
    assert found["username"] == "ada"
    (found,) = ledger.do("describeSessions")["sessions"]
    assert (found["authToken"], found["username"]) == (admin, "ADMIN")
    (found,) = ledger.do("describeSessions", authTokens=[ada, "nonsense"])["sessions"]
    assert found["description"] == "Ada's"
    assert ledger.fails("listSessions", {"usernameFilter": [""]}) == 12034


def test_a_session_outlives_its_account(ledger: Server) -> None:
    admin = ledger.token
    ledger.log_in("SECOND")
    second, ledger.token = ledger.token, admin
    ledger.do("dropAccounts", usernames=["SECOND"])
    ledger.token = second
    assert ledger.listed() == {}
    assert ledger.do("listSessions")["sessions"][0]["username"] == "SECOND"


@pytest.mark.parametrize(("way", "still"), [("at_once", False), ("at_login", True)])
def test_when_a_change_of_roles_counts_for_open_sessions(
    ledger: Server, way: str, still: bool
) -> None:
    ledger.switch(live_rights=way)
    admin = ledger.token
    ledger.log_in("SECOND")
    assert len(ledger.listed()) == 5
    second, ledger.token = ledger.token, admin
    ledger.assign(remove=[{"roleNames": ["ADMIN"], "usernames": ["SECOND"]}])
    ledger.token = second
    assert (len(ledger.listed()) == 5) is still
    assert (ledger.ask("createAccount", {"username": "NEW"})["errorCode"] == 0) is still
    ledger.log_in("SECOND")
    assert set(ledger.listed()) <= {"SECOND"}


def test_a_password_can_be_changed_at_a_later_log_in(stranger: Server) -> None:
    stranger.password("ada", "old")
    stranger.log_in("ada", "old")
    stranger.password("ada", "new", nth=2)
    stranger.log_in("ada", "old")
    assert stranger.fails("createSession", {"username": "ada", "password": "old"}) == 451
    stranger.log_in("ada", "new")


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"username": "ada"},
        {"username": "ada", "password": ""},
        {"username": ["ada"], "password": "x"},
        {"username": "nobody", "password": "x"},
        {"username": "ada", "password": "x", "nth": 0},
        {"username": "ada", "password": "x", "nth": True},
        {"username": "ada", "password": "x", "more": 1},
    ],
)
def test_a_change_of_password_that_makes_no_sense_is_refused(stranger: Server, body: Any) -> None:
    answer = stranger.control("PUT", "/secrets/ledger", json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_a_client_certificate_logs_in_whom_it_names(
    tmp_path: Path, session: requests.Session
) -> None:
    authority = trustme.CA()
    files = {name: tmp_path / f"{name}.pem" for name in ("ca", "chain", "key", "ada", "nobody")}
    authority.cert_pem.write_to_path(str(files["ca"]))
    issued = authority.issue_cert("127.0.0.1")
    issued.cert_chain_pems[0].write_to_path(str(files["chain"]))
    issued.private_key_pem.write_to_path(str(files["key"]))
    for name in ("ada", "nobody"):
        person = authority.issue_cert(f"{name}@example.com", common_name=name.upper())
        person.private_key_and_cert_chain_pem.write_to_path(str(files[name]))
    tls = (files["chain"], files["key"])
    with Sandbox(
        {"ledger": STATE}, tmp_path / "box", s3=False, tls=tls, client_ca=files["ca"]
    ) as box:
        session.verify = str(files["ca"])
        server = Server(box, session)
        assert server.url.startswith("https://")
        with pytest.raises(requests.ConnectionError):
            server.ask("pingSession")
        session.cert = str(files["nobody"])
        assert server.fails("createSession", {}) == 450
        # A name and a password go before the certificate.
        assert server.log_in()["username"] == "ADMIN"
        session.cert = str(files["ada"])
        session.close()  # a connection keeps the certificate that it began with
        assert server.ask("createSession", {})["result"]["username"] == "ada"


def test_the_permanent_part_of_a_host_is_the_same_each_time(stranger: Server) -> None:
    first, second = stranger.log_in(), stranger.log_in()
    assert first["authToken"] != second["authToken"]
    assert first["hostUuid"] == second["hostUuid"]
    assert "sandbox" in first["serverVersion"]
    assert json.dumps(first).isascii()
