"""Stores that say yes to every write, whatever its condition was: no lock can be held in them.

`s3rver`, a server that others test with, is one of them. It is installed by npm, once, into the
virtual environment; where that can't be, its tests are skipped and a server of our own that errs in
the same way (and in each of its halves) stands in.
"""

import fcntl
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from migrate.stores.s3 import S3Settings
from tests.stores.fake_s3 import fake_s3

VERSION = "3.7.1"
ANEW = 600
"""Seconds after which an installation that failed is tried again."""

KINDS = {
    "neither": ("if-none-match", "if-match"),
    "if-match only": ("if-none-match",),
    "if-none-match only": ("if-match",),
    "s3rver": ("if-none-match", "if-match"),
}
"""What each of them honours, and the headers that it ignores."""


@dataclass(frozen=True)
class Dishonest:
    """A bucket, empty, and the conditions that its service ignores."""

    settings: S3Settings
    ignores: tuple[str, ...]


@pytest.fixture(scope="session")
def s3rver() -> Path:
    """The program, installed."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        pytest.skip("s3rver needs npm and node")
    if sys.prefix == sys.base_prefix:
        pytest.skip("s3rver is installed into a virtual environment only")
    folder = Path(sys.prefix) / "s3rver"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        whole, failed = folder / f"whole-{VERSION}", folder / "failed"
        if not whole.exists():
            if failed.exists() and time.time() - failed.stat().st_mtime < ANEW:
                pytest.skip(failed.read_text())
            fault = installed(npm, folder)
            if fault:
                failed.write_text(f"npm could not install s3rver: {fault}")
                pytest.skip(failed.read_text())
            whole.touch()
    return folder / "node_modules" / "s3rver" / "bin" / "s3rver.js"


def installed(npm: str, folder: Path) -> str:
    """Install it; "" or the reason why that failed."""
    quick = ["--fetch-retries=1", "--fetch-timeout=30000"]
    plain = ["--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
    words = [npm, "install", *quick, *plain, "--prefix", str(folder), f"s3rver@{VERSION}"]
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=180, check=False)
    except subprocess.TimeoutExpired:
        return "it took longer than 3 minutes"
    if done.returncode == 0:
        return ""
    return next(iter(done.stderr.strip().splitlines()), "no reason given")


@contextmanager
def running(program: Path, folder: Path) -> Iterator[S3Settings]:
    words = ["--address", "127.0.0.1", "--port", "0", "--silent", "--no-vhost-buckets"]
    process = subprocess.Popen(
        ["node", program, "-d", folder, *words, "--configure-bucket", "box"],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        said = ""
        while "listening" not in said:
            said = process.stdout.readline()
            assert said, "s3rver ended before it listened"
        port = re.search(r":(\d+)\s*$", said)
        assert port, said
        yield S3Settings(
            bucket="box",
            endpoint_url=f"http://127.0.0.1:{port[1]}",
            region="us-east-1",
            path_style=True,
            access_key="S3RVER",
            secret_key="S3RVER",
        )
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


@pytest.fixture(params=KINDS)
def dishonest(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Dishonest]:
    """Each kind in turn."""
    if request.param == "s3rver":
        with running(request.getfixturevalue("s3rver"), tmp_path / "s3rver") as settings:
            yield Dishonest(settings, KINDS["s3rver"])
        return
    with fake_s3() as fake:
        fake.ignores = KINDS[request.param]
        yield Dishonest(fake.settings(read_timeout=5.0), fake.ignores)
