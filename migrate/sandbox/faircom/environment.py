"""One running server: its passwords and sessions beside its state."""

import secrets
from datetime import UTC, datetime
from typing import Any

from migrate.sandbox.config import Config
from migrate.sandbox.environment import Environment, Setup
from migrate.sandbox.faircom.account import ADMIN, Server
from migrate.sandbox.faircom.logons import Logons
from migrate.sandbox.faircom.sessions import Sessions
from migrate.sandbox.faircom.state import read_server
from migrate.sandbox.faircom.switches import Switches
from migrate.sandbox.s3 import S3Endpoint


class FaircomEnvironment(Environment[Server, Switches]):
    """The mutable holder of a server. Raises InvalidInput for a bad state or switch.

    ADMIN has a password that is made up at each start; `change_secret` gives others one.
    """

    def __init__(self, setup: Setup) -> None:
        self._password = secrets.token_urlsafe(24)
        state = read_server(setup.document, setup.name)
        super().__init__(setup, state, Switches().changed(dict(setup.switches)))

    def reset(self) -> None:
        """As at the start: state, switches, passwords; no sessions."""
        with self.lock:
            super().reset()
            self.logons = Logons({ADMIN: self._password})
            self.sessions = Sessions(self.elapsed, self.now)

    def timestamp(self, seconds: float | None = None) -> str:
        """A time in epoch seconds, or the server's clock, as the API shows times."""
        moment = datetime.fromtimestamp(self.now() if seconds is None else seconds, UTC)
        return moment.strftime("%Y-%m-%dT%H:%M:%S")

    def read(self, document: object) -> Server:
        """The server that a document describes. Raises InvalidInput with every fault."""
        return read_server(document, self.name)

    def set_switches(self, values: object) -> Switches:
        """Set some switches. Raises InvalidInput."""
        with self.lock:
            self.switches = self.switches.changed(values)
            return self.switches

    def change_secret(self, entry: object) -> dict[str, Any]:
        """Give an account a password: see `Logons.change`. Raises InvalidInput."""
        with self.lock:
            return self.logons.change(entry, self.state)

    def credentials(self) -> dict[str, Any]:
        """Name and password of the administrator."""
        return {"login": {"username": ADMIN, "password": self._password}}

    def settings(self, header: str, config: Config, _s3: S3Endpoint | None) -> list[str]:
        """The log-in, with the password in a file of its own."""
        return [
            "",
            f"[{header}.login]",
            config.entry("username", ADMIN),
            config.secret("password", f"{self.name}-login", self._password),
        ]
