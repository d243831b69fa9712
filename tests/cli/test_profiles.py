"""What a probe found is used: by planning, and for full promotions onto what is protected."""

import json
import shutil
from collections.abc import Callable
from typing import Any

import pytest

from tests.cli.probed import left_over
from tests.cli.world import Ran, World, role

FULL = ("--mode", "full", "--allow", "max_deletions", "--reason", "ticket 47")


@pytest.fixture
def guarded(world: World) -> World:
    """prod is protected; nobody has to approve what is done there."""
    world.configure("prod", protected="true", approvals="0")
    return world


def through(world: World, *arguments: str) -> Ran:
    """Plan, and apply the plan, as it has to be where the target is protected."""
    plan = world.folder / "through.json"
    ran = world.run("plan", "--from", "dev", "--to", "prod", "--out", plan, *arguments)
    if ran.code == 0:
        ran = world.run("apply", plan, "--yes", "--confirm-target", "prod")
    return ran


def probe(world: World, name: str = "dev") -> None:
    # What takes long here is a busy machine.
    world.configure(name, timeout="20", verify_timeout="10")
    ran = world.run("probe", "--env", name, "--yes")
    assert ran.code == 0, ran.err


def verdict(world: World, *arguments: str) -> dict[str, str]:
    plan = json.loads(world.plan(*arguments).read_bytes())
    return next(each for each in plan["verdicts"] if each["rule"] == "no_profile")


# protected targets


def test_full_mode_onto_a_protected_target_needs_a_profile(guarded: World) -> None:
    with guarded.untouched():
        ran = through(guarded, *FULL)
    assert ran.code == 4
    ran.says(
        "no_profile: prod is protected",
        "admin and bot roles",
        "role-migrate probe",
        "--allow no_profile",
    )
    assert verdict(guarded)["outcome"] == "pass", "incremental mode asks for none"
    assert through(guarded).code == 0


def test_a_probe_of_another_environment_of_the_same_version_will_do(guarded: World) -> None:
    probe(guarded)
    assert verdict(guarded, *FULL)["outcome"] == "pass"
    assert through(guarded, *FULL).code == 0


def test_looking_for_a_profile_asks_no_platform(guarded: World) -> None:
    probe(guarded)
    since = guarded.last()
    guarded.plan(*FULL)
    # What deletions rest on is read twice.
    exports = {"GET export admin", "GET export bot"}
    assert set(guarded.calls("dev", since)) == exports
    assert set(guarded.calls("prod", since)) == {*exports, "GET alluserroles"}


def test_a_profile_of_another_version_will_not_do(guarded: World) -> None:
    probe(guarded)
    guarded.change("prod", "admin", "admin", Billing="YES")
    found = verdict(guarded, *FULL)
    assert found["outcome"] == "refuse"
    assert "admin roles" in found["message"]
    assert "bot" not in found["message"]
    # Which names custom roles hold says nothing of the version.
    guarded.change("prod", "admin", "admin", Billing="YES")
    document = guarded.state("prod")
    for held in document["roles"]:
        held["permissions"].pop("Billing", None)
    document["roles"].append(role("admin", "Old hand", Legacy="YES"))
    guarded.put("prod", document)
    assert verdict(guarded, *FULL)["outcome"] == "pass"


def test_only_the_role_types_that_change_matter(guarded: World) -> None:
    guarded.configure("dev", role_types='["admin"]')
    probe(guarded)
    guarded.configure("dev", role_types=None)
    assert "of bot roles" in verdict(guarded, *FULL)["message"]
    narrow = ("--role", "Auditor", "--role", "Leftover")
    assert verdict(guarded, *FULL, *narrow)["outcome"] == "pass"


def test_where_nothing_changes_nothing_is_asked_for(guarded: World) -> None:
    guarded.put("prod", guarded.state("dev"))
    assert verdict(guarded, *FULL)["outcome"] == "pass"
    assert through(guarded, *FULL).code == 0


@pytest.mark.parametrize("option", [("--without-profile",), ("--allow", "no_profile")])
def test_it_can_be_done_without_a_profile_for_a_reason(
    guarded: World, option: tuple[str, ...]
) -> None:
    ran = through(guarded, "--mode", "full", *option)
    assert ran.code == 2
    ran.says("needs --reason", "target: unchanged")
    found = verdict(guarded, *FULL, *option)
    assert (found["outcome"], found["reason"]) == ("allowed", "ticket 47")
    assert through(guarded, *FULL, *option).code == 0
    allowed = [each for each in guarded.report()["verdicts"] if each["rule"] == "no_profile"]
    assert [each["reason"] for each in allowed] == ["ticket 47"]


def test_the_config_can_make_it_a_warning(guarded: World) -> None:
    guarded.guards('[[guards]]\nrule = "no_profile"\nseverity = "warn"\n')
    assert verdict(guarded, *FULL)["outcome"] == "warn"


def test_apply_looks_again(guarded: World) -> None:
    probe(guarded)
    plan = guarded.plan(*FULL)
    shutil.rmtree(guarded.folder / "store" / "profiles")
    with guarded.untouched():
        ran = guarded.run("apply", plan, "--yes", "--confirm-target", "prod")
    assert ran.code == 5
    ran.says("no_profile: prod is protected", "target: unchanged")
    probe(guarded)
    assert guarded.run("apply", plan, "--yes", "--confirm-target", "prod").code == 0


def test_a_target_that_became_protected_makes_a_plan_stale(world: World) -> None:
    plan = world.plan(*FULL)
    world.configure("prod", protected="true", approvals="0")
    with world.untouched():
        ran = world.run("apply", plan, "--yes", "--confirm-target", "prod")
    assert ran.code == 5
    ran.says("no_profile: prod is protected")


def test_a_profile_in_the_store_of_another_environment_is_found(guarded: World) -> None:
    guarded.configure("dev", store='{ directory = "elsewhere", durable = true }')
    probe(guarded)
    assert (guarded.folder / "elsewhere" / "profiles").is_dir()
    assert not (guarded.folder / "store" / "profiles").exists()
    assert verdict(guarded, *FULL)["outcome"] == "pass"
    # One that can't be read is told, and is as good as none.
    shutil.rmtree(guarded.folder / "elsewhere")
    (guarded.folder / "elsewhere").write_text("")
    ran = guarded.run("plan", "--from", "dev", "--to", "prod", *FULL)
    assert ran.code == 4
    ran.says("warning: no profile could be looked for")


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"formatVersion": 9}'])
def test_a_damaged_profile_counts_for_nothing(guarded: World, damage: bytes) -> None:
    probe(guarded)
    for path in (guarded.folder / "store" / "profiles").glob("*.json"):
        path.write_bytes(damage)
    assert verdict(guarded, *FULL)["outcome"] == "refuse"


def test_the_way_back_is_open_without_a_profile(guarded: World) -> None:
    before = guarded.roles()
    assert through(guarded).code == 0
    assert guarded.roles().keys() != before.keys()
    back = guarded.folder / "back.json"
    ran = guarded.run("rollback", guarded.runs()[0], "--dry-run", "--out", back)
    assert ran.code == 0, ran.err
    ran = guarded.run("apply", back, "--yes", "--confirm-target", "prod")
    assert ran.code == 0, ran.err
    assert guarded.roles().keys() == before.keys()


# planning


def unknown_to_prod(world: World) -> None:
    document = world.state("dev")
    document["roles"].append(role("admin", "Biller", Billing_Console="YES", Invite="NO"))
    world.put("dev", document)
    world.switch(permissions="drop_unknown")


def absent_in_dev(world: World) -> None:
    document = world.state("dev")
    auditor = next(held for held in document["roles"] if held["role"] == "Auditor")
    auditor["permissions"] = {"Invite": "NO"}
    world.put("dev", document)
    world.switch(update="merged")


def kept_roles(world: World) -> None:
    world.switch(full_deletes="no")


@pytest.mark.parametrize(
    ("habit", "arguments", "words"),
    [
        (unknown_to_prod, (), "a probe saw that what the platform does not know is dropped"),
        (absent_in_dev, (), "an import here keeps what a file leaves out"),
        (kept_roles, FULL, "a full import here does not delete roles"),
    ],
)
def test_after_a_probe_the_first_promotion_does_what_its_plan_says(
    world: World, habit: Callable[[World], Any], arguments: tuple[str, ...], words: str
) -> None:
    habit(world)
    probe(world, "prod")
    left = {each["role"] for each in left_over(world.state())}
    first = world.promote("--yes", *arguments)
    assert first.code == 0, first.err
    assert words in " ".join(first.err.split())
    since = world.last()
    second = world.promote("--yes", *arguments)
    assert second.code == 0, second.err
    assert world.writes(since) == []
    assert {each["role"] for each in left_over(world.state())} == left


def test_what_a_probe_was_wrong_about_a_run_puts_right(world: World) -> None:
    unknown_to_prod(world)
    probe(world, "prod")
    world.switch(permissions="as_sent")
    assert world.promote("--yes").code == 0
    assert "Billing Console" not in world.roles()["admin", "Biller"]["permissions"]
    assert world.promote("--yes", "--relearn").code == 0
    assert world.roles()["admin", "Biller"]["permissions"]["Billing Console"] == "YES"
    learned = json.loads((world.shelf / "behaviour.json").read_bytes())
    assert learned["roleTypes"]["admin"]["dropsUnknown"] is False
    assert learned["profile"]["findings"], "what the probe found is kept all the same"


def test_a_role_that_a_probe_left_in_the_source_stays_there(world: World) -> None:
    world.switch("dev", full_deletes="no")
    probe(world)
    left = left_over(world.state("dev"))
    assert left
    ran = world.promote("--yes")
    assert ran.code == 0, ran.err
    assert "made by a probe:" in ran.err
    assert left_over(world.state("prod")) == []
    world.put(
        "dev",
        {
            **world.state("dev"),
            "roles": [each for each in world.state("dev")["roles"] if each not in left],
        },
    )
    world.assert_promoted()
