"""The probe's hands: send files and assignments, read until they show, and keep the time."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from migrate.canonical import dumps, sha256
from migrate.errors import OutcomeUnknown, PlatformFailed
from migrate.model import PrincipalKind, Role
from migrate.platforms.base import Need
from migrate.platforms.kore.assign_calls import ASSIGN
from migrate.platforms.kore.assignments import Batch, Entry
from migrate.platforms.kore.catalogue import fold
from migrate.platforms.kore.documents import document_from_role
from migrate.platforms.kore.people import read_people
from migrate.platforms.kore.reader import roles_of
from migrate.platforms.kore.rows import Held
from migrate.platforms.kore.writer import IMPORT, KoreWriter
from migrate.tools import Tools

FIRST_PAUSE, LONGEST_PAUSE = 0.25, 8.0
"""Seconds between reads that wait for a write to show; each pause is twice the one before."""

Roles = dict[str, Role]
"""Roles of one type by name."""

Shown = TypeVar("Shown")


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a call: the value it answered with, or why it was refused."""

    value: Any = None
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import answered with, in its order; nothing where it was refused."""

    roles: tuple[Role, ...] = ()
    refusal: str = ""


class Bench:
    """Calls to one account. `bound`: seconds within which a write should show in reads.

    `wrote`: an import or an assignment was begun. `longest` is the longest that one took to show,
    in seconds, `timed` how many were timed, and `late` those that did not show. Raises the errors
    of a writer, but for plain refusals, which are answers here.
    """

    def __init__(self, writer: KoreWriter, tools: Tools, where: str, bound: float) -> None:
        self.channel = writer.channel
        self._writer = writer
        self._tools = tools
        self._where = where
        self._bound = bound
        self._sent_at = tools.now()
        self.wrote = False
        self.longest = 0.0
        self.timed = 0
        self.late = 0

    def upload(self, role_type: str, documents: Iterable[Role]) -> str:
        """Upload role documents; returns the fileId."""
        return self.upload_bytes(role_type, dumps([document_from_role(each) for each in documents]))

    def upload_bytes(self, role_type: str, data: bytes) -> str:
        """Upload anything; returns the fileId."""
        return self._writer.upload(data, sha256(data), role_type).file_id

    def bring_in(self, role_type: str, file_id: str, *, full: bool = False) -> Imported:
        """Import what was uploaded."""
        what = f"Import Roles ({role_type})"
        sent = self._post(
            IMPORT,
            {"fileId": file_id},
            what,
            {"roleType": role_type, "fullImport": json.dumps(full)},
        )
        if sent.refusal:
            return Imported(refusal=sent.refusal)
        try:
            return Imported(roles_of(sent.value, role_type, what=what, where=self._where))
        except PlatformFailed as error:
            raise OutcomeUnknown(error.what, where=error.where, remedy=error.remedy) from error

    def assign(self, role_type: str, entries: Iterable[Entry]) -> Sent:
        """Send one batch; the value is its answer, unread."""
        what = f"Assign {role_type.capitalize()} Roles"
        return self._post(ASSIGN[role_type], Batch(role_type, tuple(entries)).bodies, what)

    def roles(self, role_type: str) -> Roles:
        """The roles of a type as they are now."""
        state = self._writer.capture((role_type,))
        return {role.name: role for role in state.roles[role_type].roles}

    def until(self, role_type: str, shows: Callable[[Roles], bool]) -> Roles | None:
        """The roles, once they show what was just sent; None where they don't within the bound."""
        return self.watch(lambda: self.roles(role_type), shows)

    def held(self, user: str, role_type: str, role_id: str) -> tuple[Held, ...]:
        """The rows of a user (folded e-mail) for a role."""
        rows = read_people(self.channel, Need.HOLDERS, where=self._where).rows.users
        return tuple(
            held
            for row in rows
            if fold(PrincipalKind.USER, row.email) == user
            for held in row.held
            if (held.role_type, held.role_id) == (role_type, role_id)
        )

    def held_until(
        self, user: str, role: Role, shows: Callable[[tuple[Held, ...]], bool]
    ) -> tuple[Held, ...] | None:
        """The rows of a user for a role, once they show what was just sent; None as `until`."""
        role_id = role.id or ""
        return self.watch(lambda: self.held(user, role.role_type, role_id), shows)

    def settle_down(self) -> None:
        """Wait until a write that did not show so far would have shown, by what was seen."""
        pause = max(1.0, 2 * self.longest) if self.longest else 0.0
        if pause:
            self._tools.pause(pause, "reads lag here")

    def now(self) -> float:
        """Epoch seconds."""
        return self._tools.now()

    def _post(self, path: str, body: Any, what: str, params: dict[str, str] | None = None) -> Sent:
        self.channel.fence()  # whoever may not write any more has not begun to
        self.wrote = True
        try:
            value = self.channel.post(path, json=body, what=what, params=params)
        except PlatformFailed as error:
            # Kinds of it speak of the call, not of what was sent.
            if type(error) is not PlatformFailed:
                raise
            return Sent(refusal=error.what)
        finally:
            self._sent_at = self._tools.now()
        return Sent(value)

    def watch(self, read: Callable[[], Shown], shows: Callable[[Shown], bool]) -> Shown | None:
        """What is read, once it shows what was just sent; None where it doesn't in time."""
        pause, first = FIRST_PAUSE, True
        while True:
            asked_at = self._tools.now()
            found = read()
            if shows(found):
                self.timed += 1
                self.longest = max(self.longest, 0.0 if first else asked_at - self._sent_at)
                return found
            left = self._sent_at + self._bound - self._tools.now()
            if left <= 0:
                self.late += 1
                return None
            self._tools.sleep(min(pause, left))
            pause, first = min(2 * pause, LONGEST_PAUSE), False
