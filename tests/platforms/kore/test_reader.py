"""A capture is of one moment: lists that do not fit together are read again, within a bound."""

from typing import Any

import pytest

from migrate.errors import PlatformFailed
from migrate.platforms.base import Need
from migrate.platforms.kore.holdings import OutOfStep
from migrate.platforms.kore.people import USERS
from migrate.platforms.kore.reader import EXPORT, PAUSES, KoreReader
from migrate.resources import seed


class Waited:
    """A reader that waits for nothing, and what it was to wait for."""

    def __init__(self, place: Any, *role_types: str) -> None:
        self.pauses: list[tuple[float, str]] = []
        self.reader = KoreReader(
            place.channel,
            role_types or ("admin", "bot"),
            "prod",
            pause=lambda seconds, why: self.pauses.append((seconds, why)),
        )

    def seconds(self) -> tuple[float, ...]:
        return tuple(seconds for seconds, _ in self.pauses)


@pytest.mark.parametrize("need", [Need.HOLDERS, Need.ALL])
def test_users_who_are_ahead_of_the_roles_are_read_again_with_them(place, need):
    here = place(seed("prod"))
    whole = Waited(here).reader.capture(people=need)
    here.fault("200_short", path=EXPORT, query={"roleType": "admin"})
    waited, calls = Waited(here), len(here.log())
    assert waited.reader.capture(people=need) == whole
    assert waited.seconds() == PAUSES[:1]
    assert "users hold roles that the export of a moment ago does not have" in waited.pauses[0][1]
    again = [entry["path"] for entry in here.log()[calls:]]
    assert again.count(EXPORT) == 4
    assert again.count(USERS) == 2


def test_lists_that_never_fit_are_an_error_in_the_end(place):
    here = place(seed("prod"))
    here.fault("200_short", path=EXPORT, query={"roleType": "admin"}, times=1000)
    waited = Waited(here)
    with pytest.raises(OutOfStep, match="so roles changed while they were read") as caught:
        waited.reader.capture(people=Need.ALL)
    assert waited.seconds() == PAUSES
    assert sum(entry["path"] == USERS for entry in here.log()) == len(PAUSES) + 1
    assert "try again" in caught.value.remedy


def test_any_other_trouble_is_an_error_at_once(place):
    here = place(seed("prod"))
    here.fault("200_html", path=USERS)
    waited = Waited(here)
    with pytest.raises(PlatformFailed, match="an HTML page"):
        waited.reader.capture(people=Need.ALL)
    assert waited.pauses == []
