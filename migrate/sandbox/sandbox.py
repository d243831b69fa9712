"""A whole sandbox: environments, S3 and control, started and stopped as one."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from migrate.errors import UsageError
from migrate.sandbox.control import Control
from migrate.sandbox.environment import Environment, check_file_ids
from migrate.sandbox.faults import Faults
from migrate.sandbox.files import FileIds
from migrate.sandbox.front import Front, Patience
from migrate.sandbox.kore import KoreApi
from migrate.sandbox.ready import ready_document, write_config, write_private
from migrate.sandbox.recorder import Recorder
from migrate.sandbox.s3 import S3Endpoint
from migrate.sandbox.server import HOST, LoopbackServer
from migrate.sandbox.state import read_account
from migrate.sandbox.switches import Switches


class Sandbox:
    """Accounts on 127.0.0.1 that behave as the platform does, with an S3 bucket beside them.

    `states` maps an environment's name to its state document (see `migrate.sandbox.state`).
    `folder` receives role-migrate.toml and its secret files. `port` is that of the first
    environment; the next ones, control and S3 take the ports after it; 0 takes any free ones.
    `switches` sets switches from the start, per environment; `prefixes` gives an environment's URL
    a path. By default the first environment takes platform uploads and the others read from the
    bucket; without `s3` all take platform uploads. `tls` (certificate chain file, key file) makes
    the environments speak https; `ca_bundle` is then written into the config.

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
    ) -> None:
        self.folder = folder
        self.ready: dict[str, Any] = {}
        self.control = ""
        self._port = port
        self._with_s3 = s3
        self._tls = (str(tls[0]), str(tls[1])) if tls else None
        self._ca_bundle = ca_bundle
        self._environments = _environments(states, s3, switches or {}, prefixes or {})
        self._recorder, self._faults, self._patience = Recorder(), Faults(), Patience()
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
        environments = list(self._environments.values())
        self._patience = Patience()
        if self._with_s3:
            self.s3 = S3Endpoint(self._port and self._port + len(environments) + 1)
            self.s3.start()
        files = FileIds(self.s3)
        urls = []
        for index, environment in enumerate(environments):
            api = KoreApi(environment, files)
            front = Front(environment, api, self._recorder, self._faults, self._patience)
            server = self._serve(front, index, self._tls)
            scheme = "https" if self._tls else "http"
            urls.append((environment, f"{scheme}://{HOST}:{server.port}{environment.prefix}"))
        control = Control(
            self._environments, self._recorder, self._faults, self._patience, bucket=self._with_s3
        )
        self.control = f"http://{HOST}:{self._serve(control, len(environments)).port}"
        config = write_config(self.folder, urls, self.s3, self._ca_bundle).resolve()
        self.ready = ready_document(config, urls, self.s3, self.control)

    def _serve(
        self, application: Front | Control, offset: int, tls: tuple[str, str] | None = None
    ) -> LoopbackServer:
        server = LoopbackServer(application, self._port and self._port + offset, tls)
        self._servers.append(server)
        server.start()
        return server


def _environments(
    states: Mapping[str, Any],
    s3: bool,
    switches: Mapping[str, Mapping[str, Any]],
    prefixes: Mapping[str, str],
) -> dict[str, Environment]:
    unknown = sorted({*switches, *prefixes} - set(states))
    if unknown or not states:
        raise UsageError(f"There is no environment {unknown[0] if unknown else 'to serve'}.")
    environments = {}
    for index, (name, state) in enumerate(states.items()):
        if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", name):
            raise UsageError(
                f"An environment cannot be named {name!r}.",
                remedy="Use letters, digits, dots, dashes and underscores.",
            )
        prefix = prefixes.get(name, "")
        if prefix and not re.fullmatch(r"(/[A-Za-z0-9_.-]+)+", prefix):
            raise UsageError(f"A prefix looks like /kore, not {prefix!r}.", where=name)
        usual = {"file_ids": "key" if s3 and index else "upload"}
        chosen = Switches().changed({**usual, **switches.get(name, {})})
        check_file_ids(name, chosen, bucket=s3)
        environments[name] = Environment(name, read_account(state, name), chosen, prefix)
    return environments
