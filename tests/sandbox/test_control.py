from typing import Any

import pytest

from migrate.sandbox import Sandbox, account_state
from migrate.sandbox.kore.switches import Switches
from tests.sandbox.conftest import Account, Connect

NEW = {"roleType": "admin", "role": "N", "rDesc": "", "permissions": {"Invite": "YES"}}


def names(state: Any) -> set[str]:
    return {role["role"] for role in state["roles"]}


def test_the_state_after_any_call(dev: Account) -> None:
    dev.export()
    dev.import_roles([NEW])
    dev.export()
    dev.import_roles([{**NEW, "role": "M"}])
    seqs = [entry["seq"] for entry in dev.log()]
    shown = [{"N", "M"} & names(dev.state(at=seq)) for seq in seqs]
    assert shown == [set(), set(), {"N"}, {"N"}, {"N"}, {"N", "M"}]
    assert dev.state(at=0) == dev.state(at=1)
    assert dev.state() == dev.state(at=seqs[-1]) == dev.state(at=10**9)


def test_a_state_can_be_put_and_shows_at_once(dev: Account) -> None:
    dev.switch(read_lag=60)
    answer = dev.control("PUT", "/state/dev", json=account_state(1, 0))
    assert dev.export().json()[1]["role"] == "Claims Operator 00000"
    assert len(dev.export().json()) == 2
    assert dev.state(at=answer.json()["seq"]) == dev.state()
    assert len(dev.state(at=answer.json()["seq"] - 1)["roles"]) == 10


def test_what_was_got_can_be_put_back(dev: Account) -> None:
    before = dev.state()
    dev.import_roles([], full=True)
    assert dev.state() != before
    assert dev.control("PUT", "/state/dev", json=before).status_code == 200
    assert dev.state() == before


@pytest.mark.parametrize("body", [b"", b"\xff", b"[]", b'{"roles": [{"role": "A"}]}'])
def test_a_bad_state_is_refused_and_changes_nothing(dev: Account, body: bytes) -> None:
    before = dev.state()
    answer = dev.control("PUT", "/state/dev", data=body)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert dev.state() == before


def test_faults_in_a_state_are_listed(dev: Account) -> None:
    answer = dev.control("PUT", "/state/dev", json={"roles": ["A", "B"]}).json()
    assert [fault.split(":")[0] for fault in answer["faults"]] == ["$.roles[0]", "$.roles[1]"]


def test_switches_are_shown_and_set_one_by_one(dev: Account) -> None:
    assert dev.control("GET", "/switches/dev").json() == Switches().as_document()
    dev.switch(ids="minted")
    dev.switch(limit_per_minute=7)
    shown = dev.control("GET", "/switches/dev").json()
    assert (shown["ids"], shown["limit_per_minute"]) == ("minted", 7)
    table = dev.control("GET", "/switches").json()
    assert table["kore"]["ids"]["values"] == ["kept", "minted"]


@pytest.mark.parametrize("values", [{"ids": "x"}, {"idz": "kept"}, [], {"file_ids": "key"}])
def test_wrong_switches_are_refused_and_change_nothing(dev: Account, values: Any) -> None:
    answer = dev.control("PUT", "/switches/dev", json=values)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert dev.control("GET", "/switches/dev").json() == Switches().as_document()


def test_faults_are_listed_armed_and_counted(dev: Account) -> None:
    dev.fault("503", nth=2)
    dev.export()
    listed = dev.control("GET", "/faults").json()
    assert listed["faults"]["503"]["meaning"]
    assert [(entry["fault"], entry["seen"]) for entry in listed["armed"]] == [("503", 1)]
    answer = dev.control("PUT", "/faults", json=[{"fault": "x"}])
    assert answer.status_code == 400
    assert dev.control("PUT", "/faults", json=[]).json() == []


def test_the_log_of_one_environment_and_since(tmp_path: Any, connect: Connect) -> None:
    states = {"dev": account_state(1, 0), "prod": account_state(1, 0)}
    with Sandbox(states, tmp_path, s3=False) as box:
        dev, prod = connect(box, "dev"), connect(box, "prod")
        dev.export()
        prod.export()
        dev.export()
        assert [entry["seq"] for entry in dev.log()] == [1, 2, 3]
        assert [entry["seq"] for entry in dev.log(environment="dev")] == [1, 3]
        assert [entry["environment"] for entry in dev.log(since=1)] == ["prod", "dev"]
        assert dev.log(environment="dev", since=3) == []


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/nonsense", 404),
        ("GET", "/state", 404),
        ("GET", "/state/qa", 404),
        ("PUT", "/switches/qa", 404),
        ("POST", "/state/dev", 405),
        ("GET", "/secrets/dev", 405),
        ("PUT", "/secrets/qa", 404),
        ("GET", "/reset", 405),
        ("PUT", "/log", 405),
        ("GET", "/log?since=x", 400),
        ("GET", "/log?environment=qa", 400),
        ("GET", "/state/dev?at=-1", 400),
        ("GET", f"/state/dev?at={'9' * 5000}", 400),
    ],
)
def test_wrong_requests_have_a_message(dev: Account, method: str, path: str, status: int) -> None:
    answer = dev.control(method, path, json={})
    assert answer.status_code == status
    assert answer.json()["error"]


def test_reset(dev: Account) -> None:
    before = dev.state()
    dev.switch(ids="minted", limit_per_minute=3)
    file_id = dev.upload(b"[]").json()["fileId"]
    dev.import_roles([NEW])
    dev.fault("503", nth=9)
    assert dev.control("POST", "/reset").json() == {"reset": True}
    assert dev.state() == before
    assert dev.control("GET", "/switches/dev").json() == Switches().as_document()
    assert dev.control("GET", "/faults").json()["armed"] == []
    assert dev.log() == []
    assert dev.import_file(file_id).status_code == 400
    assert [entry["seq"] for entry in dev.log()] == [1]


def test_a_secret_is_rotated_and_the_old_one_is_refused_from_then_on(dev: Account) -> None:
    assert dev.export().status_code == 200
    answer = dev.control(
        "PUT", "/secrets/dev", json={"app": "admin_app", "client_secret": "n" * 40}
    )
    assert answer.json() == {"app": "admin_app", "client_id": "cs-dev-admin", "nth": 1}
    refused = dev.export()
    assert refused.status_code == 401
    assert refused.json() == {"errors": [{"msg": "Invalid SDK credentials", "code": 4002}]}
    dev.ready["admin_app"]["client_secret"] = "n" * 40
    assert dev.export().status_code == 200
    # Each app has a secret of its own.
    assert dev.upload(b"[]", auth=dev.token("builder_app")).status_code == 200


def test_a_rotation_can_wait_for_a_request_and_ends_with_a_reset(dev: Account) -> None:
    rotation = {"app": "admin_app", "client_secret": "n" * 40, "nth": 3}
    assert dev.control("PUT", "/secrets/dev", json=rotation).status_code == 200
    assert [dev.export().status_code for _ in range(4)] == [200, 200, 401, 401]
    dev.control("POST", "/reset")
    assert [dev.export().status_code for _ in range(4)] == [200] * 4


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"app": "admin_app"},
        {"app": "admin_app", "client_secret": ""},
        {"app": ["admin_app"], "client_secret": "x"},
        {"app": "other", "client_secret": "x"},
        {"app": "admin_app", "client_secret": "x", "nth": 0},
        {"app": "admin_app", "client_secret": "x", "nth": True},
        {"app": "admin_app", "client_secret": "x", "more": 1},
    ],
)
def test_a_rotation_that_makes_no_sense_is_refused_and_changes_nothing(
    dev: Account, body: Any
) -> None:
    answer = dev.control("PUT", "/secrets/dev", json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert dev.export().status_code == 200
