"""One sandbox for all combinations of a worker, set back between them."""

import contextlib
import io
import json
import re
import urllib.request
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from migrate.cli import main
from migrate.resources import seed
from migrate.sandbox import Sandbox

UNKNOWN = "Billing Console"
"""A permission that dev's platform version knows and prod's does not."""


def _dev() -> dict[str, Any]:
    """The dev seed, with a permission that prod may not know in an existing and in a new role."""
    state = seed("dev")
    state["catalogue"]["admin"].append(UNKNOWN)
    for role in state["roles"]:
        if role["role"] in ("Audit Reader", "Release Engineer"):
            role["permissions"][UNKNOWN] = "YES"
    return state


@dataclass(frozen=True)
class Box:
    sandbox: Sandbox
    folder: Path

    def control(self, path: str, value: Any = None, method: str | None = None) -> Any:
        data = json.dumps(value).encode() if value is not None else None
        request = urllib.request.Request(
            f"{self.sandbox.control}{path}",
            data,
            {"content-type": "application/json"},
            method=method or ("PUT" if data is not None else "GET"),
        )
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.load(response)

    def configure(self, *, file_ids: str, send_source_id: bool) -> Path:
        """A config beside the sandbox's own whose way to a fileId is the one prod expects.

        Each has a store of its own, so that nothing learned in one case is known in another.
        """
        text = (self.folder / "role-migrate.toml").read_text()
        text = re.sub(r'(url = "s3://[^/"]+)/store"', rf'\1/{uuid.uuid4()}"', text, count=1)
        head, prod = text.split("[environments.prod]\n", 1)
        settings = "timeout = 30\nverify_timeout = 1.5\n"
        settings += "limits = { per_minute = 100000, per_hour = 1000000 }\n"
        if send_source_id:
            settings += "send_source_id = true\n"
        if file_ids == "upload":
            prod = prod.replace('upload = "store"', 'upload = "platform"')
        else:
            prod = prod.replace('file_id = "{key}"', f'file_id = "{{{file_ids}}}"')
        path = self.folder / "case.toml"
        path.write_text(head + "[environments.prod]\n" + settings + prod)
        return path

    def promote(self, config: Path, *arguments: str) -> tuple[int, str]:
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main(
                f"--config {config} promote --from dev --to prod --yes".split() + list(arguments)
            )
        return code, err.getvalue()

    def writes(self) -> int:
        return sum(entry["method"] != "GET" for entry in self.control("/log"))


@pytest.fixture(scope="session")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    folder = tmp_path_factory.mktemp("matrix")
    states = {"dev": _dev(), "prod": seed("prod")}
    with Sandbox(states=states, folder=folder) as sandbox:
        yield Box(sandbox, folder)


@pytest.fixture
def box(started: Box) -> Box:
    started.control("/reset", {}, "POST")
    for name in ("dev", "prod"):
        started.control(f"/switches/{name}", {"limit_per_minute": 0, "limit_per_hour": 0})
    return started
