"""What an account knows from the start: permission names (kore.md A2, A3), built-ins (A5)."""

from collections.abc import Mapping

ROLE_TYPES = ("admin", "bot")

ADMIN_NAMES = (
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

GRADED_BOT_NAMES = (
    "Tasks",
    "Natural Language",
    "Knowledge Graph",
    "Testing",
    "Bot Developers",
    "Bot Settings",
)
"""Bot permissions that take FULL, VIEW or NO; the others take YES or NO (kore.md A3)."""

BOT_NAMES = (
    *GRADED_BOT_NAMES,
    "Bot Import",
    "Integrations & Extensions",
    "Bot Builder API Scopes",
    "Publish bot",
    "Channels",
    "Dashboard",
    "Bot Analytics",
    "Custom Dashboards",
    "Storyboard",
    "IntentDiscovery",
)

NAMES: Mapping[str, tuple[str, ...]] = {"admin": ADMIN_NAMES, "bot": BOT_NAMES}

FIXED = "fixed"
"""A built-in that an import never changes."""
EDITABLE = "editable"
"""A built-in whose permissions an import may change."""

BUILT_INS: Mapping[str, Mapping[str, str]] = {
    "admin": {"admin": FIXED},
    "bot": {"Bot Owner": FIXED, "Bot Developer": EDITABLE, "Bot Tester": EDITABLE},
}

_DEVELOPER = {
    "Tasks": ["FULL"],
    "Natural Language": ["FULL"],
    "Knowledge Graph": ["FULL"],
    "Bot Developers": ["VIEW"],
    "Bot Settings": ["FULL"],
    "Bot Import": ["YES"],
    "Publish bot": ["YES"],
    "Channels": ["YES"],
    "Dashboard": ["YES"],
    "Bot Analytics": ["YES"],
}
_TESTER = {
    "Tasks": ["VIEW"],
    "Natural Language": ["VIEW"],
    "Knowledge Graph": ["VIEW"],
    "Bot Developers": ["VIEW"],
    "Bot Settings": ["NO"],
    "Bot Import": ["NO"],
    "Publish bot": ["NO"],
    "Channels": ["NO"],
    "Dashboard": ["YES"],
    "Bot Analytics": ["YES"],
}

STOCK: Mapping[str, Mapping[str, list[str]]] = {
    "Bot Developer": _DEVELOPER,
    "Bot Tester": _TESTER,
    "App Developer": _DEVELOPER,
    "App Tester": _TESTER,
}
"""The permissions that editable built-ins are delivered with, by role name."""

STOCK_DESCRIPTIONS: Mapping[str, str] = {
    "admin": "Master administration role with full control on account activity",
    "Bot Owner": "Role of bot owners with full access to bot definition",
    "Bot Developer": "Role for bot co-developers",
    "Bot Tester": "Role for bot testers with read-only access to bot definition",
}


def denied(role_type: str) -> str | list[str]:
    """The value that means NO on the wire for this role type (kore.md A1)."""
    return "NO" if role_type == "admin" else ["NO"]


def owner_permissions(role_type: str) -> dict[str, str | list[str]]:
    """Every permission granted, as the account's owner role has it."""
    if role_type == "admin":
        return dict.fromkeys(ADMIN_NAMES, "YES")
    full = {*GRADED_BOT_NAMES, "Custom Dashboards", "Storyboard", "IntentDiscovery"}
    return {name: ["FULL"] if name in full else ["YES"] for name in BOT_NAMES}
