"""Calls to one server, by what they do. The read channel has no way to write."""

from collections.abc import Callable, Mapping
from typing import Any

from migrate.causes import Cause
from migrate.errors import AccessDenied, PlatformFailed
from migrate.pace import Pace
from migrate.platforms.faircom.codes import NO_ADMINISTRATOR, words
from migrate.platforms.faircom.envelope import Said
from migrate.platforms.faircom.session import Session

Entry = Mapping[str, tuple[str, ...]]
"""`roleNames` and `usernames`: each of the accounts is given, or loses, each of the roles."""


class ReadChannel:
    """Calls that only read. `where` is the environment's name for messages."""

    def __init__(self, session: Session, pace: Pace, where: str) -> None:
        self._session = session
        self._pace = pace
        self._where = where

    @property
    def requests(self) -> int:
        """How many requests were made."""
        return self._session.requests

    @property
    def username(self) -> str:
        """Who is logged in."""
        return self._session.username

    def accounts(self) -> Mapping[str, Any]:
        """The result of listAccounts without a filter: every account that may be seen.

        Raises AccessDenied where the login lacks the right, and PlatformFailed and its kinds.
        """
        said = self._session.send("listAccounts", {}, write=False)
        if said.code == 0:
            return said.result
        text = f": {said.message}" if said.message else ""
        what = f"listAccounts: {words(said.code)}{text}"
        if said.code in NO_ADMINISTRATOR:
            raise AccessDenied(
                f"{what}: {self.username!r} lacks the right to administer the server",
                where=self._where,
                remedy="Log in as an account that holds the role ADMIN.",
                cause=Cause.RIGHTS,
            )
        raise PlatformFailed(
            what, where=self._where, remedy="role-migrate doctor checks the usual causes."
        )

    def close(self) -> None:
        """Log out, and close the connections."""
        self._session.close()


class WriteChannel(ReadChannel):
    """The read channel, and the call that writes, sent at most once unless its session was gone.

    `fence` is called before each attempt to send it, and stops it by raising.
    """

    fence: Callable[[], None] = staticmethod(lambda: None)

    @property
    def room(self) -> int:
        """How many more calls the limits in the config allow within the hour."""
        return self._pace.left()

    def assign(self, add: tuple[Entry, ...], remove: tuple[Entry, ...]) -> Said:
        """Give and take roles. What the server says, be it an error, proves nothing: success may
        hide what was not done, and after an error a part may be done (faircom.md 4.1, 5).

        Raises as `Session.send`; OutcomeUnknown where it may have been done.
        """
        params = {word: list(each) for word, each in (("add", add), ("remove", remove)) if each}
        return self._session.send(
            "assignRolesToAccounts", params, write=True, debug=True, fence=lambda: self.fence()
        )
