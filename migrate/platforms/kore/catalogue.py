"""What is known of Kore.ai's roles: built-ins, permission names and values (kore.md A)."""

from migrate.traits import RoleTypeTraits, Traits

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

TRAITS = Traits(
    platform="kore",
    role_types={
        "admin": RoleTypeTraits(
            untouchable=frozenset({"admin", "Master Admin"}),
            built_in=frozenset({"admin", "Master Admin"}),
            known=dict.fromkeys(_ADMIN_PERMISSIONS, _YES_NO),
        ),
        # Names of built-ins differ by version: Bot … became App … in XO 11 (kore.md A5).
        "bot": RoleTypeTraits(
            untouchable=frozenset({"Bot Owner", "App Owner"}),
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
)
