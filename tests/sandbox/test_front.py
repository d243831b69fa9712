"""Faults and the log, over real sockets: what the client meets, and whether the server acted."""

import http.client
import json
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
import requests

from migrate.sandbox.effects import RATE_MESSAGE
from migrate.sandbox.kore.faults import FAULTS
from tests.sandbox.conftest import IMPORT, Account

NEW = {"roleType": "admin", "role": "N", "rDesc": "", "permissions": {"Invite": "YES"}}
OTHER = {"roleType": "admin", "role": "M", "rDesc": "", "permissions": {"Invite": "NO"}}


def prepared(dev: Account) -> str:
    file_id = dev.upload(json.dumps([NEW, OTHER]).encode()).json()["fileId"]
    assert isinstance(file_id, str)
    return file_id


def acted(dev: Account) -> bool:
    return "N" in {role["role"] for role in dev.state()["roles"]}


def outcome(dev: Account, file_id: str) -> Any:
    """The answer to an import, or the error that the client met."""
    try:
        return dev.import_file(file_id, timeout=0.5)
    except requests.RequestException as error:
        return error


@pytest.mark.parametrize("name", FAULTS)
def test_the_server_acts_as_the_list_says(dev: Account, name: str) -> None:
    file_id = prepared(dev)
    seconds = {"seconds": 0.6} if FAULTS[name].seconds else {}
    dev.fault(name, path=IMPORT, **seconds)
    outcome(dev, file_id)
    assert acted(dev) is (FAULTS[name].acts == "yes")
    if FAULTS[name].acts == "late":
        deadline = time.monotonic() + 5
        while not acted(dev):
            assert time.monotonic() < deadline
            time.sleep(0.02)
    (entry,) = [entry for entry in dev.log() if entry["path"] == IMPORT]
    assert entry["fault"] == name
    assert dev.export().status_code == 200


@pytest.mark.parametrize("name", ["refused", "reset_before", "reset_after"])
def test_resets(dev: Account, name: str) -> None:
    dev.fault(name, path=IMPORT)
    assert isinstance(outcome(dev, "x"), requests.ConnectionError)
    assert dev.log()[-1]["status"] is None


def test_a_refused_connection_leaves_the_body_unread(dev: Account) -> None:
    dev.fault("refused", path=IMPORT)
    outcome(dev, "x")
    assert dev.log()[-1]["body"] is None


@pytest.mark.parametrize("name", ["timeout_before", "timeout_after", "timeout_late"])
def test_timeouts(dev: Account, name: str) -> None:
    file_id = prepared(dev)
    dev.fault(name, path=IMPORT, seconds=30)
    assert isinstance(outcome(dev, file_id), requests.ReadTimeout)
    assert acted(dev) is (name == "timeout_after")
    assert dev.log()[-1]["status"] is None


def test_a_patient_client_gets_the_late_answer(dev: Account) -> None:
    file_id = prepared(dev)
    for name in ("timeout_after", "timeout_late"):
        dev.fault(name, path=IMPORT, seconds=0.1)
        answer = outcome(dev, file_id)
        assert [role["role"] for role in answer.json()] == ["N", "M"]
    entry = dev.log()[-1]
    assert entry["acted"] > entry["seq"]
    late = {role["role"]: role for role in dev.state(at=entry["acted"])["roles"]}
    before = {role["role"]: role for role in dev.state(at=entry["seq"])["roles"]}
    assert late["N"]["modifiedDate"] > before["N"]["modifiedDate"]


@pytest.mark.parametrize(
    ("name", "status", "after"),
    [("429_retry_after", 429, "7"), ("429_bare", 429, None), ("rate_message", 400, None)],
)
def test_rate_limits(dev: Account, name: str, status: int, after: str | None) -> None:
    seconds = {"seconds": 7} if after else {}
    dev.fault(name, **seconds)
    answer = dev.export()
    assert (answer.status_code, answer.headers.get("Retry-After")) == (status, after)
    assert answer.json()["errors"][0]["msg"] == RATE_MESSAGE


@pytest.mark.parametrize(
    ("name", "status", "text"),
    [
        ("500", 500, "Internal Server Error"),
        ("500_after", 500, "Internal Server Error"),
        ("502_html", 502, "<html>"),
        ("502_html_after", 502, "<html>"),
        ("503", 503, ""),
        ("200_html", 200, "<!DOCTYPE html>"),
        ("200_html_after", 200, "<!DOCTYPE html>"),
        ("200_empty", 200, ""),
    ],
)
def test_answers_that_are_none(dev: Account, name: str, status: int, text: str) -> None:
    dev.fault(name, path=IMPORT)
    answer = outcome(dev, prepared(dev))
    assert answer.status_code == status
    assert text in answer.text
    assert bool(text) == bool(answer.text)


def test_a_redirect_to_another_host(dev: Account) -> None:
    dev.fault("redirect")
    answer = dev.export()
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("https://elsewhere.invalid/api/")


def test_json_that_stops_half_way(dev: Account) -> None:
    dev.fault("200_cut_json", path=IMPORT)
    answer = outcome(dev, prepared(dev))
    assert answer.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        json.loads(answer.content)


def test_an_answer_that_lacks_a_role(dev: Account) -> None:
    dev.fault("200_short", path=IMPORT)
    assert [role["role"] for role in outcome(dev, prepared(dev)).json()] == ["N"]
    dev.fault("200_short")
    assert len(dev.export("bot").json()) == 4


@pytest.mark.parametrize(("sent", "shown"), [("YES", "NO"), ("NO", "YES")])
def test_an_answer_with_other_permissions(dev: Account, sent: str, shown: str) -> None:
    dev.fault("200_wrong", path=IMPORT)
    role = {**NEW, "permissions": {"Invite": sent}}
    assert dev.import_roles([role]).json()[0]["permissions"] == {"Invite": shown}
    assert dev.export().json()[-1]["permissions"] == {"Invite": sent}
    dev.fault("200_wrong")
    assert dev.export("bot").json()[0]["permissions"]["Tasks"] == ["NO"]


def test_a_distorted_error_stays_an_error(dev: Account) -> None:
    dev.fault("200_short", path=IMPORT)
    assert outcome(dev, "x").json()["errors"][0]["msg"] == "Invalid file id"


def test_a_slow_body(dev: Account) -> None:
    dev.fault("slow_body", seconds=0.4)
    started = time.monotonic()
    assert len(dev.export().json()) == 5
    assert time.monotonic() - started > 0.3


def test_a_wrong_length(dev: Account) -> None:
    dev.fault("wrong_content_length")
    with pytest.raises((requests.exceptions.ChunkedEncodingError, requests.ConnectionError)):
        dev.export()


def test_only_the_nth_matching_request(dev: Account) -> None:
    query = {"roleType": "bot"}
    dev.fault("503", method="GET", query=query, nth=2)
    kinds = ["admin", "bot", "admin", "bot", "bot"]
    assert [dev.export(kind).status_code for kind in kinds] == [200, 200, 200, 503, 200]


def test_faults_match_below_a_prefix(serve: Callable[..., Account]) -> None:
    dev = serve(prefixes={"dev": "/kore"})
    dev.fault("503", path="/api/public/roles/export")
    assert dev.export().status_code == 503


def test_a_reset_lets_go_of_what_is_held_and_what_was_late_is_never_done(dev: Account) -> None:
    file_id = prepared(dev)
    dev.fault("timeout_late", path=IMPORT, seconds=60)
    met: list[Any] = []
    token = dev.token()

    def impatient() -> None:
        host, port = dev.ready["url"].removeprefix("http://").split(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=20)
        try:
            body = json.dumps({"fileId": file_id})
            target = f"{IMPORT}?roleType=admin&fullImport=false"
            connection.request("POST", target, body, {"auth": token})
            connection.getresponse()
        except ConnectionError as error:
            met.append(error)
        finally:
            connection.close()

    waiting = threading.Thread(target=impatient)
    waiting.start()
    deadline = time.monotonic() + 5
    while not any(entry["path"] == IMPORT for entry in dev.log()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert dev.control("POST", "/reset").status_code == 200
    waiting.join(5)
    assert len(met) == 1
    assert not acted(dev)


def test_the_log(dev: Account) -> None:
    before = time.time()
    dev.import_roles([NEW])
    dev.export(auth="nonsense")
    upload, imported, denied = dev.log()
    assert [entry["seq"] for entry in (upload, imported, denied)] == [1, 2, 3]
    assert upload["body"]["fields"] == {"fileContext": "bulkImport", "fileExtension": "json"}
    assert upload["body"]["file"]["size"] == len(json.dumps([NEW]))
    assert imported["environment"] == "dev"
    assert (imported["method"], imported["path"]) == ("POST", IMPORT)
    assert imported["query"] == {"roleType": "admin", "fullImport": "false"}
    assert set(imported["body"]) == {"fileId"}
    assert (imported["status"], denied["status"]) == (200, 401)
    assert before - 1 <= imported["time"] <= time.time()
    assert "fault" not in imported


def test_credentials_never_reach_the_log(dev: Account) -> None:
    token = dev.token()
    dev.export(auth=token)
    dev.call("POST", IMPORT, json={"fileId": "x", "client_secret": "hush"})
    text = json.dumps(dev.log())
    assert token not in text
    assert "hush" not in text
    assert dev.ready["admin_app"]["client_secret"] not in text
