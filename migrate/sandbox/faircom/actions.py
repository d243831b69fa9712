"""What the actions of a server share: what they are asked, by whom, and what they need."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from migrate.sandbox.calls import Call
from migrate.sandbox.faircom import codes
from migrate.sandbox.faircom.account import ADMIN, Account, Server
from migrate.sandbox.faircom.codes import Failed
from migrate.sandbox.faircom.envelope import Reply
from migrate.sandbox.faircom.params import Params
from migrate.sandbox.faircom.sessions import Session
from migrate.sandbox.faircom.switches import Switches


@dataclass(frozen=True, slots=True)
class Job:
    """One request to one action: its parameters, checked, and the session that it comes from."""

    call: Call
    token: str
    params: Mapping[str, Any]
    session: Session

    @property
    def operator(self) -> str:
        """The folded name of the account that asks; nobody's without a session."""
        return self.session.username


@dataclass(frozen=True, slots=True)
class Action:
    """An action: its parameters under the switches of the day, and what answers it.

    `act` raises Failed. It is called with the server's lock held. `needs_session` is for those
    that answer 12031 without one.
    """

    params: Callable[[Switches], Params]
    act: Callable[[Job], Reply]
    needs_session: bool = True


def is_admin(server: Server, session: Session, switches: Switches) -> bool:
    """Whether a session has the rights of an administrator."""
    if switches.live_rights == "at_login":
        return session.admin
    account = server.accounts.get(session.username)
    return account is not None and administers(account)


def administers(account: Account) -> bool:
    """Whether an account is an administrator: ADMIN itself, or who has the role of that name."""
    return account.key == ADMIN or ADMIN in account.roles


def refuse_others(server: Server, session: Session, switches: Switches) -> None:
    """Raise Failed unless the session is an administrator's: for writes."""
    if not is_admin(server, session, switches):
        raise Failed(int(switches.write_rights))


def only_admin(operator: str) -> None:
    """Raise Failed unless it is ADMIN who asks: who is in the role ADMIN is its to say (924)."""
    if operator != ADMIN:
        raise Failed(codes.ONLY_ADMIN)
