"""Two environments with people in disorder, for tests of who holds what."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from migrate.sandbox import Sandbox
from migrate.sandbox.kore.seed import built_in_roles
from tests.cli.world import World, role, world_on

ANN, BOB, CY = "ann@example.com", "bob@example.com", "cy@example.com"
DEE, OPERATOR = "dee@example.com", "ops@example.com"
ADMIN_CALL, BOT_CALL = "/api/public/adminroles/assignments", "/api/public/btroles/assignments"
USERS = (ANN, BOB, CY, DEE, OPERATOR)
BOTS = {"Helpdesk": "st-helpdesk", "Sales": "st-sales"}
Held = tuple[str, str, str, str, str]


def account(*roles: dict[str, Any], side: str = "dev", **more: Any) -> dict[str, Any]:
    """An account; ids of bots differ by side, as they do in life."""
    return {
        "platform": "kore",
        "roles": [*built_in_roles("admin"), *built_in_roles("bot"), *roles],
        "users": [{"username": name} for name in USERS],
        "groups": [{"gN": "Desk", "users": [CY]}, {"gN": "Night", "users": [DEE]}],
        "bots": [{"_id": f"{bot}-{side}", "name": name} for name, bot in BOTS.items()],
        **more,
    }


def held(document: dict[str, Any], *holders: str, side: str = "dev") -> dict[str, Any]:
    """The role, held by users and `@groups`; in a bot where it is written `who/Bot`."""
    found = []
    for holder in holders:
        who, _, bot = holder.partition("/")
        kind = {"group": who[1:]} if who.startswith("@") else {"user": who}
        found.append({**kind, **({"bot": f"{BOTS[bot]}-{side}"} if bot else {})})
    return {**document, "holders": found}


KEEPER = role("admin", "Keeper", Preferences="YES", Manage_Custom_Admin_Roles="YES")
OPS = role("admin", "Ops", Invite="YES")
HELPER = role("bot", "Helper", Tasks="VIEW", Testing="NO")
LEFTOVER = role("admin", "Leftover", Manage_Users="YES")
NEW = role("bot", "New", Tasks="FULL")
DEV = account(
    held(KEEPER, OPERATOR),
    held(OPS, ANN, "@Desk"),
    held(HELPER, f"{ANN}/Helpdesk", f"{BOB}/Sales", "@Night/Sales"),
    held(NEW, f"{DEE}/Helpdesk"),
)
PROD = account(
    held(KEEPER, OPERATOR),
    held(OPS, BOB, "@Desk"),
    held(HELPER, f"{ANN}/Sales", f"{BOB}/Sales", "@Desk/Helpdesk", side="prod"),
    held(LEFTOVER, DEE),
    side="prod",
)


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    folder = tmp_path_factory.mktemp("box")
    with Sandbox({"dev": DEV, "prod": PROD}, folder, s3=False) as started:
        yield started


@pytest.fixture
def staffed(box: Sandbox, tmp_path: Path) -> Iterator[World]:
    with world_on(box, tmp_path / "work") as made:
        yield made


def holdings(world: World, name: str = "prod") -> set[Held]:
    """(role type, role, kind, who, bot's name) of everybody who holds something."""
    document = world.state(name)
    bots = {bot["_id"]: bot["name"] for bot in document["bots"]}
    return {
        (
            each["roleType"],
            each["role"],
            kind,
            holder[kind],
            bots[holder["bot"]] if "bot" in holder else "",
        )
        for each in document["roles"]
        for holder in each["holders"]
        for kind in ("user", "group")
        if kind in holder
    }


def section(text: str, title: str) -> list[str]:
    lines = text.splitlines()
    found = lines[lines.index(title) + 1 :]
    return [line.strip() for line in found[: found.index("") if "" in found else None]]


def one_line(text: str) -> str:
    return " ".join(text.split())


def assigns(world: World, since: int = 0) -> list[str]:
    return [entry["path"] for entry in world.log("prod", since) if "assignments" in entry["path"]]


def edit(world: World, name: str, *roles: dict[str, Any], **more: Any) -> None:
    """Give an account these custom roles, and sections."""
    world.put(name, account(*roles, side=name, **more))
