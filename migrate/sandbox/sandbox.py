"""A whole sandbox: environments, S3 and control, started and stopped as one."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from migrate.errors import InvalidInput, UsageError
from migrate.sandbox.config import write_private
from migrate.sandbox.control import Control
from migrate.sandbox.environment import Environment, Setup
from migrate.sandbox.faults import Faults
from migrate.sandbox.front import Front, Patience
from migrate.sandbox.platform import Platform
from migrate.sandbox.platforms import PLATFORMS
from migrate.sandbox.ready import Served, ready_document, write_config
from migrate.sandbox.recorder import Recorder
from migrate.sandbox.s3 import S3Endpoint
from migrate.sandbox.server import HOST, LoopbackServer, Tls


class Sandbox:
    """Accounts on 127.0.0.1 that behave as the platform does, with an S3 bucket beside them.

    `states` maps an environment's name to its state document (see `migrate.sandbox.kore.state`).
    `folder` receives role-migrate.toml and its secret files. `port` is that of the first
    environment; the next ones, control and S3 take the ports after it; 0 takes any free ones.
    `switches` sets switches from the start, per environment; `prefixes` gives an environment's URL
    a path. `tls` (certificate chain file, key file) makes
    the environments speak https; `ca_bundle` is then written into the config. With `client_ca` they
    speak only to clients that show a certificate issued by it.

    Raises InvalidInput for a bad state or switch, UsageError for a name, port or file that cannot
    be used.
    """

    def __init__(
        self,
        states: Mapping[str, Any],
        folder: Path,
        port: int = 0,
        s3: bool = True,
        *,
        switches: Mapping[str, Mapping[str, Any]] | None = None,
        prefixes: Mapping[str, str] | None = None,
        tls: tuple[Path, Path] | None = None,
        ca_bundle: Path | None = None,
        client_ca: Path | None = None,
    ) -> None:
        self.folder = folder
        self.ready: dict[str, Any] = {}
        self.control = ""
        self._port = port
        self._with_s3 = s3
        issuer = str(client_ca) if client_ca else None
        self._tls = Tls(str(tls[0]), str(tls[1]), issuer) if tls else None
        self._ca_bundle = ca_bundle
        self._environments = _environments(states, s3, switches or {}, prefixes or {})
        self._recorder, self._patience = Recorder(), Patience()
        self._faults = Faults({name: each.faults for name, (each, _) in self._environments.items()})
        self.s3: S3Endpoint | None = None
        self._servers: list[LoopbackServer] = []

    def start(self) -> None:
        """Start all servers and write the config; everything answers when this returns."""
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop all servers. The files in `folder` stay. Harmless when nothing runs."""
        self._patience.close()
        servers, self._servers = self._servers, []
        for server in servers:
            server.stop()
        s3, self.s3 = self.s3, None
        if s3:
            s3.stop()

    def write_ready(self, path: Path) -> None:
        """Write the ready file, whole or not at all, readable by its owner only."""
        write_private(path, json.dumps(self.ready, indent=2, ensure_ascii=False) + "\n")

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""
        self.stop()

    def _start(self) -> None:
        self._patience = Patience()
        if self._with_s3:
            self.s3 = S3Endpoint(self._port and self._port + len(self._environments) + 1)
            self.s3.start()
        scheme = "https" if self._tls else "http"
        served = []
        for place, (platform, environment) in enumerate(self._environments.values()):
            api = platform.api(environment, self.s3)
            front = Front(environment, api, self._recorder, self._faults, self._patience)
            port = self._serve(front, place, self._tls).port
            url = f"{scheme}://{HOST}:{port}{environment.prefix}"
            served.append(Served(platform.name, environment, url))
        self.control = f"http://{HOST}:{self._serve(self._controlled(), len(served)).port}"
        config = write_config(self.folder, served, self.s3, self._ca_bundle).resolve()
        self.ready = ready_document(config, served, self.s3, self.control)

    def _controlled(self) -> Control:
        environments = {name: each for name, (_, each) in self._environments.items()}
        tables = {each.name: each.switches for each, _ in self._environments.values()}
        return Control(environments, self._recorder, self._faults, self._patience, tables)

    def _serve(
        self, application: Front | Control, offset: int, tls: Tls | None = None
    ) -> LoopbackServer:
        server = LoopbackServer(application, self._port and self._port + offset, tls)
        self._servers.append(server)
        server.start()
        return server


def _platform(document: Any, name: str) -> Platform:
    # What is no object at all is told by the platform, with every other fault.
    named = document.get("platform", "kore") if isinstance(document, dict) else "kore"
    if not isinstance(named, str) or named not in PLATFORMS:
        raise InvalidInput(
            f"There is no platform {named!r}.",
            where=f"state of {name}",
            remedy=f"There are {', '.join(PLATFORMS)}.",
        )
    return PLATFORMS[named]


def _environments(
    states: Mapping[str, Any],
    s3: bool,
    switches: Mapping[str, Mapping[str, Any]],
    prefixes: Mapping[str, str],
) -> dict[str, tuple[Platform, Environment[Any, Any]]]:
    unknown = sorted({*switches, *prefixes} - set(states))
    if unknown or not states:
        raise UsageError(f"There is no environment {unknown[0] if unknown else 'to serve'}.")
    environments = {}
    for place, (name, state) in enumerate(states.items()):
        if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", name):
            raise UsageError(
                f"An environment cannot be named {name!r}.",
                remedy="Use letters, digits, dots, dashes and underscores.",
            )
        prefix = prefixes.get(name, "")
        if prefix and not re.fullmatch(r"(/[A-Za-z0-9_.-]+)+", prefix):
            raise UsageError(f"A prefix looks like /kore, not {prefix!r}.", where=name)
        platform = _platform(state, name)
        setup = Setup(name, state, switches.get(name, {}), prefix, place, s3)
        environments[name] = (platform, platform.environment(setup))
    return environments
