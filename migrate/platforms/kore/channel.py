"""Signed, paced calls to one Kore.ai account. The read channel has no way to write.

Nearly every read is a GET. What is looked up by POST is on a list of paths that only read, and
the read channel sends no other POST.
"""

from collections.abc import Callable, Mapping
from typing import Any

from migrate.errors import AccessDenied, RateLimited
from migrate.http import Answer, Http, Upload
from migrate.pace import Pace
from migrate.platforms.kore.answers import value_of
from migrate.platforms.kore.tokens import Sign, Tokens

USERS_INFO = "/api/public/usersInfo"

LOOK_UPS = frozenset({USERS_INFO})
"""The paths of POST requests that only read (kore.md D)."""

BOTS = "/api/public/bots"

SEALED = frozenset({BOTS})
"""The paths whose answers hold secrets of the account, and are not quoted (kore.md D)."""


class ReadChannel:
    """Requests that only read, with a token each, within the account's rate limits.

    A call that is refused for its rate goes out again when the pace allows, which is who gives up.
    `where` is the environment's name for messages.
    """

    def __init__(self, http: Http, tokens: Tokens, pace: Pace, where: str) -> None:
        self._http = http
        self._tokens = tokens
        self._pace = pace
        self._where = where

    @property
    def requests(self) -> int:
        """How many requests were made."""
        return self._http.count

    def get(
        self, path: str, params: Mapping[str, str], *, what: str, token: str | None = None
    ) -> Any:
        """The JSON value that a GET answers. Raises PlatformFailed and its kinds.

        A `token` is sent as it is, however often; without one each attempt gets a new one.
        """
        return self._call("GET", path, what=what, write=False, token=token, params=params)

    def look_up(self, path: str, json: Any, *, what: str) -> Any:
        """The JSON value that a POST to one of LOOK_UPS answers. Raises as `get`.

        It changes nothing, so it is sent again as a GET is.
        """
        if path not in LOOK_UPS:
            raise AssertionError(f"a POST to {path} is not known to only read")
        return self._call("POST", path, what=what, write=False, json=json)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _fence(self) -> None:
        """Hold back what must not be sent any more; a read always may be."""

    def _call(
        self,
        method: str,
        path: str,
        *,
        what: str,
        write: bool,
        token: str | None = None,
        **parts: Any,
    ) -> Any:
        def send(sign: Sign) -> Answer:
            def fenced() -> Mapping[str, str]:
                # Asked for just before each attempt, after any wait: the last moment to hold back.
                if write:
                    self._fence()
                return {"auth": token} if token else sign()

            return self._http.send(
                method,
                path,
                idempotent=not write,
                what=what,
                where=self._where,
                sign=fenced,
                **parts,
            )

        while True:
            answer = self._tokens.signed(send)
            try:
                sealed = path in SEALED
                return value_of(answer, what=what, where=self._where, write=write, sealed=sealed)
            except AccessDenied as denied:
                tried = self._tokens.secret.tried
                denied.what += f"; {tried}" if tried else ""
                raise
            except RateLimited as refused:
                # Refused for its rate means not executed, so the same call may go out again.
                self._pace.refused(refused.what, refused.retry_after, hourly=refused.hourly)


class WriteChannel(ReadChannel):
    """The read channel, and POST requests that write, each sent at most once unless it was refused.

    `fence` is called before each attempt to send one, and stops it by raising.
    """

    fence: Callable[[], None] = staticmethod(lambda: None)

    @property
    def room(self) -> int:
        """How many more calls the account's limits allow within the hour."""
        return self._pace.left()

    def token(self) -> str:
        """A token as requests are signed with, for whoever sends one of their own."""
        return self._tokens.mint()

    def post(
        self,
        path: str,
        *,
        what: str,
        params: Mapping[str, str] | None = None,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        upload: Upload | None = None,
    ) -> Any:
        """The JSON value that a POST answers. Raises OutcomeUnknown where it may have landed."""
        return self._call(
            "POST", path, what=what, write=True, params=params, json=json, form=form, upload=upload
        )

    def _fence(self) -> None:
        self.fence()
