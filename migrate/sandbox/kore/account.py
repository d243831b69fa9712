"""What one account holds: immutable values with the platform's bookkeeping."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from migrate.sandbox.kore.catalogue import BUILT_INS, EDITABLE, FIXED, NAMES
from migrate.sandbox.kore.people import Bot, Group, User

Permissions = Mapping[str, str | list[str]]
Holder = Mapping[str, str]
"""Who holds a role: {"user": name} or {"group": name}, for bot roles with {"bot": id}."""

LONG_AGO = "2024-03-04T09:30:00.000Z"


@dataclass(frozen=True, slots=True)
class StoredRole:
    """One role with all that the account keeps about it. Dates are ISO 8601, UTC."""

    role_type: str
    name: str
    id: str
    ref_id: str
    description: str = ""
    permissions: Permissions = field(default_factory=dict)
    holders: tuple[Holder, ...] = ()
    created: str = LONG_AGO
    created_by: str = ""
    modified: str = LONG_AGO
    modified_by: str = ""

    def as_document(self) -> dict[str, Any]:
        """The role as a state document holds it."""
        return {
            "roleType": self.role_type,
            "_id": self.id,
            "refId": self.ref_id,
            "role": self.name,
            "rDesc": self.description,
            "permissions": copied(self.permissions),
            "holders": [dict(holder) for holder in self.holders],
            "createdDate": self.created,
            "createdBy": self.created_by,
            "modifiedDate": self.modified,
            "modifiedBy": self.modified_by,
        }


@dataclass(frozen=True, slots=True)
class Account:
    """Everything in one account, in the order in which the platform lists it."""

    org_id: str
    roles: tuple[StoredRole, ...]
    catalogue: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: NAMES)
    built_ins: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: BUILT_INS)
    account_id: str = ""
    users: tuple[User, ...] = ()
    groups: tuple[Group, ...] = ()
    bots: tuple[Bot, ...] = ()

    def of_type(self, role_type: str) -> tuple[StoredRole, ...]:
        """The roles of one type, in order."""
        return tuple(role for role in self.roles if role.role_type == role_type)

    def fixed(self, role_type: str, name: str) -> bool:
        """Whether this is a built-in that an import never changes."""
        return self.built_ins.get(role_type, {}).get(name) == FIXED

    def editable(self, role_type: str, name: str) -> bool:
        """Whether this is a built-in whose permissions an import may change."""
        return self.built_ins.get(role_type, {}).get(name) == EDITABLE

    def built_in(self, role_type: str, name: str) -> bool:
        """Whether this is a built-in, editable or not."""
        return name in self.built_ins.get(role_type, {})

    def as_document(self) -> dict[str, Any]:
        """The whole account as a state document."""
        return {
            "platform": "kore",
            "orgId": self.org_id,
            "accountId": self.account_id,
            "catalogue": {kind: list(names) for kind, names in self.catalogue.items()},
            "builtIns": {kind: dict(names) for kind, names in self.built_ins.items()},
            "users": [user.as_document() for user in self.users],
            "groups": [group.as_document() for group in self.groups],
            "bots": [bot.as_document() for bot in self.bots],
            "roles": [role.as_document() for role in self.roles],
        }

    def principal_ids(self) -> dict[tuple[str, str], str]:
        """The platform's ids (u-…, e-…) of all users and groups, under ("user", name) and so on."""
        users = {("user", user.name): user.id for user in self.users}
        return users | {("group", group.name): group.id for group in self.groups}


def copied(permissions: Permissions) -> dict[str, str | list[str]]:
    """A copy that shares nothing that could be changed."""
    return {
        name: value if isinstance(value, str) else list(value)
        for name, value in permissions.items()
    }
