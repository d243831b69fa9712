"""What an account's audit log says of a change: the role events that are documented (kore.md F).

How their descriptions are worded is documented nowhere; nor is whether an import writes any.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from migrate.sandbox.kore.account import Account, Holder, StoredRole
from migrate.sandbox.kore.switches import Switches

CONSOLE_USER = "console user"
"""Who does what is done through the control endpoint."""

CATEGORY = "Role Management"
SAMPLE_ID = "5e10c62ce0e2f05f0548048"
"""The id of every row in the vendor's sample."""


@dataclass(frozen=True, slots=True)
class Event:
    """One entry. `at` is epoch milliseconds; `text` says what was done, not by whom."""

    at: int
    name: str
    text: str
    who: str
    id: str

    def as_row(self, switches: Switches) -> dict[str, Any]:
        """The entry as the platform answers with it."""
        moment = datetime.fromtimestamp(self.at / 1000, UTC).isoformat(timespec="milliseconds")
        told = switches.audit_user
        return {
            "timestampValue": self.at,
            "Date/Time": moment.replace("+00:00", "Z"),
            "Description": f"{self.text} by {self.who}" if told == "text" else self.text,
            "Name": self.name,
            "Category": CATEGORY,
            "AuditLogId": self.id if switches.audit_ids == "unique" else SAMPLE_ID,
            **({"User Name": self.who} if told == "columns" else {}),
        }


def events(before: Account, after: Account) -> Iterator[tuple[str, str]]:
    """The names and texts of the events that lead from one account to another."""
    had = {(role.role_type, role.name): role for role in before.roles}
    has = {(role.role_type, role.name): role for role in after.roles}
    for key in dict.fromkeys((*had, *has)):
        old, new = had.get(key), has.get(key)
        if old is new:
            continue
        named = f"{key[0]} role '{key[1]}'"
        if old is None or new is None:
            done = "Created" if old is None else "Deleted"
            yield f"Role {done}", f"The {named} was {done.lower()}"
            continue
        if old.permissions != new.permissions:
            yield "Role Permissions Updated", f"Permissions of the {named} were updated"
        if old.description != new.description:
            yield "Role Updated", f"The {named} was updated"
        yield from _moves(old, new, named)


def _moves(old: StoredRole, new: StoredRole, named: str) -> Iterator[tuple[str, str]]:
    had, has = (dict.fromkeys(_words(holder) for holder in role.holders) for role in (old, new))
    given = ", ".join(words for words in has if words not in had)
    taken = ", ".join(words for words in had if words not in has)
    if given:
        yield "Role Assigned to Users/Groups", f"The {named} was given to {given}"
    if taken:
        yield "Role Deleted for Users/Groups", f"The {named} was taken from {taken}"


def _words(holder: Holder) -> str:
    kind = "user" if "user" in holder else "group"
    return f"{kind} {holder[kind]}" + (f" in bot {holder['bot']}" if "bot" in holder else "")
