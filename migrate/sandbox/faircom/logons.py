"""Who may log in: passwords, failed attempts, dates, certificates (faircom.md 2, 6).

How long an account may stay away (maxMinutesBeforeNextLogin, 579) is kept and shown, not enforced.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from migrate.errors import InvalidInput
from migrate.sandbox.faircom import codes
from migrate.sandbox.faircom.account import Account, Server, folded
from migrate.sandbox.faircom.codes import Failed
from migrate.sandbox.faircom.switches import Switches

_DAY = 86400.0


class Logons:
    """The passwords of a server, which no state shows. Callers hold the environment's lock.

    `passwords` has them by folded name; an account without one there cannot log in by password.
    """

    def __init__(self, passwords: Mapping[str, str]) -> None:
        self._passwords = dict(passwords)
        self._failures: dict[str, int] = {}
        self._logons = 0
        self._changes: dict[str, tuple[int, str]] = {}

    def set(self, username: str, password: str) -> None:
        """Give an account a password, and a new start."""
        self._passwords[folded(username)] = password
        self._failures.pop(folded(username), None)

    def forget(self, key: str) -> None:
        """Forget an account that is gone."""
        self._passwords.pop(key, None)

    def change(self, entry: object, server: Server) -> dict[str, Any]:
        """Give an account another password.

        `entry` is {"username", "password"} with `nth`: from which log-in on, counted from now (1).
        Raises InvalidInput.
        """
        if not isinstance(entry, dict) or set(entry) - {"username", "password", "nth"}:
            raise InvalidInput("A change is an object of username, password and nth.")
        username, password, nth = entry.get("username"), entry.get("password"), entry.get("nth", 1)
        for name, value in (("username", username), ("password", password)):
            if not isinstance(value, str) or not value:
                raise InvalidInput(f"{name} must be a string that is not empty.")
        if server.account(str(username)) is None:
            raise InvalidInput(f"There is no account {username!r}.")
        if type(nth) is not int or nth < 1:
            raise InvalidInput("nth must be a whole number from 1.")
        self._changes[folded(str(username))] = (self._logons + nth, str(password))
        return {"username": username, "nth": nth}

    def admit(
        self,
        server: Server,
        username: str | None,
        password: str,
        *,
        peer: str | None,
        switches: Switches,
        now: float,
    ) -> Account | None:
        """The account that logs in, None for a guest. `now` is in epoch seconds. Raises Failed.

        `peer` is the name in the client's certificate, which stands for a name and a password that
        are left out (faircom.md 2).
        """
        self._logons += 1
        for key in [key for key, (at, _) in self._changes.items() if self._logons >= at]:
            self.set(key, self._changes.pop(key)[1])
        if username is None and peer is None:
            if switches.guest_login == "refused":
                raise Failed(codes.NO_GUESTS)
            return None
        account = server.account(str(peer if username is None else username))
        if account is None:
            raise _denied(codes.UNKNOWN_USER, switches)
        limit = account.settings["lockoutAfterNFailedAttempts"]
        if limit and self._failures.get(account.key, 0) >= limit:
            raise Failed(codes.LOCKED_OUT)
        if username is not None and self._passwords.get(account.key) != password:
            self._failures[account.key] = self._failures.get(account.key, 0) + 1
            raise _denied(codes.WRONG_PASSWORD, switches)
        self._failures.pop(account.key, None)
        _check_dates(account, now)
        return account


def _denied(native: int, switches: Switches) -> Failed:
    return Failed(native if switches.bad_login == "native" else codes.INVALID_PASSWORD)


def _check_dates(account: Account, now: float) -> None:
    enabled, disabled = (
        _seconds(account.settings[name]) for name in ("enableDatetime", "disableDatetime")
    )
    if (enabled is not None and now < enabled) or (disabled is not None and now >= disabled):
        raise Failed(codes.NOT_NOW)
    days = account.settings["maxDaysBeforePasswordMustChange"]
    changed = _seconds(account.password_changed)
    if days and changed is not None and now > changed + days * _DAY:
        raise Failed(codes.PASSWORD_EXPIRED)


def _seconds(text: str) -> float | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()
