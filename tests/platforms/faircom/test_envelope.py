"""What is taken out of an answer's envelope, whatever its status, and what is no sound answer."""

import json
from typing import Any

import pytest

from migrate.errors import AccessDenied, MigrateError, OutcomeUnknown, PlatformFailed, RateLimited
from migrate.http import Answer
from migrate.platforms.faircom.envelope import Said, said_in

SECRET = "s3cret-in-debug"


def answer(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(status, headers or {}, data, "https://ledger.example.com/api")


def said(body: Any, status: int = 200, *, write: bool = False) -> Said:
    return said_in(answer(body, status), "r-1", what="listAccounts", where="prod", write=write)


@pytest.mark.parametrize("code", [12031, "12031"])
@pytest.mark.parametrize("status", [200, 400, 401, 500])
def test_the_body_counts_before_the_status(code: Any, status: int) -> None:
    found = said({"errorCode": code, "errorMessage": " gone "}, status)
    assert (found.code, found.message, found.result) == (12031, "gone", {})


@pytest.mark.parametrize("code", [0, "0"])
@pytest.mark.parametrize("more", [{}, {"result": None}, {"result": {}}])
def test_a_success_need_not_have_a_result(code: Any, more: Any) -> None:
    assert said({"errorCode": code, **more}) == Said(0)


@pytest.mark.parametrize(
    "body",
    [
        *({"errorCode": code} for code in (True, None, 0.5, "", "0x1", [], {})),
        *({"errorCode": 0, "result": result} for result in ([], "text", 1)),
        *({}, [], "text", None, b"", b"<html>", b'{"errorCode": 0', b'\xff{"errorCode": 0}'),
        b'{"errorCode": 0, "errorCode": 12031}',
    ],
)
@pytest.mark.parametrize("write", [False, True])
def test_what_is_no_envelope_proves_nothing(body: Any, write: bool) -> None:
    with pytest.raises(OutcomeUnknown if write else PlatformFailed) as caught:
        said(body, write=write)
    assert caught.value.where == "prod"
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, AccessDenied), (403, AccessDenied), (404, PlatformFailed), (429, RateLimited)],
)
def test_what_stands_in_between_may_refuse_in_its_own_words(
    status: int, kind: type[MigrateError]
) -> None:
    for write in (False, True):
        with pytest.raises(kind) as caught:
            said(b"<html>", status, write=write)
        assert not isinstance(caught.value, OutcomeUnknown), "it was refused, so it was not done"


@pytest.mark.parametrize("write", [False, True])
@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        ({"errorCode": 0}, 500, "success with HTTP 500"),
        ({"errorCode": 0, "requestId": "r-2"}, 200, "an answer to another request"),
        ({"errorCode": 0, "requestId": None}, 200, "an answer to another request"),
        (b"<html>", 502, "HTTP 502 without a sound answer"),
    ],
)
def test_success_that_is_none(body: Any, status: int, told: str, write: bool) -> None:
    with pytest.raises(OutcomeUnknown if write else PlatformFailed, match=told):
        said(body, status, write=write)


def test_a_request_id_is_checked_where_there_is_one() -> None:
    assert said({"errorCode": 0, "requestId": "r-1"}) == said({"errorCode": 0}) == Said(0)


@pytest.mark.parametrize(
    ("body", "token"),
    [
        ({"authToken": "a"}, "a"),
        ({"result": {"authToken": "b"}}, "b"),
        ({"authToken": "a", "result": {"authToken": "b"}}, "a"),
        ({"authToken": "", "result": {"authToken": "b"}}, "b"),
        ({"authToken": 5}, None),
        ({}, None),
    ],
)
def test_where_the_token_is(body: Any, token: str | None) -> None:
    assert said({"errorCode": 0, **body}).token == token


@pytest.mark.parametrize(
    ("warnings", "told"),
    [
        ([{"code": 101, "message": "no such"}], ("no such (warning 101)",)),
        ([{"warningCode": 7, "warningMessage": "odd", "warningData": {}}], ("odd (warning 7)",)),
        ([{"code": 101}, {}, "plain", 5], ("warning 101", "warning None", "plain", "")),
        ({}, ()),
        (None, ()),
    ],
)
def test_warnings_have_either_shape(warnings: Any, told: tuple[str, ...]) -> None:
    assert said({"errorCode": 0, "debugInfo": {"warnings": warnings}}).warnings == told


def test_of_debug_info_nothing_but_warnings_is_taken() -> None:
    debug = {"request": {"params": {"password": SECRET}, "authToken": SECRET}, "warnings": []}
    for code in (0, 451):
        result = {"authToken": SECRET}
        found = said({"errorCode": code, "debugInfo": debug, "result": result})
        assert SECRET not in repr(found)
        assert SECRET not in repr((found.message, found.warnings))
    with pytest.raises(PlatformFailed) as caught:
        said({"errorCode": None, "debugInfo": debug})
    assert SECRET not in str(caught.value)
