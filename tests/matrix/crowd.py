"""Many commands at once, each in a process of its own: forks of one that has all imported."""

import contextlib
import io
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from migrate.cli import main
from migrate.errors import Exit

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120.0
"""Seconds for which a process that meets a lock tries again."""


@dataclass(frozen=True)
class Ended:
    """What became of a process: the exit codes of its tries, the last one's output."""

    codes: tuple[int, ...]
    out: str
    err: str

    @property
    def code(self) -> int:
        """What it came to in the end."""
        return self.codes[-1]


class Crowd:
    """A process that forks as many as are wanted, lets them go at once, and waits for all."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def run(self, *commands: list[str], folder: Path) -> list[Ended]:
        """Run the commands side by side; who is told of a lock tries again, as pipelines do."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        print(json.dumps([commands, str(folder)]), file=stdin, flush=True)
        told: list[dict[str, Any]] = json.loads(stdout.readline())
        return [Ended(tuple(each["codes"]), each["out"], each["err"]) for each in told]


@contextmanager
def crowd() -> Iterator[Crowd]:
    """Start the process, and end it."""
    words = [sys.executable, "-m", "tests.matrix.crowd"]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    process = subprocess.Popen(words, cwd=ROOT, **pipes)
    try:
        yield Crowd(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def _child(words: list[str], folder: str, start: int, answer: Path) -> None:
    os.chdir(folder)
    os.read(start, 1)  # ends when the last of all is there
    codes: list[int] = []
    deadline = time.monotonic() + PATIENCE
    while True:
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            codes.append(int(main(words)))
        if codes[-1] != Exit.BLOCKED or time.monotonic() > deadline:
            break
        time.sleep(random.uniform(0.02, 0.2))
    answer.write_text(json.dumps({"codes": codes, "out": out.getvalue(), "err": err.getvalue()}))


def _serve() -> None:
    """Fork a crowd for each line; one thread, so that forking is safe."""
    import boto3  # noqa: F401 - so that no child has to
    import requests  # noqa: F401

    for line in sys.stdin:
        commands, where = json.loads(line)
        with tempfile.TemporaryDirectory() as folder:
            answers = [Path(folder, str(number)) for number in range(len(commands))]
            start, go = os.pipe()
            children = []
            for words, answer in zip(commands, answers, strict=True):
                child = os.fork()
                if not child:
                    os.close(go)
                    _child(words, where, start, answer)
                    os._exit(0)
                children.append(child)
            os.close(start)
            os.close(go)
            for child in children:
                _, status = os.waitpid(child, 0)
                assert status == 0, f"a process ended with {status}"
            sys.stdout.write(json.dumps([json.loads(each.read_text()) for each in answers]) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    _serve()
