"""The protocol over real sockets: one address, and a body that says what to do."""

import json
import time
from typing import Any

import pytest

from migrate.sandbox import server_state
from tests.sandbox.faircom.conftest import Serve, Server, entry

DEAD = "'authToken' does not match any existing session."


def test_a_success(ledger: Server) -> None:
    answer = ledger.post(ledger.body("pingSession", {}, requestId="r-1", debug=None))
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.json() == {
        "authToken": ledger.token,
        "result": {},
        "requestId": "r-1",
        "errorCode": 0,
        "errorMessage": "",
    }


def test_an_error(ledger: Server) -> None:
    body = ledger.body("listAccounts", {}, authToken="nonsense", requestId=7, debug="none")
    answer = ledger.post(body)
    assert answer.status_code == 200
    assert set(answer.json()) == {"requestId", "errorCode", "errorMessage"}
    assert answer.json()["errorCode"] == 12031
    assert answer.json()["errorMessage"].startswith(DEAD)


@pytest.mark.parametrize("value", ["1", 1, 1.5, None, True, ["a"], {"b": 2}])
def test_any_request_id_is_echoed(ledger: Server, value: Any) -> None:
    body = {"api": "admin", "action": "pingSession", "requestId": value}
    assert ledger.post(body).json()["requestId"] == value
    assert ledger.post({**body, "action": "nonsense"}).json()["requestId"] == value
    del body["requestId"]
    assert "requestId" not in ledger.post(body).json()


@pytest.mark.parametrize("action", ["listAccounts", "LISTACCOUNTS", "listaccounts"])
def test_actions_are_named_in_any_case(ledger: Server, action: str) -> None:
    assert len(ledger.do(action)["accounts"]) == 5


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"action": None}, 12025),
        ({"action": ""}, 12025),
        ({"action": 7}, 14702),
        ({"action": "listRoles"}, 14701),
        ({"api": "db"}, 14701),
        ({"api": 7}, 14702),
        ({"apiVersion": "1.0"}, 0),
        ({"apiVersion": "x" * 13}, 12034),
        ({"authToken": "x" * 256}, 12034),
        ({"authToken": 7}, 14702),
        ({"debug": "loud"}, 12012),
        ({"params": []}, 14702),
        ({"params": None}, 0),
        ({"responseOptions": []}, 14702),
        ({"responseOptions": None}, 0),
        ({"responseOptions": {"includeFields": []}}, 0),
        ({"params": {"skip": 1}}, 14702),
    ],
)
def test_what_a_request_may_hold(ledger: Server, changes: dict[str, Any], code: int) -> None:
    body = {**ledger.body("listAccounts", {}), **changes}
    assert ledger.post(body).json()["errorCode"] == code


@pytest.mark.parametrize("body", [[], "x", 7, None])
def test_a_body_that_is_no_object(ledger: Server, body: Any) -> None:
    assert ledger.post(body).json()["errorCode"] == 14700


@pytest.mark.parametrize("raw", [b"", b"\xff", b"{", b"[" * 100000])
def test_a_body_that_is_no_json(ledger: Server, raw: bytes) -> None:
    answer = ledger.session.post(ledger.url, data=raw, timeout=10)
    assert answer.json()["errorCode"] == 14700


def test_half_a_character_is_echoed_as_a_question_mark(ledger: Server) -> None:
    raw = b'{"action": "pingSession", "requestId": "\\ud800"}'
    answer = ledger.session.post(ledger.url, data=raw, timeout=10).json()
    assert (answer["errorCode"], answer["requestId"]) == (0, "?")
    assert ledger.fails("createAccount", {"username": "\ud800" * 65}) == 12034


def test_only_posts_to_the_api(ledger: Server) -> None:
    body, root = ledger.body("pingSession"), ledger.ready["url"]
    assert ledger.session.get(ledger.url, timeout=10).status_code == 405
    for path in ("", "/", "/api2", "/other/api"):
        assert ledger.post(body, url=root + path).status_code == 404
    below = f"{root}/api/v1/action"
    assert ledger.post(body, url=below).json()["errorCode"] == 0
    ledger.switch(after_api="not_found")
    assert ledger.post(body, url=below).status_code == 404
    assert ledger.ask("pingSession")["errorCode"] == 0


def test_behind_a_prefix(serve: Serve) -> None:
    server = serve(prefixes={"ledger": "/fc"})
    server.log_in()
    assert server.ready["url"].endswith("/fc")
    outside = server.ready["url"].removesuffix("/fc") + "/api"
    assert server.post(server.body("pingSession"), url=outside).status_code == 404


# switches of the envelope


@pytest.mark.parametrize(
    ("way", "code"), [("optional", 0), ("required", 12025), ("session", 14701)]
)
def test_no_api_is_named(ledger: Server, way: str, code: int) -> None:
    ledger.switch(api=way)
    assert ledger.ask("listAccounts", api=None)["errorCode"] == code
    assert ledger.ask("listAccounts", api="")["errorCode"] == code
    assert ledger.ask("listAccounts")["errorCode"] == 0


def test_the_sessions_own_api_counts_where_the_switch_says_so(stranger: Server) -> None:
    stranger.switch(api="session")
    stranger.log_in(defaultApi="admin")
    assert stranger.ask("listAccounts", api=None)["errorCode"] == 0


@pytest.mark.parametrize("kind", ["number", "string"])
def test_error_codes_are_numbers_or_strings(ledger: Server, kind: str) -> None:
    ledger.switch(error_code=kind)
    good, bad = ledger.ask("pingSession"), ledger.ask("nonsense")
    expected = (0, 14701) if kind == "number" else ("0", "14701")
    assert (good["errorCode"], bad["errorCode"]) == expected


@pytest.mark.parametrize(("way", "result"), [("absent", None), ("empty", {})])
def test_the_result_of_an_error(ledger: Server, way: str, result: Any) -> None:
    ledger.switch(error_result=way)
    assert ledger.ask("nonsense").get("result") == result
    assert ledger.ask("pingSession")["result"] == {}


@pytest.mark.parametrize("status", ["200", "401"])
def test_the_status_of_a_dead_token(ledger: Server, status: str) -> None:
    ledger.switch(dead_token_status=status)
    answer = ledger.post(ledger.body("listAccounts", authToken="dead"))
    assert (answer.status_code, answer.json()["errorCode"]) == (int(status), 12031)
    assert ledger.post(ledger.body("nonsense")).status_code == 200
    # Without a token it is the same.
    assert ledger.post(ledger.body("listAccounts", authToken=None)).status_code == int(status)


def test_the_status_of_other_errors(stranger: Server) -> None:
    login = {"username": "ADMIN", "password": "wrong"}
    stranger.log_in("ada")

    def statuses() -> list[int]:
        bodies = [
            stranger.body("createSession", login),
            stranger.body("createAccount", {"username": "NEW"}),
            stranger.body("nonsense"),
            stranger.body("listAccounts", authToken="dead"),
            stranger.body("pingSession"),
        ]
        return [stranger.post(body).status_code for body in bodies]

    assert statuses() == [200] * 5
    stranger.switch(error_status="4xx")
    assert statuses() == [401, 403, 400, 200, 200]


@pytest.mark.parametrize("code", ["14701", "12006", "12008"])
def test_the_code_of_an_unknown_action(ledger: Server, code: str) -> None:
    ledger.switch(unknown_action=code)
    for action in ("createRole", "listRoles", "dropAccount", "closeSession"):
        assert ledger.fails(action, {}) == int(code)


@pytest.mark.parametrize("way", ["14702", "14700", "ignored"])
def test_a_parameter_that_is_not_known(ledger: Server, way: str) -> None:
    ledger.switch(unknown_param=way)
    assert ledger.ask("listAccounts", {"skip": 3})["errorCode"] == int(way.replace("ignored", "0"))
    answer = ledger.assign({**entry("CLOSE", "Cy"), "reason": "because"})
    assert bool(answer["errorCode"]) == (way != "ignored")
    assert ledger.held()["Cy"] == ([] if way != "ignored" else ["CLOSE"])


def test_a_request_that_is_too_large(ledger: Server) -> None:
    body = ledger.body("listAccounts", {"partialNames": ["x" * 60] * 20})
    assert ledger.post(body).json()["errorCode"] == 0
    ledger.switch(largest_request=1000)
    assert ledger.post(body).json()["errorCode"] == 12028
    ledger.switch(too_large="413")
    assert ledger.post(body).status_code == 413
    assert ledger.ask("listAccounts")["errorCode"] == 0


# debugInfo


def test_the_whole_request_is_echoed_with_password_and_token(stranger: Server) -> None:
    password = stranger.ready["login"]["password"]
    body = stranger.body("createSession", {"username": "ADMIN", "password": password})
    echoed = stranger.post(body).json()["debugInfo"]
    assert echoed["request"] == body
    assert echoed["warnings"] == []
    stranger.log_in()
    assert stranger.ask("pingSession")["debugInfo"]["request"]["authToken"] == stranger.token
    assert password in stranger.post({**body, "params": 7, "x": password}).text


@pytest.mark.parametrize(
    ("request_s", "session_s", "server_s", "shown"),
    [
        (None, None, "none", False),
        (None, None, "max", True),
        (None, "max", "none", True),
        (None, "none", "max", False),
        ("none", "max", "max", False),
        ("max", "none", "none", True),
        ("min", "none", "none", True),
    ],
)
def test_who_says_whether_there_is_debug_info(
    stranger: Server, request_s: str | None, session_s: str | None, server_s: str, shown: bool
) -> None:
    stranger.switch(default_debug=server_s)
    stranger.log_in(**({"defaultDebug": session_s} if session_s else {}))
    answer = stranger.ask("dropAccounts", {"usernames": ["X"]}, debug=request_s)
    assert ("debugInfo" in answer) is shown


@pytest.mark.parametrize(
    ("shape", "keys"),
    [("short", {"code", "message"}), ("long", {"warningCode", "warningMessage", "warningData"})],
)
def test_the_shapes_of_a_warning(ledger: Server, shape: str, keys: set[str]) -> None:
    ledger.switch(warning_shape=shape)
    answer = ledger.ask("dropAccounts", {"usernames": ["nobody"]})
    (warning,) = answer["debugInfo"]["warnings"]
    assert set(warning) == keys
    assert 101 in warning.values()
    assert "Not able to remove account [NOBODY] - ISAM error [0]" in warning.values()


# numbers


def test_numbers_can_be_asked_for_as_strings(ledger: Server) -> None:
    answer = ledger.ask("listAccounts", responseOptions={"numberFormat": "string"})
    account = answer["result"]["accounts"][0]
    assert account["memoryLimit"] == "0"
    assert account["roles"] == [{"roleName": "ADMIN"}]
    assert answer["errorCode"] == 0
    assert ledger.listed()["ADMIN"]["memoryLimit"] == 0


def test_a_session_can_ask_for_that_once_and_for_all(stranger: Server) -> None:
    shown = stranger.log_in(defaultResponseOptions={"numberFormat": "string"})
    assert shown["permanentSession"] is False
    assert stranger.listed()["ada"]["memoryLimit"] == "0"
    answer = stranger.ask("listAccounts", responseOptions={"numberFormat": "number"})
    assert answer["result"]["accounts"][0]["memoryLimit"] == 0


# control and log


def test_the_log_holds_no_password_and_no_token(stranger: Server) -> None:
    stranger.log_in()
    stranger.do("createAccount", username="NEW", password="hush-hush")
    stranger.do("cloneAccount", sourceUsername="NEW", cloneUsername="N2", clonePassword="hush-2")
    stranger.do("describeSessions", authTokens=[stranger.token])
    text = json.dumps(stranger.log())
    assert stranger.token not in text
    assert stranger.ready["login"]["password"] not in text
    assert "hush" not in text
    assert [each["body"]["action"] for each in stranger.log()] == [
        *("createSession", "createAccount", "cloneAccount", "describeSessions")
    ]


def test_the_state_after_any_call_and_late_in_reads(ledger: Server) -> None:
    ledger.switch(read_lag=60)
    before = ledger.state()
    ledger.assign(entry("CLOSE", "ada"))
    assert ledger.state(at=ledger.log()[-2]["seq"]) == before
    assert ledger.held()["ada"] == ["Read", "WRITE", "CLOSE"]
    assert len(ledger.listed()["ada"]["roles"]) == 2
    ledger.put_state(ledger.state())
    assert len(ledger.listed()["ada"]["roles"]) == 3


def test_what_was_got_can_be_put_back(ledger: Server) -> None:
    before = ledger.state()
    ledger.do("createAccount", username="NEW", lockoutAfterNFailedAttempts=3)
    changed = ledger.state()
    for state in (before, changed):
        ledger.put_state(state)
        assert ledger.state() == state
    kore = ledger.control("PUT", "/state/ledger", json={"platform": "kore", "roles": []})
    assert kore.status_code == 400
    assert ledger.state() == changed


def test_reset(ledger: Server) -> None:
    before, token = ledger.state(), ledger.token
    ledger.switch(role_shape="strings")
    ledger.password("ada", "one")
    ledger.do("dropAccounts", usernames=["BO"])
    assert ledger.control("POST", "/reset").status_code == 200
    assert ledger.state() == before
    assert ledger.fails("listAccounts", authToken=token) == 12031
    login = {"username": "ada", "password": "one"}
    assert ledger.fails("createSession", login) == 451
    ledger.log_in()
    assert ledger.listed()["BO"]["roles"] == [{"roleName": "CLOSE"}]


def test_switches_and_faults_are_listed(ledger: Server) -> None:
    table = ledger.control("GET", "/switches").json()
    assert set(table) == {"faircom"}
    assert table["faircom"]["role_shape"]["values"] == ["objects", "names", "strings"]
    assert ledger.control("GET", "/switches/ledger").json()["role_shape"] == "objects"
    assert ledger.control("PUT", "/switches/ledger", json={"ids": "kept"}).status_code == 400
    assert "session_lost" in ledger.control("GET", "/faults").json()["faults"]


def test_ten_thousand_accounts(serve: Serve) -> None:
    ledger = serve(server_state(10_000))
    ledger.log_in()
    started = time.monotonic()
    assert len(ledger.listed()) == 10_001
    names = [f"USER{number:05d}" for number in range(5000)]
    role = ledger.state()["roles"][2]
    answer = ledger.ask(
        "assignRolesToAccounts", {"add": [{"roleNames": [role], "usernames": names}]}
    )
    assert answer["errorCode"] == 0
    held = [role in roles for name, roles in ledger.held().items() if name in set(names)]
    assert all(held)
    # Generous: anything quadratic would take minutes.
    assert time.monotonic() - started < 20
