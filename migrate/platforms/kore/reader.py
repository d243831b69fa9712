"""Reads an account: its roles by Export Roles, whole, without paging, and who holds them."""

import time
from collections.abc import Callable, Collection
from typing import Any

from migrate.auditlog import AuditLog
from migrate.errors import PlatformFailed
from migrate.model import Role, Section, State
from migrate.platforms.base import Found, Need
from migrate.platforms.kore.auditlog import said_since
from migrate.platforms.kore.catalogue import TRAITS
from migrate.platforms.kore.channel import ReadChannel
from migrate.platforms.kore.checks import check_kore_roles
from migrate.platforms.kore.documents import role_from_document
from migrate.platforms.kore.holdings import OutOfStep, people_of
from migrate.platforms.kore.lookup import find_users
from migrate.platforms.kore.people import DOCUMENTED, read_account, read_people
from migrate.resources import schema
from migrate.traits import Traits
from migrate.validation import validate

EXPORT = "/api/public/roles/export"

PAUSES = (0.25, 0.5, 1.0, 2.0)
"""Seconds before each further try at a capture whose lists are of different moments."""


class KoreReader:
    """An account behind a channel that only reads. `where` is its name for messages.

    `pause` waits for seconds, and says why.
    """

    def __init__(
        self,
        channel: ReadChannel,
        role_types: tuple[str, ...],
        where: str,
        *,
        pause: Callable[[float, str], None] = lambda seconds, _: time.sleep(seconds),
    ) -> None:
        self._channel = channel
        self._pause = pause
        self._role_types = role_types
        self._where = where
        self._meanings = DOCUMENTED
        self._bots: dict[str, str] = {}

    @property
    def traits(self) -> Traits:
        """What is known of Kore.ai."""
        return TRAITS

    @property
    def requests(self) -> int:
        """How many requests were made."""
        return self._channel.requests

    def capture(
        self, role_types: tuple[str, ...] | None = None, people: Need = Need.NOTHING
    ) -> State:
        """Every role of the types, by Export Roles, and who holds them (kore.md, the calls).

        Lists that do not fit together are read again, within a bound. Raises PlatformFailed where
        they do not fit even then or an answer is not a whole, sound list, and PeopleEncrypted.
        """
        wanted = self._role_types if role_types is None else role_types
        for pause in PAUSES:
            try:
                return self._read(wanted, people)
            except OutOfStep as fault:
                self._pause(pause, f"{fault.what}; all of it is read again then")
        return self._read(wanted, people)

    def _read(self, wanted: tuple[str, ...], people: Need) -> State:
        roles = {role_type: Section.of(self._export(role_type)) for role_type in wanted}
        if people is Need.NOTHING:
            return State(roles)
        read = read_people(self._channel, people, where=self._where, meanings=self._meanings)
        self._meanings = {**self._meanings, **read.meanings}
        state = State(roles, people_of(read.rows, roles, where=self._where, bots=self._bots))
        self.know(state)
        return state

    def know(self, state: State) -> None:
        """Call bots from now on as they are called there: two of one name have a name of their
        own each, and a read of holders may see only one of them."""
        if state.people is not None:
            self._bots |= {scope.id: name for name, scope in state.people.scopes.items()}

    def account_id(self) -> str:
        """The accountId, as a user's row shows it; see `read_account`."""
        return read_account(self._channel, where=self._where)

    def find_users(self, names: Collection[str]) -> tuple[Found, ...]:
        """The users of these e-mails who exist, by Get User Information; see `lookup`."""
        return find_users(self._channel, names, where=self._where)

    def said_since(self, since: str, until: str) -> AuditLog:
        """What the admin console's audit log says of roles; see `auditlog`."""
        return said_since(self._channel, since, until, where=self._where)

    def close(self) -> None:
        """Close the connections."""
        self._channel.close()

    def _export(self, role_type: str) -> tuple[Role, ...]:
        what = f"Export Roles ({role_type})"
        documents = self._channel.get(EXPORT, {"roleType": role_type}, what=what)
        return roles_of(documents, role_type, what=what, where=self._where)


def roles_of(documents: Any, role_type: str, *, what: str, where: str) -> tuple[Role, ...]:
    """The roles in an answer; raises PlatformFailed with every fault where it is no sound list."""
    faults = validate(documents, b"", schema(f"import-kore-{role_type}"), where=where)
    if not faults:
        faults = tuple(
            fault for fault in check_kore_roles(documents, role_type) if not fault.warning
        )
    if faults:
        listed = "; ".join(str(fault) for fault in faults[:5])
        more = f" and {len(faults) - 5} more" if len(faults) > 5 else ""
        raise PlatformFailed(
            f"{what}: the answer is no sound list of {role_type} roles: {listed}{more}",
            where=where,
            remedy="Nothing is planned on a short or odd read; check the account's roles.",
        )
    return tuple(role_from_document(document) for document in documents)
