"""Accounts of any size, the same for the same numbers, and snapshots of them as files."""

from itertools import pairwise
from pathlib import Path
from typing import Any

from migrate import __version__
from migrate.canonical import dumps_pretty
from migrate.model import Identity, Role, Section, Selection, Snapshot, State
from migrate.sandbox.kore.seed import account_state
from migrate.snapshot import to_value

PER_USER = 2
"""Roles that each user holds."""
BOTS = 10


def account(roles: int, assignments: int, seed: int) -> dict[str, Any]:
    """A state of the sandbox with so many custom roles, half of each type, and assignments."""
    return account_state(
        roles // 2,
        roles - roles // 2,
        seed=seed,
        users=assignments // PER_USER,
        bots=BOTS if assignments else 0,
        roles_per_user=PER_USER,
        groups_per_user=0,
    )


def one_percent_changed(state: dict[str, Any]) -> dict[str, Any]:
    """The same account with a permission of every hundredth role turned, and with every hundredth
    holder of a role holding the next one of its type instead."""
    roles = [dict(role) for role in state["roles"]]
    custom = [role for role in roles if role["role"].rpartition(" ")[2].isdecimal()]
    for role in custom[::100]:
        name, value = next(iter(role["permissions"].items()))
        turned = "NO" if value in ("YES", ["YES"], ["FULL"], ["VIEW"]) else "YES"
        role["permissions"] = {
            **role["permissions"],
            name: turned if isinstance(value, str) else [turned],
        }
    count = 0
    for role, following in pairwise(custom):
        if role["roleType"] != following["roleType"]:
            continue
        for holder in list(role.get("holders", ())):
            count += 1
            if count % 100 == 0 and holder not in following.get("holders", ()):
                role["holders"] = [each for each in role["holders"] if each is not holder]
                following["holders"] = [*following.get("holders", ()), holder]
    return {**state, "roles": roles}


def snapshot_file(path: Path, roles: int, seed: int) -> Path:
    """A snapshot as `snapshot --out` writes it, without people. Another seed has the same names
    with other permissions."""
    sections = {
        role_type: Section.of(
            tuple(
                Role(
                    role_type,
                    held["role"],
                    held["rDesc"],
                    {
                        name: value if isinstance(value, str) else tuple(value)
                        for name, value in held["permissions"].items()
                    },
                    f"{seed:024x}"[-12:] + f"{number:012x}",
                    f"00000000-0000-5000-8000-{number:012x}",
                )
                for number, held in enumerate(account(roles, 0, seed)["roles"])
                if held["roleType"] == role_type
            )
        )
        for role_type in ("admin", "bot")
    }
    name = f"account{seed}"
    taken = Snapshot(
        name,
        Identity("kore", "https://bots.example.com", name),
        "2026-01-31T12:00:00Z",
        __version__,
        Selection(),
        State(sections),
    )
    path.write_bytes(dumps_pretty(to_value(taken)))
    return path
