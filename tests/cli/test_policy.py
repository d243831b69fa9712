"""Guards that are pinned by digest, and waivers of them."""

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from migrate.resources import schema
from migrate.sandbox import Sandbox
from tests.cli.world import DEV, PROD, Ran, World, world_on

STRICT = """formatVersion = 1
allow = "waiver"

[[guards]]
rule = "protected_names"
names = ["Auditor"]
"""
TOMORROW = (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%d")


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    states = {"dev": DEV, "prod": PROD}
    with Sandbox(states, tmp_path_factory.mktemp("box"), s3=False) as started:
        yield started


@pytest.fixture
def world(box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with world_on(box, tmp_path / "work") as made:
        monkeypatch.setenv("GITLAB_USER_LOGIN", "pat")
        yield made


def pinned(world: World, text: str, *, file: bool = True, more: str = "") -> str:
    """A policy file, and a config that pins it."""
    path = world.file("policy.toml", text)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    where = 'file = "policy.toml"\n' if file else ""
    world.extra = f'[policy]\n{where}digest = "sha256:{digest}"\n{more}'
    world.write()
    return digest


def waive(world: World, plan: Any, rule: str = "protected_names", *, until: str = TOMORROW) -> Ran:
    words = ("--guard", rule, "--reason", "CHG1", "--until", until, "--owner", "olga")
    return world.run("waive", plan, *words, "--yes")


def approve(world: World, plan: Any, name: str) -> Ran:
    return world.run("approve", plan, "--change-ref", "CHG1", "--by", name, "--yes")


def test_the_configs_guards_do_not_loosen_the_policys(world: World) -> None:
    off = '[[guards]]\nrule = "protected_names"\nseverity = "off"\n'
    pinned(world, STRICT, more=off)
    with world.untouched():
        ran = world.promote("--yes")
    assert ran.code == 4, ran.err
    ran.says("protected_names", "Auditor", "role-migrate waive PLAN --guard protected_names")


def test_a_policy_that_is_not_the_one_that_is_pinned_stops_everything(world: World) -> None:
    pinned(world, STRICT)
    world.file("policy.toml", STRICT.replace("Auditor", "Nobody"))
    with world.untouched():
        ran = world.promote("--yes")
    assert ran.code == 3
    ran.says("not the policy that the config names", "target: unchanged")
    (world.folder / "policy.toml").unlink()
    assert world.promote("--yes").code == 2


def test_a_policy_in_the_store_is_found_by_its_digest(world: World) -> None:
    digest = pinned(world, STRICT, file=False)
    missing = world.promote("--yes")
    assert missing.code == 3
    missing.says("not in the store", "policy publish")
    put = world.run("policy", "publish", world.folder / "policy.toml", "--env", "prod")
    assert put.code == 0, put.err
    assert digest in put.out
    assert world.promote("--yes").code == 4
    (stored,) = (world.folder / "store" / "policies").glob("*.toml")
    stored.write_text("formatVersion = 1\n")
    assert world.promote("--yes").code == 3


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("guards = 1", "policy"),
        ('[[guards]]\nrule = "no_such"', "no_such"),
        ('[[guards]]\nrule = "protected_names"', "needs names"),
        ("x =", "TOML"),
        ("more = 1", "more"),
    ],
)
def test_an_unsound_policy_is_said_to_be(world: World, text: str, why: str) -> None:
    path = world.file("policy.toml", text)
    ran = world.run("policy", "publish", path, "--env", "prod")
    assert ran.code == 3
    ran.says(why)
    pinned(world, text)
    assert world.promote("--yes").code == 3


def test_what_the_planner_allows_is_not_enough_where_waivers_are_asked_for(world: World) -> None:
    pinned(world, STRICT)
    allow = ("--allow", "protected_names", "--reason", "I want to")
    ran = world.promote("--yes", *allow)
    assert ran.code == 4
    ran.says("takes waivers only")
    plan = world.plan(*allow)
    assert world.run("apply", plan, "--yes").code == 4
    pinned(world, STRICT.replace('allow = "waiver"\n', ""))
    assert world.promote("--yes", *allow).code == 0


def test_a_waiver_and_somebody_elses_approval_let_a_plan_through(world: World) -> None:
    pinned(world, STRICT)
    plan = world.plan()
    assert approve(world, plan, "alice").code == 4
    assert waive(world, plan).code == 0
    with world.untouched():
        ran = world.run("apply", plan, "--yes")
    assert ran.code == 4
    ran.says("asks for 1 approval")
    own = approve(world, plan, "Olga@example.com")
    assert own.code == 4
    own.says("they answer for a waiver of this plan")
    assert approve(world, plan, "alice").code == 0
    done = world.run("apply", plan, "--yes")
    assert done.code == 0, done.err
    assert any("protected_names was waived by olga" in note for note in world.report()["notes"])


def test_a_waiver_holds_for_its_plan_and_for_its_time(world: World) -> None:
    pinned(world, STRICT)
    plan = world.plan()
    assert waive(world, plan, until="2001-01-01").code == 2
    assert waive(world, plan, until="tomorrow").code == 2
    assert waive(world, plan, "keep").code == 2
    assert waive(world, plan, "held_roles").code == 2
    assert waive(world, plan).code == 0
    assert approve(world, plan, "alice").code == 0
    world.change("dev", "admin", "Auditor", **{"Single Sign On": "YES"})
    other = world.folder / "other.json"
    assert world.run("plan", "--refresh", plan, "--out", other).code == 4
    assert world.run("apply", other, "--yes").code == 4
    (path,) = (world.folder / "store").glob("*/waivers/*/*.json")
    sound = json.loads(path.read_text())
    sound["statement"]["until"] = "2001-01-01T00:00:00Z"
    path.write_text(json.dumps(sound))
    assert world.run("apply", plan, "--yes").code == 4
    path.write_text("[]")
    assert world.run("apply", plan, "--yes").code == 3


def test_a_run_tells_that_the_policy_is_another_than_last_time(world: World) -> None:
    lax = pinned(world, "formatVersion = 1\n")
    assert world.promote("--yes").code == 0
    assert not any("policy" in note for note in world.report()["notes"])
    other = pinned(world, "formatVersion = 1\n# another\n")
    world.change("dev", "admin", "Auditor", **{"Single Sign On": "YES"})
    assert world.promote("--yes").code == 0
    (note,) = [each for each in world.report()["notes"] if "policy" in each]
    assert lax in note
    assert other in note


def test_the_guards_of_a_policy_are_those_of_a_config() -> None:
    assert schema("policy")["$defs"]["guard"] == schema("config")["$defs"]["guard"]
