"""What one server holds: accounts, and roles that exist without any holder. Immutable values."""

import string
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

ADMIN, GUEST = "ADMIN", "GUEST"
"""The built-in account and role, and the role of whoever has no other (faircom.md 5)."""

MOST_ROLES = 128
"""Roles of one account, in order; the first is the primary one (faircom.md 3)."""

LONG_AGO = "2024-03-04T09:30:00"

SETTINGS: Mapping[str, Any] = {
    "accountDescription": "",
    "lockoutAfterNFailedAttempts": 0,
    "maxDaysBeforePasswordMustChange": 0,
    "maxMinutesBeforeNextLogin": 0,
    "memoryLimit": 0,
    "memoryRule": "default",
    "enableDatetime": "",
    "disableDatetime": "",
}
"""What an account has beside its name, and what it is where nobody set it (faircom.md 4.2)."""

_UPPER = str.maketrans(string.ascii_lowercase, string.ascii_uppercase)


def folded(name: str) -> str:
    """What the name of an account or role is told apart by: upper case, as far as it is ASCII.

    Names are case-insensitive (faircom.md 5); a server that folds bytes knows no other letters.
    """
    return name.translate(_UPPER)


@dataclass(frozen=True, slots=True)
class Account:
    """One account. `roles` are folded names; none is GUEST, which is what nobody gave.

    `settings` has a value for each name in SETTINGS.
    """

    username: str
    roles: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=lambda: SETTINGS)
    metadata: Mapping[str, Any] = field(default_factory=dict)
    password_changed: str = LONG_AGO

    @property
    def key(self) -> str:
        """The folded name."""
        return folded(self.username)


@dataclass(frozen=True, slots=True)
class Server:
    """Everything on one server, both by folded name. `roles` maps to the name as it is spelled."""

    roles: Mapping[str, str]
    accounts: Mapping[str, Account]

    def account(self, name: str) -> Account | None:
        """The account of that name, in any case."""
        return self.accounts.get(folded(name))

    def having(self, account: Account) -> "Server":
        """This server with one account added, or in place of the one of that name."""
        return replace(self, accounts={**self.accounts, account.key: account})

    def lacking(self, key: str) -> "Server":
        """This server without an account."""
        kept = {each: account for each, account in self.accounts.items() if each != key}
        return replace(self, accounts=kept)

    def as_document(self) -> dict[str, Any]:
        """The whole server as a state document. Passwords are no part of it."""
        return {
            "platform": "faircom",
            "roles": list(self.roles.values()),
            "accounts": [
                {
                    "username": account.username,
                    "roles": [self.roles[role] for role in account.roles],
                    **account.settings,
                    "metadata": dict(account.metadata),
                    "lastPasswordChange": account.password_changed,
                }
                for account in self.accounts.values()
            ],
        }
