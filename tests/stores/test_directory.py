import errno
import multiprocessing
import os
import stat
import threading
from pathlib import Path

import pytest

from migrate.errors import InvalidInput, StoreFailed
from migrate.stores.base import VersionMoved
from migrate.stores.directory import LOCK_FILE, TEMPORARY, DirectoryStore
from migrate.stores.directory_files import directory_failure, exclusively, written_beside


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "shelf"


def test_nothing_is_made_by_reading(root: Path) -> None:
    store = DirectoryStore(root)
    assert store.get("a") is None
    assert list(store.list("")) == []
    assert not root.parent.exists()


def test_only_the_user_can_look(root: Path) -> None:
    DirectoryStore(root).put_if_absent("runs/r/0000.json", b"{}")
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in root.parent.rglob("*")}
    files = {path: mode for path, mode in modes.items() if path.is_file()}
    assert set(files.values()) == {0o600}
    assert {mode for path, mode in modes.items() if path not in files} == {0o700}


def test_location_is_absolute_with_links_resolved(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    assert DirectoryStore(tmp_path / "link").location == f"dir:{tmp_path.resolve()}/real"


def test_nothing_but_the_object_is_left_behind(root: Path) -> None:
    store = DirectoryStore(root)
    version = store.put_if_absent("a/b", b"one").stored.version
    store.put_if_absent("a/b", b"two")
    store.replace("a/b", b"three", version)
    assert list((root / TEMPORARY).iterdir()) == []
    assert list(store.list("")) == ["a/b"]
    assert sorted(path.name for path in root.iterdir()) == [LOCK_FILE, TEMPORARY, "a"]


def test_a_file_that_is_being_written_has_no_key_yet(root: Path) -> None:
    store = DirectoryStore(root)
    with written_beside(root / TEMPORARY, b"half") as path:
        assert path.read_bytes() == b"half"
        assert list(store.list("")) == []
    assert not path.exists()


def test_a_link_out_of_the_store_is_refused(root: Path, tmp_path: Path) -> None:
    store = DirectoryStore(root)
    store.put_if_absent("a", b"one")
    (tmp_path / "secret").write_text("s")
    (root / "out").symlink_to(tmp_path)
    (root / "file").symlink_to(tmp_path / "secret")
    for key in ("out/secret", "out/new", "file"):
        with pytest.raises(InvalidInput, match="symbolic link"):
            store.get(key)
        with pytest.raises(InvalidInput, match="symbolic link"):
            store.put_if_absent(key, b"x")
    with pytest.raises(InvalidInput, match="symbolic link"):
        list(store.list("out/"))
    assert list(store.list("")) == ["a"]
    assert not (tmp_path / "new").exists()


def test_a_link_inside_the_store_is_no_object(root: Path) -> None:
    store = DirectoryStore(root)
    store.put_if_absent("a", b"one")
    (root / "b").symlink_to("a")
    with pytest.raises(StoreFailed, match="symbolic link"):
        store.get("b")


def test_a_file_where_the_store_should_be(tmp_path: Path) -> None:
    (tmp_path / "shelf").write_text("no folder")
    store = DirectoryStore(tmp_path / "shelf")
    for attempt in (
        lambda: store.get("a"),
        lambda: store.put_if_absent("a", b"x"),
        lambda: store.replace("a", b"x", "v"),
        lambda: list(store.list("")),
    ):
        with pytest.raises(StoreFailed, match="a file is where a folder is needed") as caught:
            attempt()
        assert caught.value.remedy
        assert "shelf" in caught.value.where


def test_a_folder_where_an_object_should_be(root: Path) -> None:
    store = DirectoryStore(root)
    store.put_if_absent("a/b", b"one")
    with pytest.raises(StoreFailed, match="a folder is where a file is needed"):
        store.get("a")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may do everything")
def test_a_folder_without_rights(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(StoreFailed, match="permission denied"):
            DirectoryStore(tmp_path / "shelf").put_if_absent("a", b"x")
    finally:
        tmp_path.chmod(0o700)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.EACCES, "permission denied"),
        (errno.ENOSPC, "no space left"),
        (errno.EROFS, "read-only"),
        (errno.EDQUOT, "quota"),
        (errno.EIO, os.strerror(errno.EIO)),
    ],
)
def test_what_the_system_refuses_is_explained(number: int, words: str) -> None:
    told = directory_failure(OSError(number, os.strerror(number)), "/shelf/a")
    assert words in told.what
    assert told.where == "/shelf/a"
    assert told.remedy
    assert told.target is None


def test_a_store_that_stays_busy_is_an_error(root: Path) -> None:
    store = DirectoryStore(root, lock_wait=0.05)
    version = store.put_if_absent("a", b"one").stored.version
    with exclusively(root / LOCK_FILE, 1), pytest.raises(StoreFailed, match="busy"):
        store.replace("a", b"two", version)
    assert store.replace("a", b"two", version).data == b"two"


def test_replace_waits_its_turn(root: Path) -> None:
    store = DirectoryStore(root)
    version = store.put_if_absent("a", b"one").stored.version
    done = threading.Event()

    def swap() -> None:
        store.replace("a", b"two", version)
        done.set()

    with exclusively(root / LOCK_FILE, 1):
        thread = threading.Thread(target=swap)
        thread.start()
        assert not done.wait(0.05)
    thread.join()
    assert done.is_set()


def count_up(root: str, times: int) -> int:
    store, swapped = DirectoryStore(Path(root)), 0
    while swapped < times:
        current = store.get("number")
        assert current is not None
        try:
            store.replace("number", b"%d" % (int(current.data) + 1), current.version)
        except VersionMoved:
            continue
        swapped += 1
    return swapped


def test_processes_lose_no_swap(root: Path) -> None:
    store = DirectoryStore(root)
    store.put_if_absent("number", b"0")
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        assert sum(pool.starmap(count_up, [(str(root), 15)] * 3)) == 45
    stored = store.get("number")
    assert stored is not None
    assert stored.data == b"45"
