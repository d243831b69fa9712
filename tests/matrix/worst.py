"""The worst days: promotions that are cut off or meet trouble, gone on with, and taken back."""

import dataclasses
import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, NamedTuple

import pytest

from migrate.canonical import dumps, loads
from migrate.cli.runtime import Runtime
from migrate.lock import lock_key
from migrate.redaction import Redactor
from migrate.sandbox import Sandbox
from migrate.stores.base import Store
from tests.cli import ledger, staffed
from tests.cli.test_buckets import bucket_settings
from tests.cli.world import Ran, World
from tests.conftest import VERDICT

WHOLE = os.environ.get("ROLE_MIGRATE_MATRIX") == "full"
"""Whether everything is tried, and not a sample."""

ALLOW = (
    *("--allow=max_deletions", "--allow=held_roles", "--allow=membership_gap"),
    *("--allow=access_gap", "--reason=test"),
)
Record = Callable[[str, object], None]
Named = dict[tuple[str, str], tuple[Any, ...]]


class Scenario(NamedTuple):
    """A promotion from dev to prod, what is not known of prod, and on which platform they are.

    The store is a directory, or with `s3` in a bucket.
    """

    options: tuple[str, ...]
    switches: dict[str, Any]
    platform: str = "kore"
    s3: bool = False

    @property
    def words(self) -> list[str]:
        return ["promote", "--from", "dev", "--to", "prod", "--yes", *self.options]


ENDLESS = {"sessions": 0, "sessions_per_user": 0}
"""Of those who are killed nobody closes the session."""

LEDGER_DEV = ledger.server({**ledger.accounts(ledger.DEV), "dee": "PILOT"})
SCENARIOS = {
    "incremental": Scenario(("--assignments", "merge"), {}),
    "full": Scenario(("--mode", "full", "--assignments", "exact", *ALLOW), {}),
    "full, dropping members": Scenario(
        ("--mode", "full", "--assignments", "exact", *ALLOW),
        {"ids": "minted", "minted_members": "dropped", "response_order": "arbitrary"},
    ),
    "full, in a bucket": Scenario(
        ("--mode", "full", "--assignments", "exact", *ALLOW), {"file_ids": "upload"}, s3=True
    ),
    "FairCom": Scenario(
        ("--assignments", "exact", "--exclude-role", "pilot"),
        {**ENDLESS, "duplicate_add": "error", "absent_remove": "error", "batch": "stops"},
        "faircom",
    ),
    "FairCom, unseen and told otherwise": Scenario(
        ("--assignments", "exact", "--allow-unseen-roles", "--reason", "test"),
        {
            **ENDLESS,
            "error_code": "string",
            "role_shape": "strings",
            "guest": "absent",
            "dead_token_status": "401",
            "error_status": "4xx",
            "write_result": "absent",
        },
        "faircom",
    ),
}
STATES = {"kore": (staffed.DEV, staffed.PROD), "faircom": (LEDGER_DEV, ledger.PROD)}
"""What dev and prod hold at the start, by platform."""

Boxes = Callable[[Scenario], Sandbox]


@pytest.fixture(scope="module")
def boxes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Boxes]:
    """A sandbox of each kind, started when it is first asked for."""
    started: dict[tuple[str, bool], Sandbox] = {}
    with ExitStack() as stack:

        def box(scenario: Scenario) -> Sandbox:
            kind = (scenario.platform, scenario.s3)
            if kind not in started:
                states = dict(zip(("dev", "prod"), STATES[scenario.platform], strict=True))
                made = Sandbox(states, tmp_path_factory.mktemp("box"), s3=scenario.s3)
                started[kind] = stack.enter_context(made)
            return started[kind]

        yield box


@pytest.fixture
def scenario(request: pytest.FixtureRequest) -> Scenario:
    """The scenario that a test's parameter `name` names."""
    return SCENARIOS[request.node.callspec.params["name"]]


def named(world: World) -> Named:
    """What prod holds, by name."""
    document = world.state()
    if document["platform"] == "faircom":
        return {
            ("account", each["username"]): tuple(sorted({*each["roles"]} - {"GUEST"}))
            for each in document["accounts"]
        }
    return {
        key: (each["rDesc"], each["permissions"], sorted(json.dumps(h) for h in each["holders"]))
        for key, each in world.roles().items()
    }


def set_back(world: World, start: dict[str, Any], scenario: Scenario, number: int) -> None:
    """prod as at the start, and a store of its own for the case."""
    world.control("/faults", [])
    world.put("prod", start)
    world.switch(**scenario.switches)
    if scenario.s3:
        s3 = world.box.ready["s3"]
        for name in ("access_key", "secret_key"):
            path = world.folder / "secrets" / f"s3-{name.replace('_', '-')}"
            path.write_text(s3[name])
            path.chmod(0o600)
        place = f"s3://{s3['bucket']}/{world.folder.parent.name}-{os.getpid()}-{number}"
        world.store = bucket_settings(world, s3["endpoint_url"], place)
    else:
        world.store = f'directory = "store-{number}"\ndurable = true\n'
    world.write()


def store_of(world: World) -> Store:
    """The store of the world's config, whatever kind it is."""
    runtime = Runtime()
    runtime.redactor = Redactor()
    runtime.configure(config=str(world.config), verbose=False, log_format="text")
    return runtime.connections.archive(runtime.config.environment("prod")).whole


def expire(world: World) -> None:
    """Let the lease of prod's lock be over long ago, if there is one."""
    runtime = Runtime()
    runtime.configure(config=str(world.config), verbose=False, log_format="text")
    environment = runtime.config.environment("prod")
    store = runtime.connections.archive(environment).whole
    key = lock_key(environment.identity)
    stored = store.get(key)
    if stored is None:
        return
    lock = loads(stored.data, "lock")
    lock |= {name: lock[name] - 100_000 for name in ("acquiredAt", "leaseUntil")}
    store.replace(key, dumps(lock), stored.version)


def last_run(world: World) -> str | None:
    """The id of the newest run that has a journal."""
    found = world.runs()
    return found[0] if found else None


def ended(world: World, scenario: Scenario) -> Ran:
    """Bring what was begun to its end: resume it where there is a run, else promote."""
    run = last_run(world)
    if run is None:
        return world.run(*scenario.words)
    ran = world.run("resume", run, "--yes")
    if ran.code == 0 and "failed, target unchanged" in ran.err:
        return world.run(*scenario.words)  # it never began to write
    return ran


def taken_back(world: World) -> Ran | None:
    """Take the newest run back; None where there is none."""
    run = last_run(world)
    return None if run is None else world.run("rollback", run, "--yes", *ALLOW)


@dataclasses.dataclass
class Tally:
    """Counts what became of every case of a test, and tells at the end which were lost."""

    record: Record
    lost: list[str] = dataclasses.field(default_factory=list)

    def count(self, case: str, verdict: str, why: str = "") -> None:
        self.record(VERDICT, verdict)
        if verdict == "lost":
            self.lost.append(f"{case}: {why}")
