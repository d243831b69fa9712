"""JSON Web Tokens as the platform checks them (kore.md E and the error table of D)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import jwt
from jwt.types import Options

from migrate.errors import InvalidInput

ROLE_MANAGEMENT = "role_management"
USER_MANAGEMENT = "user_management"
UPLOAD = "upload"
AUDIT_LOGS = "audit_logs"

FUTURE_LEEWAY = 60
"""Seconds by which a token may be issued ahead of the server's clock."""
LONGEST_WITH_JTI = 3600
"""Seconds that a token may live when single use is enforced (kore.md E)."""

# Times are checked by the server's own clock, which a switch can move.
_SIGNATURE_ONLY: Options = {
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
    "verify_aud": False,
    "verify_sub": False,
    "verify_jti": False,
}


@dataclass(frozen=True, slots=True)
class App:
    """An app of the account: its credentials and what it may do."""

    client_id: str
    client_secret: str = field(repr=False)
    scopes: frozenset[str]


class Denied(Exception):
    """A request without sound credentials: the message and code of a 401."""

    def __init__(self, message: str, code: int = 4002) -> None:
        super().__init__(message)
        self.message = message
        self.code = code


class TokenGate:
    """Checks the tokens of one account; remembers the ones that may be used only once.

    Callers hold the account's lock.
    """

    def __init__(self, apps: Mapping[str, App]) -> None:
        self._ids = {kind: app.client_id for kind, app in apps.items()}
        self._apps = {app.client_id: app for app in apps.values()}
        self._used: dict[tuple[str, str], float] = {}
        self._requests = 0
        self._rotations: dict[str, tuple[int, str]] = {}

    def rotate(self, entry: object) -> dict[str, Any]:
        """Give an app a new secret; from then on the old one is refused.

        `entry` is {"app", "client_secret"} with `nth`: from which request on, counted from now
        (1). Raises InvalidInput.
        """
        if not isinstance(entry, dict) or set(entry) - {"app", "client_secret", "nth"}:
            raise InvalidInput("A rotation is an object of app, client_secret and nth.")
        kind, secret, nth = entry.get("app"), entry.get("client_secret"), entry.get("nth", 1)
        if not isinstance(kind, str) or kind not in self._ids:
            raise InvalidInput(f"There is no app {kind!r}; there are {', '.join(self._ids)}.")
        if not isinstance(secret, str) or not secret:
            raise InvalidInput("client_secret must be a string that is not empty.")
        if type(nth) is not int or nth < 1:
            raise InvalidInput("nth must be a whole number from 1.")
        self._rotations[self._ids[kind]] = (self._requests + nth, secret)
        return {"app": kind, "client_id": self._ids[kind], "nth": nth}

    def admit(
        self, token: str | None, *, now: float, single_use: bool, encrypted: bool = False
    ) -> App:
        """The app that signed the token. `now` is in epoch seconds. Raises Denied.

        `encrypted`: only encrypted tokens (JWE) are taken, of which none can be read here. What
        the platform says to others is documented nowhere; this is what it says of no JWT.
        """
        self._requests += 1
        for client_id, (at, secret) in self._rotations.items():
            if self._requests >= at:
                self._apps[client_id] = replace(self._apps[client_id], client_secret=secret)
        if not token:
            raise Denied("Invalid SDK credentials")
        if encrypted:
            raise Denied("Invalid JWT token")
        claims = self._unverified(token)
        app = self._apps.get(str(claims.get("appId")))
        if app is None:
            raise Denied("Invalid SDK credentials")
        self._verify(token, app)
        _check_times(claims, now)
        if single_use:
            self._use(claims, app, now)
        return app

    @staticmethod
    def _unverified(token: str) -> dict[str, Any]:
        # PyJWT reads a token's payload whatever its algorithm when nothing is verified.
        if not re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]*", token, re.ASCII):
            raise Denied("Invalid JWT token")
        try:
            claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
        except jwt.PyJWTError:
            raise Denied("Invalid JWT token") from None
        return claims

    @staticmethod
    def _verify(token: str, app: App) -> None:
        try:
            jwt.decode(token, app.client_secret, algorithms=["HS256"], options=_SIGNATURE_ONLY)
        except jwt.InvalidSignatureError:
            raise Denied("Invalid SDK credentials") from None
        except jwt.PyJWTError:
            raise Denied("Invalid JWT token") from None

    def _use(self, claims: dict[str, Any], app: App, now: float) -> None:
        prefix = "error verifying the jwt: "
        jti, expires = claims.get("jti"), claims.get("exp")
        if not isinstance(jti, str) or not jti:
            raise Denied(f'{prefix}"jti" claim is required', 401)
        if expires is None or expires - now > LONGEST_WITH_JTI:
            raise Denied(f'{prefix}if "jti" claim "exp" must be <= 1 hour(s)', 401)
        self._used = {mark: until for mark, until in self._used.items() if until > now}
        if (app.client_id, jti) in self._used:
            raise Denied(f"{prefix}possibly a replay", 401)
        self._used[app.client_id, jti] = expires


def _check_times(claims: dict[str, Any], now: float) -> None:
    for name in ("exp", "iat", "nbf"):
        if name in claims and type(claims[name]) not in (int, float):
            raise Denied("Invalid JWT token")
    if claims.get("exp", now + 1) <= now:
        raise Denied("Invalid JWT token")
    if max(claims.get("iat", 0), claims.get("nbf", 0)) > now + FUTURE_LEEWAY:
        raise Denied("Invalid JWT token")
