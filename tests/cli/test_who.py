"""`who`: who holds a permission now, or held it at a time; and what changed outside of our runs."""

import csv
import io
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.cli.staffed import ANN, BOB, CY, DEE, HELPER, KEEPER, LEFTOVER, OPERATOR, OPS, edit, held
from tests.cli.world import World, role

WEEKS = [f"2026-01-{day:02}T02:00:00Z" for day in (5, 12, 19, 26)]


class Clock:
    """Says what time it is to every command of this process."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._patch = patch
        self.at = ""

    def set(self, at: str) -> None:
        import time

        self.at = at
        seconds = datetime.fromisoformat(at).timestamp()
        started = time.monotonic()
        self._patch.setattr("migrate.tools.time.time", lambda: seconds + time.monotonic() - started)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def snap(world: World, clock: Clock, at: str) -> None:
    clock.set(at)
    ran = world.run("snapshot", "--env", "prod")
    assert ran.code == 0, ran.err


def who(world: World, at: str | None, permission: str = "Invite") -> Any:
    words = ("--at", at) if at else ()
    ran = world.run("who", "--permission", permission, "--env", "prod", "--format", "json", *words)
    assert ran.code == 0, ran.err
    return ran.json()


def names(answer: Any) -> list[str]:
    return [one["name"] for one in answer["holders"]]


def captures(world: World) -> list[Path]:
    return sorted((world.shelf / "captures").glob("*.json"))


def ops(world: World, *holders: str) -> None:
    """Somebody says by hand who holds Ops."""
    roles = held(KEEPER, OPERATOR), held(OPS, *holders), held(HELPER, f"{ANN}/Sales", side="prod")
    edit(world, "prod", *roles, held(LEFTOVER, DEE))


def test_holders_are_named_with_the_way_they_hold_it(staffed: World) -> None:
    edit(
        staffed,
        "prod",
        held(KEEPER, OPERATOR),
        held(OPS, BOB, CY, "@Desk"),
        held(role("admin", "No", Invite="NO"), DEE),
        held(role("bot", "Tester", Testing="FULL"), f"{ANN}/Sales", side="prod"),
        held(role("bot", "Looker", Testing="VIEW"), f"{ANN}/Sales", side="prod"),
        groups=[{"gN": "Desk", "users": [CY]}, {"gN": "Empty", "users": []}],
    )
    assert staffed.run("snapshot", "--env", "prod").code == 0
    since = staffed.last()
    answer = who(staffed, None, "invite")
    assert staffed.last() == since, "nothing is asked of the platform"
    assert answer["permission"] == "Invite"
    assert [(one["kind"], one["name"], one["value"], one["ways"]) for one in answer["holders"]] == [
        ("user", BOB, ["YES"], [{"role": "Ops", "group": ""}]),
        ("user", CY, ["YES"], [{"role": "Ops", "group": ""}, {"role": "Ops", "group": "Desk"}]),
        ("group", "Desk", ["YES"], [{"role": "Ops", "group": ""}]),
    ]
    (tester,) = who(staffed, None, "Testing")["holders"]
    assert (tester["name"], tester["scope"], tester["value"]) == (ANN, "Sales", ["FULL"])
    assert tester["ways"] == [{"role": "Tester", "group": ""}], "what gives less is no way to it"
    assert (answer["partial"], answer["unseenGroups"]) == ([], ["Empty"])
    text = staffed.run("who", "--permission", "Invite", "--env", "prod").out
    assert "What one group holds in which no user holds a role can't be seen." in text
    assert f'{CY}  YES  in prod  directly: "Ops"; through group "Desk": "Ops"' in text
    table = staffed.run("who", "--permission", "Invite", "--env", "prod", "--format", "csv").out
    rows = [(r["principal"], r["way"], r["group"]) for r in csv.DictReader(io.StringIO(table))]
    assert (CY, "through group", "Desk") in rows


def test_at_a_date_the_capture_of_then_answers(staffed: World, clock: Clock) -> None:
    for at, holder in zip(WEEKS, (ANN, BOB, BOB, CY), strict=True):
        ops(staffed, holder)
        snap(staffed, clock, at)
    assert len(captures(staffed)) == 3, "nothing grows while nothing moves"
    clock.set("2026-02-10T12:00:00Z")
    for at, holder in (
        ("2026-01-05", ANN),
        ("2026-01-11", ANN),
        ("2026-01-12T02:00:00Z", BOB),
        ("2026-01-12T03:00:00+02:00", ANN),
        ("2026-01-25", BOB),
        ("2026-01-31", CY),
        ("2026-02-10", CY),
        (None, CY),
    ):
        assert names(who(staffed, at)) == [holder], at
    assert who(staffed, "2026-02-10")["at"] >= "2026-02-10T12:00:00Z"
    assert who(staffed, "2026-01-20")["capture"]["until"] == WEEKS[2]
    assert who(staffed, "2026-02-01")["later"] is None


def test_before_the_first_capture_and_after_now_nothing_is_known(
    staffed: World, clock: Clock
) -> None:
    words = ("who", "--permission", "Invite", "--env", "prod")
    none = staffed.run(*words)
    assert none.code == 2
    none.says("no capture of 'prod'", "role-migrate snapshot --env prod")
    snap(staffed, clock, WEEKS[0])
    before = staffed.run(*words, "--at", "2026-01-04")
    assert before.code == 2
    before.says("2026-01-04T23:59:59Z", f"the first capture is of {WEEKS[0]}", "next: ")
    assert staffed.run(*words, "--at", "2026-01-05").code == 0
    for at, word in (("2026-01-06", "has not come"), ("January", "is no date"), ("", "no date")):
        ran = staffed.run(*words, "--at", at)
        assert (ran.code, word in ran.err) == (2, True), at


def test_a_permission_that_nobody_knows_is_answered_with_names_like_it(staffed: World) -> None:
    assert staffed.run("snapshot", "--env", "prod").code == 0
    ran = staffed.run("who", "--permission", "Singel Sign On", "--env", "prod")
    assert ran.code == 2
    ran.says("Singel Sign On", 'Did you mean "Single Sign On"')
    assert staffed.run("who", "--permission", "Single Sign On", "--env", "prod").out.endswith(
        "Nobody.\n"
    )


def test_what_changed_outside_of_our_runs_is_between_two_captures(
    staffed: World, clock: Clock
) -> None:
    ops(staffed, ANN)
    snap(staffed, clock, WEEKS[0])
    snap(staffed, clock, WEEKS[1])
    ops(staffed, BOB)
    snap(staffed, clock, WEEKS[2])
    later = who(staffed, "2026-01-06")["later"]
    assert (later["between"], later["and"], later["maybe"]) == (WEEKS[1], WEEKS[2], False)
    assert [(one["name"], one["before"], one["after"]) for one in later["outside"]] == [
        (ANN, ["YES"], []),
        (BOB, [], ["YES"]),
    ]
    assert who(staffed, "2026-01-14")["later"]["maybe"] is True
    text = staffed.run("who", "--permission", "Invite", "--env", "prod", "--at", "2026-01-14").out
    between = f"between capture {WEEKS[1]} and capture {WEEKS[2]}"
    assert f"outside of the runs of this history, {between}" in text
    assert f"{BOB}  none → YES" in text
    # Of another permission nothing changed.
    assert who(staffed, "2026-01-06", "Manage Users")["later"] is None


def test_what_a_run_of_ours_did_is_no_change_outside(staffed: World, clock: Clock) -> None:
    ops(staffed, ANN)
    snap(staffed, clock, WEEKS[0])
    edit(staffed, "dev", held(KEEPER, OPERATOR), held(OPS, ANN, BOB))
    clock.set(WEEKS[1])
    assert staffed.promote("--yes", "--assignments", "merge").code == 0
    run = staffed.runs()[0]
    snap(staffed, clock, WEEKS[2])
    answer = who(staffed, "2026-01-06")
    assert names(answer) == [ANN]
    assert names(who(staffed, "2026-01-13")) == [ANN, BOB]
    assert answer["later"]["runs"] == [run]
    assert answer["later"]["outside"] == []
    text = staffed.run("who", "--permission", "Invite", "--env", "prod", "--at", "2026-01-06").out
    assert f"Changed by run {run}" in text
    assert "outside" not in text


def test_a_change_by_hand_beside_a_run_of_ours_is_told_apart(staffed: World, clock: Clock) -> None:
    ops(staffed, ANN)
    snap(staffed, clock, WEEKS[0])
    edit(staffed, "dev", held(KEEPER, OPERATOR), held(OPS, BOB))
    ops(staffed, ANN, CY)
    clock.set(WEEKS[1])
    assert staffed.promote("--yes", "--assignments", "merge").code == 0
    outside = who(staffed, "2026-01-06")["later"]["outside"]
    assert [one["name"] for one in outside] == [CY]


def test_without_who_holds_what_a_capture_answers_nothing(staffed: World, clock: Clock) -> None:
    ops(staffed, ANN)
    snap(staffed, clock, WEEKS[0])
    staffed.switch(payload_encryption="on")
    snap(staffed, clock, WEEKS[1])
    staffed.switch(payload_encryption="off")
    snap(staffed, clock, WEEKS[2])
    assert len(captures(staffed)) == 1
    assert who(staffed, "2026-01-13")["capture"]["until"] == WEEKS[2]


def test_a_snapshot_that_is_gone_or_altered_is_named(staffed: World, clock: Clock) -> None:
    snap(staffed, clock, WEEKS[0])
    (path,) = (p for p in (staffed.shelf / "snapshots").glob("*.json") if p.name != "last.json")
    kept = path.read_bytes()
    path.chmod(0o600)
    path.write_bytes(kept.replace(BOB.encode(), DEE.encode()))
    words = ("who", "--permission", "Invite", "--env", "prod")
    assert staffed.run(*words).code == 3
    path.unlink()
    ran = staffed.run(*words)
    assert ran.code == 3
    ran.says(path.name, "is gone", "next: ")


def test_names_in_a_table_are_no_formulas(staffed: World) -> None:
    evil = "+SUM(1)"
    edit(staffed, "prod", held(KEEPER, OPERATOR), held(role("admin", evil, Invite="YES"), ANN))
    assert staffed.run("snapshot", "--env", "prod").code == 0
    table = staffed.run("who", "--permission", "Invite", "--env", "prod", "--format", "csv").out
    (row,) = csv.DictReader(io.StringIO(table))
    assert row["role"] == f"'{evil}"
