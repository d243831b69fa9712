"""The folder of role files on disk: what is written, what is left alone, and what is refused."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from migrate.digests import content_digest
from migrate.errors import InvalidInput, UsageError
from migrate.model import Identity, Role, Section, Selection, Snapshot, State
from migrate.rolefiles import INDEX
from migrate.rolefolder import Written, load, read, write
from tests.core.strategies import snapshot


def of(*names: str, **bots: str) -> Snapshot:
    admin = tuple(Role("admin", name, "", {"Invite": "YES"}, id=f"id-{name}") for name in names)
    bot = tuple(Role("bot", name, text, {"Tasks": ("NO",)}) for name, text in bots.items())
    return snapshot(State({"admin": Section.of(admin), "bot": Section.of(bot)}), "dev")


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "roles"


def test_a_folder_is_made_read_and_left_alone_where_nothing_changed(folder: Path) -> None:
    taken = of("Ops", "Auditor", Reviewer="x")
    done = write(folder, taken)
    assert done.written == ("admin/Auditor.json", "admin/Ops.json", "bot/Reviewer.json")
    assert content_digest(load(folder).state) == content_digest(taken.state)
    times = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    assert write(folder, taken) == Written((), (), 3, ())
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == times


def test_files_of_roles_that_are_gone_go_and_those_of_others_stay(folder: Path) -> None:
    write(folder, of("Ops", "Auditor", Reviewer="x"))
    (folder / "README.md").write_text("ours")
    (folder / "admin" / ".gitkeep").write_text("")
    hand = (folder / "admin" / "Ops.json").read_text().replace("Ops", "New")
    (folder / "admin" / "New.json").write_text(hand)
    done = write(folder, of("Auditor"))
    assert done == Written((), ("admin/Ops.json", "bot/Reviewer.json"), 1, ("admin/New.json",))
    assert files(folder).keys() == {
        *("README.md", "admin/.gitkeep", "admin/New.json", "admin/Auditor.json", INDEX)
    }
    assert not (folder / "bot").exists()
    # What was added by hand, and then promoted, is written from now on.
    assert write(folder, of("Auditor", "New")).others == ()
    assert write(folder, of("Auditor")).removed == ("admin/New.json",)


def test_what_is_not_there_any_more_is_a_role_that_the_source_does_not_have(folder: Path) -> None:
    write(folder, of("Ops", "Auditor"))
    shutil.rmtree(folder / "admin")
    assert content_digest(load(folder).state) == content_digest(of().state)


def test_nothing_is_changed_where_the_disk_is_full(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder, of("Ops", "Auditor"))
    before = files(folder)
    real, count = Path.write_bytes, 0

    def full(path: Path, data: bytes) -> int:
        nonlocal count
        count += 1
        if count > 3:
            raise OSError(28, "No space left on device")
        return real(path, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(UsageError, match="No space left"):
        write(folder, of("Ops 1", "Ops 2", "Ops 3"))
    assert files(folder) == before


@pytest.mark.parametrize("stop", range(1, 8))
def test_a_folder_that_was_left_half_way_is_refused_and_mended(
    folder: Path, monkeypatch: pytest.MonkeyPatch, stop: int
) -> None:
    old, new = of("Ops", "Auditor", "Both"), of("Both", "New 1", "New 2", Reviewer="x")
    write(folder, old)
    moves, real, remove = 0, Path.replace, Path.unlink

    def killed() -> None:
        nonlocal moves
        moves += 1
        if moves == stop:
            raise KeyboardInterrupt

    def replace_(path: Path, target: Path) -> Path:
        killed()
        return real(path, target)

    def unlink(path: Path, missing_ok: bool = False) -> None:
        killed()
        remove(path, missing_ok)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", replace_)
        patched.setattr(Path, "unlink", unlink)
        with pytest.raises(KeyboardInterrupt):
            write(folder, new)
    if stop == 1:
        assert content_digest(load(folder).state) == content_digest(old.state)
    else:
        with pytest.raises(InvalidInput, match="cut off"):
            load(folder)
    write(folder, new)
    assert content_digest(load(folder).state) == content_digest(new.state)
    assert len(files(folder)) == 5


def test_another_environment_s_folder_is_not_taken(folder: Path) -> None:
    taken = of("Ops")
    write(folder, taken)
    before = files(folder)
    other = replace(taken, identity=Identity("kore", "https://prod.example.com", "cs-prod"))
    with pytest.raises(UsageError, match='roles of "dev"'):
        write(folder, other)
    with pytest.raises(UsageError, match="another --role"):
        write(folder, replace(taken, selection=Selection(("O*",))))
    assert files(folder) == before


def test_what_is_no_file_of_a_role_is_not_overwritten(folder: Path) -> None:
    (folder / "admin").mkdir(parents=True)
    (folder / "admin" / "Ops.json").write_text('{"mine": true}')
    with pytest.raises(UsageError, match="in the way"):
        write(folder, of("Ops"))
    assert files(folder) == {"admin/Ops.json": b'{"mine": true}'}


def test_links_lead_nowhere(folder: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "Ops.json").write_text("precious")
    write(folder, of("Auditor", Ops="x"))
    (folder / "admin" / "Ops.json").symlink_to(outside / "Ops.json")
    (fault,) = read(folder).faults
    assert (fault.file, fault.message) == (
        "admin/Ops.json",
        "this is no plain file, and is not read",
    )
    with pytest.raises(UsageError, match="in the way"):
        write(folder, of("Ops"))
    shutil.rmtree(folder / "bot")
    (folder / "bot").symlink_to(outside)
    for act in (lambda: read(folder), lambda: write(folder, of("Auditor", Ops="x"))):
        with pytest.raises(InvalidInput, match="symbolic link"):
            act()
    (folder / INDEX).unlink()
    (folder / INDEX).symlink_to(outside / "Ops.json")
    with pytest.raises(InvalidInput, match="symbolic link"):
        read(folder)
    assert files(outside) == {"Ops.json": b"precious"}


def test_what_is_beside_the_roles_is_told(folder: Path) -> None:
    write(folder, of("Ops"))
    (folder / "admin" / "Auditor.jsn").write_text("{}")
    (folder / "admin" / "more").mkdir()
    assert [str(fault) for fault in read(folder).faults] == [
        "admin/Auditor.jsn: this is no file of a role, whose name would end in .json",
        "admin/more: this is no plain file, and is not read",
    ]
    with pytest.raises(InvalidInput) as caught:
        load(folder)
    assert len(caught.value.faults) == 2


def test_what_is_no_folder_of_roles_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such folder"):
        load(tmp_path / "none")
    with pytest.raises(UsageError, match="no such folder"):
        load(Path("\0"))
    with pytest.raises(InvalidInput, match="it has no role-migrate"):
        load(tmp_path)
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(UsageError):
        write(file, of("Ops"))
    with pytest.raises(UsageError):
        write(file / "below", of("Ops"))


def test_what_can_t_be_read_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(folder, of("Ops"))

    def refused(path: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refused)
    with pytest.raises(InvalidInput, match="Permission denied"):
        load(folder)
    with pytest.raises(UsageError, match="Permission denied"):
        write(folder, of("Auditor"))
