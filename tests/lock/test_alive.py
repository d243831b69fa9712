"""A holder that is known to be gone from this machine is not waited for."""

import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from migrate.errors import TargetLocked
from migrate.lock import LockLost
from migrate.lock.alive import FOLDER, SignOfLife, forget, gone_for, lives
from migrate.stores.base import Store, StoreUnreachable
from migrate.stores.directory import DirectoryStore
from tests.lock.conftest import OTHER, RUN, Clock, Odd, Take
from tests.lock.test_holding import lose_the_answer

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/mountinfo").exists(), reason="this machine does not say what is in memory"
)

HOLDS = """
import sys, time
from pathlib import Path
from migrate.lock import Terms, Who, acquire
from migrate.model import Identity
from migrate.stores.directory import DirectoryStore

lock = acquire(
    DirectoryStore(Path(sys.argv[1])),
    Identity("kore", "https://bots.kore.ai", "cs-1"),
    run=sys.argv[2],
    who=Who("ada", "here", 1),
    clock=lambda: float(sys.argv[3]),
    unsettled=lambda run: None,
    terms=Terms(beat=None),
)
for seconds in sys.argv[4:]:
    lock.fence(float(seconds))
print(lock.record.owner, flush=True)
time.sleep(60)
"""


@pytest.fixture
def owner() -> str:
    return secrets.token_hex(16)


def signs() -> set[str]:
    return {path.name for path in FOLDER.glob("role-migrate-*")}


def test_a_sign_is_there_for_as_long_as_it_is_held(owner: str) -> None:
    sign = SignOfLife(owner)
    assert f"role-migrate-{owner}" in signs()
    assert (FOLDER / f"role-migrate-{owner}").stat().st_mode & 0o777 == 0o600
    assert gone_for(owner) is None
    sign.end()
    sign.end()
    assert f"role-migrate-{owner}" not in signs()
    assert gone_for(owner) is None


def test_who_holds_a_sign_lives(owner: str) -> None:
    assert not lives(owner)
    sign = SignOfLife(owner)
    assert lives(owner)
    sign.end()
    assert not lives(owner)


def test_nothing_is_known_of_others(owner: str) -> None:
    assert gone_for(owner) is None
    for odd in ("", "..", "../../etc/passwd", owner.upper(), owner + "0"):
        assert gone_for(odd) is None
        forget(odd)


def test_what_a_lock_says_is_no_path(owner: str) -> None:
    folder = FOLDER / f"role-migrate-{owner}"
    folder.mkdir()
    (folder / "x").write_text("")
    try:
        assert gone_for(f"{owner}/x") is None
        forget(f"{owner}/x")
        assert (folder / "x").exists()
    finally:
        shutil.rmtree(folder)


SHARED = "24 1 8:1 / / rw - ext4 /dev/root rw\n31 24 0:50 / /dev/shm rw - nfs4 filer:/shm rw\n"


@pytest.mark.parametrize("table", [SHARED, SHARED.splitlines()[0], None])
def test_what_several_machines_may_share_tells_nothing(
    owner: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, table: str | None
) -> None:
    sign = FOLDER / f"role-migrate-{owner}"
    sign.write_text("")
    assert gone_for(owner) is not None
    mounts = tmp_path / "mountinfo"
    if table is not None:
        mounts.write_text(table)
    monkeypatch.setattr("migrate.mounts.TABLE", mounts)
    assert gone_for(owner) is None
    forget(owner)
    SignOfLife(owner)
    assert not sign.exists()


@pytest.mark.parametrize("left", ["", "nonsense", "nan", "inf", "-inf"])
def test_the_moment_it_was_found_out_is_kept(owner: str, left: str) -> None:
    (FOLDER / f"role-migrate-{owner}").write_text(left)
    first = gone_for(owner)
    time.sleep(0.02)
    second = gone_for(owner)
    forget(owner)
    assert first == 0.0
    assert second is not None
    assert 0.01 < second < 10


class Holders:
    """Processes that hold the lock of a store in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.owners: list[str] = []
        self.processes: list[subprocess.Popen[str]] = []

    def start(self, *calls: float) -> int:
        """One that has announced these calls; returns its process id."""
        words = [str(self.folder), RUN, "1800000000", *map(str, calls)]
        process = subprocess.Popen(
            [sys.executable, "-c", HOLDS, *words], stdout=subprocess.PIPE, text=True
        )
        self.processes.append(process)
        assert process.stdout is not None
        self.owners.append(process.stdout.readline().strip())
        return process.pid

    def kill(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()
            assert process.stdout is not None
            process.stdout.close()


@pytest.fixture
def holders(tmp_path: Path) -> Iterator[Holders]:
    made = Holders(tmp_path / "shelf")
    yield made
    made.kill()
    for owner in made.owners:
        forget(owner)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return DirectoryStore(tmp_path / "shelf")


def test_the_sign_goes_with_the_lock_and_stays_where_that_could_not_be_let_go(
    store: Store, take: Take, clock: Clock
) -> None:
    odd = Odd(store)
    lock = take(store=odd)
    name = f"role-migrate-{lock.record.owner}"
    odd.before = lose_the_answer
    with pytest.raises(StoreUnreachable):
        lock.release()
    assert name in signs(), "when this process ends, others can see it"
    odd.before = lambda: None
    lock.release()
    assert name not in signs()
    lost = take()
    clock.now += 1000
    take(OTHER)
    with pytest.raises(LockLost):
        lost.release()
    assert f"role-migrate-{lost.record.owner}" not in signs()


def test_a_holder_killed_before_any_call_is_taken_over_at_once(
    holders: Holders, take: Take
) -> None:
    holders.start()
    holders.kill()
    lock = take(OTHER)
    assert lock.takeover is not None
    assert lock.takeover.died
    assert "whose process is gone" in str(lock.takeover)
    assert f"role-migrate-{holders.owners[0]}" not in signs()


def test_a_holder_killed_after_a_call_is_waited_for_as_long_as_that_may_take(
    holders: Holders, take: Take
) -> None:
    holders.start(0.6)
    holders.kill()
    for _ in range(2):
        with pytest.raises(TargetLocked, match="died while it held the lock") as caught:
            take(OTHER)
        assert "a call that it sent may still arrive" in caught.value.what
        assert "in 1 s" in caught.value.remedy
    time.sleep(1.05)  # whole seconds: 0.6 is announced as 1
    assert take(OTHER).takeover is not None


@pytest.mark.parametrize("stopped", [False, True])
def test_a_holder_that_lives_or_sleeps_is_waited_for(
    holders: Holders, take: Take, stopped: bool
) -> None:
    process = holders.start()
    if stopped:
        os.kill(process, signal.SIGSTOP)
        os.waitpid(process, os.WUNTRACED)
    with pytest.raises(TargetLocked, match="holds the lock"):
        take(OTHER)
