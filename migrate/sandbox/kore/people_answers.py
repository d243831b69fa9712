"""Users, groups and bots as the platform answers with them (kore.md D, and the vendor's samples).

Seen in no sample, and therefore chosen: what stands for a group inside a group (a switch), and
what an encrypted answer looks like.
"""

import base64
import json
import secrets
from collections.abc import Iterable, Mapping
from typing import Any

from migrate.sandbox.kore.account import Account
from migrate.sandbox.kore.membership import Holding
from migrate.sandbox.kore.people import Bot, Group, User


def user_row(account: Account, user: User, held: Iterable[Holding]) -> dict[str, Any]:
    """A user as Get User Roles Details shows one."""
    return {
        "username": user.email,
        "orgUserId": user.org_user_id,
        "accountId": account.account_id,
        "isDeveloper": user.developer,
        "canCreateBot": user.can_create_bot,
        "userId": user.id,
        **_roles(account, held),
    }


def user_information(
    account: Account, user: User, held: Iterable[Holding], groups: Iterable[Group]
) -> dict[str, Any]:
    """A user as Get User Information shows one, with the groups that the user is in."""
    return {
        "canCreateBot": user.can_create_bot,
        "isDeveloper": user.developer,
        "userInfo": {
            "emailId": user.email,
            "userId": user.id,
            "firstName": user.first_name,
            "lastName": user.last_name,
            "status": user.status,
        },
        "roles": _roles(account, held),
        "groups": [{"groupId": group.id, "groupName": group.name} for group in groups],
    }


def unknown_user(email: str) -> dict[str, Any]:
    """What Get User Information answers about an e-mail that it does not know."""
    errors = [{"msg": "Invalid emailId", "code": 400}]
    return {"userInfo": {"emailId": email, "status": "failure", "reason": {"errors": errors}}}


def group_row(
    account: Account,
    group: Group,
    users: Mapping[str, User],
    groups: Mapping[str, Group],
    children: str,
) -> dict[str, Any]:
    """A group as Get Groups shows one: whoever is directly in it.

    `users` and `groups` are the account's by name; `children` is the switch `group_children`.
    """
    inner = [groups[name] for name in group.groups]
    shown: list[Any] = [{"_id": child.id, "gN": child.name} for child in inner]
    if children != "objects":
        shown = [child.name if children == "names" else child.id for child in inner]
    return {
        "_id": group.id,
        "gN": group.name,
        "gDesc": group.description,
        "groups": shown,
        "users": [_member(account, users[name]) for name in group.users],
        "userCount": len(group.users),
    }


def bot_row(account: Account, bot: Bot) -> dict[str, Any]:
    """A bot as Get Bots shows one, the secrets of its apps included."""
    return {
        "_id": bot.id,
        "accountId": account.account_id,
        "purpose": bot.purpose,
        "createdOn": bot.created,
        "createdBy": bot.created_by,
        "type": "default",
        "defaultLanguage": bot.language,
        "isDeflect": False,
        "resourceid": "btstreams",
        "status": bot.status,
        "name": bot.name,
        "description": bot.description,
        "isLinkedTo": [],
        "containsPanelOrWidget": False,
        "jwtApps": [
            {
                "clientId": app.client_id,
                "clientSecret": app.client_secret,
                "jtiClaimEnforced": False,
                "jweEncryptionEnforced": False,
                "createdOn": bot.created,
            }
            for app in bot.jwt_apps
        ],
    }


def encrypted(value: Any) -> dict[str, str]:
    """What stands in an answer's place where payloads are encrypted.

    A guess: documented is that AES-256 encrypts the payload and the client's public key its key
    (kore.md E), not how the two travel. Nobody here has the client's key pair, so random bytes
    stand where the ciphertext would: without the key nothing tells them apart.
    """
    size = len(json.dumps(value, ensure_ascii=False).encode())
    sizes = {"encryptedKey": 256, "iv": 12, "payload": size, "authTag": 16}
    return {
        name: base64.b64encode(secrets.token_bytes(length)).decode()
        for name, length in sizes.items()
    }


def _roles(account: Account, held: Iterable[Holding]) -> dict[str, Any]:
    bots = {bot.id: bot.name for bot in account.bots}
    roles: dict[str, list[dict[str, Any]]] = {"btRoles": [], "adminRoles": []}
    for holding in held:
        row = {
            "roleId": holding.role.id,
            "roleName": holding.role.name,
            "groups": list(holding.groups),
        }
        if holding.bot is None:
            roles["adminRoles"].append(row)
        else:
            roles["btRoles"].append({**row, "botId": holding.bot, "botName": bots[holding.bot]})
    return roles


def _member(account: Account, user: User) -> dict[str, Any]:
    return {
        "_id": user.id,
        "emailId": user.email,
        "lastName": user.last_name,
        "firstName": user.first_name,
        "profImage": "no-avatar",
        "profColour": "",
        "activationStatus": user.status,
        "jTitle": "",
        "orgId": account.org_id,
    }
