"""Many processes, one target, known to the config under two names: one after another, never mixed.

Each process tries again when it is told of a lock. The log of the sandbox shows who was let in: the
requests of each run as one block, with none of another's in between.

ROLE_MIGRATE_MATRIX=full sends more processes, several times.
"""

import json
import re
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from migrate.lock.record import parse_lock
from migrate.sandbox import Sandbox
from migrate.stores.base import Store
from tests.cli.test_buckets import bucket_settings
from tests.cli.world import DEV, PROD, World, plain_environment, role, state, world_on
from tests.matrix.crowd import Crowd, Ended, crowd
from tests.matrix.worst import WHOLE, Record, Tally, store_of

__all__ = ["plain_environment"]

MANY = 8 if WHOLE else 3
ROUNDS = 3 if WHOLE else 1
NAMES = ("prod", "live")

SHORT = {
    "GET export admin": "a",
    "GET export bot": "b",
    "GET alluserroles": "u",
    "POST uploadfile": "U",
    "POST import admin": "A",
    "POST import bot": "B",
}
READ = "abu"
ONE_TYPE = "(UAa|UBb)"
"""Upload, import, and the export that proves it."""


@pytest.fixture(scope="module")
def forked() -> Iterator[Crowd]:
    with crowd() as process:
        yield process


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with Sandbox({"dev": DEV, "prod": PROD}, tmp_path_factory.mktemp("box")) as started:
        yield started


@pytest.fixture(params=["directory", "s3"])
def world(request: pytest.FixtureRequest, box: Sandbox, tmp_path: Path) -> Iterator[World]:
    with world_on(box, tmp_path / "work") as made:
        made.switch(file_ids="upload")
        made.configure(timeout="60")
        made.settings["live"] = dict(made.settings["prod"])
        if request.param == "s3":
            s3 = box.ready["s3"]
            for name in ("access", "secret"):
                path = made.folder / "secrets" / f"s3-{name}-key"
                path.write_text(s3[f"{name}_key"])
                path.chmod(0o600)
            place = f"s3://{s3['bucket']}/{secrets.token_hex(6)}"
            made.store = bucket_settings(made, s3["endpoint_url"], place)
        made.write()
        yield made


def commands(world: World, *words: list[str]) -> list[list[str]]:
    return [["--config", str(world.config), *each] for each in words]


def calls(world: World, since: int) -> str:
    """The requests to the target, a letter each."""
    return "".join(SHORT[call] for call in world.calls("prod", since))


def under(store: Store, end: str) -> dict[str, Any]:
    """What the store holds under keys with an end, by key."""
    found = {key: store.get(key) for key in store.list("") if key.endswith(end)}
    return {key: json.loads(stored.data) for key, stored in found.items() if stored}


def assert_let_go(store: Store) -> None:
    (key,) = store.list("locks/")
    stored = store.get(key)
    assert stored is not None
    assert parse_lock(stored.data, key).released


def told(ended: list[Ended]) -> str:
    return "\n".join(f"{each.codes}: {each.err}" for each in ended)


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_each_promotes_a_role_of_its_own(
    world: World, forked: Crowd, round_: int, record_property: Record
) -> None:
    names = [f"Role {number}" for number in range(MANY)]
    kinds = ["admin" if number % 2 else "bot" for number in range(MANY)]
    grants = {"admin": {"Invite": "YES"}, "bot": {"Tasks": "VIEW"}}
    roles = [role(kind, name, **grants[kind]) for kind, name in zip(kinds, names, strict=True)]
    world.put("dev", state(*roles))
    before, since, tally = world.roles("prod"), world.last(), Tally(record_property)
    ended = forked.run(
        *commands(
            world,
            *(
                [
                    "promote",
                    "--from",
                    "dev",
                    "--to",
                    NAMES[number // 2 % 2],
                    "--role",
                    name,
                    "--yes",
                ]
                for number, name in enumerate(names)
            ),
        ),
        folder=world.folder,
    )
    for each in ended:
        assert (each.code, set(each.codes[:-1]) <= {6}) == (0, True), told(ended)
    assert any(len(each.codes) > 1 for each in ended), "nobody met a lock: they did not overlap"
    # Whoever was locked out had not asked the target anything.
    assert re.fullmatch(f"({READ}{ONE_TYPE}){{{MANY}}}", calls(world, since)), calls(world, since)
    # What was sent between two others' requests was all of one run.
    store = store_of(world)
    payloads = [
        {step["payload"] for step in entry["body"]["steps"] if step["payload"]}
        for entry in under(store, "/0000.json").values()
    ]
    sent = [e["body"]["file"]["sha256"] for e in world.log("prod", since) if "upload" in e["path"]]
    assert sorted(payloads, key=min) == sorted(({each} for each in sent), key=min)
    after = world.roles("prod")
    assert after.keys() == before.keys() | set(zip(kinds, names, strict=True))
    for kind, name in zip(kinds, names, strict=True):
        assert after[kind, name]["permissions"] == world.roles("dev")[kind, name]["permissions"]
    assert all(after[key] == before[key] for key in before)
    assert_let_go(store)
    for each in ended:
        tally.count(str(each.codes), "exact")


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_of_many_who_apply_one_plan_one_does(
    world: World, forked: Crowd, round_: int, record_property: Record
) -> None:
    path, tally = world.plan(), Tally(record_property)
    since = world.last()
    ended = forked.run(
        *commands(world, *[["apply", str(path), "--yes"]] * MANY), folder=world.folder
    )
    did = [each for each in ended if each.code == 0 and "has ended (done)" not in each.err]
    assert len(did) == 1, told(ended)
    for each in ended:
        # Who came while that run was under way finds it ended; who came later, the plan used.
        assert each.code in (0, 5), told(ended)
        assert set(each.codes[:-1]) <= {6}, told(ended)
    assert calls(world, since) == f"{READ}UAUBab"
    world.assert_promoted()
    store = store_of(world)
    (claim,) = under(store, ".claim").values()
    runs = {key.split("/")[-2] for key in under(store, "/0000.json")}
    assert runs == {claim["run"]}
    assert not claim["released"]
    assert_let_go(store)
    for each in ended:
        tally.count(str(each.codes), "exact" if each in did else "refused")


@pytest.mark.skipif(not WHOLE, reason="part of the whole matrix only")
@pytest.mark.parametrize("round_", range(ROUNDS))
def test_of_many_who_promote_the_same_the_first_finds_work(
    world: World, forked: Crowd, round_: int, record_property: Record
) -> None:
    since, tally = world.last(), Tally(record_property)
    ended = forked.run(
        *commands(
            world,
            *(
                ["promote", "--from", "dev", "--to", NAMES[number % 2], "--yes"]
                for number in range(MANY)
            ),
        ),
        folder=world.folder,
    )
    assert all(each.code == 0 for each in ended), told(ended)
    assert all(set(each.codes[:-1]) <= {6} for each in ended), told(ended)
    assert calls(world, since) == f"{READ}UAUBab" + READ * (MANY - 1)
    world.assert_promoted()
    assert_let_go(store_of(world))
    for each in ended:
        tally.count(str(each.codes), "exact")
