"""What halts a fleet before it begins, or will again, and what is said of it."""

import json
import shutil

from tests.cli.fleet_world import (
    GROUP,
    TARGETS,
    FleetWorld,
    box,
    by_target,
    fleet,
)

__all__ = ["box", "fleet"]


def test_what_a_guard_will_refuse_is_known_before_others_are_changed(fleet: FleetWorld) -> None:
    fleet.world.guards(
        GROUP + '[[guards]]\nrule = "protected_names"\nnames = ["Auditor"]\nenvironments = ["jp"]\n'
    )
    fleet.plan(code=4)
    seen = fleet.world.last()
    ran = fleet.apply("--format", "json")
    found = by_target(ran, 4)
    assert {name: each["state"] for name, each in found.items()} == {
        **dict.fromkeys(TARGETS, "not tried"),
        "jp": "refused by a guard",
    }
    assert ran.json()["halted"] == "no target was begun, for jp would be refused"
    assert fleet.world.control(f"/log?since={seen}") == []
    ran.says("because of jp (refused by a guard)", "--canary 0 --max-failures 2")
    assert fleet.apply("--canary", "0", "--max-failures", "2").code == 4
    fleet.exact("eu", "us", "br")
    fleet.untouched("jp")


def test_an_approval_that_lacks_is_known_before_others_are_changed(fleet: FleetWorld) -> None:
    fleet.world.configure("br", approvals="1")
    fleet.plan()
    done = fleet.applied(code=4)
    assert done["br"]["what"] == "br asks for 1 approval, and this plan has 0"
    fleet.untouched(*TARGETS)
    words = ("--change-ref", "CHG1", "--by", "alice", "--yes")
    assert fleet.world.run("approve", fleet.folder, *words).code == 0
    fleet.applied()
    fleet.exact()


def test_what_is_done_already_asks_for_no_approval_any_more(fleet: FleetWorld) -> None:
    fleet.plan()
    assert fleet.world.run("apply", fleet.folder / "eu.plan.json", "--yes").code == 0
    fleet.world.configure("eu", approvals="1")
    code, said = fleet.world.on_a_terminal(b"n\n", "apply", str(fleet.folder))
    assert code == 130
    assert "4 targets in 2 waves, 1 done already" in said
    assert "Apply it to 3 targets?" in said
    fleet.applied()
    fleet.exact()


def test_a_plan_that_was_swapped_in_the_folder_is_refused(fleet: FleetWorld) -> None:
    fleet.plan()
    shutil.copy(fleet.folder / "us.plan.json", fleet.folder / "jp.plan.json")
    ran = fleet.apply()
    assert ran.code == 3
    ran.says("the plan for jp is not the one of the set")
    fleet.untouched(*TARGETS)
    for name in TARGETS:  # the store has them
        (fleet.folder / f"{name}.plan.json").unlink()
    fleet.applied()
    fleet.exact()


def test_what_would_halt_again_is_named_with_the_way_past_it(fleet: FleetWorld) -> None:
    fleet.plan()
    fleet.world.change("eu", "admin", "Auditor", Invite="NO")
    for _ in range(2):
        ran = fleet.apply("--format", "json")
        assert by_target(ran, 5)["eu"]["state"] == "stale or used"
        way = f"role-migrate apply {fleet.folder} --canary 0 --max-failures 2"
        ran.says("3 targets were not tried", "because of eu (stale or used)", way)
    fleet.applied("--canary", "0", "--max-failures", "2", code=5)
    fleet.exact("us", "jp", "br")


def test_where_nothing_is_to_do_that_is_how_it_stands(fleet: FleetWorld) -> None:
    assert fleet.world.run("promote", "--from", "dev", "--to", "us", "--yes").code == 0
    fleet.plan()
    fleet.applied()
    for words in (("fleet", "status"), ("resume", "--yes"), ("rollback", "--yes")):
        found = by_target(fleet.world.run(*words, fleet.folder, "--format", "json"))
        assert found["us"]["state"] == "nothing to do", words


def test_a_set_that_was_cut_off_is_told_as_one(fleet: FleetWorld) -> None:
    fleet.plan()
    path = fleet.folder / "fleet.json"
    path.write_bytes(path.read_bytes()[:200])
    ran = fleet.apply()
    assert ran.code == 3
    ran.says("Take all of it from where it was made")
    assert "Export" not in ran.err


def test_one_wave_is_one_wave(fleet: FleetWorld) -> None:
    fleet.plan("--format", "json")
    made = json.loads((fleet.folder / "fleet.json").read_text())
    assert len(made["members"]) == len(TARGETS)
    fleet.apply("--canary", "0").says("4 targets in 1 wave\n")
