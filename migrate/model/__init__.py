"""The values everything else is about: identities, roles, states, snapshots, selections.

All are frozen and slotted; dicts inside them are never changed after construction. Field names
follow the project's words, not a platform's wire names.
"""

from migrate.model.people import (
    ACCOUNT,
    Assignment,
    People,
    Principal,
    PrincipalKey,
    PrincipalKind,
    Scope,
    by_holder,
    holder_of,
    role_key_of,
    scope_of,
)
from migrate.model.roles import (
    HELD,
    Capture,
    Permissions,
    PermissionValue,
    Role,
    RoleKey,
    Section,
    Selection,
    in_scope,
    matches,
    values_of,
)
from migrate.model.state import Assignments, Identity, Mode, Snapshot, State

__all__ = [
    "ACCOUNT",
    "HELD",
    "Assignment",
    "Assignments",
    "Capture",
    "Identity",
    "Mode",
    "People",
    "PermissionValue",
    "Permissions",
    "Principal",
    "PrincipalKey",
    "PrincipalKind",
    "Role",
    "RoleKey",
    "Scope",
    "Section",
    "Selection",
    "Snapshot",
    "State",
    "by_holder",
    "holder_of",
    "in_scope",
    "matches",
    "role_key_of",
    "scope_of",
    "values_of",
]
