"""Time that passes only where a run waits: for the client, for the platform, and for others."""

import contextlib
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator

import jwt

from migrate.actor import Who
from migrate.config import load
from migrate.connect import Connections
from migrate.errors import MigrateError
from migrate.model import Assignments, Mode, Selection
from migrate.pipeline import promoting
from migrate.pipeline.planning import Wish
from migrate.pipeline.record import Record
from migrate.pipeline.resuming import resume
from migrate.pipeline.sources import Hints, spelled
from migrate.pipeline.ways import Way
from migrate.plan import Plan
from migrate.redaction import Redactor
from migrate.tools import Tools, real_tools
from tests.cli.world import World

NOT_OURS = "/api/public/roles"
"""Get Roles, which only the other client calls."""


class Elapsed:
    """A world whose clocks are moved on by every wait.

    `every` is how many seconds apart another client calls prod, 0 for nobody.
    """

    def __init__(self, world: World, every: float = 0) -> None:
        self.world = world
        self.seconds = 0.0
        self.waits: list[tuple[float, str]] = []
        self.told: list[str] = []
        self._every = every
        self._next = every / 2
        self._began = world.last()
        app = world.box.ready["environments"]["prod"]
        self._url = app["url"] + NOT_OURS + "?roleType=admin&limit=1"
        self._app = app["admin_app"]

    def pause(self, seconds: float, reason: str, sooner: Callable[[], bool] | None = None) -> None:
        self.waits.append((seconds, reason))
        self.sleep(seconds)

    def sleep(self, seconds: float) -> None:
        until = self.seconds + seconds
        while self._every and self._next <= until:
            self._move(self._next)
            self._next += self._every
            self._call()
        self._move(until)

    def _move(self, to: float) -> None:
        self.seconds = to
        for name in self.world.settings:
            self.world.switch(name, clock_offset=to)

    def _call(self) -> None:
        """Another client's call, whatever comes of it."""
        now = time.time() + self.seconds
        claims = {"appId": self._app["client_id"], "iat": now, "exp": now + 60}
        token = jwt.encode(claims, self._app["client_secret"], "HS256")
        request = urllib.request.Request(self._url, headers={"auth": token})
        with (
            contextlib.suppress(urllib.error.HTTPError),
            urllib.request.urlopen(request, timeout=5),
        ):
            pass

    def others_before(self, calls: int) -> None:
        """So many calls of the other client in the minute that ends now."""
        for _ in range(calls):
            self._move(self.seconds + 59 / calls)
            self._call()

    @contextlib.contextmanager
    def connected(self) -> Iterator[Connections]:
        """Connections as a process of its own would have them."""
        real = real_tools(self.told.append, self.sleep, self.pause)
        tools = Tools(
            now=lambda: time.time() + self.seconds,
            monotonic=lambda: time.monotonic() + self.seconds,
            sleep=self.sleep,
            pause=self.pause,
            tell=self.told.append,
            random_hex=real.random_hex,
            who=Who("tester", "here", 1, None),
        )
        connections = Connections(load(self.world.config, {}), tools, Redactor())
        try:
            yield connections
        finally:
            connections.close()

    def promote(
        self, assignments: Assignments = Assignments.NONE
    ) -> tuple[Record, MigrateError | None]:
        """A promotion from dev to prod: what was recorded, and the error that it ended in."""
        records: list[Record] = []
        way = Way(spelled("dev"), spelled("prod"), Hints())
        wish = Wish(Mode.INCREMENTAL, Selection(), assignments=assignments, skip_unresolved=True)
        with self.connected() as connections:
            try:
                promoting.promote(
                    way,
                    wish,
                    connections,
                    show=lambda _plan: None,
                    agreed=None,
                    begin=lambda plan: self._began_one(records, plan),
                )
            except MigrateError as error:
                return records[-1], error
        return records[-1], None

    def resume(self, run: str) -> Record:
        """Go on with a run in another process."""
        records: list[Record] = []
        with self.connected() as connections:
            environment = connections.config.environment("prod")
            resume(run, environment, connections, lambda plan: self._began_one(records, plan))
        return records[-1]

    @staticmethod
    def _began_one(records: list[Record], plan: Plan) -> Record:
        records.append(Record(plan))
        return records[-1]

    def ours(self, name: str = "prod") -> list[int | None]:
        """The statuses of our requests to an environment."""
        entries = self.world.log(name, self._began)
        return [entry["status"] for entry in entries if entry["path"] != NOT_OURS]

    def refusals(self, name: str = "prod") -> int:
        return sum(status in (400, 429) for status in self.ours(name))
