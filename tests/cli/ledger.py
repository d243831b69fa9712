"""Two FairCom servers in disorder, for tests of who holds what there."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from migrate.sandbox import Sandbox
from tests.cli.world import Ran, World, world_on

ASSIGN = "assignRolesToAccounts"
Held = set[tuple[str, str]]


def server(accounts: dict[str, str], *more: str, **settings: Any) -> dict[str, Any]:
    """A server with these accounts, each with its roles in their order, and `more` roles."""
    held = {name: roles.split() for name, roles in accounts.items()}
    names = dict.fromkeys(
        (*("ADMIN", "GUEST"), *(r for each in held.values() for r in each), *more)
    )
    folded = {name.upper(): name for name in reversed(names)}
    return {
        "platform": "faircom",
        "roles": [name for name in names if folded[name.upper()] == name],
        "accounts": [
            {"username": "ADMIN", "roles": ["ADMIN"]},
            *({"username": name, "roles": roles} for name, roles in held.items()),
        ],
        **settings,
    }


DEV = server(
    {"ann": "SALES Ledger", "bob": "Ledger", "cy": "AUDIT", "dee": "", "ops": "ADMIN"},
)
PROD = server(
    {
        "ANN": "SALES",
        "BOB": "SALES OLD",
        "CY": "AUDIT SALES",
        "DEE": "LEDGER",
        "OPS": "ADMIN",
        "EVE": "SALES EXTRA",
    },
    "PILOT",
)
BEFORE: Held = {
    ("ADMIN", "ADMIN"),
    ("ANN", "SALES"),
    ("BOB", "SALES"),
    ("BOB", "OLD"),
    ("CY", "AUDIT"),
    ("CY", "SALES"),
    ("DEE", "LEDGER"),
    ("OPS", "ADMIN"),
    ("EVE", "SALES"),
    ("EVE", "EXTRA"),
}
MERGED = BEFORE | {("ANN", "LEDGER"), ("BOB", "LEDGER")}
EXACT: Held = {
    ("ADMIN", "ADMIN"),
    ("ANN", "SALES"),
    ("ANN", "LEDGER"),
    ("BOB", "LEDGER"),
    ("CY", "AUDIT"),
    ("OPS", "ADMIN"),
    ("EVE", "EXTRA"),  # neither EVE nor the role is in dev: left alone
}


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    folder = tmp_path_factory.mktemp("box")
    with Sandbox({"dev": DEV, "prod": PROD}, folder, s3=False) as started:
        yield started


@pytest.fixture
def ledger(box: Sandbox, tmp_path: Path) -> Iterator[World]:
    with world_on(box, tmp_path / "work") as made:
        yield made
        assert_logged_out(made)


def assert_logged_out(world: World) -> None:
    """Every session that was opened is closed."""
    for name in ("dev", "prod"):
        calls = world.calls(name)
        assert calls.count("createSession") == calls.count("deleteSession"), (name, calls)


def holdings(world: World, name: str = "prod") -> Held:
    """(account, role) of everybody who holds one, in capitals; GUEST is no role to hold."""
    return {
        (account["username"].upper(), role.upper())
        for account in world.state(name)["accounts"]
        for role in account["roles"]
        if role.upper() != "GUEST"
    }


def promote(world: World, assignments: str = "exact", *options: str) -> Ran:
    return world.promote("--yes", "--assignments", assignments, *options)


def assigns(world: World, since: int = 0) -> list[dict[str, Any]]:
    """The parameters of each call to assign roles."""
    return [
        entry["body"]["params"]
        for entry in world.log("prod", since)
        if entry["body"]["action"] == ASSIGN
    ]


def log_in_as(world: World, name: str, environment: str = "prod") -> None:
    """Let the config name another account than ADMIN."""
    password = f"{name}'s own pässword"
    world.control(f"/secrets/{environment}", {"username": name, "password": password})
    file = world.folder / "secrets" / f"{name}-login"
    file.write_text(password)
    file.chmod(0o600)
    world.configure(
        environment,
        login=f'{{ username = "{name}", password = {{ file = "secrets/{file.name}" }} }}',
    )


def accounts(state: dict[str, Any]) -> dict[str, str]:
    """The accounts of a server beside ADMIN, as `server` takes them."""
    return {
        each["username"]: " ".join(each["roles"])
        for each in state["accounts"]
        if each["username"] != "ADMIN"
    }
