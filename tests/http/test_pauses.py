"""A process that is paused (SIGSTOP, a machine that slept) sends nothing once its time is over."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

TIMEOUT = 0.6
"""Seconds; an attempt to write has twice that."""

PAUSE = 1.6

SENDS = f"""
import os, signal, sys
from collections.abc import Mapping
from migrate.http import Http

class Stopping(Mapping):
    # Read when the request is built: after `sign`, and before a connection is opened.
    def __iter__(self):
        os.kill(os.getpid(), signal.SIGSTOP)
        return iter(())
    def __getitem__(self, key): raise KeyError(key)
    def __len__(self): return 1

http = Http(sys.argv[1], timeout={TIMEOUT})
what = dict(what="Import Roles", where="prod", idempotent=False)
def sign():
    print("signed", flush=True)
    return {{}}
if "kept" in sys.argv:
    http.send("POST", "/warm", json=[], **what)
try:
    if "built" in sys.argv:
        http.send("POST", "/late", json=[], headers=Stopping(), sign=sign, **what)
    else:
        http.send("POST", "/late", json="x" * 30_000_000, sign=sign, **what)
except Exception as error:
    print(type(error).__name__, error, flush=True)
else:
    print("sent", flush=True)
"""


@contextmanager
def sender(url: str, *how: str) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [sys.executable, "-c", SENDS, url, *how], stdout=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def wait_until_stopped(process: "subprocess.Popen[str]") -> None:
    _, status = os.waitpid(process.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status)


@pytest.mark.parametrize("kept", [False, True])
@pytest.mark.parametrize("pause", [0.0, PAUSE])
def test_a_pause_between_the_fence_and_the_connection(
    serve: Callable[..., Any], kept: bool, pause: float
) -> None:
    server = serve(lambda peer: peer.reply())
    with sender(server.url, "built", *(["kept"] if kept else [])) as process:
        wait_until_stopped(process)
        time.sleep(pause)
        os.kill(process.pid, signal.SIGCONT)
        out, _ = process.communicate(timeout=20)
    late = [request for request in server.requests if request.target == "/late"]
    if pause:
        assert "NotSent" in out
        assert late == []
    else:
        assert out.splitlines()[-1] == "sent"
        assert len(late) == 1


def test_a_pause_in_the_middle_of_a_body(serve: Callable[..., Any]) -> None:
    ended: list[bool] = []

    def stalling(peer: Any) -> None:
        peer.conn.recv(65536)
        peer.server.begun.set()
        assert peer.server.go_on.wait(20)
        size = 0
        while piece := peer.conn.recv(1 << 20):
            size += len(piece)
        ended.append(size > 29_900_000)

    server = serve(behave=stalling)
    server.begun, server.go_on = threading.Event(), threading.Event()
    with sender(server.url) as process:
        assert server.begun.wait(20)
        os.kill(process.pid, signal.SIGSTOP)
        wait_until_stopped(process)
        time.sleep(PAUSE)
        server.go_on.set()
        os.kill(process.pid, signal.SIGCONT)
        out, _ = process.communicate(timeout=20)
        assert "OutcomeUnknown" in out
    deadline = time.monotonic() + 10
    while not ended and time.monotonic() < deadline:
        time.sleep(0.01)
    assert ended == [False], "the whole request arrived, long after its time"
