"""What a server was told is looked at, whatever it answers."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from migrate.errors import OutcomeUnknown, PlatformFailed
from migrate.model import Assignment
from migrate.platforms.assign_step import assign_step
from migrate.platforms.base import Settled, Step
from migrate.platforms.faircom.catalogue import ROLE_TYPE
from tests.platforms.faircom.conftest import Place

Start = Callable[..., Place]
LIST, ASSIGN = "listAccounts", "assignRolesToAccounts"


def step(*pairs: tuple[str, str], removing: bool = False) -> Step:
    items = [Assignment("user", who, ROLE_TYPE, role, "") for who, role in pairs]
    spelled = {role: role for _, role in pairs}
    return assign_step(0, items, ROLE_TYPE, removing=removing, spelled=spelled)


def do(one: Place, what: Step) -> Any:
    return one.writer.execute(what, None, None, one.writer.capture())


def test_a_step_is_one_call_and_one_look(place: Start) -> None:
    one = place()
    assert do(one, step(("ANN", "AUDIT"), ("BOB", "SALES"))) == {"entries": 2, "shown": 2}
    assert one.actions == ["createSession", LIST, ASSIGN, LIST]
    assert one.waited == []


def test_what_is_so_already_is_not_sent(place: Start) -> None:
    one = place(duplicate_add="error", absent_remove="error")
    assert do(one, step(("ANN", "SALES"))) == {"entries": 0, "shown": 0}
    assert do(one, step(("ANN", "AUDIT"), removing=True)) == {"entries": 0, "shown": 0}
    assert do(one, step(("ANN", "SALES"), ("ANN", "AUDIT"))) == {"entries": 1, "shown": 1}
    assert one.actions.count(ASSIGN) == 1


@pytest.mark.parametrize("trouble", ["warning", "error", "silent"])
@pytest.mark.parametrize("batch", ["each", "stops", "atomic"])
def test_what_was_not_done_is_named_whatever_the_server_says(
    place: Start, trouble: str, batch: str
) -> None:
    one = place(unknown_role=trouble, batch=batch)
    with pytest.raises(PlatformFailed, match='"ANN" in "NONE"') as caught:
        do(one, step(("ANN", "AUDIT"), ("ANN", "NONE")))
    assert not isinstance(caught.value, OutcomeUnknown), "it was read back: it is known"
    told = {"warning": "success, with warnings", "error": "error 581", "silent": "success"}
    assert told[trouble] in str(caught.value)
    # One objection to one missing pair: nothing is late, so nobody waits for it.
    late = trouble == "silent" or (trouble, batch) == ("error", "atomic")
    assert bool(one.waited) == late


def test_a_write_that_shows_late_is_waited_for_within_patience(place: Start) -> None:
    one = place(read_lag=0.4)
    one.writer._pause = lambda seconds, why: time.sleep(seconds)
    assert do(one, step(("ANN", "AUDIT")))["shown"] == 1


def test_where_nothing_can_be_read_back_the_outcome_is_unknown(place: Start) -> None:
    one = place()
    before = one.writer.capture()
    one.fault("200_empty", action=LIST, times=99)
    with pytest.raises(OutcomeUnknown, match="could not be read back"):
        one.writer.execute(step(("ANN", "AUDIT")), None, None, before)


@pytest.mark.parametrize(
    ("fault", "settled"),
    [("error_after", None), ("timeout_after", Settled.LANDED), ("error_before", None)],
)
def test_what_became_of_a_call_is_settled_by_one_look(
    place: Start, fault: str, settled: Settled | None
) -> None:
    one = place()
    before = one.writer.capture()
    one.fault(fault, action=ASSIGN, seconds=9 if fault == "timeout_after" else 0)
    what = step(("ANN", "AUDIT"))
    try:
        outcome = one.writer.execute(what, None, None, before)
    except OutcomeUnknown:
        assert one.writer.settle(what, None, before, ()) is settled
    except PlatformFailed:
        assert fault == "error_before"
    else:
        assert fault == "error_after"
        assert "error 12009" in outcome["said"]


def test_a_list_that_lacks_somebody_who_was_in_it_is_read_again(place: Start) -> None:
    one = place()
    one.writer.capture()
    one.fault("200_short", action=LIST)
    found = one.writer.capture()
    assert found.people is not None
    assert ("user", "BOB") in found.people.principals
    assert one.actions.count(LIST) == 3
