"""What a platform does otherwise is told, learned, and expected by the next promotion."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.cli.world import World, role


def unknown_to_prod(world: World) -> None:
    """prod's catalogue lacks a permission that dev uses, though one role there has it."""
    document = world.state("prod")
    document["catalogue"]["admin"].remove("View and Run Audit Reports")
    world.put("prod", document)
    world.switch(permissions="drop_unknown")


def absent_in_dev(world: World) -> None:
    document = world.state("dev")
    auditor = next(held for held in document["roles"] if held["role"] == "Auditor")
    auditor["permissions"] = {"Invite": "NO"}
    world.put("dev", document)
    world.switch(update="merged")


def kept_roles(world: World) -> None:
    world.switch(full_deletes="no")


FULL = ("--mode", "full", "--allow", "max_deletions", "--reason", "x")


@pytest.mark.parametrize(
    ("habit", "arguments", "words"),
    [
        (unknown_to_prod, (), "drop"),
        (absent_in_dev, (), "kept YES, should be absent"),
        (kept_roles, FULL, "Leftover"),
    ],
)
def test_a_habit_is_exit_9_once_and_then_expected(
    world: World, habit: Callable[[World], Any], arguments: tuple[str, ...], words: str
) -> None:
    habit(world)
    first = world.promote("--yes", *arguments)
    assert first.code == 9, first.err
    first.says("prod", words, "not exactly as desired", "next: ", "cannot be changed here")
    assert world.report()["result"] == "different"
    since = world.last()
    second = world.promote("--yes", *arguments)
    assert second.code == 0, second.err
    assert "cannot be changed here" in second.err
    assert world.writes(since) == []


def test_absent_that_became_no_is_a_note(world: World) -> None:
    world.switch(permissions="fill_no")
    first = world.promote("--yes")
    assert first.code == 0, first.err
    assert "note: admin role" in first.out
    assert "absent became NO" in first.out
    since = world.last()
    assert world.promote("--yes").code == 0
    assert world.writes(since) == []


def test_relearn_forgets_what_was_learned(world: World) -> None:
    unknown_to_prod(world)
    assert world.promote("--yes").code == 9
    world.switch(permissions="as_sent")
    assert world.promote("--yes").code == 0
    assert "View and Run Audit Reports" not in world.roles()["admin", "Auditor"]["permissions"]
    assert world.promote("--yes", "--relearn").code == 0
    world.assert_promoted()


@pytest.mark.parametrize("damage", [b"{", b"{}", b'{"formatVersion": 9}', b"[]"])
def test_damaged_knowledge_is_told_and_can_be_made_anew(world: World, damage: bytes) -> None:
    assert world.promote("--yes").code == 0
    world.change("dev", "admin", "Auditor", Invite="YES")
    (world.shelf / "behaviour.json").write_bytes(damage)
    with world.untouched():
        ran = world.promote("--yes")
    assert ran.code == 3
    ran.says("behaviour.json", "target: unchanged", "--relearn")
    assert world.promote("--yes", "--relearn").code == 0
    assert json.loads((world.shelf / "behaviour.json").read_bytes())["formatVersion"] == 1


def test_ids_that_are_minted_anew_do_not_make_a_plan_of_tomorrow_wrong(world: World) -> None:
    world.switch(ids="minted")
    assert world.promote("--yes").code == 0
    first = world.roles()["admin", "Auditor"]["_id"]
    learned = json.loads((world.shelf / "behaviour.json").read_bytes())
    assert learned["roleTypes"]["admin"]["ids"] == "minted"
    world.change("dev", "admin", "Auditor", Invite="YES")
    assert world.promote("--yes").code == 0
    assert world.roles()["admin", "Auditor"]["_id"] != first
    world.assert_promoted()


def test_built_in_roles_are_left_unless_they_are_listed(world: World) -> None:
    world.change("dev", "bot", "Bot Developer", Channels=["NO"])
    world.change("dev", "bot", "Bot Owner", Channels=["NO"])
    ran = world.promote("--yes")
    assert ran.code == 0
    assert "bot role \"Bot Developer\": permission 'Channels'" in ran.err
    assert world.roles()["bot", "Bot Developer"]["permissions"]["Channels"] == ["YES"]
    world.configure(promote_builtins='["Bot Developer", "Bot Owner"]')
    assert world.promote("--yes").code == 0
    assert world.roles()["bot", "Bot Developer"]["permissions"]["Channels"] == ["NO"]
    assert world.roles()["bot", "Bot Owner"]["permissions"]["Channels"] == ["YES"]


def test_two_roles_that_differ_by_case_are_two_roles(world: World) -> None:
    document = world.state("dev")
    document["roles"].append(role("admin", "AUDITOR", Invite="YES"))
    world.put("dev", document)
    assert world.promote("--yes").code == 0
    assert world.roles()["admin", "AUDITOR"]["permissions"] == {"Invite": "YES"}
    assert world.roles()["admin", "Auditor"]["rDesc"] == "reads all"
