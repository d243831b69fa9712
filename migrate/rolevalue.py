"""A role as JSON: in snapshots, plans, and folders of roles."""

from typing import Any

from migrate.model import Permissions, Role, values_of


def role_to_value(role: Role, *, ids: bool = True) -> dict[str, Any]:
    """A role as JSON: name, description, permissions and, if asked for and known, id and refId.

    Lists of values are the role's own tuples, which are written as lists.
    """
    value: dict[str, Any] = {
        "name": role.name,
        "description": role.description,
        "permissions": role.permissions,
    }
    if ids and role.id is not None:
        value["id"] = role.id
    if ids and role.ref_id is not None:
        value["refId"] = role.ref_id
    return value


def role_from_value(role_type: str, value: dict[str, Any]) -> Role:
    """The role in a JSON value that its schema allows."""
    return Role(
        role_type=role_type,
        name=value["name"],
        description=value["description"],
        permissions=_permissions(value["permissions"]),
        id=value.get("id"),
        ref_id=value.get("refId"),
    )


def _permissions(value: dict[str, Any]) -> Permissions:
    if {*map(type, value.values())} <= {str}:
        return value
    return {name: v if isinstance(v, str) else values_of(*v) for name, v in value.items()}
