"""Roles and their documents in Kore.ai's wire format (kore.md A1, C).

Admin permissions are strings, bot permissions lists of strings; everything else passes through
as it is. Bookkeeping fields of an import's answer are not part of a role.
"""

from typing import Any

from migrate.model import Role, values_of


def role_from_document(document: dict[str, Any]) -> Role:
    """The role in a document that the import schema allows."""
    return Role(
        role_type=document["roleType"],
        name=document["role"],
        description=document.get("rDesc", ""),
        permissions={
            name: value if isinstance(value, str) else values_of(*value)
            for name, value in document["permissions"].items()
        },
        id=document.get("_id"),
        ref_id=document.get("refId"),
    )


def document_from_role(role: Role) -> dict[str, Any]:
    """The document of a role; `_id` and `refId` only where the role has them."""
    document: dict[str, Any] = {
        "roleType": role.role_type,
        "role": role.name,
        "rDesc": role.description,
        "permissions": {
            name: value if isinstance(value, str) else list(value)
            for name, value in role.permissions.items()
        },
    }
    if role.id is not None:
        document["_id"] = role.id
    if role.ref_id is not None:
        document["refId"] = role.ref_id
    return document
