"""Large accounts made on the spot, the same for the same numbers."""

from random import Random
from typing import Any

from migrate.sandbox.kore.catalogue import (
    ADMIN_NAMES,
    BOT_NAMES,
    GRADED_BOT_NAMES,
    STOCK,
    STOCK_DESCRIPTIONS,
    owner_permissions,
)
from migrate.sandbox.kore.seed_people import add_people

_TEAMS = ("Claims", "Payments", "Retail", "Support", "Fraud", "Logistics", "People", "Treasury")
_DUTIES = ("Operator", "Reviewer", "Builder", "Auditor", "Lead", "Planner", "Publisher")


def account_state(
    admin_roles: int,
    bot_roles: int,
    *,
    seed: int = 0,
    users: int = 0,
    groups: int = 0,
    bots: int = 0,
    roles_per_user: float = 2,
    groups_per_user: float = 1.5,
    roles_per_group: float = 1,
) -> dict[str, Any]:
    """A state document with so many custom roles of each type, beside the built-ins.

    Another `seed` gives roles of the same names with other permissions. With `users`, `groups` or
    `bots` there are so many of them, and they hold the custom roles as often as the three means
    say; without `bots` nobody holds a bot role. They have the same names under every `seed`.
    """
    # Not for secrets: the same numbers must give the same account.
    chance = Random(seed)  # noqa: S311
    roles = [*built_in_roles("admin"), *(_role("admin", n, chance) for n in range(admin_roles))]
    roles += [*built_in_roles("bot"), *(_role("bot", n, chance) for n in range(bot_roles))]
    state: dict[str, Any] = {"platform": "kore", "roles": roles}
    if users or groups or bots:
        add_people(
            state,
            users,
            groups,
            bots,
            roles_per_user=roles_per_user,
            groups_per_user=groups_per_user,
            roles_per_group=roles_per_group,
            seed=seed,
        )
    return state


def built_in_roles(role_type: str) -> list[dict[str, Any]]:
    """The built-in roles of a type as they are delivered."""
    if role_type == "admin":
        return [_document("admin", "admin", owner_permissions("admin"))]
    stock = {"Bot Owner": owner_permissions("bot")}
    stock |= {name: dict(STOCK[name]) for name in ("Bot Developer", "Bot Tester")}
    return [_document("bot", name, permissions) for name, permissions in stock.items()]


def _document(role_type: str, name: str, permissions: dict[str, Any]) -> dict[str, Any]:
    return {
        "roleType": role_type,
        "role": name,
        "rDesc": STOCK_DESCRIPTIONS[name],
        "permissions": permissions,
    }


def _role(role_type: str, number: int, chance: Random) -> dict[str, Any]:
    team, duty = _TEAMS[number % len(_TEAMS)], _DUTIES[number % len(_DUTIES)]
    permissions: dict[str, Any] = {}
    for name in ADMIN_NAMES if role_type == "admin" else BOT_NAMES:
        # One in eight is left out: real maps are sparse.
        if chance.random() < 0.125:
            continue
        if role_type == "admin":
            permissions[name] = chance.choice(("YES", "NO"))
        elif name in GRADED_BOT_NAMES:
            permissions[name] = [chance.choice(("FULL", "VIEW", "NO"))]
        else:
            permissions[name] = [chance.choice(("YES", "NO"))]
    return {
        "roleType": role_type,
        "role": f"{team} {duty} {number:05d}",
        "rDesc": f"{duty} in {team}",
        "permissions": permissions,
    }
