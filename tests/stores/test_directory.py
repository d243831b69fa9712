import contextlib
import errno
import hashlib
import multiprocessing
import os
import random
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from migrate.errors import InvalidInput, StoreFailed
from migrate.stores.base import Put, VersionMoved
from migrate.stores.directory import LOCK_FILE, TEMPORARY, DirectoryStore
from migrate.stores.directory_files import LEFT_BEHIND, directory_failure, written_beside
from migrate.stores.directory_lock import exclusively


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
        (errno.ENOENT, "what was just written is gone"),
        (errno.EINVAL, "can't make sure that a file is kept"),
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


def test_threads_take_turns_and_do_not_use_up_each_others_wait(root: Path) -> None:
    store = DirectoryStore(root, lock_wait=0.3)

    def write(number: int) -> None:
        put = store.put_if_absent(f"{number}.json", b"0")
        for count in range(1, 15):
            put = Put(
                store.replace(f"{number}.json", str(count).encode(), put.stored.version), True
            )

    with ThreadPoolExecutor(64) as pool:
        list(pool.map(write, range(64)))
    assert {(root / f"{number}.json").read_bytes() for number in range(64)} == {b"14"}


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


def test_a_lock_file_that_somebody_removed_lets_no_two_in(root: Path) -> None:
    DirectoryStore(root).put_if_absent("a", b"one")
    path = root / LOCK_FILE
    inside, leave = threading.Event(), threading.Event()

    def second() -> None:
        with exclusively(path, 10):
            inside.set()
            leave.wait(10)

    with exclusively(path, 1):
        thread = threading.Thread(target=second)
        thread.start()
        while len(openers(path)) < 2:
            time.sleep(0.001)
        path.unlink()
    assert inside.wait(10)
    with pytest.raises(StoreFailed, match="busy"), exclusively(path, 0.05):
        pass
    leave.set()
    thread.join()


def openers(path: Path) -> list[str]:
    """The descriptors of this process that are open on a file."""
    found = []
    for entry in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            if entry.readlink() == path:
                found.append(entry.name)
    return found


NFS = """
24 1 8:1 / / rw - ext4 /dev/root rw
31 24 0:50 / {folder} rw - {kind} filer:/roles rw,vers=3,{options}
"""


@pytest.mark.parametrize(
    ("kind", "options", "refused"),
    [
        ("nfs", "nolock,local_lock=all", "local_lock=all, nolock"),
        ("nfs", "local_lock=flock", "local_lock=flock"),
        ("nfs4", "local_lock=all", "local_lock=all"),
        ("nfs", "local_lock=posix", ""),
        ("nfs4", "local_lock=none", ""),
        ("ext4", "nolock", ""),
    ],
)
def test_nfs_that_keeps_locks_to_itself_is_no_store_for_several(
    root: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    options: str,
    refused: str,
) -> None:
    table = tmp_path / "mountinfo"
    table.write_text(NFS.format(folder=root.parent.resolve(), kind=kind, options=options))
    monkeypatch.setattr("migrate.mounts.TABLE", table)
    store = DirectoryStore(root)
    version = store.put_if_absent("a", b"one").stored.version
    if not refused:
        assert store.replace("a", b"two", version).data == b"two"
        return
    with pytest.raises(StoreFailed, match="keeps file locks to this machine") as caught:
        store.replace("a", b"two", version)
    assert refused in caught.value.what
    assert "NFS 4" in caught.value.remedy
    assert store.get("a") is not None


# What is left after a crash.


def test_what_processes_left_behind_is_removed_when_it_is_old(root: Path) -> None:
    store = DirectoryStore(root)
    version = store.put_if_absent("a", b"one").stored.version
    old, young = root / TEMPORARY / "old", root / TEMPORARY / "young"
    for path, age in ((old, LEFT_BEHIND + 60), (young, LEFT_BEHIND - 60)):
        path.write_bytes(b"half")
        os.utime(path, (time.time() - age,) * 2)
    store.replace("a", b"two", version)
    assert sorted((root / TEMPORARY).iterdir()) == [young]
    assert list(store.list("")) == ["a"]


def test_content_is_on_the_disk_before_its_name_and_the_name_before_the_answer(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[tuple[str, str]] = []

    def noted(word: str, call: Callable[..., Any], name: Callable[..., str]) -> Callable[..., Any]:
        def act(*given: Any, **options: Any) -> Any:
            result = call(*given, **options)
            done.append((word, name(*given).removeprefix(f"{root.parent.parent}/")))
            return result

        return act

    def target(_source: Any, path: Any, *_: Any) -> str:
        return str(path)

    root.parent.mkdir()
    store = DirectoryStore(root)
    monkeypatch.setattr(
        os, "fsync", noted("sync", os.fsync, lambda fd: str(Path(f"/proc/self/fd/{fd}").readlink()))
    )
    monkeypatch.setattr(os, "link", noted("link", os.link, target))
    monkeypatch.setattr(os, "replace", noted("rename", os.replace, target))
    monkeypatch.setattr(os, "mkdir", noted("mkdir", os.mkdir, lambda path, *_: str(path)))

    def named(event: tuple[str, str]) -> tuple[str, str]:
        word, path = event
        return word, "temporary" if "/.tmp/" in path else path

    version = store.put_if_absent("runs/0", b"one").stored.version
    assert [named(event) for event in done] == [
        ("mkdir", "deep/shelf"),
        ("sync", "deep"),
        ("mkdir", "deep/shelf/runs"),
        ("sync", "deep/shelf"),
        ("mkdir", "deep/shelf/.tmp"),
        ("sync", "deep/shelf"),
        ("sync", "temporary"),
        ("link", "deep/shelf/runs/0"),
        ("sync", "deep/shelf/runs"),
    ]
    done.clear()
    store.put_if_absent("runs/0", b"a rival's is there")
    assert named(done[-1]) == ("sync", "deep/shelf/runs"), "what is reported as being there, too"
    done.clear()
    store.replace("runs/0", b"two", version)
    assert [named(event) for event in done] == [
        ("sync", "temporary"),
        ("rename", "deep/shelf/runs/0"),
        ("sync", "deep/shelf/runs"),
    ]


WRITES = """
import hashlib, itertools, sys
from pathlib import Path
from migrate.stores.directory import DirectoryStore

def whole(number):
    body = str(number).encode() * 30_000
    return body + hashlib.sha256(body).digest()

store = DirectoryStore(Path(sys.argv[1]))
current = store.get("current") or store.put_if_absent("current", whole(0)).stored
print("ready", flush=True)
for number in itertools.count():
    store.put_if_absent(f"runs/{sys.argv[2]}/{number:04d}", whole(number))
    current = store.replace("current", whole(number), current.version)
"""


def test_a_process_killed_at_any_moment_leaves_only_whole_objects(root: Path) -> None:
    store = DirectoryStore(root, lock_wait=1)
    kills = 40 if os.environ.get("ROLE_MIGRATE_MATRIX") == "full" else 6
    for number in range(kills):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITES, root, str(number)], stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        time.sleep(random.Random(number).uniform(0.01, 0.1))
        process.kill()
        process.wait()
        process.stdout.close()
        for key in store.list(""):
            stored = store.get(key)
            assert stored is not None
            body, digest = stored.data[:-32], stored.data[-32:]
            assert hashlib.sha256(body).digest() == digest, key
        current = store.get("current")
        assert current is not None
        store.replace("current", current.data, current.version)
    left = list((root / TEMPORARY).iterdir())
    assert len(left) <= kills
    for path in left:
        os.utime(path, (0, 0))
    store.put_if_absent("last", b"")
    assert list((root / TEMPORARY).iterdir()) == []


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
