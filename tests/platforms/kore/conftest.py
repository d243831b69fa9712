"""A sandbox of one account, and channels to it as a config would make them."""

import json
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from migrate.http import Http
from migrate.pace import Pace
from migrate.platforms.kore.channel import WriteChannel
from migrate.platforms.kore.reader import KoreReader
from migrate.platforms.kore.tokens import Credentials, Tokens
from migrate.sandbox import Sandbox
from migrate.secrets import RotatingSecret, Secret, Source


class Place:
    """One account of a sandbox, a channel to it, and its control endpoint."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        ready = sandbox.ready["environments"]["prod"]
        app = ready["admin_app"]
        http = Http(ready["url"], timeout=5)
        source = Source("client_secret", lambda: Secret(app["client_secret"]))
        secret = RotatingSecret((source,), where="prod", tell=print)
        tokens = Tokens(Credentials(app["client_id"], secret, "tester"), time.time)
        pace = Pace(100_000, 1_000_000, where="prod")
        self.channel = WriteChannel(http, tokens, pace, "prod")

    def control(self, method: str, path: str, value: Any = None) -> Any:
        data = None if value is None else json.dumps(value).encode()
        request = urllib.request.Request(f"{self.sandbox.control}{path}", data, method=method)
        request.add_header("content-type", "application/json")
        with urllib.request.urlopen(request, timeout=10) as response:
            return json.load(response)

    def switch(self, **values: Any) -> None:
        self.control("PUT", "/switches/prod", values)

    def fault(self, fault: str, **entry: Any) -> None:
        self.control("PUT", "/faults", [{"environment": "prod", "fault": fault, **entry}])

    def log(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.control("GET", "/log")
        return found

    def roles(self) -> Any:
        """The exported roles by type."""
        return KoreReader(self.channel, ("admin", "bot"), "prod").capture().roles


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Callable[..., Place]]:
    """Starts a sandbox whose account `prod` is in the state given, without limits on calls."""
    places: list[Place] = []

    def start(state: Any, **switches: Any) -> Place:
        free = {"limit_per_minute": 0, "limit_per_hour": 0}
        box = Sandbox(
            {"prod": state},
            tmp_path / f"box{len(places)}",
            s3=False,
            switches={"prod": {**free, **switches}},
        )
        box.start()
        places.append(Place(box))
        return places[-1]

    yield start
    for each in places:
        each.channel.close()
        each.sandbox.stop()
