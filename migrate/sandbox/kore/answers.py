"""Role documents as the platform answers with them (kore.md C and the sample documents)."""

from collections.abc import Mapping
from typing import Any

from migrate.sandbox.kore.account import Account, StoredRole


def exported(role: StoredRole) -> dict[str, Any]:
    """A role as Export Roles shows it: no memberships, no bookkeeping."""
    return {
        "roleType": role.role_type,
        "_id": role.id,
        "role": role.name,
        "rDesc": role.description,
        "permissions": role.permissions,
        "refId": role.ref_id,
    }


def listed(role: StoredRole) -> dict[str, Any]:
    """A role as Get Roles shows it: without the reference id."""
    document = exported(role)
    del document["refId"]
    return document


def imported(
    account: Account, role: StoredRole, ids: Mapping[tuple[str, str], str]
) -> dict[str, Any]:
    """A role as Import Roles answers with it: everything that the account keeps about it.

    `ids` are the account's `principal_ids`. Someone who holds a bot role in two bots shows once.
    """
    built_in = account.built_in(role.role_type, role.name)
    users, groups = (
        list(dict.fromkeys(ids[kind, holder[kind]] for holder in role.holders if kind in holder))
        for kind in ("user", "group")
    )
    bots = sorted({holder["bot"] for holder in role.holders if "bot" in holder})
    return {
        "mapping": {"users": users, "groups": groups, "bots": bots},
        "roleType": role.role_type,
        "rStatus": "unpublished",
        "isASystemRole": built_in,
        "category": role.role_type,
        "audit": [],
        "_userAndGroups": [*users, *groups],
        "isDefault": built_in,
        "_id": role.id,
        "orgId": account.org_id,
        "role": role.name,
        "createdDate": role.created,
        "createdBy": role.created_by,
        "modifiedDate": role.modified,
        "modifiedBy": role.modified_by,
        "permissions": role.permissions,
        "rDesc": role.description,
        "refId": role.ref_id,
        "_product": "Bots",
        "__v": 0,
    }
