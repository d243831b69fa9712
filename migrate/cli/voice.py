"""What is said on stderr: progress, warnings and errors, for people or as JSON lines."""

import io
import json
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from migrate.cli.files import heeded, unread
from migrate.errors import InvalidInput, MigrateError
from migrate.redaction import Redactor
from migrate.report.escape import inert
from migrate.traffic import ABOUT

if TYPE_CHECKING:
    import click

MOST_FAULTS = 50


def keep_stderr() -> None:
    """Where stderr was closed from the start (2>&-), nothing of it may come out on stdout."""
    if sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - until the end


class Voice:
    """Speaks on stderr. Everything said has its known secrets struck out and is inert.

    `told` has the warnings and errors that were said, as (level, text of some lines).
    `read_along`: a CI runner was said to take lines for commands, whatever the environment says.
    May be shared between threads: a line comes out whole.
    """

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._shown = 0  # columns of the line that is shown for now
        self._lock = threading.Lock()
        self.verbose = False
        self.json = False
        self.read_along = False
        self.told: list[tuple[str, str]] = []

    def configure(self, *, verbose: bool, log_format: str) -> None:
        """Set how much is said, and in which form."""
        self.verbose = verbose
        self.json = log_format == "json"
        if verbose:
            from migrate.cli.logs import listen

            listen(lambda line: self.say(line))

    def say(self, text: str, **facts: Any) -> None:
        """Say one line of progress."""
        self._write("info", text, facts)

    @contextmanager
    def about(self, target: str) -> Iterator[None]:
        """What this thread says inside begins with the name of a target."""
        before = ABOUT.set(target)
        try:
            yield
        finally:
            ABOUT.reset(before)

    @property
    def live(self) -> bool:
        """Whether somebody looks at a terminal, so that a line can take another's place."""
        if ABOUT.get():  # there is one line, and several would fight for it
            return False
        on_terminal = not self.json and sys.stderr.isatty()
        return on_terminal and os.environ.get("TERM") != "dumb" and not os.environ.get("CI")

    def show(self, text: str) -> None:
        """Show a line until the next is shown or said; for a terminal only."""
        from rich.cells import set_cell_size

        with self._lock:
            self._shown = _columns() - 1
            line = set_cell_size(inert(self._redactor.redact(text)), self._shown)
            self._print(f"\r{line}", end="")

    def clear(self) -> None:
        """Take the line away that is shown, if one is."""
        with self._lock:
            if self._shown:
                self._print(f"\r{' ' * self._shown}\r", end="")
                self._shown = 0

    def warn(self, text: str) -> None:
        """Say a warning."""
        self._tell("warning", text)
        self._write("warning", f"warning: {text}", {})

    def error(self, error: MigrateError) -> None:
        """Say what happened, where, what it means for the target, and what to do next."""
        facts = {
            "exitCode": int(error.exit_code),
            "where": error.where,
            "target": error.target,
            "remedy": error.remedy,
        }
        faults = error.faults if isinstance(error, InvalidInput) else ()
        if [str(fault) for fault in faults] == [error.what]:
            faults = ()
        lines = [str(error)]
        lines += [f"  {fault}" for fault in faults[:MOST_FAULTS]]
        if len(faults) > MOST_FAULTS:
            lines.append(f"  … and {len(faults) - MOST_FAULTS} more")
        lines += [f"  note: {note}" for note in getattr(error, "__notes__", ())]
        if error.target:
            lines.append(f"  target: {error.target}")
        if error.remedy:
            lines.append(f"  next: {error.remedy}")
        self._tell("error", "\n".join(lines))
        if self.json:
            self._write("error", error.what, {**facts, "faults": [str(fault) for fault in faults]})
            return
        for line in (f"error: {lines[0]}", *lines[1:]):
            self._write("error", line, {})

    def usage(self, error: "click.ClickException") -> None:
        """Say that the command line is wrong, and how it is used."""
        text = io.StringIO()
        error.show(text)
        self._tell("error", error.format_message())
        self._print(heeded(self._redactor.redact(text.getvalue()), told=self.read_along), end="")

    def command(self, line: str) -> None:
        """Print a line for the CI system that reads along, as it is."""
        with self._lock:
            self._print(self._redactor.redact(line))

    def bug(self, error: Exception) -> None:
        """Say that this is our fault, with what is needed to report it."""
        text = f"this is a bug in role-migrate: {type(error).__name__}: {error}"
        self._tell("error", text)
        self._write("error", text, {})
        if self.verbose:
            import traceback

            for line in "".join(traceback.format_exception(error)).splitlines():
                self._write("error", line, {})
        else:
            self._write("error", "  next: run it again with -v and report what it prints", {})

    def _tell(self, level: str, text: str) -> None:
        self.told.append((level, self._redactor.redact(text)))

    def _write(self, level: str, text: str, facts: dict[str, Any]) -> None:
        text, about = self._redactor.redact(text), ABOUT.get()
        if self.json:
            now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
            facts = {"environment": about, **facts} if about else facts
            line = json.dumps({"time": now, "level": level, "message": text, **facts})
            line = self._redactor.redact(line)
        else:
            line = heeded(inert(f"{about}: {text}" if about else text), told=self.read_along)
        with self._lock:
            if self._shown:
                line = f"\r{' ' * self._shown}\r{line}"
                self._shown = 0
            self._print(line)

    @staticmethod
    def _print(text: str, end: str = "\n") -> None:
        try:
            print(text, end=end, file=sys.stderr, flush=True)  # noqa: T201 - this is where we speak
        except OSError:
            # A run goes on, and ends as it does, also where nobody hears of it.
            unread(sys.stderr)


def _columns() -> int:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or 80
    except OSError:
        return 80
