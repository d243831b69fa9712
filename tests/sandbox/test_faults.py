from typing import Any

import pytest

from migrate.errors import InvalidInput
from migrate.sandbox.faults import ANYWHERE, NOT, Faults, Kind

OWN = {**ANYWHERE, "own": Kind("what only prod's platform does", NOT)}


def faults(*entries: dict[str, Any]) -> Faults:
    armed = Faults({"dev": ANYWHERE, "prod": OWN})
    armed.arm(list(entries))
    return armed


def hits(armed: Faults, count: int, *, environment: str = "dev", path: str = "/a") -> list[bool]:
    return [bool(armed.next(environment, "GET", path, {"q": "1"})) for _ in range(count)]


def test_the_first_matching_request_is_hit_once() -> None:
    assert hits(faults({"fault": "500"}), 3) == [True, False, False]


def test_the_nth_request_and_some_after_it() -> None:
    assert hits(faults({"fault": "500", "nth": 2, "times": 2}), 4) == [False, True, True, False]


@pytest.mark.parametrize(
    ("match", "hit"),
    [
        ({"environment": "dev"}, True),
        ({"environment": "prod"}, False),
        ({"method": "GET"}, True),
        ({"method": "POST"}, False),
        ({"path": "/a"}, True),
        ({"path": "/a/"}, True),
        ({"path": "/"}, False),
        ({"query": {"q": "1"}}, True),
        ({"query": {"q": "2"}}, False),
        ({"query": {"r": "1"}}, False),
        ({"environment": None, "method": None, "path": None}, True),
    ],
)
def test_only_matching_requests_are_counted(match: dict[str, Any], hit: bool) -> None:
    armed = faults({"fault": "500", **match})
    assert hits(armed, 1) == [hit]
    assert armed.as_document()["armed"][0]["seen"] == int(hit)


def test_every_armed_fault_counts_and_the_first_of_them_happens() -> None:
    armed = faults({"fault": "500"}, {"fault": "503"}, {"fault": "503", "nth": 2})
    names = [hit and hit.fault for hit in (armed.next("dev", "GET", "/", {}) for _ in range(3))]
    assert names == ["500", "503", None]


def test_an_action_matches_in_any_case_and_is_asked_for_only_where_it_matters() -> None:
    armed = faults({"fault": "500", "path": "/a", "action": "listAccounts"})

    def never() -> str:
        raise AssertionError

    assert armed.next("dev", "POST", "/b", {}, lambda: "listAccounts") is None
    assert armed.next("dev", "POST", "/a", {}, lambda: "dropAccounts") is None
    assert armed.next("dev", "POST", "/a", {}, lambda: "LISTACCOUNTS") is not None
    assert faults({"fault": "500"}).next("dev", "POST", "/a", {}, never) is not None


def test_a_fault_passes_by_where_it_is_not_known() -> None:
    armed = faults({"fault": "own"})
    assert hits(armed, 1) == [False]
    assert hits(armed, 2, environment="prod") == [True, False]


def test_arming_again_counts_anew() -> None:
    armed = faults({"fault": "500"})
    assert hits(armed, 1) == [True]
    armed.arm([{"fault": "500"}])
    assert hits(armed, 1) == [True]


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({}, "a list"),
        (["500"], r"faults\[0\]: A fault is an object"),
        ([{"fault": "5000"}], "no fault '5000'"),
        ([{"fault": ["500"]}], "no fault"),
        ([{}], "no fault None"),
        ([{"fault": "500", "nht": 1}], "no 'nht'"),
        ([{"fault": "500", "environment": "qa"}], "no environment 'qa'"),
        ([{"fault": "500", "nth": 0}], "nth"),
        ([{"fault": "500", "nth": True}], "nth"),
        ([{"fault": "500", "times": "2"}], "times"),
        ([{"fault": "500", "seconds": -1}], "seconds"),
        ([{"fault": "500", "seconds": float("nan")}], "seconds"),
        ([{"fault": "500", "path": 1}], "path"),
        ([{"fault": "500", "action": 1}], "action"),
        ([{"fault": "own", "environment": "dev"}], "no fault 'own'"),
        ([{"fault": "500", "query": {"a": 1}}], "query"),
    ],
)
def test_a_wrong_entry_is_refused_and_changes_nothing(entries: Any, message: str) -> None:
    armed = faults({"fault": "503"})
    with pytest.raises(InvalidInput, match=message):
        armed.arm(entries)
    assert armed.as_document()["armed"][0]["fault"] == "503"


def test_the_list_says_of_every_fault_what_it_means_and_whether_the_server_acts() -> None:
    table = faults().as_document()["faults"]
    assert set(table) == set(OWN)
    assert {entry["acted"] for entry in table.values()} == {"no", "yes", "late"}
    assert all(len(entry["meaning"]) > 10 for entry in table.values())
