"""An account as the checkup asks it: each app on its own, without waiting for anything."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from migrate.causes import Cause
from migrate.config import Limits
from migrate.errors import MigrateError
from migrate.http import Answer, Http
from migrate.pace import Pace
from migrate.platforms.kore.answers import value_of
from migrate.platforms.kore.channel import ReadChannel
from migrate.platforms.kore.reader import EXPORT, roles_of
from migrate.platforms.kore.tokens import Sign, Tokens
from migrate.secrets import RotatingSecret

ROLE_TYPE = "admin"
_WHAT = "Export Roles"


@dataclass(frozen=True, slots=True)
class App:
    """An app of the account; `tokens` is None where its secret can't be read."""

    tokens: Tokens | None

    @property
    def usable(self) -> bool:
        """Whether there is a secret to sign with."""
        return self.tokens is not None

    @property
    def secret(self) -> RotatingSecret:
        """The secret of an app that is usable."""
        if self.tokens is None:
            raise AssertionError("an app without a secret is not asked for it")
        return self.tokens.secret


@dataclass(frozen=True, slots=True)
class Tried:
    """What an export of roles by an app came to: the number of roles, or an error."""

    roles: int = 0
    error: MigrateError | None = None

    @property
    def let_in(self) -> bool:
        """Whether the platform knows the app, be it without the scope."""
        return self.error is None or self.error.cause is Cause.SCOPE


@dataclass(frozen=True, slots=True)
class Account:
    """What is looked at: the account's HTTP, its apps, and its name for messages.

    `pace` does not wait where the platform refuses for its rate. `limits` are the config's; `now`
    gives epoch seconds.
    """

    http: Http
    admin: App
    builder: App | None
    pace: Pace
    limits: Limits
    where: str
    now: Callable[[], float]

    @property
    def channel(self) -> ReadChannel:
        """Reads as the admin app, which is usable."""
        if self.admin.tokens is None:
            raise AssertionError("an app without a secret reads nothing")
        return ReadChannel(self.http, self.admin.tokens, self.pace, self.where)

    def ask(self, app: App) -> Answer:
        """Export roles as an app, without a token where it has none. Raises as `Http.send`."""
        if app.tokens is None:
            return self._send(None)
        return app.tokens.signed(self._send)

    def tried(self, answer: Answer) -> Tried:
        """What an answer to `ask` comes to."""
        try:
            documents = value_of(answer, what=_WHAT, where=self.where, write=False)
            return Tried(len(roles_of(documents, ROLE_TYPE, what=_WHAT, where=self.where)))
        except MigrateError as error:
            return Tried(error=error)

    def _send(self, sign: Sign | None) -> Answer:
        params: Mapping[str, str] = {"roleType": ROLE_TYPE}
        return self.http.send(
            "GET",
            EXPORT,
            idempotent=True,
            what=_WHAT,
            where=self.where,
            params=params,
            sign=sign,
        )
