"""Guards, as the command line meets them: each refuses, warns, is off, or is allowed by name."""

import json
from typing import Any

import pytest

from tests.cli.world import World, role, state


def verdicts(world: World, *arguments: str) -> dict[str, dict[str, str]]:
    path = world.folder / "p.json"
    world.run("plan", "--from", "dev", "--to", "prod", "--out", path, *arguments)
    plan: Any = json.loads(path.read_bytes())
    return {verdict["rule"]: verdict for verdict in plan["verdicts"]}


def shrink(world: World) -> None:
    world.put("dev", state(role("admin", "Auditor", Invite="NO"), role("bot", "Reviewer")))
    document = world.state("prod")
    document["roles"] += [role("admin", f"Team {number}", Invite="NO") for number in range(4)]
    world.put("prod", document)


def foreign(world: World) -> None:
    world.put("dev", state(*(role("admin", f"Other {number}", Invite="NO") for number in range(5))))


@pytest.mark.parametrize(
    ("setup", "rule"), [(shrink, "shrunk_source"), (foreign, "foreign_source")]
)
def test_a_source_that_looks_wrong_refuses_in_full_and_warns_in_incremental(
    world: World, setup: Any, rule: str
) -> None:
    setup(world)
    assert verdicts(world)[rule]["outcome"] == "warn"
    with world.untouched():
        ran = world.promote("--yes", "--mode", "full", "--allow", "max_deletions", "--reason", "x")
    assert ran.code == 4
    ran.says(rule, "prod", "target: unchanged", f"--allow {rule}")


@pytest.mark.parametrize("role_type", ["admin", "bot"])
def test_an_empty_source_refuses_always_and_cannot_be_configured_away(
    world: World, role_type: str
) -> None:
    document = world.state("dev")
    document["roles"] = [held for held in document["roles"] if held["roleType"] != role_type]
    world.put("dev", document)
    for mode in ("incremental", "full"):
        with world.untouched():
            ran = world.promote("--yes", "--mode", mode)
        assert ran.code == 4
        ran.says("empty_source", f"no {role_type} roles", "can't be allowed", "target: unchanged")


def test_deletions_are_counted_against_what_the_config_allows(world: World) -> None:
    world.guards('[[guards]]\nrule = "max_deletions"\nmax = 1\npercent = 100\n')
    ran = world.promote("--yes", "--mode", "full")
    assert ran.code == 0, ran.err
    assert ("admin", "Leftover") not in world.roles()


@pytest.mark.parametrize("severity", ["warn", "off"])
def test_a_severity_in_the_config_replaces_the_default(world: World, severity: str) -> None:
    world.guards(f'[[guards]]\nrule = "max_deletions"\nseverity = "{severity}"\n')
    found = verdicts(world, "--mode", "full").get("max_deletions")
    assert (found is None) if severity == "off" else (found and found["outcome"] == "warn")
    assert world.promote("--yes", "--mode", "full").code == 0


def test_a_guard_for_other_environments_leaves_the_default_here(world: World) -> None:
    world.guards('[[guards]]\nrule = "max_deletions"\nseverity = "off"\nenvironments = ["de*"]\n')
    assert world.promote("--yes", "--mode", "full").code == 4


def test_protected_names_are_not_changed(world: World) -> None:
    world.guards('[[guards]]\nrule = "protected_names"\nnames = ["Audit*"]\n')
    with world.untouched():
        ran = world.promote("--yes")
    assert ran.code == 4
    ran.says("protected_names", "Auditor (update)", "target: unchanged")
    assert world.promote("--yes", "--exclude-role", "Auditor").code == 0


def test_holders_of_protected_roles_are_not_changed(world: World) -> None:
    world.guards('[[guards]]\nrule = "protected_names"\nnames = ["Break*"]\n')
    who = [{"username": name} for name in ("ann@example.com", "bob@example.com")]
    glass = role("admin", "BreakGlass", Invite="YES")
    for name, holder in (("dev", "ann@example.com"), ("prod", "bob@example.com")):
        world.put(name, {**state({**glass, "holders": [{"user": holder}]}), "users": who})
    with world.untouched():
        ran = world.promote("--yes", "--assignments", "exact")
    assert ran.code == 4
    ran.says("protected_names", "'BreakGlass (holders)'", "target: unchanged")


def test_a_role_that_somebody_may_hold_is_not_deleted_unseen(world: World) -> None:
    world.switch(payload_encryption="on")
    risk = ("--accept-membership-risk", "--allow", "max_deletions", "--reason", "x")
    with world.untouched():
        ran = world.promote("--yes", "--mode", "full", *risk)
    assert ran.code == 4
    ran.says("held_roles", "who holds them can't be read", "'Leftover (delete)'")
    assert "not checked: access_gap: who holds which role can't be read" in " ".join(
        ran.err.split()
    )
    assert world.promote("--yes", "--mode", "full", "--prune-held", *risk).code == 0
    assert ("admin", "Leftover") not in world.roles()


def test_allowing_one_guard_allows_no_other(world: World) -> None:
    world.guards('[[guards]]\nrule = "protected_names"\nnames = ["Audit*"]\n')
    with world.untouched():
        ran = world.promote("--yes", "--mode", "full", "--allow", "max_deletions", "--reason", "x")
    assert ran.code == 4
    assert "max_deletions:" not in ran.err.rsplit("error:", 1)[1]
    ran.says("--allow protected_names")


def test_the_reason_is_kept_in_the_verdict_and_shown(world: World) -> None:
    found = verdicts(world, "--mode", "full", "--allow", "max_deletions", "--reason", "ticket 47")
    assert found["max_deletions"]["outcome"] == "allowed"
    assert found["max_deletions"]["reason"] == "ticket 47"
    ran = world.run(
        *("plan", "--from", "dev", "--to", "prod", "--mode", "full"),
        *("--allow", "max_deletions", "--reason", "ticket 47"),
    )
    assert "(allowed: ticket 47)" in ran.out


def test_a_guard_that_is_set_to_refuse_what_it_warned_about(world: World) -> None:
    world.guards('[[guards]]\nrule = "unknown_permissions"\nseverity = "refuse"\n')
    document = world.state("dev")
    document["roles"].append(role("admin", "Biller", Billing_Console="YES"))
    world.put("dev", document)
    with world.untouched():
        ran = world.promote("--yes")
    assert ran.code == 4
    ran.says("Billing Console", "permission_map", "target: unchanged")
