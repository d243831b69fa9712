"""Sessions on a real socket: opened once, opened again once, closed in every case."""

import logging
from collections.abc import Callable

import pytest

from migrate.errors import AccessDenied, OutcomeUnknown, PlatformFailed
from tests.platforms.faircom.conftest import Place

Start = Callable[..., Place]
ADD = ({"roleNames": ("AUDIT",), "usernames": ("ann",)},)


@pytest.mark.parametrize("where", ["both", "result", "top"])
@pytest.mark.parametrize("code", ["number", "string"])
def test_one_session_serves_all_calls_wherever_its_token_is(
    place: Start, where: str, code: str
) -> None:
    one = place(token_place=where, error_code=code)
    one.channel.accounts()
    one.channel.assign(ADD, ())
    one.channel.close()
    calls = ["createSession", "listAccounts", "assignRolesToAccounts", "deleteSession"]
    assert one.actions == calls
    assert {body["api"] for body in one.bodies} == {"admin"}
    ids = [body["requestId"] for body in one.bodies]
    assert len(set(ids)) == 4
    assert "password" not in one.bodies[1]["params"]
    assert [body["debug"] for body in one.bodies] == ["none", "none", "max", "none"]


def test_closing_twice_or_unopened_sends_nothing(place: Start) -> None:
    one = place()
    one.session.close()
    assert one.actions == []
    one.session.open()
    one.session.close()
    one.session.close()
    assert one.actions == ["createSession", "deleteSession"]


@pytest.mark.parametrize("status", ["200", "401"])
@pytest.mark.parametrize("code", ["number", "string"])
def test_a_session_that_is_gone_is_opened_again_and_the_call_sent_again(
    place: Start, status: str, code: str
) -> None:
    one = place(dead_token_status=status, error_code=code)
    one.session.open()
    one.fault("session_lost", action="assignRolesToAccounts")
    assert one.channel.assign(ADD, ()).code == 0
    assign = "assignRolesToAccounts"
    assert one.actions == ["createSession", assign, "createSession", assign]
    first, second = (body for body in one.bodies if body["action"] == assign)
    assert first["params"] == second["params"]


def test_a_session_that_is_gone_twice_is_an_error_and_no_loop(place: Start) -> None:
    one = place()
    one.fault("session_lost", action="listAccounts", times=9)
    with pytest.raises(AccessDenied, match="does not know the session") as caught:
        one.channel.accounts()
    assert one.actions.count("listAccounts") == 2
    assert "several servers" in caught.value.remedy


@pytest.mark.parametrize("fault", ["500", "200_html", "wrong_request_id", "no_token"])
def test_where_no_session_comes_about_nothing_else_is_sent(place: Start, fault: str) -> None:
    one = place()
    one.fault(fault, action="createSession", times=99)
    with pytest.raises(PlatformFailed) as caught:
        one.channel.assign(ADD, ())
    assert not isinstance(caught.value, OutcomeUnknown) or fault != "no_token"
    assert set(one.actions) == {"createSession"}


@pytest.mark.parametrize("fault", ["500", "refused", "session_lost", "200_html"])
def test_that_a_session_cant_be_closed_stops_nobody(place: Start, fault: str) -> None:
    one = place()
    one.session.open()
    one.fault(fault, action="deleteSession", times=99)
    one.session.close()


def test_the_fence_is_asked_before_each_attempt_and_stops_it(place: Start) -> None:
    one = place()
    asked: list[int] = []

    def fence() -> None:
        asked.append(1)
        if len(asked) == 2:
            raise PlatformFailed("no longer ours")

    one.channel.fence = fence
    one.fault("session_lost", action="assignRolesToAccounts")
    with pytest.raises(PlatformFailed, match="no longer ours"):
        one.channel.assign(ADD, ())
    assert one.actions.count("assignRolesToAccounts") == 1


@pytest.mark.parametrize("debug", ["none", "max"])
def test_no_password_and_no_token_leaves_the_session(
    place: Start, debug: str, caplog: pytest.LogCaptureFixture
) -> None:
    one = place(default_debug=debug)
    with caplog.at_level(logging.DEBUG):
        one.channel.accounts()
        said = one.channel.assign(({"roleNames": ("NONE",), "usernames": ("ann",)},), ())
        token = one.session._token
        one.session.close()
    assert token
    known = (one.password, token)
    for text in (repr(said), caplog.text, repr(vars(one.channel))):
        assert not any(secret in text for secret in known)


def test_what_a_server_repeats_of_a_secret_is_struck_out(place: Start) -> None:
    one = place()
    one.session.open()
    one.control("PUT", "/secrets/prod", {"username": "ADMIN", "password": "another"})
    one.fault("session_lost", action="listAccounts")
    with pytest.raises(AccessDenied) as caught:
        one.channel.accounts()
    assert one.password not in str(caught.value)
    assert "does not let 'ADMIN' in" in str(caught.value)
