"""A saved plan: run once, exactly as reviewed, on what it was made for."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.world import World, role


def test_a_plan_is_applied_without_reading_the_source(world: World) -> None:
    path = world.plan()
    since = world.last()
    ran = world.run("apply", path, "--yes")
    assert ran.code == 0, ran.err
    world.assert_promoted()
    assert world.calls("dev", since) == []
    assert len(world.calls("prod", since)) == 9


def test_a_plan_can_be_named_by_its_id(world: World) -> None:
    plan = json.loads(world.plan().read_bytes())
    assert world.run("apply", plan["id"], "--yes").code == 0
    world.assert_promoted()


def test_a_plan_runs_once_and_the_second_try_names_the_run(world: World) -> None:
    path = world.plan()
    assert world.run("apply", path, "--yes").code == 0
    since = world.last()
    with world.untouched():
        again = world.run("apply", path, "--yes")
    assert again.code == 5
    again.says(world.runs()[0], "was used already", "target: unchanged", "next: ")
    assert world.writes(since) == []


def test_a_plan_with_nothing_to_do_is_done_as_often_as_one_likes(world: World) -> None:
    world.put("prod", world.state("dev"))
    path = world.plan()
    assert [world.run("apply", path, "--yes").code for _ in range(2)] == [0, 0]
    assert world.writes() == []


def test_the_expected_digest_must_be_the_plans(world: World) -> None:
    path = world.plan()
    digest = json.loads(path.read_bytes())["digest"]
    with world.untouched():
        ran = world.run("apply", path, "--yes", "--expect-digest", "0" * 64)
    assert ran.code == 5
    ran.says(digest, "target: unchanged")
    assert world.run("apply", path, "--yes", "--expect-digest", f"sha256:{digest}").code == 0


def test_it_asks_before_it_writes(world: World) -> None:
    path = world.plan()
    with world.untouched():
        ran = world.run("apply", path)
    assert ran.code == 2
    ran.says("no terminal to ask on", "target: unchanged", "--yes")


def replaced(text: bytes) -> bytes:
    plan = json.loads(text)
    plan["changes"][0]["after"]["permissions"]["Single Sign On"] = "YES"
    return json.dumps(plan).encode()


def respelled(text: bytes) -> bytes:
    plan = json.loads(text)
    plan["verdicts"] = [{**verdict, "outcome": "pass"} for verdict in plan["verdicts"]]
    return json.dumps(plan).encode()


EDITS: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "a permission added": (replaced, "edited"),
    "a verdict turned": (respelled, "edited"),
    "cut": (lambda text: text[: len(text) // 2], "cut off"),
    "empty": (lambda text: b"", "empty"),
    "not UTF-8": (lambda text: text.replace(b"Auditor", b"Audit\xe9r"), "UTF-8"),
    "a byte-order mark": (lambda text: b"\xef\xbb\xbf" + text, "byte-order mark"),
    "duplicate key": (lambda text: text.replace(b"{", b'{"id": "x",', 1), "twice"),
    "not a number": (lambda text: text.replace(b'"equal": ', b'"equal": NaN, "x": '), "NaN"),
    "huge": (lambda text: text.replace(b'"equal": ', b'"equal": 1' + b"0" * 30), "64 bits"),
    "a bomb": (lambda text: b"[" * 100_000, "levels of nesting"),
    "a list": (lambda text: b"[]", "plan"),
    "another version": (
        lambda text: text.replace(b'"formatVersion": 1', b'"formatVersion": 2'),
        "format version 2",
    ),
    "HTML": (lambda text: b"<html></html>", "HTML"),
}


@pytest.mark.parametrize("edit", EDITS)
def test_a_plan_that_was_edited_or_damaged_is_not_run(world: World, edit: str) -> None:
    path = world.plan("--mode", "full")
    change, words = EDITS[edit]
    path.write_bytes(change(path.read_bytes()))
    since = world.last()
    with world.untouched():
        ran = world.run("apply", path, "--yes")
    assert ran.code == 3, ran.err
    ran.says(str(path), words, "target: unchanged", "next: ")
    assert world.control(f"/log?since={since}") == []


def test_a_plan_that_a_guard_refused_is_not_run(world: World) -> None:
    path = world.plan("--mode", "full")
    since = world.last()
    with world.untouched():
        ran = world.run("apply", path, "--yes")
    assert ran.code == 4
    ran.says("max_deletions", "target: unchanged", "plan again with")
    assert world.writes(since) == []


def test_a_plan_that_is_not_there_is_named(world: World) -> None:
    for name in ("nowhere.json", "12345678-1234-1234-1234-123456789abc"):
        ran = world.run("apply", name, "--yes")
        assert ran.code == 2
        ran.says(name, "target: unchanged", "next: ")


def gone(world: World) -> None:
    document = world.state()
    document["roles"] = [held for held in document["roles"] if held["role"] != "Auditor"]
    world.put("prod", document)


def appeared(world: World) -> None:
    document = world.state()
    document["roles"].append(role("bot", "Builder", Tasks="NO"))
    world.put("prod", document)


def remade(world: World) -> None:
    document = world.state()
    held = next(held for held in document["roles"] if held["role"] == "Auditor")
    held["_id"] = "f" * 24
    world.put("prod", document)


def changed(world: World) -> None:
    world.change("prod", "admin", "Auditor", Invite="NO", Preferences="YES")


def described(world: World) -> None:
    document = world.state()
    held = next(held for held in document["roles"] if held["role"] == "Auditor")
    held["rDesc"] = "another"
    world.put("prod", document)


@pytest.mark.parametrize(
    ("move", "words"),
    [
        (gone, "it is gone"),
        (appeared, "it exists by now"),
        (remade, "its ids are others now"),
        (changed, "its content is another now"),
        (described, "its content is another now"),
    ],
)
def test_a_target_that_moved_in_what_the_plan_touches_makes_it_stale(
    world: World, move: Callable[[World], None], words: str
) -> None:
    path = world.plan()
    move(world)
    since = world.last()
    with world.untouched():
        ran = world.run("apply", path, "--yes")
    assert ran.code == 5
    ran.says("prod", words, "target: unchanged", "Make a new plan")
    assert world.writes(since) == []
    # Nothing is left in the way: a new plan runs at once, and the old one is still not used.
    assert world.promote("--yes").code == 0


def test_a_target_that_moved_elsewhere_is_reported_and_no_obstacle(world: World) -> None:
    path = world.plan()
    world.change("prod", "admin", "Leftover", Preferences="NO")
    document = world.state()
    document["roles"].append(role("admin", "Newcomer", Invite="YES"))
    world.put("prod", document)
    ran = world.run("apply", path, "--yes", "--format", "json")
    assert ran.code == 0, ran.err
    assert ran.json()["movedElsewhere"] == [
        "admin role 'Leftover' changed since the plan was made",
        "admin role 'Newcomer' is new since the plan was made",
    ]
    assert world.roles()["admin", "Leftover"]["permissions"] == {"Preferences": "NO"}
    assert ("admin", "Newcomer") in world.roles()


def test_a_full_plan_does_not_delete_what_came_after_it(world: World) -> None:
    path = world.plan("--mode", "full", "--allow", "max_deletions", "--reason", "x")
    document = world.state()
    document["roles"].append(role("admin", "Newcomer", Invite="YES"))
    world.put("prod", document)
    assert world.run("apply", path, "--yes").code == 0
    assert ("admin", "Newcomer") in world.roles()
    assert ("admin", "Leftover") not in world.roles()


def test_a_guard_that_is_stricter_by_now_makes_the_plan_stale(world: World) -> None:
    path = world.plan()
    world.guards('[[guards]]\nrule = "protected_names"\nnames = ["Audit*"]\n')
    with world.untouched():
        ran = world.run("apply", path, "--yes")
    assert ran.code == 5
    ran.says("protected_names", "Auditor", "target: unchanged")


def test_what_the_config_keeps_by_now_is_kept(world: World) -> None:
    path = world.plan("--mode", "full", "--allow", "max_deletions", "--reason", "x")
    world.configure(keep='["Leftover"]')
    with world.untouched():
        ran = world.run("apply", path, "--yes")
    assert ran.code == 5
    ran.says("keep", "Leftover", "target: unchanged")


def test_a_plan_belongs_to_its_account_and_its_store(world: World) -> None:
    path = world.plan()
    world.configure(account='"another"')
    other = world.run("apply", path, "--yes")
    assert other.code == 5
    other.says("account another", "target: unchanged")
    world.configure(account='"sandbox-prod"')
    world.store = 'directory = "elsewhere"\ndurable = true\n'
    world.write()
    moved = world.run("apply", path, "--yes")
    assert moved.code == 5
    moved.says("belongs to the store", "elsewhere", "target: unchanged")
    assert world.writes() == []


def test_a_failed_run_gives_its_plan_back(world: World) -> None:
    path = world.plan()
    (world.folder / "secrets" / "prod-builder_app").write_text("wrong-secret-1")
    with world.untouched():
        ran = world.run("apply", path, "--yes", "--format", "json")
    assert ran.code == 7
    assert ran.json()["targetState"] == "unchanged"
    secret = world.box.ready["environments"]["prod"]["builder_app"]["client_secret"]
    (world.folder / "secrets" / "prod-builder_app").write_text(secret)
    assert world.run("apply", path, "--yes").code == 0
    world.assert_promoted()


def test_what_a_plan_allows_is_in_the_plan_the_report_and_the_run(world: World) -> None:
    path = world.plan("--mode", "full", "--allow", "max_deletions", "--reason", "left from 2024")
    plan: Any = json.loads(path.read_bytes())
    assert plan["overrides"] == [{"rule": "max_deletions", "reason": "left from 2024"}]
    ran = world.run("apply", path, "--yes", "--report", f"json={world.folder}/r.json")
    assert ran.code == 0
    for report in (json.loads(Path(world.folder, "r.json").read_bytes()), world.report()):
        verdict = next(item for item in report["verdicts"] if item["rule"] == "max_deletions")
        assert (verdict["outcome"], verdict["reason"]) == ("allowed", "left from 2024")
