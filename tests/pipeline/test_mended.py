"""What a run, and the store beneath it, say when something goes wrong that nobody planned for."""

import json
from pathlib import Path
from typing import Any

import pytest

from migrate.archive import Archive
from migrate.errors import InvalidInput
from migrate.model import Identity, Selection
from migrate.pipeline import finishing
from migrate.pipeline.capture import narrowed
from migrate.platforms.kore.writer import KoreWriter
from migrate.snapshot import from_value
from migrate.stores.directory import DirectoryStore
from tests.cli.world import IMPORT, World


def failing(
    error: BaseException, kind: str, role_type: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One step of a run raises what no step should."""
    execute = KoreWriter.execute

    def broken(self: KoreWriter, step: Any, *rest: Any) -> Any:
        if (step.kind, step.role_type) == (kind, role_type):
            raise error
        return execute(self, step, *rest)

    monkeypatch.setattr(KoreWriter, "execute", broken)


def overwrite(path: Path, data: bytes) -> None:
    path.chmod(0o600)
    path.write_bytes(data)


def test_of_a_first_import_in_doubt_nothing_is_called_changed(world: World) -> None:
    world.configure(timeout="0.3")
    world.fault("500", IMPORT, times=10)
    assert world.promote("--yes").code == 8
    assert world.report()["targetState"] == (
        "unknown: import of 2 admin roles (read back twice, nothing shows); "
        "not tried: import of 2 bot roles"
    )


def test_only_the_step_that_was_begun_is_in_doubt(world: World) -> None:
    world.configure(timeout="0.3")
    world.fault("500", IMPORT, query={"roleType": "bot"}, times=10)
    assert world.promote("--yes").code == 8
    assert world.report()["targetState"] == (
        "partly changed; done: import of 2 admin roles; "
        "in doubt: import of 2 bot roles (read back twice, nothing shows)"
    )


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyError("rows")])
@pytest.mark.parametrize(
    ("kind", "role_type", "left"),
    [
        (
            "upload",
            "bot",
            "partly changed; done: import of 2 admin roles; not tried: import of 2 bot roles",
        ),
        (
            "import",
            "admin",
            "unknown: import of 2 admin roles; not tried: import of 2 bot roles",
        ),
    ],
)
def test_what_nobody_foresaw_between_writes_is_a_partly_applied_run(
    world: World,
    error: Exception,
    kind: str,
    role_type: str,
    left: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    failing(error, kind, role_type, monkeypatch)
    ran = world.promote("--yes", "--format", "json")
    assert ran.code == 8
    ran.says(type(error).__name__, "role-migrate resume")
    report = world.report()
    assert (report["result"], report["targetState"]) == ("partly applied", left)
    assert ran.json() == report


@pytest.mark.parametrize(("name", "result"), [("read_back", "not verified"), ("_keep", "done")])
def test_what_nobody_foresaw_after_the_writes_is_told_with_them(
    world: World, name: str, result: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*given: Any, **named: Any) -> None:
        raise RuntimeError("lost the thread")

    monkeypatch.setattr(finishing, name, broken)
    ran = world.promote("--yes")
    assert ran.code == 8
    ran.says("every step was done", "RuntimeError: lost the thread")
    assert world.report()["result"] == result


def test_what_nobody_foresaw_before_any_write_gives_the_plan_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = world.plan()
    failing(KeyError("rows"), "upload", "admin", monkeypatch)
    with world.untouched(), pytest.raises(AssertionError, match="bug in role-migrate: KeyError"):
        world.run("apply", plan, "--yes")
    assert world.report()["result"] == "failed, target unchanged"
    monkeypatch.undo()
    assert world.run("apply", plan, "--yes").code == 0


DAMAGED = [b"{}", b"", b"{", b"[]", b'{"run": 1, "released": false}']


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_damaged_object_of_the_store_is_named_with_what_to_do(
    world: World, damage: bytes
) -> None:
    plan = world.plan()
    assert world.run("apply", plan, "--yes").code == 0
    run = world.runs()[0]
    assert world.run("snapshot", "--env", "prod").code == 0
    claim = f"{json.loads(plan.read_bytes())['id']}.claim"
    for key, words in (
        ("snapshots/last.json", ("drift", "--env", "prod")),
        (
            "snapshots/last.json",
            ("plan", "--from", "dev", "--to", "prod", "--target-snapshot", "last"),
        ),
        (f"plans/{claim}", ("apply", plan, "--yes")),
        (f"runs/{run}/report.json", ("runs", "show", run)),
        (f"runs/{run}/report.json", ("runs", "show", run, "--format", "json")),
        (f"runs/{run}/report.json", ("plan", "--from", f"run:{run}", "--to", "dev")),
    ):
        path = world.shelf / key
        sound = path.read_bytes()
        overwrite(path, damage)
        ran = world.run(*words)
        assert ran.code == 3, (key, ran.err)
        ran.says(key, "Restore an older version of this object, or delete it")
        overwrite(path, sound)


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_damaged_account_is_named_with_what_to_do(tmp_path: Path, damage: bytes) -> None:
    archive = Archive(DirectoryStore(tmp_path), Identity("kore", "http://127.0.0.1", "a"))
    archive.store.put_if_absent("account.json", damage)
    with pytest.raises(InvalidInput) as raised:
        archive.account_id()
    assert raised.value.where.endswith("account.json")
    assert "delete it" in raised.value.remedy


def test_the_last_snapshot_is_as_of_when_it_was_last_seen(world: World) -> None:
    world.run("snapshot", "--env", "prod")
    path = world.shelf / "snapshots" / "last.json"
    later = json.loads(path.read_bytes()) | {"capturedAt": "2031-02-03T04:05:06Z"}
    overwrite(path, json.dumps(later).encode())
    assert "as of 2031-02-03T04:05:06Z" in world.run("drift", "--env", "prod").out
    ran = world.run(
        *("plan", "--from", "dev", "--to", "prod", "--target-snapshot", "last", "--format", "json")
    )
    assert ran.json()["target"]["capturedAt"] == "2031-02-03T04:05:06Z"


def test_a_narrowed_snapshot_does_not_take_the_place_of_a_whole_one(
    world: World, tmp_path: Path
) -> None:
    value = world.run("snapshot", "--env", "prod", "--format", "json").json()
    whole = from_value(value, where="the answer")
    everything, most = (narrowed(whole, Selection(item)) for item in (("*",), ("*", "x")))
    archive = Archive(DirectoryStore(tmp_path / "other"), whole.identity)
    name = archive.save_snapshot(everything)
    assert archive.load_snapshot(name) == everything
    assert archive.save_snapshot(most) == name
    assert archive.load_snapshot(name) is None
    assert archive.save_snapshot(whole) == name == value["digests"]["state"]
    assert archive.load_snapshot(name) == whole
    archive.mark_last(name, whole)
    assert archive.last_snapshot() == (whole, whole.captured_at)


def test_where_nothing_was_to_be_done_there_is_no_run(world: World) -> None:
    assert world.promote("--yes").code == 0
    before = world.runs()
    again = world.promote("--yes")
    assert again.code == 0
    assert again.out.startswith("No run of plan ")
    assert world.runs() == before


@pytest.mark.parametrize("source", ["run:abc", "sha256:abc"])
def test_a_source_that_can_be_none_is_a_usage_error(world: World, source: str) -> None:
    ran = world.run("plan", "--from", source, "--to", "prod")
    assert ran.code == 2
    ran.says("next: ")


def test_a_stand_in_for_the_target_does_not_go_with_a_file(world: World) -> None:
    path = world.file("s.json", world.run("snapshot", "--env", "prod", "--format", "json").json())
    ran = world.run(*("plan", "--from", "dev", "--to", f"file:{path}", "--target-snapshot", "last"))
    assert ran.code == 2
    ran.says("--target-snapshot", "next: ")
