"""Waits that can be seen: a countdown on a terminal, few lines in a log, and no end of a signal."""

import contextlib
import json
import os
import pty
import re
import signal
import threading
import time
from collections.abc import Iterator

import pytest

from migrate.cli.countdown import Countdown
from migrate.cli.voice import Voice
from migrate.redaction import Redactor
from tests.cli.world import EXPORT, Ran, World

REASON = "the limit of 60 calls a minute is reached"


class Time:
    """Passes only where somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def count_down(seconds: float, reason: str = REASON, voice: Voice | None = None) -> None:
    """A wait of so many seconds, which it lasts exactly."""
    clock = Time()
    Countdown(voice or Voice(Redactor()), clock=clock, sleep=clock.sleep).pause(seconds, reason)
    assert clock.now == pytest.approx(seconds)


def waited(seconds: float, capsys: pytest.CaptureFixture[str], *, form: str = "text") -> list[str]:
    """What is said in a wait, on stderr."""
    voice = Voice(Redactor())
    voice.configure(verbose=False, log_format=form)
    count_down(seconds, voice=voice)
    said = capsys.readouterr()
    assert said.out == ""
    return said.err.splitlines()


def test_a_log_has_one_line_of_a_wait(capsys: pytest.CaptureFixture[str]) -> None:
    assert waited(60, capsys) == [f"waiting 60 s: {REASON}"]
    assert waited(0.5, capsys) == [f"waiting 0.5 s: {REASON}"]


def test_a_log_has_one_line_a_minute_of_a_long_wait(capsys: pytest.CaptureFixture[str]) -> None:
    assert waited(200, capsys) == [
        f"waiting 3 min 20 s: {REASON}",
        f"still waiting, 2 min 20 s left: {REASON}",
        f"still waiting, 80 s left: {REASON}",
        f"still waiting, 20 s left: {REASON}",
    ]


def test_json_is_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    [line] = waited(200, capsys, form="json")
    value = json.loads(line)
    assert value.pop("time")
    assert value == {
        "level": "info",
        "message": f"waiting 3 min 20 s: {REASON}",
        "seconds": 200,
    }


def test_a_wait_ends_when_what_is_waited_for_is_there_sooner() -> None:
    clock, asked = Time(), list[float]()

    def sooner() -> bool:
        asked.append(clock.now)
        return clock.now > 40

    countdown = Countdown(Voice(Redactor()), clock=clock, sleep=clock.sleep)
    countdown.pause(200, REASON, sooner)
    assert asked == [1, 3, 7, 15, 30, 45]
    assert clock.now == 45


def test_nobody_is_asked_when_a_wait_is_over() -> None:
    clock = Time()
    countdown = Countdown(Voice(Redactor()), clock=clock, sleep=clock.sleep)
    countdown.pause(1, REASON, lambda: pytest.fail("asked"))
    assert clock.now == 1


class Terminal:
    """A terminal; inside it as a context it is what stderr goes to."""

    def __init__(self) -> None:
        self._ours, theirs = pty.openpty()
        self._stream = os.fdopen(theirs, "w", encoding="utf-8")
        self._redirection = contextlib.redirect_stderr(self._stream)

    def __enter__(self) -> None:
        self._redirection.__enter__()

    def __exit__(self, *error: object) -> None:
        self._redirection.__exit__(None, None, None)

    def text(self) -> str:
        """All that was written; nothing more can be."""
        self._stream.close()
        return all_of(self._ours).decode()

    def close(self) -> None:
        self._stream.close()
        os.close(self._ours)


def all_of(terminal: int) -> bytes:
    """What comes until nobody holds the other end any more."""
    text = b""
    with contextlib.suppress(OSError):
        while part := os.read(terminal, 65536):
            text += part
    return text


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    monkeypatch.setenv("TERM", "xterm")
    made = Terminal()
    yield made
    made.close()


def seen_on(text: str) -> list[str]:
    """The lines that are left on a terminal on which `\\r` goes back to the start of a line."""
    lines = []
    for line in text.replace("\r\n", "\n").split("\n"):
        shown = ""
        for part in line.split("\r"):
            shown = part + shown[len(part) :]
        lines.append(shown.rstrip())
    return lines


def test_a_terminal_counts_down_and_keeps_one_line(terminal: Terminal) -> None:
    with terminal:
        count_down(3)
    text = terminal.text()
    assert [int(second) for second in re.findall(r"\rwaiting (\d+) s: ", text)] == [3, 2, 1]
    assert seen_on(text) == [f"waited 3 s: {REASON}", ""]
    assert "\x1b" not in text


def test_what_is_said_in_between_does_not_run_into_the_countdown(terminal: Terminal) -> None:
    voice = Voice(Redactor())
    with terminal:
        voice.show("waiting 3 s")
        voice.say("GET export")
        voice.show("waiting 2 s")
        voice.warn("mind")
    assert seen_on(terminal.text()) == ["GET export", "warning: mind", ""]


@pytest.mark.parametrize(("name", "value"), [("TERM", "dumb"), ("CI", "true")])
def test_a_terminal_that_is_none_gets_lines(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with terminal:
        count_down(3)
    assert terminal.text() == f"waiting 3 s: {REASON}\r\n"


def test_a_reason_can_neither_move_the_cursor_nor_wrap_nor_tell_a_secret(
    terminal: Terminal,
) -> None:
    redactor = Redactor()
    redactor.add("hunter2hunter2")
    with terminal:
        count_down(2, "\x1b[2J\r\nhunter2hunter2 " + "長い" * 100, Voice(redactor))
    text = terminal.text()
    counting, _, rest = text.partition("waited")
    assert "\x1b" not in text
    assert "hunter2" not in text
    assert "\n" not in counting
    assert "\\u001b" in rest
    for shown in counting.split("\r"):
        # Each of these characters is two columns wide.
        assert len(shown) + len(re.findall("[長い]", shown)) <= 79


def test_a_signal_ends_the_waits_of_every_thread() -> None:
    countdown = Countdown(Voice(Redactor()))
    ended = []

    def wait() -> None:
        try:
            countdown.sleep(60)
        except KeyboardInterrupt:
            ended.append(1)

    threads = [threading.Thread(target=wait, daemon=True) for _ in range(3)]
    for thread in threads:
        thread.start()
    countdown.end()
    for thread in threads:
        thread.join(5)
    assert len(ended) == 3
    # Whoever acts on the signal may wait all the same.
    countdown.sleep(0.001)


def test_an_interrupt_while_lists_wait_for_the_limit_ends_at_once(world: World) -> None:
    # Two exports, and the third call is one of several lists that are read side by side.
    world.configure("dev", limits="{ per_minute = 3, per_hour = 1000 }")
    said = world.folder / "said"
    with said.open("wb") as stream:
        process = world.spawn("snapshot", "--env", "dev", stderr=stream)
    deadline = time.monotonic() + 15
    while b"waiting" not in said.read_bytes() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert said.read_bytes().count(b"waiting") == 1
    process.send_signal(signal.SIGTERM)
    started = time.monotonic()
    assert process.wait(timeout=10) == 130
    assert time.monotonic() - started < 5
    assert b"nothing was written" in said.read_bytes()
    process.communicate()


def on_a_terminal(world: World) -> Ran:
    """A snapshot whose stderr is a terminal."""
    ours, theirs = pty.openpty()
    environ = {**os.environ, "TERM": "xterm"}
    environ.pop("CI", None)
    process = world.spawn("snapshot", "--env", "dev", stderr=theirs, env=environ)
    os.close(theirs)
    text = all_of(ours)
    os.close(ours)
    ran = world.checked(process.wait(timeout=10), process.communicate()[0], text)
    assert ran.code == 0
    return ran


def test_each_call_of_a_real_command_is_shown_for_as_long_as_it_lasts(world: World) -> None:
    ran = on_a_terminal(world)
    shown = re.findall(r"\rdev: GET (\S+?)(?:, page \d+)?; (\d+) calls?, ([\d.]+ \w+) ", ran.err)
    numbers = [int(calls) for _, calls, _ in shown]  # some lists are read side by side
    assert sorted(numbers) == list(range(1, len(world.calls("dev")) + 1))
    assert shown[0][2] == "0 B" != shown[-1][2]
    assert shown[0][0].endswith("/export")
    assert not [line for line in seen_on(ran.err) if "GET" in line], "nothing of it stays"


def test_a_wait_in_a_real_command_is_shown_on_its_terminal(world: World) -> None:
    world.fault("429_retry_after", EXPORT, environment="dev", seconds=2)
    ran = on_a_terminal(world)
    assert re.search(r"\rwaiting [12] s: Export Roles", ran.err)
    assert any(line.startswith("waited 2") for line in seen_on(ran.err)), seen_on(ran.err)
