"""Sends batches of assignments, and reads what became of every entry (kore.md D).

An HTTP 200 is no proof: the vendor's neighbouring calls report failures inside it, and what is
said of unknown users, a half-done or a refused batch is documented nowhere. Whoever sends reads
back afterwards.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from migrate.errors import OutcomeUnknown, PlatformFailed
from migrate.platforms.kore.assignments import Batch, Entry
from migrate.platforms.kore.channel import WriteChannel
from migrate.redaction import struck
from migrate.wording import quoted, value_words

ASSIGN: Mapping[str, str] = {
    "admin": "/api/public/adminroles/assignments/",
    "bot": "/api/public/btroles/assignments/",
}
"""By role type, with the slash at the end, as the vendor's pages write them."""

MOST_PARTS = 32
"""Calls that may be spent on finding the faulty entries of one refused batch."""


@dataclass(frozen=True, slots=True)
class EntryResult:
    """What the platform says of one entry; `reason` is empty where it says that it is done."""

    entry: Entry
    reason: str = ""

    @property
    def done(self) -> bool:
        """Whether the platform says that it is done."""
        return not self.reason


def send(channel: WriteChannel, batch: Batch) -> tuple[EntryResult, ...]:
    """Send a batch, and say of each entry, in order, whether it is done, by its own status.

    A refused batch is halved until the faulty entries are found, in at most MOST_PARTS calls;
    what would take more fails untried. Raises OutcomeUnknown where any part may have been done
    without our knowing, and other PlatformFailed where nothing was.
    """
    return _Sending(channel, batch.role_type).send(batch.entries)


class _Sending:
    """One batch on its way, perhaps in parts."""

    def __init__(self, channel: WriteChannel, role_type: str) -> None:
        self._channel = channel
        self._role_type = role_type
        self._what = f"Assign {role_type.title()} Roles"
        self._calls = 0
        self._done = False

    def send(self, entries: tuple[Entry, ...]) -> tuple[EntryResult, ...]:
        try:
            return self._send(entries)
        except OutcomeUnknown:
            raise
        except PlatformFailed as error:
            if not self._done:
                raise
            # Whoever called would take any other error for "nothing was done".
            raise OutcomeUnknown(
                f"{self._what}: part of a batch is done, then: {error.what}",
                where=error.where,
                remedy=error.remedy,
            ) from error

    def _send(self, entries: tuple[Entry, ...]) -> tuple[EntryResult, ...]:
        if self._calls > MOST_PARTS:
            reason = "not tried: too many parts of its batch were refused"
            return tuple(EntryResult(entry, reason) for entry in entries)
        self._calls += 1
        try:
            answer = self._channel.post(
                ASSIGN[self._role_type],
                json=Batch(self._role_type, entries).bodies,
                what=self._what,
            )
        except PlatformFailed as error:
            # Only a plain refusal speaks of what was sent: kinds of it speak of the call.
            if type(error) is not PlatformFailed:
                raise
            if len(entries) == 1:
                return (EntryResult(entries[0], error.what),)
            middle = len(entries) // 2
            return self._send(entries[:middle]) + self._send(entries[middle:])
        self._done = True
        return self._results(entries, answer)

    def _results(self, entries: tuple[Entry, ...], answer: Any) -> tuple[EntryResult, ...]:
        if not isinstance(answer, list) or len(answer) > len(entries):
            found = f"{len(answer)} entries" if isinstance(answer, list) else value_words(answer)
            raise OutcomeUnknown(
                f"{self._what}: {len(entries)} entries were sent, the answer is {found}",
                remedy="The target is read back to see what was done.",
            )
        missing = [None] * (len(entries) - len(answer))
        return tuple(
            EntryResult(entry, _reason(entry, said))
            for entry, said in zip(entries, [*answer, *missing], strict=True)
        )


def _reason(entry: Entry, said: Any) -> str:
    """Why an entry is not done by what the platform says of it; "" where it says it is."""
    if said is None:
        return "the platform does not say what became of it"
    if not isinstance(said, dict) or not isinstance(said.get("status"), str):
        return f"the platform answered {value_words(said)} without a status"
    if said.get("roleId", entry.role_id) != entry.role_id:
        return "the platform answered about another role in its place"
    # Documented with a blank at its end for bot roles.
    if said["status"].strip().lower() == "success":
        return ""
    reason = _text(said)
    return f"the platform says {quoted(said['status'])}" + (f": {reason}" if reason else "")


def _text(said: Mapping[str, Any]) -> str:
    """The reason in a failed entry: a text, or the envelope that neighbouring calls nest there."""
    for key in ("reason", "msg", "message", "errors"):
        value = said.get(key)
        if isinstance(value, list) and value:
            value = value[0]
        if isinstance(value, str) and value:
            return quoted(struck(value))
        if isinstance(value, dict):
            return _text(value)
    return ""
