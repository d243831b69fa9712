"""What is known of Kore.ai's roles: built-ins, permission names and values (kore.md A)."""

from migrate.identity import folded
from migrate.model import Assignment, PrincipalKind
from migrate.traits import RoleTypeTraits, Traits
from migrate.wording import quoted

DENIED = "NO"

_YES_NO = frozenset({"YES", "NO"})
_LEVELS = frozenset({"FULL", "VIEW", "NO"})

_ADMIN_PERMISSIONS = (
    "Invite",
    "Import Users / Sync",
    "Directory Sync",
    "Manage User Profile Fields",
    "Password Policies",
    "Domain Management",
    "Manage Users",
    "Manage User Settings",
    "Manage Groups",
    "Manage Deployment",
    "Enterprise Bots",
    "Consumer Bots",
    "Smart Bots",
    "Single Sign On",
    "Kore.ai Connector",
    "Manage Built-In Admin Roles",
    "Manage Custom Admin Roles",
    "Manage Bot Roles",
    "View and Run Audit Reports",
    "View and Run Bot Chat History",
    "Preferences",
    "API Scopes",
    "Enterprise Key",
)

_BOT_LEVELS = (
    "Tasks",
    "Natural Language",
    "Knowledge Graph",
    "Bot Settings",
    "Batch Testing",
    "Testing",
    "Bot Developers",
    "Custom Dashboards",
    "Storyboard",
    "IntentDiscovery",
)

_BOT_SWITCHES = (
    "Bot Import",
    "Publish bot",
    "Channels",
    "Dashboard",
    "Bot Analytics",
    "Extensions",
    "Integrations & Extensions",
    "Bot builder API Scopes",
    "Bot Builder API Scopes",
    "App Builder API Scopes",
)

_UNTOUCHABLE = {
    "admin": frozenset({"admin", "Master Admin"}),
    "bot": frozenset({"Bot Owner", "App Owner"}),
}

_SENSITIVE = (
    "Single Sign On",
    "API Scopes",
    "Manage Built-In Admin Roles",
    "Enterprise Key",
    "View and Run Bot Chat History",
)

_LABELS = {
    "Manage Bot Roles": "Manage App Roles",
    "Enterprise Bots": "Enterprise Apps",
    "Consumer Bots": "Consumer Apps",
    "Smart Bots": "Smart Apps",
    "View and Run Bot Chat History": "View and Run App Chat History",
    "Bot Developers": "App Developers",
    "Bot builder API Scopes": "App Builder API Scopes",
    "Bot Builder API Scopes": "App Builder API Scopes",
}
"""What newer consoles call permissions; whether names on the wire follow is not known, and what
calls itself by the newer name needs no label (kore.md A2, A3)."""


def fold(kind: str, name: str) -> str:
    """What a principal's name is matched by: a user's without regard to case, a group's as it is.

    Assignments hold it as `principal`, and `People.principals` has it in its keys.
    """
    return folded(kind, name)


def not_assignable(assignment: Assignment) -> str:
    """Why the platform never gives or takes this; "" where it does (kore.md B, the console)."""
    if assignment.role not in _UNTOUCHABLE[assignment.role_type]:
        return ""
    if assignment.role_type == "bot":
        return f"{quoted(assignment.role)} cannot be assigned: it comes with owning the bot"
    if assignment.kind == PrincipalKind.GROUP:
        return f"{quoted(assignment.role)} (Master Admin) is held by users only, never by groups"
    return ""


TRAITS = Traits(
    platform="kore",
    role_types={
        "admin": RoleTypeTraits(
            untouchable=_UNTOUCHABLE["admin"],
            built_in=frozenset({"admin", "Master Admin"}),
            known=dict.fromkeys(_ADMIN_PERMISSIONS, _YES_NO),
        ),
        # Names of built-ins differ by version: Bot … became App … in XO 11 (kore.md A5).
        "bot": RoleTypeTraits(
            untouchable=_UNTOUCHABLE["bot"],
            built_in=frozenset(
                {
                    "Bot Owner",
                    "Bot Developer",
                    "Bot Tester",
                    "App Owner",
                    "App Developer",
                    "App Tester",
                    "Supervisor",
                    "Agent",
                }
            ),
            known={
                **dict.fromkeys(_BOT_LEVELS, _LEVELS),
                **dict.fromkeys(_BOT_SWITCHES, _YES_NO),
            },
        ),
    },
    denied=DENIED,
    value_order=((DENIED, "VIEW", "FULL"), (DENIED, "YES")),
    fold=fold,
    not_assignable=not_assignable,
    sensitive=_SENSITIVE,
    role_management="Manage Custom Admin Roles",
    labels=_LABELS,
)
