"""A command in a process of its own that dies, as by SIGKILL, at a chosen moment.

Moments are: before and after each write to the store (journal entries, lock, claim, backup, what
is sent) and before and after each request to a platform. Nothing in the program knows of them.
"""

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from migrate.cli import main
from migrate.http import Http
from migrate.stores.directory import DirectoryStore
from migrate.stores.s3 import S3Store

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Death:
    """What became of a command: its exit code (None: it was killed), its moments, what it said."""

    code: int | None
    moments: tuple[str, ...]
    err: str


class Victims:
    """A process that has everything imported, and forks one victim after another."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def run(self, words: list[str], folder: Path, die_at: int | None = None) -> Death:
        """Run a command; it dies at its moment number `die_at`, counted from 0."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        print(json.dumps([words, str(folder), die_at]), file=stdin, flush=True)
        told = json.loads(stdout.readline())
        if told["signal"]:
            assert told["signal"] == signal.SIGKILL
            return Death(None, (), "")
        return Death(told["code"], tuple(told["moments"]), told["err"])


@contextmanager
def victims() -> Iterator[Victims]:
    """Start the process, and end it."""
    words = [sys.executable, "-m", "tests.matrix.victim"]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    process = subprocess.Popen(words, cwd=ROOT, **pipes)
    try:
        yield Victims(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


class _Moments:
    def __init__(self, die_at: int | None) -> None:
        self.die_at = die_at
        self.names: list[str] = []

    def reach(self, name: str) -> None:
        if len(self.names) == self.die_at:
            os.kill(os.getpid(), signal.SIGKILL)
        self.names.append(name)

    def around(self, owner: type, method: str, name_of: Callable[..., str]) -> None:
        real = getattr(owner, method)

        def watched(this: Any, *given: Any, **named: Any) -> Any:
            name = name_of(*given)
            self.reach(f"before {name}")
            result = real(this, *given, **named)
            self.reach(f"after {name}")
            return result

        setattr(owner, method, watched)


def _child(words: list[str], folder: str, die_at: int | None, answer: Path) -> None:
    os.chdir(folder)
    moments = _Moments(die_at)
    for store in (DirectoryStore, S3Store):
        moments.around(store, "put_if_absent", lambda key, *_: f"put {key.rpartition('/')[2]}")
        moments.around(store, "replace", lambda key, *_: f"swap {key.rpartition('/')[2]}")
    moments.around(
        Http, "send", lambda method, path: f"{method} {path.strip('/').rpartition('/')[2]}"
    )
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(words)
    answer.write_text(
        json.dumps({"code": int(code), "moments": moments.names, "err": err.getvalue()})
    )


def _serve() -> None:
    """Fork a victim for each line; one thread, so that forking is safe."""
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder, "answer")
        for line in sys.stdin:
            words, where, die_at = json.loads(line)
            answer.write_text("{}")
            child = os.fork()
            if not child:
                _child(words, where, die_at, answer)
                os._exit(0)
            _, status = os.waitpid(child, 0)
            killed = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
            sys.stdout.write(
                json.dumps({"signal": killed, **json.loads(answer.read_text())}) + "\n"
            )
            sys.stdout.flush()


if __name__ == "__main__":
    _serve()
