"""A session with a server: opened when it is first needed, and closed in every case.

Every call is a POST to one place, told apart by its action; the token is in its body (faircom.md
1, 2). A session that the server has forgotten is opened again, once for each call.
"""

import itertools
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from migrate.causes import Cause
from migrate.errors import AccessDenied, MigrateError, OutcomeUnknown, PlatformFailed
from migrate.http import Http
from migrate.platforms.faircom.catalogue import fold
from migrate.platforms.faircom.codes import SESSION_GONE, WRONG_PASSWORD, login_trouble, words
from migrate.platforms.faircom.envelope import Said, said_in
from migrate.secrets import RotatingSecret, Secret

log = logging.getLogger("migrate.faircom")

PATH = "/api"
IDLE = 300
"""Seconds without a call after which the server may forget a session that nobody closed."""

GOODBYE = 5.0
"""Seconds that closing a session may take: a server that is gone need not be waited for."""

Fence = Callable[[], None]


def _unfenced() -> None:
    return


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who logs in. `secret` is None where a client certificate says who it is.

    `certificate`: whether one is shown.
    """

    username: str
    secret: RotatingSecret | None
    certificate: bool = False


class Session:
    """A session of one account on one server. `wait` is called before each attempt of a call but
    the last one, that closes it. `prefix` makes request ids unique; `where` is the environment's
    name for messages.
    """

    def __init__(
        self,
        http: Http,
        credentials: Credentials,
        wait: Callable[[], None],
        prefix: str,
        where: str,
    ) -> None:
        self._http = http
        self._credentials = credentials
        self._wait = wait
        self._ids = (f"{prefix}-{number}" for number in itertools.count(1))
        self._where = where
        self._token: str | None = None
        self.details: Mapping[str, Any] = {}

    @property
    def requests(self) -> int:
        """How many requests were made, those for the session itself included."""
        return self._http.count

    @property
    def username(self) -> str:
        """Who logs in."""
        return self._credentials.username

    @property
    def secret(self) -> RotatingSecret | None:
        """The login's password, None where a certificate stands for it."""
        return self._credentials.secret

    def send(
        self,
        action: str,
        params: Mapping[str, Any],
        *,
        write: bool,
        debug: bool = False,
        fence: Fence = _unfenced,
    ) -> Said:
        """What the server says to a call, be it an error of its own.

        `debug` asks for warnings. `fence` is called before each attempt, and stops it by raising.
        Raises AccessDenied where nobody can log in, PlatformFailed and its kinds where there is no
        sound answer.
        """
        self.open()
        said = self._post(action, params, write=write, debug=debug, fence=fence)
        if said.code != SESSION_GONE:
            return said
        # Refused at the door, so that nothing was executed and it may go out again.
        self._token = None
        self.open()
        said = self._post(action, params, write=write, debug=debug, fence=fence)
        if said.code == SESSION_GONE:
            self._token = None
            raise AccessDenied(
                f"{action}: the server does not know the session that it has just opened",
                where=self._where,
                remedy="See whether `url` leads to several servers in turn: name one of them.",
            )
        return said

    def open(self) -> None:
        """Log in, unless that was done; with another password of the config where one is refused.

        Raises AccessDenied where the server does not let this login in.
        """
        while self._token is None:
            secret = self.secret.current if self.secret is not None else None
            said = self._create(secret)
            if said.code in WRONG_PASSWORD and self.secret is not None and secret is not None:
                if self.secret.refused(secret):
                    continue
                tried = f"; {self.secret.tried}" if self.secret.tried else ""
                raise self._denied(said, tried)
            if said.code != 0:
                raise self._denied(said, "")
            if self.secret is not None and secret is not None:
                self.secret.accepted(secret)
            self._take(said)

    def close(self) -> None:
        """Log out, where somebody is logged in, and close the connections; raises nothing."""
        token, self._token = self._token, None
        try:
            if token is not None:
                self._post("deleteSession", {}, write=True, token=token, timeout=GOODBYE)
        except MigrateError as error:
            # It expires by itself, and what the command came to does not depend on it.
            log.debug("the session could not be closed: %s", error)
        finally:
            self._http.close()

    def _create(self, secret: Secret | None) -> Said:
        params: dict[str, Any] = {
            "description": "role-migrate",
            "idleConnectionTimeoutSeconds": IDLE,
        }
        if secret is not None:
            params |= {"username": self.username, "password": secret.reveal()}
        try:
            # Sent again where no answer comes: a session that nobody uses expires.
            return self._post("createSession", params, write=False)
        except OutcomeUnknown as error:
            if not self._credentials.certificate:
                error.remedy += " Where the server wants a client certificate: set client_cert."
            raise

    def _take(self, said: Said) -> None:
        if said.token is None:
            raise PlatformFailed(
                "createSession: the server answered success without a token",
                where=self._where,
                remedy="Check that `url` names a FairCom server.",
                cause=Cause.NOT_THE_PLATFORM,
            )
        self._token, self.details = said.token, said.result
        name = said.result.get("username")
        if isinstance(name, str) and name and fold("user", name) != fold("user", self.username):
            self.close()
            raise AccessDenied(
                f"the server takes this login for {name!r}, not for {self.username!r}",
                where=self._where,
                remedy="Set login.username to the name in the client certificate, or show another.",
                cause=Cause.CREDENTIALS,
            )

    def _denied(self, said: Said, tried: str) -> AccessDenied:
        text = f": {said.message}" if said.message else ""
        cause, remedy = login_trouble(said.code)
        return AccessDenied(
            f"the server does not let {self.username!r} in: {words(said.code)}{text}{tried}",
            where=self._where,
            remedy=remedy,
            cause=cause,
        )

    def _post(
        self,
        action: str,
        params: Mapping[str, Any],
        *,
        write: bool,
        debug: bool = False,
        fence: Fence = _unfenced,
        token: str | None = None,
        timeout: float | None = None,
    ) -> Said:
        request_id, token = next(self._ids), token or self._token

        def fenced() -> Mapping[str, str]:
            if timeout is None:
                self._wait()
            # Asked for just before each attempt, after any wait: the last moment to hold back.
            fence()
            return {}

        answer = self._http.send(
            "POST",
            PATH,
            idempotent=not write,
            what=action,
            where=self._where,
            sign=fenced,
            timeout=timeout,
            json={
                "api": "admin",
                "action": action,
                "params": params,
                "debug": "max" if debug else "none",
                "requestId": request_id,
                **({"authToken": token} if token else {}),
            },
        )
        said = said_in(answer, request_id, what=action, where=self._where, write=write)
        return self._without_secrets(said, token)

    def _without_secrets(self, said: Said, token: str | None) -> Said:
        """An answer whose texts repeat no token and no password, whatever the server put there."""
        secret = self.secret.current.reveal() if self.secret is not None else ""
        known = [text for text in (token, said.token, secret) if text]

        def clean(text: str) -> str:
            for each in known:
                text = text.replace(each, "***")
            return text

        warnings = tuple(map(clean, said.warnings))
        return Said(said.code, clean(said.message), said.result, warnings, said.token)
