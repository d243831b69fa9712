"""A command in a process of its own that dies, as by SIGKILL, at a chosen moment.

Moments are: before and after each write to the store (journal entries, lock, claim, backup, what
is sent) and before and after each request to a platform. Nothing in the program knows of them.
"""

import contextlib
import io
import multiprocessing
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from migrate.cli import main
from migrate.http import Http
from migrate.stores.directory import DirectoryStore
from migrate.stores.s3 import S3Store

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload([__name__])


@dataclass(frozen=True)
class Death:
    """What became of a command: its exit code (None: it was killed), its moments, what it said."""

    code: int | None
    moments: tuple[str, ...]
    err: str


def run(words: list[str], folder: Path, die_at: int | None = None) -> Death:
    """Run a command; it dies at its moment number `die_at`, counted from 0."""
    ours, theirs = _context.Pipe(duplex=False)
    process = _context.Process(target=_child, args=(words, str(folder), die_at, theirs))
    process.start()
    theirs.close()
    try:
        code, moments, err = ours.recv()
    except EOFError:
        code, moments, err = None, (), ""
    process.join()
    if code is None:
        assert process.exitcode == -signal.SIGKILL, process.exitcode
    return Death(code, tuple(moments), err)


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


def _child(words: list[str], folder: str, die_at: int | None, pipe: Any) -> None:
    os.chdir(folder)
    moments = _Moments(die_at)
    for store in (DirectoryStore, S3Store):
        moments.around(store, "put_if_absent", lambda key, *_: f"put {key.rpartition('/')[2]}")
        moments.around(store, "replace", lambda key, *_: f"swap {key.rpartition('/')[2]}")
    moments.around(Http, "send", lambda method, path: f"{method} {path.rpartition('/')[2]}")
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(words)
    pipe.send((int(code), moments.names, err.getvalue()))
    pipe.close()
