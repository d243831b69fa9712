"""Reads a server: one list of all accounts, which shows who holds which role."""

from collections.abc import Collection

from migrate.model import PrincipalKey, State
from migrate.platforms.base import Found, Need
from migrate.platforms.faircom.accounts import state_of
from migrate.platforms.faircom.catalogue import TRAITS
from migrate.platforms.faircom.channel import ReadChannel
from migrate.traits import Traits


class FairComReader:
    """A server behind a channel that only reads. `where` is its name for messages."""

    def __init__(self, channel: ReadChannel, where: str) -> None:
        self._channel = channel
        self._where = where
        self._listed: frozenset[PrincipalKey] = frozenset()

    @property
    def traits(self) -> Traits:
        """What is known of FairCom."""
        return TRAITS

    @property
    def requests(self) -> int:
        """How many requests were made."""
        return self._channel.requests

    def capture(
        self, role_types: tuple[str, ...] | None = None, people: Need = Need.NOTHING
    ) -> State:
        """Who holds which role; whatever is needed of it, one call shows all.

        Where somebody is missing who was listed before it is looked once more: accounts can be
        dropped, and lists can be cut, which nothing in them says. Raises AccessDenied where the
        list can't be all of it, PlatformFailed where it is odd.
        """
        now = self._look()
        if self._listed - _listed(now):
            now = self._look()
        self._listed = _listed(now)
        return now

    def _look(self) -> State:
        return state_of(
            self._channel.accounts(), operator=self._channel.username, where=self._where
        )

    def account_id(self) -> str:
        """Always "": a server shows no id of its own (faircom.md 4.6)."""
        return ""

    def know(self, state: State) -> None:
        """Nothing: names of accounts and roles tell them apart by themselves."""

    def find_users(self, names: Collection[str]) -> tuple[Found, ...]:
        """Nobody: whom a capture does not show is not there."""
        return ()

    def said_since(self, since: str, until: str) -> None:
        """None: the API offers no log (faircom.md 4)."""

    def close(self) -> None:
        """Log out, and close the connections."""
        self._channel.close()


def _listed(state: State) -> frozenset[PrincipalKey]:
    return frozenset(state.people.principals) if state.people is not None else frozenset()
