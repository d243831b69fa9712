"""Looking back over a year of weekly runs of 5,000 users takes moments, not minutes."""

import json
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import process_time
from typing import Any

import pytest

from migrate import history
from migrate.access import AccessChange, Delta, Direction, Way
from migrate.archive import Archive
from migrate.canonical import dumps, sha256
from migrate.cli import main
from migrate.history.entry import HEAD, key_of, to_bytes
from migrate.model import (
    Assignment,
    Identity,
    People,
    Principal,
    PrincipalKind,
    Role,
    Scope,
    Section,
    Selection,
    Snapshot,
    State,
)
from migrate.stores.directory import DirectoryStore
from tests.history.made import ended

USERS, WEEKS, NOA = 5_000, 52, "noa@example.com"
IDENTITY = Identity("kore", "http://127.0.0.1:9", "acme-prod")
CONFIG = """
formatVersion = 1
[store]
directory = "store"
[environments.prod]
platform = "kore"
url = "http://127.0.0.1:9"
account = "acme-prod"
upload = "platform"
admin_app = { client_id = "cs", client_secret = { env = "NONE" } }
"""


def account(*, sign_on: bool) -> State:
    """The account in one of two shapes: in one of them, NOA may use Single Sign On."""
    pick = random.Random(7)
    permissions = [f"Permission {number}" for number in range(40)]
    roles = [
        Role(
            "admin",
            f"Role {number}",
            "",
            {name: pick.choice(["YES", "NO"]) for name in permissions} | {"Single Sign On": sso},
            id=f"r{number}",
        )
        for number, sso in ((n, "YES" if n % 3 == 0 else "NO") for n in range(60))
    ]
    users = [f"user{number}@example.com" for number in range(USERS)]
    groups = [f"group {number}" for number in range(100)]
    held = {Assignment("user", who, "admin", f"Role {pick.randrange(60)}", "") for who in users}
    held |= {
        Assignment("user", who, "bot", "Tester", f"bot {number % 30}")
        for number, who in enumerate(users)
    }
    held |= {Assignment("group", who, "admin", f"Role {pick.randrange(60)}", "") for who in groups}
    if sign_on:
        held.add(Assignment("user", NOA, "admin", "Role 0", ""))
    people = People(
        "account",
        {("user", who): Principal(PrincipalKind.USER, who, f"u-{who}") for who in (*users, NOA)}
        | {("group", who): Principal(PrincipalKind.GROUP, who, f"g-{who}") for who in groups},
        {f"bot {number}": Scope(f"bot {number}", f"st-{number}") for number in range(30)},
        frozenset(held),
        {who: frozenset(pick.sample(groups, 3)) for who in users},
    )
    tester = Role("bot", "Tester", "", {"Testing": ("FULL",)}, id="t")
    sections = {"admin": Section.of(tuple(roles)), "bot": Section.of((tester,))}
    return State(sections, people)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A year: each week a run changes the account, into one of two shapes."""
    made = tmp_path_factory.mktemp("year")
    (made / "role-migrate.toml").write_text(CONFIG)
    archive = Archive(DirectoryStore(made / "store"), IDENTITY)
    first = datetime(2025, 1, 6, 2, tzinfo=UTC)
    shapes = [
        Snapshot("prod", IDENTITY, "2025-01-06T02:00:00Z", "1", Selection(), account(sign_on=on))
        for on in (False, True)
    ]
    digests = [archive.save_snapshot(shape) for shape in shapes]
    for week in range(WEEKS):
        at = first + timedelta(weeks=week)
        taken = replace(shapes[week % 2], captured_at=f"{at:%Y-%m-%dT%H:%M:%SZ}")
        archive.mark_last(digests[week % 2], taken)
        direction = Direction.GAIN if week % 2 else Direction.LOSS
        values = ((), ("YES",)) if week % 2 else (("YES",), ())
        delta = Delta("Single Sign On", direction, *values, ("Role 0",))
        way = frozenset({Way("Role 0")})
        change = AccessChange("admin", "", (("user", NOA),), (delta,), way, way)
        run = replace(ended(week, at=at.timestamp() + 30), access=(change,))
        history.append(archive.store, run)
    return made


def ask(folder: Path, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[Any, float]:
    """The answer, and the least CPU seconds of three tries."""
    config = ("--config", str(folder / "role-migrate.toml"))
    tries = []
    for _ in range(3):
        started = process_time()
        code = main([*config, *words, "--format", "json"])
        tries.append(process_time() - started)
        answer, said = capsys.readouterr()
        assert code == 0, said
    return json.loads(answer), min(tries)


def test_who_at_a_time_of_a_year_with_the_next_capture_and_the_history_beside_it(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("who", "--permission", "Single Sign On", "--env", "prod", "--at", "2025-06-30")
    answer, took = ask(folder, capsys, *words)
    assert 2_000 < len(answer["holders"]) < USERS
    assert answer["capture"]["since"] == "2025-06-30T02:00:00Z"
    assert len(answer["later"]["runs"]) == 1
    assert answer["later"]["outside"] == []
    assert took < 3, "it takes about 0.6 s; what is quadratic takes minutes"


def test_the_log_of_thousands_of_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "role-migrate.toml").write_text(CONFIG)
    shelf = Path(Archive(DirectoryStore(tmp_path / "store"), IDENTITY).store.location[4:])
    (shelf / "history").mkdir(parents=True)
    previous = None
    for number in range(1, 2_001):
        data = to_bytes(number, previous, ended(number))
        (shelf / key_of(number)).write_bytes(data)
        previous = sha256(data)
    (shelf / HEAD).write_bytes(dumps({"number": number, "digest": previous}))
    answer, took = ask(tmp_path, capsys, "log", "--env", "prod")
    assert len(answer["runs"]) == answer["checked"]["prod"] == 2_000
    assert took < 6, "it takes about a second"
