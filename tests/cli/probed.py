"""An account to probe, and how to look at one that was."""

import json
from typing import Any

from migrate.sandbox.kore.seed import built_in_roles
from tests.cli.world import World, role

ANN, BOB, CY, DEE = (f"{name}@example.com" for name in ("ann", "bob", "cy", "dee"))
BOT = "Bot 0"


def account() -> dict[str, Any]:
    """Roles that leave permissions out, held directly and through groups, one inside another."""
    held = [
        (role("admin", "Auditor", "reads", Invite="NO", Preferences="YES"), [{"user": BOB}]),
        (role("admin", "Ops", "", Invite="YES", Manage_Users="NO"), [{"group": "Outer"}]),
        (role("bot", "Reviewer", "", Tasks="VIEW", Testing="FULL"), [{"user": ANN, "bot": "st-0"}]),
        (role("bot", "Équipe ⚖", "", Tasks="NO", Publish_bot="YES"), []),
    ]
    return {
        "platform": "kore",
        "roles": [
            *built_in_roles("admin"),
            *built_in_roles("bot"),
            *({**made, "holders": holders} for made, holders in held),
        ],
        "users": [{"username": name} for name in (ANN, BOB, CY, DEE)],
        "groups": [
            {"gN": "Inner", "users": [ANN]},
            {"gN": "Outer", "users": [BOB, CY], "groups": ["Inner"]},
            {"gN": "Third", "users": [BOB]},
        ],
        "bots": [{"_id": f"st-{number}", "name": f"Bot {number}"} for number in range(3)],
    }


def as_it_was(document: dict[str, Any]) -> dict[str, Any]:
    """A state without a probe's roles, and without when and by whom roles were imported last."""
    roles = [
        {key: value for key, value in each.items() if not key.startswith("modified")}
        for each in document["roles"]
        if not each["role"].startswith("role-migrate probe")
    ]
    return {**document, "roles": roles}


def left_over(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The roles that probes left in a state."""
    return [each for each in document["roles"] if each["role"].startswith("role-migrate probe")]


def answered(report: dict[str, Any]) -> dict[tuple[str, str], str | None]:
    """The answers in a probe's report, by question and role type."""
    findings = report["profile"]["findings"]
    return {(item["question"], item["roleType"]): item["value"] for item in findings}


def expire_locks(world: World) -> None:
    """Let the lease of every lock be over long ago."""
    for path in (world.folder / "store" / "locks").glob("*.json"):
        lock: dict[str, Any] = json.loads(path.read_bytes())
        for key in ("acquiredAt", "leaseUntil"):
            lock[key] -= 100_000
        path.write_text(json.dumps(lock, sort_keys=True, separators=(",", ":")))
