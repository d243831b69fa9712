import base64
import json
from typing import Any

import jwt
import pytest

from migrate.sandbox.kore.tokens import App, Denied, TokenGate

NOW = 1_700_000_000.0
SECRET = "s" * 40
APP = App("cs-1", SECRET, frozenset({"upload"}))
OTHER = App("cs-2", "o" * 40, frozenset())


@pytest.fixture
def gate() -> TokenGate:
    return TokenGate({"admin_app": APP, "builder_app": OTHER})


def token(secret: str = SECRET, algorithm: str = "HS256", **claims: Any) -> str:
    return jwt.encode({"appId": "cs-1", **claims}, secret, algorithm)


def admit(gate: TokenGate, token: str | None, *, single_use: bool = False) -> App:
    return gate.admit(token, now=NOW, single_use=single_use)


def denial(gate: TokenGate, token: str | None, *, single_use: bool = False) -> tuple[str, int]:
    with pytest.raises(Denied) as caught:
        admit(gate, token, single_use=single_use)
    return caught.value.message, caught.value.code


def test_a_token_with_nothing_but_the_app_is_admitted(gate: TokenGate) -> None:
    assert admit(gate, token()) == APP
    assert admit(gate, token("o" * 40, appId="cs-2")) == OTHER


@pytest.mark.parametrize(
    "bad",
    [
        None,
        "",
        token("x" * 40),
        token("x" * 40, appId="cs-2"),
        token(appId="CS-1"),
        token(appId=None),
        token(appId=["cs-1"]),
    ],
)
def test_no_token_a_wrong_secret_or_an_unknown_app(gate: TokenGate, bad: str | None) -> None:
    assert denial(gate, bad) == ("Invalid SDK credentials", 4002)


def unsigned(header: dict[str, Any], payload: Any) -> str:
    parts = [json.dumps(part).encode() for part in (header, payload)]
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts) + "."


@pytest.mark.parametrize(
    "bad",
    [
        "nonsense",
        f"Bearer {token()}",
        "a.b.c",
        "é.é.é",
        token("s" * 64, "HS512"),
        unsigned({"alg": "none", "typ": "JWT"}, {"appId": "cs-1"}),
        unsigned({"alg": "HS256", "typ": "JWT"}, ["cs-1"]),
        token(exp=NOW),
        token(exp=NOW - 3600),
        token(iat=NOW + 61),
        token(nbf=NOW + 61),
        token(jti="1").replace(".", "_", 1),
    ],
)
def test_what_is_no_sound_token(gate: TokenGate, bad: str) -> None:
    assert denial(gate, bad) == ("Invalid JWT token", 4002)


def test_times_that_are_no_numbers(gate: TokenGate) -> None:
    payload = {"appId": "cs-1", "exp": "tomorrow"}
    text = jwt.api_jws.encode(json.dumps(payload).encode(), SECRET, "HS256")
    assert denial(gate, text) == ("Invalid JWT token", 4002)


def test_clocks_may_differ_a_little(gate: TokenGate) -> None:
    assert admit(gate, token(iat=NOW + 59, exp=NOW + 1))


def test_single_use_is_off_by_default(gate: TokenGate) -> None:
    used = token(jti="1", exp=NOW + 90_000)
    assert admit(gate, used) == admit(gate, used)


@pytest.mark.parametrize(
    ("claims", "message"),
    [
        ({"exp": NOW + 60}, '"jti" claim is required'),
        ({"jti": "1"}, 'if "jti" claim "exp" must be <= 1 hour(s)'),
        ({"jti": "1", "exp": NOW + 3601}, 'if "jti" claim "exp" must be <= 1 hour(s)'),
    ],
)
def test_enforced_single_use_asks_for_jti_and_a_short_life(
    gate: TokenGate, claims: dict[str, Any], message: str
) -> None:
    expected = (f"error verifying the jwt: {message}", 401)
    assert denial(gate, token(**claims), single_use=True) == expected


def test_a_token_works_once(gate: TokenGate) -> None:
    once = token(jti="1", exp=NOW + 3600)
    assert admit(gate, once, single_use=True)
    replay = ("error verifying the jwt: possibly a replay", 401)
    assert denial(gate, once, single_use=True) == replay
    assert admit(gate, token("o" * 40, appId="cs-2", jti="1", exp=NOW + 60), single_use=True)
    assert admit(gate, token(jti="2", exp=NOW + 60), single_use=True)


def test_an_app_does_not_show_its_secret() -> None:
    assert SECRET not in repr(APP)
