"""The worst days: promotions that are cut off or meet trouble, gone on with, and taken back."""

import dataclasses
import json
import os
from collections.abc import Callable
from typing import Any, NamedTuple

from migrate.canonical import dumps, loads
from migrate.cli.runtime import Runtime
from migrate.lock import lock_key
from migrate.redaction import Redactor
from migrate.stores.base import Store
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
    """A promotion from dev to prod, and what is not known of prod."""

    options: tuple[str, ...]
    switches: dict[str, Any]

    @property
    def words(self) -> list[str]:
        return ["promote", "--from", "dev", "--to", "prod", "--yes", *self.options]


SCENARIOS = {
    "incremental": Scenario(("--assignments", "merge"), {}),
    "full": Scenario(("--mode", "full", "--assignments", "exact", *ALLOW), {}),
    "full, dropping members": Scenario(
        ("--mode", "full", "--assignments", "exact", *ALLOW),
        {"ids": "minted", "minted_members": "dropped", "response_order": "arbitrary"},
    ),
}


def named(world: World) -> Named:
    """What prod holds, by name."""
    return {
        key: (each["rDesc"], each["permissions"], sorted(json.dumps(h) for h in each["holders"]))
        for key, each in world.roles().items()
    }


def set_back(world: World, start: dict[str, Any], scenario: Scenario, number: int) -> None:
    """prod as at the start, and a store of its own for the case."""
    world.control("/faults", [])
    world.put("prod", start)
    world.switch(**scenario.switches)
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
