"""Who and what is in an account beside its roles: users, groups, bots. Immutable values."""

from dataclasses import dataclass, field
from typing import Any

ACTIVE, NOT_ACTIVE = "active", "not active"
"""What Get User Information filters by (kore.md: the calls in one table)."""

CREATED = "2024-03-04T09:30:00.000Z"


@dataclass(frozen=True, slots=True)
class User:
    """One user. `email` may be empty for a user who is known by organisation id only."""

    id: str
    email: str
    org_user_id: str = ""
    first_name: str = ""
    last_name: str = ""
    developer: bool = True
    can_create_bot: bool = False
    status: str = ACTIVE

    @property
    def name(self) -> str:
        """What holders and groups of a state document call the user: e-mail, or organisation id."""
        return self.email or self.org_user_id

    def as_document(self) -> dict[str, Any]:
        """The user as a state document holds it."""
        return {
            "userId": self.id,
            "orgUserId": self.org_user_id,
            "username": self.email,
            "firstName": self.first_name,
            "lastName": self.last_name,
            "isDeveloper": self.developer,
            "canCreateBot": self.can_create_bot,
            "status": self.status,
        }


@dataclass(frozen=True, slots=True)
class Group:
    """One group: the names of the users and of the groups that are directly in it."""

    id: str
    name: str
    description: str = ""
    users: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()

    def as_document(self) -> dict[str, Any]:
        """The group as a state document holds it."""
        return {
            "_id": self.id,
            "gN": self.name,
            "gDesc": self.description,
            "users": list(self.users),
            "groups": list(self.groups),
        }


@dataclass(frozen=True, slots=True)
class JwtApp:
    """An app of a bot, with its secret: Get Bots shows it (kore.md D)."""

    name: str
    client_id: str
    client_secret: str = field(repr=False)

    def as_document(self) -> dict[str, Any]:
        """The app as a state document holds it."""
        return {"name": self.name, "clientId": self.client_id, "clientSecret": self.client_secret}


@dataclass(frozen=True, slots=True)
class Bot:
    """One bot. Bot roles are held in it, by its id; its name need not be its own."""

    id: str
    name: str
    description: str = ""
    purpose: str = "customer"
    status: str = "published"
    language: str = "en"
    created: str = CREATED
    created_by: str = ""
    jwt_apps: tuple[JwtApp, ...] = ()

    def as_document(self) -> dict[str, Any]:
        """The bot as a state document holds it."""
        return {
            "_id": self.id,
            "name": self.name,
            "description": self.description,
            "purpose": self.purpose,
            "status": self.status,
            "defaultLanguage": self.language,
            "createdOn": self.created,
            "createdBy": self.created_by,
            "jwtApps": [app.as_document() for app in self.jwt_apps],
        }
