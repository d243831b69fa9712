"""The people of a state document: users, groups, bots, and who holds which role.

A section that is left out is filled with whoever holders and groups name, so that a document of
roles alone stays short. A section that is there is complete: naming anybody else is a fault.
"""

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from migrate.sandbox.kore.people import ACTIVE, CREATED, Bot, Group, JwtApp, User


@dataclass(frozen=True, slots=True)
class People:
    """Everybody in an account, in the document's order."""

    users: tuple[User, ...]
    groups: tuple[Group, ...]
    bots: tuple[Bot, ...]


def read_people(document: Mapping[str, Any], org_id: str) -> People:
    """Read the people of a sound state document. Ids left out follow from organisation and name."""
    groups = document.get("groups")
    if groups is None:
        groups = [{"gN": name} for name in _named(document, "group")]
    whole = {**document, "groups": groups}
    users = document.get("users")
    if users is None:
        users = [{"username": name} for name in _named(whole, "user")]
    bots = document.get("bots")
    if bots is None:
        bots = [{"_id": bot_id, "name": bot_id} for bot_id in _named(whole, "bot")]
    return People(
        tuple(_user(user, org_id) for user in users),
        tuple(_group(group, org_id) for group in groups),
        tuple(_bot(bot, org_id) for bot in bots),
    )


def _named(document: Mapping[str, Any], kind: str) -> dict[str, None]:
    """Every user, group or bot that holders and groups name, once, in order."""
    return dict.fromkeys(_names(document, kind))


def _names(document: Mapping[str, Any], kind: str) -> Iterator[str]:
    for role in document["roles"]:
        for holder in role.get("holders", ()):
            if kind in holder:
                yield holder[kind]
    if kind != "bot":
        for group in document.get("groups", ()):
            yield from group.get(f"{kind}s", ())


def _user(document: Mapping[str, Any], org_id: str) -> User:
    email, org_user_id = document.get("username", ""), document.get("orgUserId", "")
    return User(
        id=document.get("userId", _id("u", org_id, email or org_user_id)),
        email=email,
        org_user_id=org_user_id,
        first_name=document.get("firstName", ""),
        last_name=document.get("lastName", ""),
        developer=document.get("isDeveloper", True),
        can_create_bot=document.get("canCreateBot", False),
        status=document.get("status", ACTIVE),
    )


def _group(document: Mapping[str, Any], org_id: str) -> Group:
    return Group(
        id=document.get("_id", _id("e", org_id, document["gN"])),
        name=document["gN"],
        description=document.get("gDesc", ""),
        users=tuple(document.get("users", ())),
        groups=tuple(document.get("groups", ())),
    )


def _bot(document: Mapping[str, Any], org_id: str) -> Bot:
    name = document["name"]
    return Bot(
        id=document.get("_id", _id("st", org_id, name)),
        name=name,
        description=document.get("description", ""),
        purpose=document.get("purpose", "customer"),
        status=document.get("status", "published"),
        language=document.get("defaultLanguage", "en"),
        created=document.get("createdOn", CREATED),
        created_by=document.get("createdBy") or f"u-{uuid.uuid5(uuid.NAMESPACE_DNS, org_id)}",
        jwt_apps=tuple(
            JwtApp(app.get("name", ""), app["clientId"], app["clientSecret"])
            for app in document.get("jwtApps", ())
        ),
    )


def _id(kind: str, org_id: str, name: str) -> str:
    return f"{kind}-{uuid.uuid5(uuid.NAMESPACE_URL, f'{org_id}/{kind}/{name}')}"
