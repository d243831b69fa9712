"""Faults over real sockets: what the client meets, and whether the server acted."""

import json
import time
from typing import Any

import pytest
import requests

from migrate.sandbox.faircom.faults import FAULTS
from tests.sandbox.faircom.conftest import Server, entry

ASSIGN = "assignRolesToAccounts"


def outcome(server: Server, **extra: Any) -> Any:
    """The answer to an assignment of two pairs, or the error that the client met."""
    body = server.body(ASSIGN, {"add": [entry("CLOSE", "ada Cy")]})
    try:
        return server.post(body, timeout=extra.get("timeout", 0.7))
    except requests.RequestException as error:
        return error


def acted(server: Server) -> str:
    held = server.held()
    done = ["CLOSE" in held[name] for name in ("ada", "Cy")]
    return {(False, False): "no", (True, True): "yes", (True, False): "half"}[done[0], done[1]]


@pytest.mark.parametrize("name", FAULTS)
def test_the_server_acts_as_the_list_says(ledger: Server, name: str) -> None:
    seconds = {"seconds": 0.9} if FAULTS[name].seconds else {}
    ledger.fault(name, action=ASSIGN, **seconds)
    outcome(ledger)
    halves = name in ("assign_partial", "assign_half")
    assert (
        acted(ledger)
        == {"no": "no", "late": "no", "yes": "half" if halves else "yes"}[FAULTS[name].acts]
    )
    if FAULTS[name].acts == "late":
        deadline = time.monotonic() + 5
        while acted(ledger) != "yes":
            assert time.monotonic() < deadline
            time.sleep(0.02)
    assert ledger.log()[-1]["fault"] == name
    ledger.log_in()
    assert len(ledger.listed()) == 5


def test_only_the_named_action_meets_a_fault(ledger: Server) -> None:
    ledger.fault("503", action="LISTaccounts", path="/api", nth=2)
    statuses = [
        ledger.post(ledger.body(action)).status_code
        for action in ("listAccounts", "pingSession", "listAccounts", "listAccounts")
    ]
    assert statuses == [200, 200, 503, 200]
    ledger.fault("503", action="listAccounts")
    assert ledger.session.post(ledger.url, data=b"{", timeout=5).status_code == 200


@pytest.mark.parametrize("name", ["refused", "reset_before", "reset_after"])
def test_resets(ledger: Server, name: str) -> None:
    ledger.fault(name)
    assert isinstance(outcome(ledger), requests.ConnectionError)
    assert ledger.log()[-1]["status"] is None


@pytest.mark.parametrize("name", ["timeout_before", "timeout_after", "timeout_late"])
def test_timeouts(ledger: Server, name: str) -> None:
    ledger.fault(name, seconds=30)
    assert isinstance(outcome(ledger), requests.ReadTimeout)
    assert ledger.control("POST", "/reset").status_code == 200


def test_what_is_late_is_done_though_the_session_ended_meanwhile(ledger: Server) -> None:
    ledger.fault("timeout_late", action=ASSIGN, seconds=0.4)
    assert isinstance(outcome(ledger, timeout=0.1), requests.ReadTimeout)
    ledger.do("deleteSession")
    assert acted(ledger) == "no"
    deadline = time.monotonic() + 5
    while acted(ledger) != "yes":
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("429_retry_after", 429, 12009),
        ("429_bare", 429, 12009),
        ("500", 500, 12009),
        ("500_after", 500, 12009),
        ("error_before", 200, 12009),
        ("error_after", 200, 12009),
        ("session_lost", 200, 12031),
        ("assign_partial", 200, 580),
        ("assign_half", 200, 0),
        ("assign_ignored", 200, 0),
        ("assign_odd_warnings", 200, 0),
    ],
)
def test_answers_in_the_envelope(ledger: Server, name: str, status: int, code: int) -> None:
    ledger.fault(name, action=ASSIGN)
    body = ledger.body(ASSIGN, {"add": [entry("CLOSE", "ada Cy")]}, requestId="r")
    answer = ledger.post(body)
    assert (answer.status_code, answer.json()["errorCode"]) == (status, code)
    assert answer.json()["requestId"] == "r"
    assert answer.json()["debugInfo"]["request"] == body
    assert answer.headers.get("Retry-After") == ("1" if name == "429_retry_after" else None)


@pytest.mark.parametrize(
    ("name", "status", "text"),
    [
        ("502_html", 502, "<html>"),
        ("502_html_after", 502, "<html>"),
        ("503", 503, ""),
        ("200_html", 200, "<!DOCTYPE html>"),
        ("200_html_after", 200, "<!DOCTYPE html>"),
        ("200_empty", 200, ""),
        ("redirect", 302, ""),
    ],
)
def test_answers_that_are_none(ledger: Server, name: str, status: int, text: str) -> None:
    ledger.fault(name, action=ASSIGN)
    body = ledger.body(ASSIGN, {"add": [entry("CLOSE", "ada Cy")]})
    answer = ledger.post(body, allow_redirects=False)
    assert answer.status_code == status
    assert text in answer.text
    assert bool(text) == bool(answer.text)


def test_json_that_stops_half_way_and_a_wrong_length(ledger: Server) -> None:
    ledger.fault("200_cut_json")
    with pytest.raises(json.JSONDecodeError):
        json.loads(outcome(ledger).content)
    ledger.fault("wrong_content_length")
    assert isinstance(
        outcome(ledger), (requests.exceptions.ChunkedEncodingError, requests.ConnectionError)
    )


def test_a_session_that_is_lost_stays_lost(ledger: Server) -> None:
    ledger.fault("session_lost", action="listAccounts")
    assert ledger.fails("listAccounts") == 12031
    assert ledger.fails("listAccounts") == 12031
    ledger.log_in()
    assert len(ledger.listed()) == 5


@pytest.mark.parametrize("place", ["both", "top", "result"])
def test_a_log_in_without_a_token(stranger: Server, place: str) -> None:
    stranger.switch(token_place=place)
    stranger.fault("no_token", action="createSession")
    answer = stranger.ask("createSession", stranger.ready["login"])
    assert answer["errorCode"] == 0
    assert "authToken" not in answer
    assert "authToken" not in answer["result"]


def test_an_answer_to_another_request(ledger: Server) -> None:
    ledger.fault("wrong_request_id", action="listAccounts")
    answer = ledger.ask("listAccounts", requestId="mine")
    assert answer["requestId"] == "another"
    assert len(answer["result"]["accounts"]) == 5


def test_a_list_that_lacks_its_last_account(ledger: Server) -> None:
    for action in ("listAccounts", "describeAccounts"):
        ledger.fault("200_short", action=action)
        assert len(ledger.do(action)["accounts"]) == 4
        assert len(ledger.do(action)["accounts"]) == 5


@pytest.mark.parametrize("shape", ["objects", "names", "strings"])
def test_a_list_whose_first_account_has_lost_its_roles(ledger: Server, shape: str) -> None:
    ledger.switch(role_shape=shape)
    ledger.fault("200_wrong", action="listAccounts")
    first, second, *_ = ledger.do("listAccounts")["accounts"]
    key = "roleNames" if shape == "names" else "roles"
    assert first[key] == []
    assert len(second[key]) == 2


def test_a_warning_like_no_other(ledger: Server) -> None:
    for debug in ("max", "none"):
        ledger.fault("assign_odd_warnings", action=ASSIGN)
        answer = ledger.assign(entry("CLOSE", "Cy"), debug=debug)
        assert answer["debugInfo"]["warnings"][-1]["code"] == -1


@pytest.mark.parametrize("name", ["200_short", "200_wrong", "no_token", "wrong_request_id"])
def test_a_distorted_error_stays_an_error(ledger: Server, name: str) -> None:
    ledger.fault(name)
    assert ledger.fails("listAccounts", {"skip": 1}) == 14702
    ledger.fault(name)
    assert ledger.session.get(ledger.url, timeout=5).status_code == 405


def test_a_slow_body(ledger: Server) -> None:
    ledger.fault("slow_body", seconds=0.4)
    started = time.monotonic()
    assert len(ledger.listed()) == 5
    assert time.monotonic() - started > 0.3
