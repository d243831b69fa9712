"""The seeds hold what samples/README.md promises."""

import json
from pathlib import Path
from typing import Any

import pytest

from migrate.sandbox.faircom.account import Account, Server
from migrate.sandbox.faircom.state import read_server

FOLDER = Path(__file__).parents[3] / "samples" / "seed"


def document(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def dev() -> Server:
    return read_server(document("ledger-dev"), "ledger-dev")


@pytest.fixture(scope="module")
def prod() -> Server:
    return read_server(document("ledger-prod"), "ledger-prod")


def pairs(dev: Server, prod: Server) -> list[tuple[Account, Account]]:
    """The accounts that both have."""
    both = dev.accounts.keys() & prod.accounts.keys()
    return [(dev.accounts[key], prod.accounts[key]) for key in sorted(both)]


def holders(server: Server, role: str) -> set[str]:
    return {key for key, account in server.accounts.items() if role in account.roles}


def test_sizes(dev: Server, prod: Server) -> None:
    assert (len(dev.accounts), len(prod.accounts)) == (224, 263)
    for name in ("ledger-dev", "ledger-prod"):
        assert (FOLDER / f"{name}.json").stat().st_size < 100 * 1024


def test_accounts_on_one_side_and_names_that_differ_in_case(dev: Server, prod: Server) -> None:
    assert len(dev.accounts.keys() - prod.accounts.keys()) == 32
    assert len(prod.accounts.keys() - dev.accounts.keys()) == 71
    assert sum(ours.username != theirs.username for ours, theirs in pairs(dev, prod)) > 50
    spelled = [(dev.roles[key], prod.roles[key]) for key in dev.roles.keys() & prod.roles.keys()]
    assert sum(ours != theirs for ours, theirs in spelled) == 3


def test_who_differs(dev: Server, prod: Server) -> None:
    differ = [(a, b) for a, b in pairs(dev, prod) if set(a.roles) != set(b.roles)]
    assert len(differ) == 42
    moved = [
        (a, b) for a, b in pairs(dev, prod) if set(a.roles) == set(b.roles) and a.roles != b.roles
    ]
    assert len(moved) == 21
    assert any(a.roles and not b.roles for a, b in differ)
    assert any(b.roles and not a.roles for a, b in differ)


def test_everything_can_be_promoted(dev: Server, prod: Server) -> None:
    assert not any(dev.accounts[key].roles for key in dev.accounts.keys() - prod.accounts.keys())
    held = {role for account in dev.accounts.values() for role in account.roles}
    assert all(holders(prod, role) for role in held)


def test_roles_that_nobody_holds_or_that_are_not_there(dev: Server, prod: Server) -> None:
    for server in (dev, prod):
        assert "TREASURY_APPROVE" in server.roles
        assert not holders(server, "TREASURY_APPROVE")
    assert "PILOT_READ" in dev.roles
    assert "PILOT_READ" not in prod.roles
    assert holders(prod, "LEGACY_IMPORT")
    assert "LEGACY_IMPORT" not in dev.roles


def test_many_roles(dev: Server, prod: Server) -> None:
    ours, theirs = (set(one.accounts["SVC_BRANCHES"].roles) for one in (dev, prod))
    assert len(ours) <= 128 >= len(theirs)
    # Adds before removes would pass the limit.
    assert len(ours | theirs) > 128


def test_administrators(dev: Server, prod: Server) -> None:
    assert holders(dev, "ADMIN") == {"ADMIN", "DBA_LEAD", "RELEASE_BOT"}
    assert holders(prod, "ADMIN") == {"ADMIN", "DBA_LEAD", "BREAK_GLASS"}


def test_names(dev: Server, prod: Server) -> None:
    common = dev.accounts.keys() & prod.accounts.keys()
    lengths = {len(name.encode()) for name in common}
    assert {31, 35, 64} <= lengths
    assert max(len(name.encode()) for name in dev.roles) == 46
    awkward = {"JOSÉ.PEÑA", "OPS|SHIFT#2", "=SUM(A1:A9)", "<B>BOLD</B>", "O'HARA-SMITH"}
    assert awkward <= common


def test_accounts_without_a_role(dev: Server, prod: Server) -> None:
    for server in (dev, prod):
        assert sum(not account.roles for account in server.accounts.values()) > 10


def test_one_account_is_one_line() -> None:
    for name in ("ledger-dev", "ledger-prod"):
        lines = (FOLDER / f"{name}.json").read_text("utf-8").splitlines()
        accounts = [json.loads(line.strip().rstrip(",")) for line in lines if '"username"' in line]
        assert accounts == document(name)["accounts"]
