"""Every row of the vendor's error table (kore.md D and E), for reads and for writes."""

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migrate.errors import (
    AccessDenied,
    MigrateError,
    OutcomeUnknown,
    PlatformFailed,
    RateLimited,
)
from migrate.http import Answer
from migrate.platforms.kore.answers import ServerError, skew_of, value_of


def answer(status, body=b"", **headers):
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
    return Answer(
        status, {name.replace("_", "-"): text for name, text in headers.items()}, body, ""
    )


def envelope(text, code=None, key="msg"):
    return {"errors": [{key: text} if code is None else {key: text, "code": code}]}


def value(status, body=b"", *, write=False, **headers):
    return value_of(
        answer(status, body, **headers), what="Export Roles (bot)", where="prod", write=write
    )


def error(status, body=b"", *, write=False, **headers):
    with pytest.raises(MigrateError) as caught:
        value(status, body, write=write, **headers)
    failure = caught.value
    assert failure.where == "prod"
    assert failure.what.startswith("Export Roles (bot): ")
    assert failure.remedy
    return failure


both = pytest.mark.parametrize("write", [False, True], ids=["read", "write"])


@both
@pytest.mark.parametrize(
    "sound",
    [
        [],
        {},
        [{"role": "Rate limit admins", "rDesc": "rate limit reached"}],
        {"roles": [{"role": "Rate limit admins"}]},
        {"fileId": "5bf13238", "hash": "x", "msg": "rate limit"},
        {"status": "success "},
        {"errors": []},
        [{"errors": [{"msg": "a role may hold anything"}]}],
        [{"status": "failure"}],
    ],
)
def test_a_good_answer_is_its_value_whatever_words_are_in_it(sound, write):
    assert value(200, sound, write=write) == sound


DENIED = [
    ("Invalid SDK credentials", 4002, "client_secret"),
    ("Invalid JWT token", 4002, "client_id"),
    ("Permission denied. Scope is incorrect!", 4002, "Role Management"),
    (
        'error verifying the jwt: if "jti" claim "exp" must be <= 1 hour(s)',
        401,
        "JTI",
    ),
    ("error verifying the jwt: possibly a replay", 401, "JTI"),
    ("something else", "Unauthorized", "HS256"),
]


@both
@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize(("text", "code", "remedy"), DENIED)
def test_access_denied(text, code, remedy, status, write):
    failure = error(status, envelope(text, code), write=write)
    assert type(failure) is AccessDenied
    assert f"HTTP {status}: {text} (code {code})" in failure.what
    assert remedy in failure.remedy


@both
def test_access_denied_without_a_word(write):
    failure = error(403, b"", write=write)
    assert type(failure) is AccessDenied
    assert failure.what.endswith("HTTP 403")


@pytest.mark.parametrize(("hours", "word"), [(1, "behind"), (-1, "ahead of")])
def test_a_wrong_clock_is_named_where_a_token_is_refused(hours, word):
    theirs = format_datetime(datetime.now(UTC) + timedelta(hours=hours), usegmt=True)
    failure = error(401, envelope("Invalid JWT token", 4002), date=theirs)
    assert f"minutes {word} the platform's" in failure.remedy
    assert "60 minutes" in failure.remedy
    scope = error(401, envelope("Scope is incorrect!", 4002), date=theirs)
    assert "clock" not in scope.remedy


def test_a_clock_that_is_about_right_is_no_excuse():
    theirs = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    assert "clock" not in error(401, envelope("Invalid JWT token", 4002), date=theirs).remedy
    assert skew_of(answer(200)) == 0


REFUSED = [
    (400, envelope("Invalid file id", 400), "Invalid file id (code 400)", "import_bucket"),
    (405, envelope("Method Not Allowed", 405), "Method Not Allowed (code 405)", "url"),
    (404, envelope("Not found"), "Not found", "url"),
    (412, envelope("Validation errors/ Invalid arguments", 412), "(code 412)", "doctor"),
    (
        412,
        envelope("Missing app details in the payload", "ValidationError"),
        "Missing app details in the payload (code ValidationError)",
        "doctor",
    ),
    (400, envelope("role 1: _id is required", 400), "_id is required", "send_source_id"),
    (400, envelope("Bad", 400, key="message"), "Bad (code 400)", "doctor"),
    (400, {"errors": [{"msg": "one"}, {"msg": "two"}]}, "one; two", "doctor"),
    (400, {"errors": ["just text"]}, "just text", "doctor"),
    (400, {"errors": [{"code": 7}]}, ": code 7", "doctor"),
    (400, {"error": "text"}, ": text", "doctor"),
    (400, {"errors": "text"}, "text", "doctor"),
    (400, {}, ": an empty object", "doctor"),
    (400, b"plain text", "plain text", "doctor"),
    (400, b'{"cut', ": 5 bytes that are neither JSON nor plain text", "doctor"),
    (400, b"\xff\xfe\x00", "HTTP 400", "doctor"),
    (400, b"", "HTTP 400", "doctor"),
    (302, b"<html><title>Log in</title>", "an HTML page 'Log in'", "doctor"),
    (404, b"<!doctype html>", "an HTML page", "url"),
]


@both
@pytest.mark.parametrize(("status", "body", "text", "remedy"), REFUSED)
def test_refusals(status, body, text, remedy, write):
    failure = error(status, body, write=write)
    assert type(failure) is PlatformFailed
    assert f"refused with HTTP {status}" in failure.what
    assert text in failure.what
    assert remedy in failure.remedy


@both
@pytest.mark.parametrize(
    "body",
    [
        envelope("Invalid emailId", 400),
        {"status": "failure", "reason": "Invalid emailId"},
        {"status": " Failure ", "msg": "Invalid emailId"},
    ],
)
def test_failures_inside_http_200(body, write):
    failure = error(200, body, write=write)
    assert type(failure) is PlatformFailed
    assert "refused with HTTP 200: Invalid emailId" in failure.what


LIMITS = [
    ("Rate limit for this API has been reached. Please try again after some time.", False),
    ("Rate limit for this API has been reached. Please try again later", False),
    ("You've exceeded the per-minute rate limit. Please wait for sometime.", False),
    ("You've exceeded the hourly rate limit. Please wait for sometime before retrying.", True),
    ("RATE LIMIT", False),
]


@both
@pytest.mark.parametrize("status", [200, 400, 401, 403, 412, 429, 500, 503])
@pytest.mark.parametrize("key", ["msg", "message"])
@pytest.mark.parametrize(("text", "hourly"), LIMITS)
def test_a_rate_limit_is_one_under_any_status(text, hourly, key, status, write):
    failure = error(status, envelope(text, status, key), write=write)
    assert type(failure) is RateLimited
    assert failure.hourly is hourly
    assert failure.retry_after is None


@both
@pytest.mark.parametrize("body", [b"", b"Too Many Requests", b"<html>", {"errors": []}])
def test_429_is_a_rate_limit_with_or_without_words(body, write):
    failure = error(429, body, write=write, retry_after="30")
    assert type(failure) is RateLimited
    assert failure.retry_after == 30
    assert failure.hourly is False


@both
@pytest.mark.parametrize("body", [b"Rate limit reached", {"errors": "rate limit"}])
def test_a_rate_limit_outside_the_envelope_is_one_too(body, write):
    assert type(error(400, body, write=write)) is RateLimited


@pytest.mark.parametrize("status", [500, 502, 503, 504, 599])
@pytest.mark.parametrize(
    "body", [b"<html><title>502 Bad Gateway</title>", envelope("Internal Server Error"), b"", b"{"]
)
def test_a_server_error_leaves_open_whether_a_write_was_done(status, body):
    written = error(status, body, write=True)
    assert type(written) is ServerError
    assert isinstance(written, OutcomeUnknown)
    assert f"HTTP {status}" in written.what
    read = error(status, body)
    assert type(read) is PlatformFailed
    assert f"HTTP {status}" in read.what


@pytest.mark.parametrize("status", [201, 202, 204])
def test_another_success_than_200_leaves_open_what_became_of_a_write(status):
    assert type(error(status, b"[]", write=True)) is OutcomeUnknown
    assert type(error(status, b"[]")) is PlatformFailed


UNSOUND = [
    (b"", "no sound JSON"),
    (b"   ", "no sound JSON"),
    (b'[{"role": "A"', "no sound JSON"),
    (b'{"fileId": "5b', "no sound JSON"),
    (b'[{"a": 1, "a": 2}]', "no sound JSON"),
    (b"[NaN]", "no sound JSON"),
    (b"\xef\xbb\xbf[]", "no sound JSON"),
    (b"\xff[]", "no sound JSON"),
    (b'{"a":' * 100_000, "no sound JSON"),
    (b"[" * 100_000, "no sound JSON"),
    (b"<html><body>Log in</body></html>", "an HTML page"),
    (b"\r\n <!DOCTYPE html>", "an HTML page"),
]


@pytest.mark.parametrize(("body", "words"), UNSOUND)
def test_http_200_without_sound_json(body, words):
    read = error(200, body)
    assert type(read) is PlatformFailed
    assert words in read.what
    assert "proxy" in read.remedy
    written = error(200, body, write=True)
    assert type(written) is OutcomeUnknown
    assert words in written.what
    assert "read back" in written.remedy


def test_a_long_text_is_shortened():
    assert len(error(400, b"x" * 100_000).what) < 400


@settings(deadline=None)
@given(
    st.integers(200, 599),
    st.binary(max_size=60) | st.binary(max_size=30).map(b"{".__add__),
    st.booleans(),
)
def test_no_answer_at_all_gets_past_our_own_errors(status, body, write):
    try:
        found = value(status, body, write=write)
    except PlatformFailed as failure:
        assert failure.remedy
    else:
        assert status == 200
        assert found == json.loads(body)


@settings(deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(("errors", "status", "msg", "code", "x")), inner, max_size=3
            )
        ),
    ),
    st.sampled_from((200, 400, 401, 429, 500)),
    st.booleans(),
)
def test_no_json_at_all_gets_past_our_own_errors(body, status, write):
    try:
        assert value(status, body, write=write) == body
    except PlatformFailed as failure:
        assert failure.what
