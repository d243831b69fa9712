"""Nothing of an answer that may be a secret of the account is ever told, whatever is answered."""

import json
import threading
import traceback
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from migrate.errors import InvalidInput, MigrateError
from migrate.http import Answer, Http
from migrate.pace import Pace
from migrate.platforms.base import Need
from migrate.platforms.kore.answers import value_of
from migrate.platforms.kore.channel import BOTS, USERS_INFO, WriteChannel
from migrate.platforms.kore.lookup import find_users
from migrate.platforms.kore.people import GROUPS, USERS
from migrate.platforms.kore.reader import EXPORT, KoreReader
from migrate.platforms.kore.tokens import Credentials, Tokens
from migrate.platforms.kore.writer import IMPORT
from migrate.secrets import RotatingSecret, Secret, Source

CANARY = "nOtR3aLx9fKq27Zw"
NUMBER = 918273645546372819918273645546372819
PIECES = {
    text[start : start + 6] for text in (CANARY, str(NUMBER)) for start in range(len(text) - 5)
}
ROWS = {
    "total": 1,
    "availableMore": False,
    "bots": [
        {
            "_id": "st-1",
            "name": "Helpdesk",
            "jwtApps": [{"clientId": "cs-1", "clientSecret": CANARY}],
        }
    ],
}
WHOLE = json.dumps(ROWS).encode()
ANSWER = {
    BOTS: WHOLE,
    GROUPS: b'{"total": 0, "availableMore": false, "groups": []}',
    USERS: b'{"total": 0, "availableMore": false, "users": []}',
}


class Account:
    """An account on 127.0.0.1 of which one path gives an odd answer, and a reader of it."""

    def __init__(self) -> None:
        account = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self.rfile.read(int(self.headers.get("content-length", 0)))
                path = self.path.partition("?")[0]
                status, body = account.odd.get(path, (200, ANSWER.get(path, b"[]")))
                self.send_response(status)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_GET  # noqa: N815 - the name is the library's

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.odd: dict[str, tuple[int, bytes]] = {}
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        url = f"http://127.0.0.1:{self.server.server_address[1]}"
        passed = [0.0]  # what is to be waited for is over at once

        def pause(seconds: float, _why: str) -> None:
            passed[0] += seconds

        pace = Pace(10**6, 10**6, where="prod", pause=pause, clock=lambda: passed[0])
        http = Http(url, timeout=5, before_each=pace.wait, pause=pause)
        secret = Source("client_secret", lambda: Secret("x" * 40))
        rotating = RotatingSecret((secret,), where="prod", tell=print)
        tokens = Tokens(Credentials("cs", rotating, "tester"), lambda: 0.0)
        self.channel = WriteChannel(http, tokens, pace, "prod")

    def told(self, call: Callable[[], Any]) -> str:
        """All that is told of a call that may fail, by whichever face."""
        try:
            call()
        except MigrateError as error:
            faults = error.faults if isinstance(error, InvalidInput) else ()
            parts = (
                error.what,
                error.where,
                error.remedy,
                *faults,
                *traceback.format_exception(error),
            )
            return "\n".join(map(str, parts))
        return ""


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    made = Account()
    thread = threading.Thread(target=made.server.serve_forever, args=(0.01,))
    thread.start()
    yield made
    made.channel.close()
    made.server.shutdown()
    thread.join()
    made.server.server_close()


def leaks(text: str) -> list[str]:
    return sorted(piece for piece in PIECES if piece in text)


ODD_ROWS = {
    "as they are": WHOLE,
    "a list": json.dumps(ROWS["bots"]).encode(),
    "in a string": json.dumps(json.dumps(ROWS)).encode(),
    "half a pair": WHOLE.replace(CANARY.encode(), CANARY.encode() + b"\\ud800"),
    "cut in it": WHOLE[: WHOLE.index(CANARY.encode()) + 8],
    "begun in it": WHOLE[WHOLE.index(CANARY.encode()) + 2 :],
    "only it": CANARY.encode(),
    "a bad escape": WHOLE.replace(CANARY.encode(), CANARY.encode() + b"\\q"),
    "a line end": WHOLE.replace(CANARY.encode(), CANARY.encode() + b"\n"),
    "no UTF-8": WHOLE.replace(CANARY.encode(), CANARY.encode() + b"\xff"),
    "UTF-16": json.dumps(ROWS).encode("utf-16-le"),
    "a page": b"<html><title>" + WHOLE + b"</title></html>",
    "a large number": WHOLE.replace(f'"{CANARY}"'.encode(), str(NUMBER).encode()),
    "twice a key": WHOLE.replace(
        f'"{CANARY}"'.encode(), f'{{"{CANARY}": 1, "{CANARY}": 2}}'.encode()
    ),
    "in errors": json.dumps({**ROWS, "errors": ROWS["bots"]}).encode(),
    "a failure": json.dumps({**ROWS, "status": "failure"}).encode(),
    "in a message": json.dumps({"errors": [{"msg": f"no app {json.dumps(ROWS)}"}]}).encode(),
    "in a message, escaped": json.dumps(
        {"errors": [{"msg": f'{{"client\\u0053ecret": "{CANARY}"}}'}]}
    ).encode(),
    "in a string, begun in it": json.dumps(json.dumps(ROWS).partition("nOt")[2]).encode(),
    "as the id": json.dumps({**ROWS, "bots": [{"_id": {"clientSecret": CANARY}}] * 2}).encode(),
    "as the total": json.dumps({**ROWS, "total": json.dumps({"clientSecret": CANARY})}).encode(),
}


@pytest.mark.parametrize("status", [200, 203, 206, 400, 401, 404, 429, 500])
@pytest.mark.parametrize("form", ODD_ROWS)
def test_no_secret_of_a_bot_is_in_what_is_told_of_an_odd_answer(
    account: Account, form: str, status: int
) -> None:
    account.odd = {BOTS: (status, ODD_ROWS[form])}
    told = account.told(lambda: KoreReader(account.channel, (), "prod").capture((), Need.ALL))
    assert "Get Bots" in told or (status == 200 and form == "as they are")
    assert leaks(told) == []


@pytest.mark.parametrize("form", ["begun in it", "UTF-16", "in a string, begun in it"])
def test_what_may_be_part_of_rows_is_not_told_by_any_call(account: Account, form: str) -> None:
    account.odd = {EXPORT: (500, ODD_ROWS[form][1:])}
    told = account.told(lambda: KoreReader(account.channel, ("admin",), "prod").capture())
    assert "refused with HTTP 500" in told
    assert leaks(told.replace("\0", "").replace("\\x00", "")) == []


@pytest.mark.parametrize("path", [BOTS, EXPORT])
def test_an_id_in_the_rows_is_not_taken_for_the_platforms_wish(account: Account, path: str) -> None:
    account.odd = {path: (400, WHOLE)}
    reader = KoreReader(account.channel, ("admin",), "prod")
    told = account.told(lambda: reader.capture(people=Need.ALL))
    assert "refused with HTTP 400" in told
    assert "send_source_id" not in told


def test_the_message_of_a_refused_get_bots_is_told(account: Account) -> None:
    said = {"errors": [{"msg": "Permission denied. Scope is incorrect!", "code": 4002}]}
    account.odd = {BOTS: (401, json.dumps(said).encode())}
    told = account.told(lambda: KoreReader(account.channel, (), "prod").capture((), Need.ALL))
    assert "Get Bots: access denied with HTTP 401: Permission denied." in told


SECRET_KEYS = (
    *("clientSecret", "client_secret", "secret", "token", "accessToken", "password"),
    *("auth", "apiKey", "api_key", "client\\u0053ecret", "Authorization", "jwtApps"),
    *("credentials",),
)
PLAIN_KEYS = (
    *("bots", "total", "availableMore", "users", "groups", "errors"),
    *("msg", "message", "reason", "error", "status", "code"),
    *("role", "roleType", "permissions", "rDesc", "_id", "refId"),
    *("name", "gN", "userInfo", "emailId", "roles", "fileId"),
    *("roleId",),
)
leaf = (
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "a", "failure", "x@y.z"])
)
hidden = st.recursive(
    st.sampled_from([CANARY, f"x {CANARY}\n", f"{CANARY}\ud800", NUMBER]),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=2)
        | st.dictionaries(st.sampled_from([*PLAIN_KEYS, CANARY]), inner, min_size=1, max_size=2)
    ),
    max_leaves=3,
)
account_rows = st.recursive(
    leaf,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(PLAIN_KEYS), inner, max_size=4)
        | st.builds(
            lambda plain, key, secret: {**plain, key: secret},
            st.dictionaries(st.sampled_from(PLAIN_KEYS), inner, max_size=2),
            st.sampled_from(SECRET_KEYS),
            hidden,
        )
        # What is answered may be JSON inside a string.
        | inner.map(json.dumps)
    ),
    max_leaves=12,
)


@st.composite
def bodies(draw: st.DrawFn, *, begun: bool) -> bytes:
    """A document with secrets in it as it may come: whole or cut, sound or not."""
    text = json.dumps(draw(account_rows), indent=draw(st.sampled_from([None, 1])))
    text = text.replace("\\\\u0053", "\\u0053")
    encoding = draw(st.sampled_from(["utf-8", "utf-8", "utf-8", "utf-16", "utf-16-le"]))
    data = text.encode(encoding)
    start = draw(st.integers(0, len(data))) if begun and draw(st.booleans()) else 0
    end = draw(st.integers(start, len(data))) if draw(st.booleans()) else len(data)
    data = data[start:end]
    if draw(st.booleans()):
        at = draw(st.integers(0, len(data)))
        data = (
            data[:at]
            + draw(st.sampled_from([b"\xff", b"\\q", b"\n", b"}", b",", b"'"]))
            + data[at:]
        )
    return data


DAMAGED = json.dumps({"error": json.dumps({"bots": None, "s}ecret": CANARY})}).encode()
"""A message that holds rows, with a key that was damaged on its way."""

statuses = st.sampled_from([200, 200, 200, 201, 203, 206, 400, 401, 403, 404, 412, 429, 500, 503])


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(bodies(begun=True), statuses)
@example(WHOLE, 206)
def test_no_answer_of_get_bots_has_its_secrets_told(
    account: Account, body: bytes, status: int
) -> None:
    account.odd = {BOTS: (status, body)}
    told = account.told(lambda: KoreReader(account.channel, (), "prod").capture((), Need.ALL))
    assert leaks(told) == []


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(bodies(begun=False), statuses, st.sampled_from([EXPORT, USERS, GROUPS, USERS_INFO, IMPORT]))
def test_nothing_under_a_key_that_names_a_secret_is_told(
    account: Account, body: bytes, status: int, path: str
) -> None:
    account.odd = {path: (status, body)}
    reader = KoreReader(account.channel, ("admin",), "prod")
    calls: dict[str, Callable[[], Any]] = {
        USERS_INFO: lambda: find_users(account.channel, ["x@y.z"], where="prod"),
        IMPORT: lambda: account.channel.post(IMPORT, what="Import Roles"),
    }
    told = account.told(calls.get(path, lambda: reader.capture(people=Need.ALL)))
    assert leaks(told) == []


@settings(max_examples=300, deadline=None)
@given(bodies(begun=False), statuses, st.booleans(), st.booleans())
@example(DAMAGED, 201, True, False)
@example(DAMAGED, 201, False, False)
def test_value_of_tells_no_secret(body: bytes, status: int, write: bool, sealed: bool) -> None:
    try:
        value_of(
            Answer(status, {}, body, ""), what="A call", where="prod", write=write, sealed=sealed
        )
    except MigrateError as error:
        assert leaks("".join(traceback.format_exception(error))) == []
