from typing import Any

import pytest

from migrate.sandbox.faircom.account import SETTINGS, Account, Server
from migrate.sandbox.faircom.codes import Failed
from migrate.sandbox.faircom.logons import Logons
from migrate.sandbox.faircom.switches import Switches

NOW = 1_800_000_000.0  # 2027-01-15T08:00:00


def admit(logons: Logons, password: str = "right", **settings: Any) -> Account | None:
    changed = settings.pop("changed", "2027-01-10T08:00:00")
    ada = Account("Ada", settings={**SETTINGS, **settings}, password_changed=changed)
    server = Server({}, {"ADA": ada})
    return logons.admit(server, "ada", password, peer=None, switches=Switches(), now=NOW)


def code(logons: Logons, password: str = "right", **settings: Any) -> int:
    with pytest.raises(Failed) as caught:
        admit(logons, password, **settings)
    return caught.value.code


@pytest.fixture
def logons() -> Logons:
    return Logons({"ADA": "right"})


def test_an_account_is_locked_out_after_so_many_attempts(logons: Logons) -> None:
    limit = {"lockoutAfterNFailedAttempts": 2}
    assert code(logons, "wrong", **limit) == 451
    assert admit(logons, **limit)
    # What went well wiped out what had not.
    assert [code(logons, "wrong", **limit) for _ in range(3)] == [451, 451, 584]
    assert code(logons, **limit) == 584
    logons.set("ADA", "right")
    assert admit(logons, **limit)


def test_without_a_limit_nobody_is_locked_out(logons: Logons) -> None:
    assert [code(logons, "wrong") for _ in range(10)] == [451] * 10
    assert admit(logons)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"enableDatetime": "2027-01-16"}, 585),
        ({"enableDatetime": "2027-01-15T07:59:59"}, 0),
        ({"disableDatetime": "2027-01-15"}, 585),
        ({"disableDatetime": "2027-01-15T08:00:01"}, 0),
        ({"enableDatetime": "", "disableDatetime": ""}, 0),
        ({"enableDatetime": "next week"}, 0),
        ({"maxDaysBeforePasswordMustChange": 4}, 1116),
        ({"maxDaysBeforePasswordMustChange": 5}, 0),
        ({"maxDaysBeforePasswordMustChange": 1, "changed": "long ago"}, 0),
    ],
)
def test_dates(logons: Logons, settings: dict[str, Any], expected: int) -> None:
    if expected:
        assert code(logons, **settings) == expected
    else:
        assert admit(logons, **settings)


def test_who_has_no_password_cannot_log_in_by_one() -> None:
    assert code(Logons({}), "") == 451


def test_a_forgotten_account_has_no_password(logons: Logons) -> None:
    logons.forget("ADA")
    assert code(logons) == 451
