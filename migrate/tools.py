"""What the outside lends to the rooms that act: time, a voice, and who is acting."""

import getpass
import os
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from migrate import __version__
from migrate.actor import Actor, Who
from migrate.traffic import Going, Traffic

_JOB_URLS = ("CI_JOB_URL", "BUILD_URL")
_PEOPLE = ("GITLAB_USER_LOGIN", "GITHUB_ACTOR", "BUILD_USER_ID")
"""Where CI systems say who started a job: its own user is the same for everybody."""


class Pause(Protocol):
    """Waits so that whoever watches sees for how many seconds and why; no longer than until
    `sooner`, asked now and then, says yes."""

    def __call__(
        self, seconds: float, reason: str, sooner: Callable[[], bool] | None = None, /
    ) -> None:
        """Raises KeyboardInterrupt where the program is told to stop."""


@dataclass(frozen=True, slots=True)
class Tools:
    """`now` is epoch seconds; `monotonic` is seconds that never go back. `sleep` waits in silence,
    `pause` so that it shows. `tell` says a line. `random_hex` gives n random hex digits. `who`
    names this process. `traffic` is what it called and waited for.
    """

    now: Callable[[], float]
    monotonic: Callable[[], float]
    sleep: Callable[[float], None]
    pause: Pause
    tell: Callable[[str], None]
    random_hex: Callable[[int], str]
    who: Who
    version: str = __version__
    traffic: Traffic = field(default_factory=lambda: Traffic(time.time))

    @property
    def actor(self) -> Actor:
        """Who is acting: whoever started the CI job, else this process's user."""
        person = next((os.environ[name] for name in _PEOPLE if os.environ.get(name)), "")
        return Actor(person or self.who.user, self.who.job or self.who.host)

    def timestamp(self) -> str:
        """Now, in ISO 8601, UTC, to the second."""
        return stamp(self.now())


def stamp(seconds: float) -> str:
    """Epoch seconds in ISO 8601, UTC, to the second."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def epoch(text: str) -> float:
    """The epoch seconds of a time as `stamp` writes it."""
    return datetime.fromisoformat(text).timestamp()


def real_tools(
    tell: Callable[[str], None],
    sleep: Callable[[float], None],
    pause: Pause,
    watch: Callable[[Going | None], None] = lambda _going: None,
) -> Tools:
    """The real clock, randomness and process."""
    traffic = Traffic(time.time, watch)

    def noted(seconds: float, reason: str, sooner: Callable[[], bool] | None = None) -> None:
        began = time.time()
        pause(seconds, reason, sooner)
        traffic.waited(reason, time.time() - began)

    return Tools(
        traffic=traffic,
        now=time.time,
        monotonic=time.monotonic,
        sleep=sleep,
        pause=noted,
        tell=tell,
        random_hex=lambda digits: os.urandom((digits + 1) // 2).hex()[:digits],
        who=_who(),
    )


def _who() -> Who:
    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # no such user in a bare container
        user = f"uid {os.getuid()}"
    return Who(user, platform.node(), os.getpid(), _job())


def _job() -> str | None:
    for variable in _JOB_URLS:
        if os.environ.get(variable):
            return os.environ[variable]
    server, repository = os.environ.get("GITHUB_SERVER_URL"), os.environ.get("GITHUB_REPOSITORY")
    run = os.environ.get("GITHUB_RUN_ID")
    return f"{server}/{repository}/actions/runs/{run}" if server and repository and run else None
