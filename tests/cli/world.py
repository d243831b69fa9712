"""Two environments on 127.0.0.1, a config of its own for each test, and the command line on them.

Whatever a command prints is looked through at once: no traceback, no bug, no secret, no token.
"""

import contextlib
import io
import json
import logging
import os
import pty
import re
import secrets
import select
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from migrate.cli import main
from migrate.sandbox import Sandbox
from migrate.sandbox.kore.seed import built_in_roles

EXPORT = "/api/public/roles/export"
IMPORT = "/api/public/roles/import"
UPLOAD = "/api/public/uploadfile"
USERS = "/api/public/alluserroles"
USERS_INFO = "/api/public/usersInfo"

TOKEN = re.compile(rb"eyJ[\w-]+\.[\w-]+\.[\w-]+|authToken[\"']?\s*:\s*[\"'][^\"'*]")
"""A JWT: three base64url parts, of which the first is a JSON object; or a FairCom session's."""

NAMES = ("dev", "prod")

LOOK_UP = "POST usersInfo"
READS = {LOOK_UP, "createSession", "deleteSession", "listAccounts"}
"""The calls that only read and are no GET."""


def role(role_type: str, name: str, description: str = "", **permissions: str) -> dict[str, Any]:
    """A role as a state holds it; underscores in permission names stand for blanks."""
    held = {key.replace("_", " "): value for key, value in permissions.items()}
    return {
        "roleType": role_type,
        "role": name,
        "rDesc": description,
        "permissions": held
        if role_type == "admin"
        else {key: [value] for key, value in held.items()},
    }


def state(*roles: dict[str, Any]) -> dict[str, Any]:
    """An account with these roles beside the built-in ones."""
    return {
        "platform": "kore",
        "roles": [*built_in_roles("admin"), *built_in_roles("bot"), *roles],
    }


SAME = role("admin", "Night Shift", Invite="YES", Manage_Users="NO")
OTHER = role("bot", "Translator", Tasks="VIEW", Testing="NO")
DEV = state(
    SAME,
    OTHER,
    role("admin", "Auditor", "reads all", Invite="NO", View_and_Run_Audit_Reports="YES"),
    role("admin", "Prüferin / ⚖", Preferences="YES"),
    role("bot", "Reviewer", Tasks="VIEW", Testing="FULL"),
    role("bot", "Builder", Tasks="FULL", Publish_bot="YES"),
)
PROD = state(
    SAME,
    OTHER,
    role("admin", "Auditor", "reads", Invite="YES", View_and_Run_Audit_Reports="YES"),
    role("admin", "Leftover", Preferences="YES"),
    role("bot", "Reviewer", Tasks="NO", Testing="FULL"),
)
"""Promoting DEV to PROD creates and updates one role of each type; `Leftover` is only here."""


@dataclass(frozen=True)
class Ran:
    """What a command did: exit code, what it printed, what it said."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)

    def says(self, *parts: str) -> None:
        """Each part is in what was said on stderr, for whoever has to act on it."""
        unwrapped = " ".join(self.err.split())
        for part in parts:
            assert part in self.err or part in unwrapped, f"{part!r} is not in:\n{self.err}"


@dataclass
class World:
    """A folder with a config for a running sandbox."""

    box: Sandbox
    folder: Path
    canaries: tuple[bytes, ...]
    settings: dict[str, dict[str, str]] = field(default_factory=dict)
    store: str = 'directory = "store"\ndurable = true\n'
    extra: str = ""

    @property
    def config(self) -> Path:
        return self.folder / "role-migrate.toml"

    @property
    def shelf(self) -> Path:
        """The folder of the directory store that is prod's."""
        return next((self.folder / "store").glob("*-sandbox-prod-*"))

    def configure(self, environment: str = "prod", **settings: str | None) -> None:
        """Set (or with None take out) settings of an environment; values are TOML."""
        for key, value in settings.items():
            if value is None:
                self.settings[environment].pop(key, None)
            else:
                self.settings[environment][key] = value
        self.write()

    def guards(self, text: str) -> None:
        """Set the `[[guards]]` of the config."""
        self.extra = text
        self.write()

    def write(self) -> None:
        lines = ["formatVersion = 1", "[store]", self.store]
        for name, settings in self.settings.items():
            lines += [f"[environments.{name}]", *(f"{k} = {v}" for k, v in settings.items())]
        self.config.write_text("\n".join([*lines, self.extra, ""]), encoding="utf-8")

    # the command line

    def run(self, *arguments: str | Path, first: tuple[str, ...] = ()) -> Ran:
        """Run a command in this process; `first` are options before it."""
        words = [*first, "--config", str(self.config), *map(str, arguments)]
        logger = logging.getLogger("migrate")
        before = (logger.handlers[:], logger.level, logger.propagate)
        out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
        err = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                code = main(words)
        finally:
            logger.handlers[:], logger.level, logger.propagate = before
        return self.checked(int(code), out.buffer.getvalue(), err.buffer.getvalue())  # type: ignore[attr-defined]

    def spawn(self, *arguments: str | Path, **options: Any) -> "subprocess.Popen[bytes]":
        """Start a command in a process of its own."""
        words = ["--config", str(self.config), *map(str, arguments)]
        # Whoever runs the tests in the background may have them ignore Ctrl-C.
        heeding = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen(
            [sys.executable, "-m", "migrate", *words],
            cwd=self.folder,
            **{"stdin": subprocess.DEVNULL, "preexec_fn": heeding, **streams, **options},
        )

    def ended(self, process: "subprocess.Popen[bytes]") -> Ran:
        """What a process did, when it has ended."""
        try:
            out, err = process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()  # or it would be found, and held against, a test that comes later
            process.communicate()
            raise
        return self.checked(process.returncode, out, err)

    def on_a_terminal(self, answer: bytes, *arguments: str) -> tuple[int, str]:
        """Run a command on a pseudo-terminal and answer its question; code and all it said."""
        ours, theirs = pty.openpty()
        process = self.spawn(*arguments, stdin=theirs, stderr=theirs)
        os.close(theirs)
        said = b""
        deadline = time.monotonic() + 20
        while b"[y/N]" not in said and time.monotonic() < deadline:
            if select.select([ours], [], [], 0.1)[0]:
                said += os.read(ours, 4096)
        os.write(ours, answer)
        try:
            while part := os.read(ours, 4096):
                said += part
        except OSError:  # the other end is closed: the process has ended
            pass
        os.close(ours)
        process.communicate(timeout=20)
        return process.returncode, said.decode()

    def checked(self, code: int, out: bytes, err: bytes) -> Ran:
        ran = Ran(code, out.decode(), err.decode())
        assert code != 1, ran.err
        assert "Traceback" not in ran.err, ran.err
        assert "bug in role-migrate" not in ran.err, ran.err
        for stream in (out, err):
            assert not TOKEN.search(stream)
            assert not [canary for canary in self.canaries if canary in stream]
        if code != 2 and "error: " in ran.err:
            assert "next: " in ran.err, ran.err
        return ran

    # the sandbox

    def control(self, path: str, value: Any = None, method: str | None = None) -> Any:
        data = json.dumps(value).encode() if value is not None else None
        request = urllib.request.Request(
            f"{self.box.control}{path}",
            data,
            {"content-type": "application/json"},
            method=method or ("PUT" if data is not None else "GET"),
        )
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.load(response)

    def state(self, name: str = "prod") -> Any:
        return self.control(f"/state/{name}")

    def put(self, name: str, document: Any) -> None:
        self.control(f"/state/{name}", document)

    def roles(self, name: str = "prod") -> dict[tuple[str, str], dict[str, Any]]:
        """Every role of an environment by type and name."""
        return {(role["roleType"], role["role"]): role for role in self.state(name)["roles"]}

    def change(self, name: str, role_type: str, role: str, **permissions: Any) -> None:
        """Somebody changes a role by hand."""
        document = self.state(name)
        for held in document["roles"]:
            if (held["roleType"], held["role"]) == (role_type, role):
                held["permissions"] |= permissions
        self.put(name, document)

    def switch(self, name: str = "prod", **values: Any) -> None:
        self.control(f"/switches/{name}", values)

    def fault(self, fault: str, path: str, *, environment: str = "prod", **entry: Any) -> None:
        """Arm one fault, in place of all that were armed."""
        self.control(
            "/faults", [{"fault": fault, "environment": environment, "path": path, **entry}]
        )

    def calm(self) -> None:
        """Disarm all faults."""
        self.control("/faults", [])

    def log(self, name: str = "prod", since: int = 0) -> list[dict[str, Any]]:
        return self.control(f"/log?environment={name}&since={since}")

    def calls(self, name: str = "prod", since: int = 0) -> list[str]:
        """The requests to an environment, as `GET export admin`; FairCom's by their action."""
        return [
            entry["body"]["action"]
            if entry["path"] == "/api"
            else " ".join(
                part
                for part in (
                    entry["method"],
                    entry["path"].rpartition("/")[2],
                    entry["query"].get("roleType", ""),
                )
                if part
            )
            for entry in self.log(name, since)
        ]

    def writes(self, since: int = 0) -> list[str]:
        """The requests that may change something, to any environment."""
        calls = [call for name in NAMES for call in self.calls(name, since)]
        return [call for call in calls if call[:3] != "GET" and call not in READS]

    def last(self) -> int:
        """The number of the newest request."""
        return max((entry["seq"] for entry in self.control("/log")), default=0)

    @contextlib.contextmanager
    def untouched(self, name: str = "prod") -> Iterator[None]:
        """What happens inside changes nothing in an environment."""
        before = self.state(name)
        yield
        assert self.state(name) == before

    # files

    def file(self, name: str, content: bytes | str | Any) -> Path:
        """Write a file; anything but bytes and text as JSON."""
        path = self.folder / name
        if isinstance(content, str):
            content = content.encode()
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        return path

    def stored(self) -> dict[str, bytes]:
        """Every file of the directory store by its path."""
        store = self.folder / "store"
        files = (path for path in store.rglob("*") if path.is_file())
        return {str(path.relative_to(store)): path.read_bytes() for path in files}

    def export(self, role_type: str, name: str = "dev") -> list[dict[str, Any]]:
        """A bare export, made of an environment's state."""
        keys = ("roleType", "_id", "role", "rDesc", "permissions", "refId")
        return [
            {key: role[key] for key in keys}
            for role in self.state(name)["roles"]
            if role["roleType"] == role_type
        ]

    def plan(self, *arguments: str) -> Path:
        """A plan from dev to prod, as a file."""
        path = self.folder / f"plan-{secrets.token_hex(3)}.json"
        ran = self.run("plan", "--from", "dev", "--to", "prod", "--out", path, *arguments)
        assert ran.code in (0, 4), ran.err
        return path

    def promote(self, *arguments: str, first: tuple[str, ...] = ()) -> Ran:
        return self.run("promote", "--from", "dev", "--to", "prod", *arguments, first=first)

    def runs(self) -> list[str]:
        """The ids of prod's runs, newest first."""
        out = self.run("runs", "--env", "prod").out
        return [line.split()[0] for line in out.splitlines() if line[:2] == "20"]

    def report(self, run: str | None = None) -> Any:
        """The stored report of a run of prod, by default of the newest."""
        return self.run("runs", "show", run or self.runs()[0], "--format", "json").json()

    def assert_promoted(self) -> None:
        """prod holds every role of dev, and what it had alone."""
        dev, prod = self.roles("dev"), self.roles("prod")
        assert prod.keys() == dev.keys() | {("admin", "Leftover")}
        for key, held in dev.items():
            assert prod[key]["permissions"] == held["permissions"]
            assert prod[key]["rDesc"] == held["rDesc"]

    def search_for_secrets(self) -> None:
        """No file holds a secret or a token, but for the secrets themselves."""
        for path in self.folder.rglob("*"):
            if not path.is_file() or "secrets" in path.relative_to(self.folder).parts:
                continue
            data = path.read_bytes()
            assert not TOKEN.search(data), path
            assert not [canary for canary in self.canaries if canary in data], path


CREDENTIALS = (
    ("admin_app", "client_id", "client_secret"),
    ("builder_app", "client_id", "client_secret"),
    ("login", "username", "password"),
)
"""What environments are reached by, whatever their platform: table, name, secret."""


def environment_settings(box: Sandbox, name: str, folder: Path) -> dict[str, str]:
    """The settings of an environment of a sandbox; its secrets are in files."""
    ready = box.ready["environments"][name]
    settings = {
        "platform": json.dumps(ready["platform"]),
        "url": json.dumps(ready["url"]),
        "account": json.dumps(f"sandbox-{name}"),
        "timeout": "2",
        "verify_timeout": "1",
    }
    if ready["platform"] == "kore":
        settings["upload"] = '"platform"'
        settings["limits"] = "{ per_minute = 100000, per_hour = 1000000 }"
    for kind, id_key, secret_key in CREDENTIALS:
        if kind in ready:
            secret = folder / "secrets" / f"{name}-{kind}"
            secret.write_text(ready[kind][secret_key])
            secret.chmod(0o600)
            settings[kind] = (
                f'{{ {id_key} = "{ready[kind][id_key]}", '
                f'{secret_key} = {{ file = "secrets/{secret.name}" }} }}'
            )
    return settings


@contextlib.contextmanager
def world_on(box: Sandbox, folder: Path) -> Iterator[World]:
    """The sandbox as at its start, without limits, and a config for it in `folder`."""
    (folder / "secrets").mkdir(parents=True)
    settings = {name: environment_settings(box, name, folder) for name in box.ready["environments"]}
    canaries = tuple(
        ready[kind][secret_key].encode()
        for ready in box.ready["environments"].values()
        for kind, _, secret_key in CREDENTIALS
        if kind in ready
    )
    world = World(box, folder, canaries, settings)
    world.control("/reset", {}, "POST")
    for name, its in settings.items():
        if "limits" in its:
            world.switch(name, limit_per_minute=0, limit_per_hour=0)
    world.write()
    yield world
    world.search_for_secrets()
    world.control("/reset", {}, "POST")


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    folder = tmp_path_factory.mktemp("sandbox")
    with Sandbox({"dev": DEV, "prod": PROD}, folder, s3=False) as box:
        yield box


@pytest.fixture
def world(sandbox: Sandbox, tmp_path: Path) -> Iterator[World]:
    with world_on(sandbox, tmp_path / "work") as made:
        yield made


THE_MACHINES_OWN = ("AWS_", "ROLE_MIGRATE_", "CI_", "GITHUB_", "GITLAB_", "TF_BUILD", "TEAMCITY_")
"""How variables begin that would change what commands do."""


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's own settings must not matter."""
    for name in [*os.environ]:
        if name.upper().endswith("_PROXY") or name.startswith(THE_MACHINES_OWN):
            monkeypatch.delenv(name)
    for name in ("CI", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
