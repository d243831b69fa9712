"""`store prune`: what goes, what never does, and what is said of it afterwards."""

import json
import os
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from migrate.archive import Archive
from migrate.config import load
from migrate.journal import list_runs
from migrate.pipeline.evidence import gather
from migrate.stores.directory import DirectoryStore
from migrate.tools import real_tools
from tests.cli.test_locks import expire, promotion
from tests.cli.world import IMPORT, World

DAY = 86400
PRUNABLE = ("runs", "plans", "snapshots", "imports")


def age(world: World, days: float, *parts: str) -> None:
    """Make the files of prod's shelf (or those with `parts` in their path) older by so much."""
    for path in world.shelf.rglob("*"):
        if path.is_file() and (not parts or any(part in str(path) for part in parts)):
            then = path.stat().st_mtime - days * DAY
            os.utime(path, (then, then))


def files(world: World) -> set[str]:
    """What is on prod's shelf."""
    found = (path for path in world.shelf.rglob("*") if path.is_file())
    return {path.relative_to(world.shelf).as_posix() for path in found}


def prune(world: World, *words: str, keep: str = "90d", last: int = 1) -> Any:
    """Prune, and have the answer as JSON."""
    ran = world.run(
        *("store", "prune", "--env", "prod", "--keep", keep, "--keep-last", str(last)),
        *("--yes", "--format", "json", *words),
    )
    assert ran.code == 0, ran.err
    return ran.json()


def promoted(world: World, value: str) -> str:
    """A promotion that changes something; its run."""
    world.change("dev", "admin", "Auditor", Invite=value)
    ran = world.promote("--yes", "--format", "json")
    assert ran.code == 0, ran.err
    run: str = ran.json()["run"]
    return run


def stands(world: World) -> None:
    """Whatever is left stands on what it needs: runs can be gone on with, plans be shown."""
    config = load(world.config, {})
    archive = Archive(DirectoryStore(world.folder / "store"), config.environment("prod").identity)
    tools = real_tools(lambda _: None, time.sleep, lambda *_: None)
    for run in list_runs(archive.store):
        if archive.begun(run):
            gather(run, archive, tools)
            report = archive.report(run)
            if report and report["after"]:
                assert archive.load_snapshot(report["after"]) is not None, run
    for path in (world.shelf / "plans").glob("*.json"):
        plan = archive.load_plan(path.stem)
        assert plan is not None
        assert archive.load_snapshot(plan.target.snapshot) is not None
        if plan.source.snapshot:
            assert archive.load_snapshot(plan.source.snapshot) is not None
        if plan.undoes:
            assert archive.begun(plan.undoes.run)
    last = archive.last_snapshot()
    assert last is not None


def importing(world: World) -> Any:
    """A promotion in a process of its own, while a call of it that writes is under way."""
    since = world.last()
    world.configure(timeout="30")
    world.fault("timeout_before", IMPORT, seconds=60)
    process = promotion(world)
    while "POST import admin" not in world.calls("prod", since):
        time.sleep(0.02)
    return process


def test_what_is_old_goes_and_what_is_kept_stands_on_all_it_needs(world: World) -> None:
    old = promoted(world, "NO")
    age(world, 100)
    new = promoted(world, "YES")
    plan = json.loads(world.plan("--role", "Reviewer").read_bytes())
    before = files(world)
    seen = prune(world, "--dry-run")
    assert files(world) == before
    assert seen["deleted"] is None
    done = prune(world)
    assert [i for i in done["going"] if i["kind"] == "run"] == [
        i for i in seen["going"] if i["kind"] == "run"
    ]
    gone = before - files(world)
    assert done["deleted"]["objects"] == len(gone) == sum(i["objects"] for i in seen["going"])
    assert {path.split("/")[0] for path in gone} <= set(PRUNABLE)
    assert not [path for path in gone if path.endswith(".claim") or "last.json" in path]
    assert world.runs() == [new]
    assert f"plans/{plan['id']}.json" in files(world)
    assert old in {item["name"] for item in done["deleted"]["items"]}
    stands(world)
    # and once more: nothing is left to do
    assert prune(world)["going"] == []


def test_the_newest_stay_however_old_they_are(world: World) -> None:
    runs = [promoted(world, value) for value in ("NO", "YES", "NO")]
    age(world, 400)
    prune(world, last=2)
    assert world.runs() == [runs[2], runs[1]]
    stands(world)


def test_the_last_verified_run_stays_also_behind_others_that_failed(world: World) -> None:
    run = promoted(world, "NO")
    world.change("dev", "admin", "Auditor", Invite="YES")
    world.configure(upload="{ command = ['false'] }")
    assert world.promote("--yes").code == 7
    world.configure(upload='"platform"')
    assert len(world.runs()) == 2
    age(world, 400)
    seen = prune(world)
    staying = {item["name"]: item["why"] for item in seen["staying"]}
    assert staying[run] == "the last verified run"
    assert run in world.runs()
    stands(world)
    assert world.run("rollback", run, "--dry-run").code == 0


def test_an_unfinished_run_stays_with_all_it_rests_on_and_in_the_way(world: World) -> None:
    old = promoted(world, "NO")
    verified = promoted(world, "YES")
    world.change("dev", "admin", "Auditor", Invite="NO")
    process = importing(world)
    process.kill()
    process.communicate()
    world.calm()
    world.configure(timeout="1")
    expire(world)
    cut = world.runs()[0]
    age(world, 400)
    seen = prune(world)
    whys = {i["name"]: i["why"] for i in seen["staying"]}
    assert (whys[cut], whys[verified]) == ("unfinished", "the last verified run")
    assert old in {item["name"] for item in seen["deleted"]["items"]}
    blocked = world.promote("--yes")
    assert blocked.code == 6
    blocked.says(cut, "resume")
    stands(world)
    assert world.run("resume", cut, "--yes").code == 0
    assert world.promote("--yes").code == 0
    world.assert_promoted()


def test_a_run_that_goes_on_is_not_pruned_from_under(world: World) -> None:
    promoted(world, "NO")
    age(world, 400)
    promoted(world, "YES")
    world.change("dev", "admin", "Auditor", Invite="NO")
    process = importing(world)
    try:
        before = files(world)
        ran = world.run("store", "prune", "--env", "prod", "--keep", "1d", "--keep-last", "1", "-y")
        assert ran.code == 6
        ran.says("holds the lock", "target: unchanged by this command", "next: ")
        assert files(world) == before
    finally:
        process.kill()
        process.communicate()


def test_a_kept_rollback_keeps_the_run_that_it_took_back(world: World) -> None:
    run = promoted(world, "NO")
    age(world, 400)
    assert world.run("rollback", run, "--yes").code == 0
    back = world.runs()[0]
    seen = prune(world)
    assert {run, back} <= {item["name"] for item in seen["staying"]}
    # Its journal got an end when it was taken back; make it as old as the rest of it.
    age(world, 400, run, "/history/", "/captures/")
    staying = {i["name"]: (i["why"], i["neededBy"]) for i in prune(world)["staying"]}
    assert staying[back][0] == "the last verified run"
    assert staying[run][0] == "needed by what stays"
    assert set(world.runs()) == {run, back}
    stands(world)


# afterwards


@pytest.fixture
def pruned(world: World) -> tuple[World, str, Any, Path]:
    """A world whose first run was pruned: its id, its report, its plan as a file."""
    world.change("dev", "admin", "Auditor", Invite="NO")
    path = world.plan()
    assert world.run("apply", path, "--yes").code == 0
    run = world.runs()[0]
    report = world.report(run)
    age(world, 100)
    promoted(world, "YES")
    prune(world)
    return world, run, report, path


@pytest.mark.parametrize(
    "words",
    [
        ("runs", "show", "RUN"),
        ("resume", "RUN", "--yes"),
        ("rollback", "RUN", "--yes"),
        ("rollback", "RUN", "--dry-run"),
        ("runs", "abandon", "RUN", "--reason", "x"),
        ("plan", "--from", "run:RUN", "--to", "dev"),
        ("plan", "--from", "sha256:BEFORE", "--to", "dev"),
        ("drift", "--env", "prod", "--against", "sha256:BEFORE"),
        ("apply", "PLAN", "--yes"),
        ("approve", "PLAN", "--change-ref", "C1", "--yes"),
    ],
)
def test_what_was_pruned_is_said_to_be(
    pruned: tuple[World, str, Any, Path], words: tuple[str, ...]
) -> None:
    world, run, report, _ = pruned
    given = {"RUN": run, "BEFORE": report["backup"], "PLAN": report["plan"]}
    spelled = list(words)
    for name, value in given.items():
        spelled = [word.replace(name, value) for word in spelled]
    with world.untouched():
        ran = world.run(*spelled)
    assert ran.code == 2
    day = time.strftime("%Y-%m-%dT", time.gmtime())
    ran.says("was pruned on", day, "next: ")


def test_a_plan_whose_run_was_pruned_still_never_runs_twice(
    pruned: tuple[World, str, Any, Path],
) -> None:
    world, run, _, path = pruned
    # As it was when the plan was made: freshness alone would let it through.
    world.change("prod", "admin", "Auditor", Invite="YES", **{"View and Run Audit Reports": "YES"})
    since = world.last()
    ran = world.run("apply", path, "--yes")
    assert ran.code == 5
    ran.says(run, "used already")
    assert world.writes(since) == []


def test_a_capture_whose_snapshot_was_pruned_says_so_to_whoever_asks(world: World) -> None:
    taken = world.run("snapshot", "--env", "prod", "--format", "json").json()
    (first,) = (world.shelf / "captures").iterdir()
    long_ago = first.with_name(f"20250101T000000Z-{taken['digests']['state']}.json")
    first.rename(long_ago)
    promoted(world, "NO")
    asking = ("who", "--permission", "Preferences", "--env", "prod", "--at")
    assert world.run(*asking, "2025-01-02").code == 0
    age(world, 400)
    time.sleep(1.1)  # the keys of captures are times to the second
    promoted(world, "YES")
    prune(world)
    assert long_ago.exists()
    ran = world.run(*asking, "2025-01-02")
    assert ran.code == 2
    ran.says("the capture of 2025-01-01T00:00:00Z was pruned on", "next: Ask for a later time")
    now = world.run(*asking[:-1])
    assert now.code == 0, now.err


def test_what_went_is_on_record(pruned: tuple[World, str, Any, Path]) -> None:
    world, run, report, _ = pruned
    (path,) = (world.shelf / "pruned").iterdir()
    record = json.loads(path.read_bytes())
    assert record["runs"] == [run]
    assert record["plans"] == [report["plan"]]
    assert report["backup"] in record["snapshots"]
    assert record["keep"] == 90 * DAY
    assert record["keepLast"] == 1
    assert record["ended"]
    assert record["heldByStore"] == []


# cut off


class Killed(BaseException):
    """Stands for a kill: nothing in the program handles it."""


class Trap:
    """Ends whoever is about to delete the nth file under `below`; an audit hook can't be undone."""

    def __init__(self) -> None:
        self.left: int | None = None
        self.below = ""
        sys.addaudithook(self._hear)

    def _hear(self, event: str, given: tuple[Any, ...]) -> None:
        if self.left is None or event != "os.remove":
            return
        path = str(given[0])
        if path.startswith(self.below) and path[len(self.below) :].split("/")[1] in PRUNABLE:
            self.left -= 1
            if self.left < 0:
                raise Killed


_traps: list[Trap] = []


@pytest.fixture
def trap() -> Iterator[Trap]:
    if not _traps:
        _traps.append(Trap())
    yield _traps[0]
    _traps[0].left = None


def test_killed_at_each_deletion_all_that_is_left_stands(world: World, trap: Trap) -> None:
    first = promoted(world, "NO")
    age(world, 10)
    assert world.run("rollback", first, "--yes").code == 0
    age(world, 10)
    world.plan("--role", "Reviewer")
    promoted(world, "YES")
    age(world, 400)
    promoted(world, "NO")
    keep = world.folder / "as-it-was"
    shutil.copytree(world.folder / "store", keep)
    going = prune(world, "--dry-run")["going"]
    assert {item["kind"] for item in going} == {"run", "plan", "snapshot", "import file"}
    prune(world)
    after = {path for path in files(world) if not path.startswith("pruned/")}
    total = sum(item["objects"] for item in going)
    assert total > 30
    for number in range(total):
        shutil.rmtree(world.folder / "store")
        shutil.copytree(keep, world.folder / "store")
        trap.below, trap.left = str(world.shelf), number
        with pytest.raises(Killed):
            prune(world)
        trap.left = None
        stands(world)
        if number % 8 == 0:
            assert world.run("runs", "--env", "prod").code == 0
            prune(world)
            stands(world)
            left = {path for path in files(world) if not path.startswith("pruned/")}
            assert left == after


def test_an_interrupt_says_how_far_it_came(world: World, trap: Trap) -> None:
    promoted(world, "NO")
    age(world, 400)
    promoted(world, "YES")

    class Stop(KeyboardInterrupt):
        pass

    trap.below, trap.left = str(world.shelf), 3
    original = trap._hear.__globals__["Killed"]
    trap._hear.__globals__["Killed"] = Stop
    try:
        ran = world.run("store", "prune", "--env", "prod", "--keep", "90d", "--keep-last=1", "-y")
    finally:
        trap._hear.__globals__["Killed"] = original
    assert ran.code == 130
    ran.says("interrupted: 3 of", "objects are deleted", "target: unchanged by this command")
    trap.left = None
    stands(world)
    assert world.promote("--yes").code == 0


# what it asks and refuses


def test_it_asks_or_is_told(world: World) -> None:
    promoted(world, "NO")
    age(world, 400)
    promoted(world, "YES")
    before = files(world)
    words = ("store", "prune", "--env", "prod", "--keep", "90d", "--keep-last", "1")
    ran = world.run(*words)
    assert ran.code == 2
    ran.says("this deletes from the store", "--yes")
    code, said = world.on_a_terminal(b"n\n", *words)
    assert code == 130
    assert "nothing was deleted" in said
    assert files(world) == before
    code, said = world.on_a_terminal(b"y\n", *words)
    assert code == 0
    assert files(world) < before | {p for p in files(world) if p.startswith("pruned/")}


@pytest.mark.parametrize("keep", ["", "90", "x", "-1d", "0d", "1.5d", "99999999d"])
def test_an_age_that_is_none(world: World, keep: str) -> None:
    ran = world.run("store", "prune", "--env", "prod", "--keep", keep, "--dry-run")
    assert ran.code == 2
    ran.says("--keep", "next: ")


def test_nothing_goes_within_the_hour(world: World) -> None:
    promoted(world, "NO")
    promoted(world, "YES")
    seen = prune(world, keep="1s")
    assert seen["going"] == []
    age(world, 0.05)
    assert prune(world, keep="1s")["going"] != []


def test_a_clock_that_is_ahead_makes_nothing_old(world: World) -> None:
    promoted(world, "NO")
    promoted(world, "YES")
    for path in world.shelf.rglob("*"):
        if path.is_file():
            then = time.time() + 400 * DAY
            os.utime(path, (then, then))
    assert prune(world)["going"] == []


def test_an_empty_store_has_nothing_to_prune(world: World) -> None:
    assert prune(world)["going"] == []
    text = world.run("store", "prune", "--env", "prod", "--keep", "1d", "--dry-run")
    assert text.code == 0
    assert "Nothing goes" in text.out


@pytest.mark.parametrize("harm", ["last entry damaged", "beginning missing", "middle missing"])
def test_where_it_can_t_be_told_what_a_run_rests_on_nothing_is_pruned(
    world: World, harm: str
) -> None:
    run = promoted(world, "NO")
    promoted(world, "YES")
    folder = world.shelf / "runs" / run
    if harm == "last entry damaged":
        (folder / "0009.json").write_bytes(b"{}")
    elif harm == "beginning missing":
        (folder / "0000.json").unlink()
    else:
        (folder / "0009.json").unlink()
        (folder / "0005.json").unlink()
    age(world, 400)
    before = files(world)
    ran = world.run("store", "prune", "--env", "prod", "--keep", "90d", "--keep-last", "1", "--yes")
    assert ran.code == 3, ran.out
    ran.says(run, "nothing is pruned", "target: unchanged by this command", "next: ")
    assert files(world) == before


def test_captures_and_history_keep_what_they_name_while_they_are_young(world: World) -> None:
    first = str(
        world.run("snapshot", "--env", "prod", "--format", "json").json()["digests"]["state"]
    )
    promoted(world, "NO")
    promoted(world, "MAYBE")
    age(world, 400)
    promoted(world, "YES")
    for folder in ("captures", "history"):
        (world.shelf / folder).mkdir(exist_ok=True)
    named = world.shelf / "captures" / "20260101T000000Z-x.json"
    named.write_text(json.dumps({"snapshot": first}))

    def going() -> set[str]:
        return {item["name"] for item in prune(world, "--dry-run")["going"]}

    assert first not in going()
    age(world, 91, "/captures/")
    assert first in going()
    (world.shelf / "history" / "000001.json").write_text(json.dumps({"backup": first}))
    assert first not in {item["name"] for item in prune(world)["going"]}
    assert named.exists()
    assert (world.shelf / "snapshots" / f"{first}.json").exists()


def test_what_the_last_capture_and_an_unfinished_probe_name_stays(world: World) -> None:
    promoted(world, "NO")
    before = json.loads((world.shelf / "snapshots" / "last.json").read_bytes())["snapshot"]
    promoted(world, "YES")
    (world.shelf / "probes").mkdir()
    record = {"formatVersion": 1, "startedAt": "x", "who": "x", "before": before, "ended": ""}
    (world.shelf / "probes" / "0a1b2c.json").write_text(json.dumps(record))
    promoted(world, "NO")
    promoted(world, "YES")
    age(world, 400)
    whys = {i["name"]: i["why"] for i in prune(world)["staying"]}
    assert "named by the last capture" in whys.values()
    assert (world.shelf / "snapshots" / f"{before}.json").exists()
    stands(world)


def test_the_text_says_what_goes_and_why_the_rest_stays(world: World) -> None:
    run = promoted(world, "NO")
    age(world, 100)
    promoted(world, "YES")
    words = ("store", "prune", "--env", "prod", "--keep", "90d", "--keep-last", "1")
    out = world.run(*words, "--dry-run").out
    assert "older than 90 d and not among the last 1 of its kind" in out
    assert "runs              1 of 2" in out
    assert "younger than the limit" in out
    assert "Deleted" not in out
    assert run not in out
    assert run in world.run(*words, "--dry-run", first=("-v",)).out
    assert "Deleted: " in world.run(*words, "--yes").out


def test_another_environment_s_folder_and_the_locks_are_left_alone(world: World) -> None:
    promoted(world, "NO")
    world.run("snapshot", "--env", "dev")
    expire(world)
    store = world.folder / "store"
    for path in store.rglob("*"):
        if path.is_file():
            os.utime(path, (0, 0))
    promoted(world, "YES")
    others = {p for p in world.stored() if "sandbox-prod" not in p and not p.startswith("locks/")}
    prune(world)
    assert others <= set(world.stored())
    assert any(p.startswith("locks/") for p in world.stored())
