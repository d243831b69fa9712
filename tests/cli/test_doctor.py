"""`doctor`: each thing that can be in the way is found, named, and told how to mend."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.cli.world import World


def findings(world: World, *arguments: str) -> tuple[int, dict[str, dict[str, Any]]]:
    ran = world.run("doctor", "--env", "prod", "--format", "json", *arguments)
    value = json.loads(ran.out)["prod"]
    return ran.code, {item["name"]: item for item in value}


def test_all_is_well(world: World) -> None:
    with world.untouched():
        ran = world.run("doctor")
    assert ran.code == 0, ran.out
    assert "FAIL" not in ran.out
    assert world.writes() == []
    code, found = findings(world)
    assert code == 0
    assert list(found)[:5] == ["reachable", "clock", "admin app", "builder app", "user look-up"]
    assert all(item["ok"] for item in found.values())


def test_a_scope_that_only_assignments_need_is_named_and_no_fault(world: World) -> None:
    world.switch(user_scope="missing")
    code, found = findings(world)
    assert code == 0
    look_up = found["user look-up"]
    assert look_up["ok"]
    for words in ("Scope is incorrect", "hold none", "User Management > User Management"):
        assert words in look_up["detail"]


def wrong_secret(kind: str) -> Callable[[World], Any]:
    return lambda world: (world.folder / "secrets" / f"prod-{kind}").write_text("w" * 40)


def store_is_a_file(world: World) -> None:
    (world.folder / "store").write_text("")


def upload_unsaid(world: World) -> None:
    world.configure(upload=None)


TROUBLE: dict[str, tuple[Callable[[World], Any], str, str, str]] = {
    "host": (
        lambda world: world.configure(url='"https://kore.invalid"'),
        "reachable",
        "kore.invalid",
        "url",
    ),
    "TLS": (
        lambda world: world.configure(url=world.settings["prod"]["url"].replace("http", "https")),
        "reachable",
        "TLS",
        "url",
    ),
    "clock ahead": (
        lambda world: world.switch(clock_offset=3600),
        "clock",
        " s behind the platform's",
        "clock",
    ),
    "clock behind": (
        lambda world: world.switch(clock_offset=-3600),
        "clock",
        " s ahead of the platform's",
        "clock",
    ),
    "secret": (wrong_secret("admin_app"), "admin app", "Invalid SDK credentials", "client_secret"),
    "scope": (
        lambda world: world.switch(admin_scope="missing"),
        "admin app",
        "Scope is incorrect",
        "Role Management",
    ),
    "builder": (wrong_secret("builder_app"), "builder app", "Invalid SDK", "client_secret"),
    "no secret": (
        lambda world: (world.folder / "secrets" / "prod-admin_app").unlink(),
        "platform",
        "cannot be read",
        "chmod 600",
    ),
    "export": (
        lambda world: world.fault("200_html", "/api/public/roles/export", times=9),
        "admin app",
        "HTML page",
        "login page",
    ),
    "look-up": (
        lambda world: world.fault("200_short", "/api/public/usersInfo"),
        "user look-up",
        "says nothing of",
        "odd read",
    ),
    "store": (store_is_a_file, "store: readable", "a file is where a folder is needed", ""),
    "upload": (upload_unsaid, "upload", "how import files are uploaded", "upload ="),
}


@pytest.mark.parametrize("trouble", TROUBLE)
def test_each_failure_is_found_and_told_how_to_mend(world: World, trouble: str) -> None:
    break_it, name, words, remedy = TROUBLE[trouble]
    break_it(world)
    code, found = findings(world)
    assert code == 7
    broken = [item for item in found.values() if not item["ok"]]
    assert name in [item["name"] for item in broken], found
    assert words in found[name]["detail"]
    assert remedy in found[name]["remedy"]


def test_people_are_told_what_to_do_next(world: World) -> None:
    wrong_secret("admin_app")(world)
    ran = world.run("doctor")
    assert ran.code == 7
    lines = [line.strip() for line in ran.out.splitlines()]
    place = next(n for n, line in enumerate(lines) if line.startswith("FAIL admin app: "))
    assert lines[place + 1].startswith("next: Check client_id")
    assert lines.index("prod") < place
