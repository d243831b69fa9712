"""The seeds hold what samples/README.md promises."""

import json
import uuid
from pathlib import Path
from typing import Any

import pytest

from migrate.sandbox.kore.account import Account
from migrate.sandbox.kore.membership import holdings, members
from migrate.sandbox.kore.state import read_account

FOLDER = Path(__file__).parents[3] / "samples" / "seed"
OPERATOR = "release.operator@example.com"


def document(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def dev() -> Account:
    return read_account(document("dev"), "dev")


@pytest.fixture(scope="module")
def prod() -> Account:
    return read_account(document("prod"), "prod")


@pytest.fixture(scope="module", params=["dev", "prod"])
def side(request: pytest.FixtureRequest) -> tuple[str, Account]:
    return request.param, read_account(document(request.param), request.param)


def test_sizes(dev: Account, prod: Account) -> None:
    assert (len(dev.users), len(prod.users)) == (260, 300)
    assert (len(dev.groups), len(prod.groups)) == (18, 18)
    assert (len(dev.bots), len(prod.bots)) == (7, 6)
    for name in ("dev", "prod"):
        assert (FOLDER / f"{name}.json").stat().st_size < 400 * 1024


def test_no_id_is_shared(dev: Account, prod: Account) -> None:
    for section in ("users", "groups", "bots"):
        ours, theirs = ({each.id for each in getattr(one, section)} for one in (dev, prod))
        assert not ours & theirs
    assert dev.account_id != prod.account_id


def test_people_on_one_side_and_e_mails_that_differ(dev: Account, prod: Account) -> None:
    ours, theirs = ({user.email for user in one.users} for one in (dev, prod))
    folded, known = ({email.lower() for email in emails} for emails in (ours, theirs))
    # No two users of one account differ only in case.
    assert len(folded) == len(ours)
    assert len(known) == len(theirs)
    assert len((folded & known) - (ours & theirs)) >= 10
    moved = {email for email in folded if email.endswith("@dev.example.com")}
    renamed = {email.replace("@dev.", "@") for email in moved}
    assert len(renamed & known) > 30
    assert renamed - known
    assert len(known - folded - renamed) > 50
    assert len((folded - moved) - known) > 10
    assert any(not email.isascii() for email in ours & theirs)


def test_who_holds_what(side: tuple[str, Account]) -> None:
    _, account = side
    inside, held = members(account), holdings(account, "one")
    assert sum(not rows for rows in held.values()) > 50
    assert sum(sum(user in users for users in inside.values()) > 1 for user in held) > 50
    places = {user: [(row.role.id, row.bot) for row in rows] for user, rows in held.items()}
    assert sum(len(set(rows)) < len(rows) for rows in places.values()) > 10
    assert all(role.holders for role in account.roles)


def test_groups(side: tuple[str, Account]) -> None:
    _, account = side
    groups = {group.name: group for group in account.groups}
    assert "Operations" in groups["Technology"].groups
    assert "Service Desk" in groups["Operations"].groups
    assert not members(account)["Seasonal Staff"]
    empty = {"group": "Seasonal Staff"}
    assert any(empty.items() <= holder.items() for role in account.roles for holder in role.holders)
    assert "Support, Tier 2" in groups


def test_bots_and_their_secrets(dev: Account, prod: Account) -> None:
    ours, theirs = ({bot.name for bot in one.bots} for one in (dev, prod))
    assert ours - theirs == {"People Concierge", "Playground"}
    assert theirs - ours == {"HR Concierge"}
    secrets = [app.client_secret for one in (dev, prod) for bot in one.bots for app in bot.jwt_apps]
    assert len(set(secrets)) == len(secrets) > 10
    assert all(secret.startswith("nOtR3aLx") and len(secret) == 44 for secret in secrets)


def test_the_operator_is_the_admin_apps_own_user(side: tuple[str, Account]) -> None:
    name, account = side
    operator = next(user for user in account.users if user.email == OPERATOR)
    assert operator.id == f"u-{uuid.uuid5(uuid.NAMESPACE_DNS, f'cs-{name}-admin')}"
    held = {row.role.name for row in holdings(account, "one")[OPERATOR]}
    assert {"admin", "Role Steward"} <= held


def test_bot_owners_are_the_same_people(dev: Account, prod: Account) -> None:
    def owners(account: Account) -> dict[str, str]:
        (owner,) = (role for role in account.roles if role.name == "Bot Owner")
        names = {bot.id: bot.name for bot in account.bots}
        return {names[holder["bot"]]: holder["user"] for holder in owner.holders}

    ours, theirs = owners(dev), owners(prod)
    common = ours.keys() & theirs.keys()
    assert len(common) == 5
    assert {name: ours[name] for name in common} == {name: theirs[name] for name in common}


def test_one_user_is_one_line() -> None:
    for name in ("dev", "prod"):
        lines = (FOLDER / f"{name}.json").read_text("utf-8").splitlines()
        users = [line for line in lines if '"userId"' in line]
        assert len(users) == len(document(name)["users"])
        assert all(isinstance(json.loads(line.strip().rstrip(",")), dict) for line in users)
