"""A sandbox of one server, and a session on it as a config would make it."""

import json
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from migrate.http import Http
from migrate.pace import Pace
from migrate.platforms.faircom.channel import WriteChannel
from migrate.platforms.faircom.session import Credentials, Session
from migrate.platforms.faircom.writer import FairComWriter
from migrate.sandbox import Sandbox
from migrate.secrets import RotatingSecret, Secret, Source
from tests.cli.ledger import server


class Place:
    """One server of a sandbox, a session and a writer on it, and its control endpoint."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        ready = sandbox.ready["environments"]["prod"]
        login = ready["login"]
        self.password = str(login["password"])
        source = Source("password", lambda: Secret(self.password))
        secret = RotatingSecret((source,), where="prod", tell=print)
        self.waited: list[float] = []
        pace = Pace(100_000, 1_000_000, where="prod")
        http = Http(ready["url"], timeout=5)
        credentials = Credentials(login["username"], secret)
        self.session = Session(http, credentials, pace.wait, "abc", "prod")
        self.channel = WriteChannel(self.session, pace, "prod")
        self.writer = FairComWriter(
            self.channel, "prod", timeout=5, patience=1, pause=lambda s, why: self.waited.append(s)
        )

    def control(self, method: str, path: str, value: Any = None) -> Any:
        data = None if value is None else json.dumps(value).encode()
        request = urllib.request.Request(f"{self.sandbox.control}{path}", data, method=method)
        request.add_header("content-type", "application/json")
        with urllib.request.urlopen(request, timeout=10) as response:
            return json.load(response)

    def fault(self, fault: str, **entry: Any) -> None:
        self.control("PUT", "/faults", [{"environment": "prod", "fault": fault, **entry}])

    @property
    def bodies(self) -> list[dict[str, Any]]:
        """The bodies of all requests so far."""
        return [entry["body"] for entry in self.control("GET", "/log")]

    @property
    def actions(self) -> list[str]:
        return [body["action"] for body in self.bodies]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Callable[..., Place]]:
    """Starts a sandbox with one server `prod`, of the accounts given, with the switches given."""
    places: list[Place] = []

    def start(accounts: dict[str, str] | None = None, **switches: Any) -> Place:
        box = Sandbox(
            {"prod": server(accounts or {"ann": "SALES", "bob": "AUDIT"})},
            tmp_path / f"box{len(places)}",
            s3=False,
            switches={"prod": switches},
        )
        box.start()
        places.append(Place(box))
        return places[-1]

    yield start
    for each in places:
        each.session.close()
        each.sandbox.stop()
