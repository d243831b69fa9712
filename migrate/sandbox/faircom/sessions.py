"""The sessions of one server: tokens, and how long each lives (faircom.md 2)."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

IDLE = "idleConnectionTimeoutSeconds"

OPTIONS: Mapping[str, Any] = {
    "description": "",
    "defaultApi": "db",
    "defaultDatabaseName": "faircom",
    "defaultOwnerName": "admin",
    "defaultBinaryFormat": "hex",
    "defaultVariantFormat": "json",
    "defaultStringFormat": "json",
    "defaultResponseOptions": {"binaryFormat": "hex", "dataFormat": "objects"},
    "idleCursorTimeoutSeconds": 600,
    "transformBufferInitialBytes": 0,
    "defaultRetentionPolicy": "autoPurge",
    "defaultRetentionUnit": "week",
    "defaultRetentionPeriod": 4,
}
"""What a session may be created with, and what it is where nobody says."""


@dataclass(frozen=True, slots=True)
class Session:
    """One session. `username` is folded; times are in seconds of the server's clocks.

    `admin` tells whether the account was an administrator when it logged in.
    """

    token: str = field(repr=False)
    username: str
    admin: bool
    options: Mapping[str, Any]
    permanent: bool
    started: float
    used: float
    used_at: float

    def alive(self, elapsed: float) -> bool:
        """Whether it was used recently enough."""
        return self.permanent or elapsed - self.used < self.options[IDLE]


NOBODY = Session("", "", admin=False, options={}, permanent=False, started=0, used=0, used_at=0)
"""What a request without a living session has in its place."""


class Sessions:
    """All sessions of a server. Callers hold the environment's lock.

    `elapsed` is a clock that only goes forward, `now` the one that people read.
    """

    def __init__(self, elapsed: Callable[[], float], now: Callable[[], float]) -> None:
        self._elapsed = elapsed
        self._now = now
        self._open: dict[str, Session] = {}

    def create(
        self, username: str, *, admin: bool, options: Mapping[str, Any], permanent: bool
    ) -> Session:
        """A new session with a token of its own."""
        token, elapsed, now = secrets.token_urlsafe(48), self._elapsed(), self._now()
        session = Session(token, username, admin, options, permanent, now, elapsed, now)
        self._open[token] = session
        return session

    def find(self, token: str) -> Session:
        """The living session of a token, whose time begins anew; NOBODY where there is none."""
        session = self._living().get(token, NOBODY)
        if session is not NOBODY:
            session = replace(session, used=self._elapsed(), used_at=self._now())
            self._open[token] = session
        return session

    def change(self, session: Session, options: Mapping[str, Any]) -> Session:
        """Give a session other options."""
        self._open[session.token] = changed = replace(
            session, options={**session.options, **options}
        )
        return changed

    def end(self, token: str) -> bool:
        """End a session; whether there was one."""
        alive = token in self._living()
        self._open.pop(token, None)
        return alive

    def living(self, username: str | None = None) -> list[Session]:
        """The sessions that are alive, of one account (folded name) or of all."""
        return [each for each in self._living().values() if username in (None, each.username)]

    def _living(self) -> dict[str, Session]:
        elapsed = self._elapsed()
        self._open = {key: each for key, each in self._open.items() if each.alive(elapsed)}
        return self._open
