"""Role documents in the platform's wire form: reading a role file, and what is wrong with one.

Shapes are those of kore.md A1 and C. Written from the facts, and apart from the client's own
checks, so that a mistake in one shows in the other.
"""

import json
from typing import Any, NoReturn

RoleDocument = dict[str, Any]


def read_role_file(content: bytes, role_type: str) -> list[RoleDocument] | str:
    """The role documents of an import file, or one sentence on why it is none.

    A file is UTF-8 JSON: an array of role documents of `role_type`, no name twice.
    """
    try:
        value = json.loads(content.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return "the file is not JSON in UTF-8"
    if not isinstance(value, list):
        return "the file is not an array of roles"
    seen: set[str] = set()
    for index, document in enumerate(value):
        fault = role_fault(document, role_type)
        if fault:
            return f"role {index + 1}: {fault}"
        if document["role"] in seen:
            return f"role {index + 1}: a second role with the same name"
        seen.add(document["role"])
    return value


def role_fault(document: object, role_type: str) -> str | None:
    """What is wrong with the shape of one role document, None when it is sound."""
    if not isinstance(document, dict):
        return "not an object"
    name = document.get("role")
    if not isinstance(name, str) or not name.strip():
        return "role must be a name"
    if document.get("roleType", role_type) != role_type:
        return f"roleType must be {role_type}"
    for key in ("_id", "refId"):
        if key in document and (not isinstance(document[key], str) or not document[key]):
            return f"{key} must be a string"
    if not isinstance(document.get("rDesc", ""), str):
        return "rDesc must be a string"
    return _permissions_fault(document.get("permissions"), role_type)


def _permissions_fault(permissions: object, role_type: str) -> str | None:
    if not isinstance(permissions, dict):
        return "permissions must be an object"
    for name, value in permissions.items():
        if role_type == "admin":
            if not isinstance(value, str):
                return f"permission {name!r} must be a string"
        elif not _is_list_of_strings(value):
            return f"permission {name!r} must be a list of strings"
    return None


def _is_list_of_strings(value: object) -> bool:
    return (
        isinstance(value, list) and bool(value) and all(isinstance(entry, str) for entry in value)
    )


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
