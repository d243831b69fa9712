"""What every command needs of the outside: the voice, the config, the connections."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from migrate.cli.countdown import Countdown
from migrate.cli.files import working_folder
from migrate.cli.job import Job
from migrate.cli.voice import Voice
from migrate.errors import UsageError
from migrate.redaction import Redactor

if TYPE_CHECKING:
    from migrate.config import Config
    from migrate.connect import Connections
    from migrate.pipeline.probe_record import ProbeRecord
    from migrate.pipeline.record import Record
    from migrate.tools import Tools


class Runtime:
    """Made once per process; loads the config when a command first asks for it."""

    def __init__(self) -> None:
        self.redactor = Redactor()
        self.voice = Voice(self.redactor)
        self.countdown = Countdown(self.voice)
        self.job = Job()
        self.records: list[Record] = []
        self.probe: ProbeRecord | None = None
        self.fleet = ""
        self._config_option: str | None = None
        self._connections: Connections | None = None

    def configure(self, *, config: str | None, verbose: bool, log_format: str) -> None:
        """Take the options that stand before the command."""
        self._config_option = config
        self.voice.configure(verbose=verbose, log_format=log_format)
        if config == "":
            raise UsageError("--config is empty", remedy="Name the config's file, or leave it out.")

    @property
    def tried_to_write(self) -> bool:
        """Whether a write to a platform was begun, whatever became of it.

        Of a `fleet` (the folder of its set) any target may begin at any moment.
        """
        steps = [entry for record in self.records for entry in record.steps]
        probed = self.probe is not None and self.probe.wrote
        return (
            bool(self.fleet)
            or probed
            or any(entry.step.writes and entry.state != "not tried" for entry in steps)
        )

    @property
    def config_place(self) -> tuple[Path, str]:
        """Where the config is or is to be, and what says so; "" where it is the usual place."""
        from migrate.config import place

        option = Path(self._config_option) if self._config_option else None
        with self._homes_known():
            return place(option, os.environ, working_folder())

    @contextmanager
    def _homes_known(self) -> Iterator[None]:
        try:
            yield
        except RuntimeError as error:  # pathlib's word for a ~user whom nobody knows
            raise UsageError(
                "the path of the config, or one in it, begins with ~ and a user who has no home",
                where=self._config_option or "",
                remedy="Write the path out.",
            ) from error

    @cached_property
    def config(self) -> "Config":
        """The config, with its warnings said."""
        from migrate.config import find, load

        option = Path(self._config_option) if self._config_option else None
        here = working_folder()
        with self._homes_known():
            config = load(find(option, os.environ, here), os.environ)
        for warning in config.warnings:
            self.voice.warn(str(warning))
        return config

    @cached_property
    def tools(self) -> "Tools":
        """Clock, randomness, voice."""
        from migrate.cli.progress import Progress
        from migrate.tools import real_tools

        told = self.voice.say, self.countdown.sleep, self.countdown.pause
        return real_tools(*told, Progress(self.voice))

    @property
    def connections(self) -> "Connections":
        """Stores, readers and writers of the config."""
        from migrate.connect import Connections

        if self._connections is None:
            self._connections = Connections(self.config, self.tools, self.redactor)
        return self._connections

    def close(self) -> None:
        """Close what was opened."""
        if self._connections is not None:
            self._connections.close()
