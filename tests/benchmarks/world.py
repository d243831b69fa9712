"""Two accounts in a sandbox of its own process, and promotions between them by the command."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.benchmarks.measuring import OURS, ROOT, Usage, used

if TYPE_CHECKING:
    from migrate.sandbox import Sandbox


class Call(NamedTuple):
    """A call to an account, with the bytes of its body and of the answer's."""

    environment: str
    method: str
    path: str
    taken: int
    answered: int

    @property
    def name(self) -> str:
        """The last word of its path, as `export`."""
        return self.path.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Promotion:
    """What one took, the calls that it made, and the orders of its plan (schemas/plan)."""

    usage: Usage
    calls: tuple[Call, ...]
    orders: tuple[dict[str, Any], ...]

    @property
    def moved(self) -> int:
        """Bytes of all bodies, in both directions."""
        return sum(call.taken + call.answered for call in self.calls)


class World:
    """A folder with a config and a store for accounts that another process serves."""

    def __init__(self, folder: Path, server: "subprocess.Popen[str]") -> None:
        self.folder = folder
        self._server = server
        self._stores = 0

    def order(self, **order: Any) -> tuple[Call, ...]:
        """Tell the server something; the calls since the last order."""
        assert self._server.stdin is not None
        self._server.stdin.write(json.dumps(order) + "\n")
        self._server.stdin.flush()
        return self.answer()

    def answer(self) -> tuple[Call, ...]:
        """What the server says next."""
        assert self._server.stdout is not None
        return tuple(Call(*call) for call in json.loads(self._server.stdout.readline()))

    def begin(self) -> None:
        """Accounts as at the start, and an empty store."""
        self.order(reset=True, latency=0)
        config = self.folder / "role-migrate.toml"
        text = config.read_text(encoding="utf-8")
        old, self._stores = f'"store{self._stores}"', self._stores + 1
        config.write_text(text.replace(old, f'"store{self._stores}"'), encoding="utf-8")

    def put(self, name: str, state: dict[str, Any]) -> None:
        """Give an account another state."""
        path = self.folder / "state.json"
        path.write_text(json.dumps(state), encoding="utf-8")
        self.order(put=name, state=str(path))

    def promote(self, assignments: str, latency: float = 0) -> Promotion:
        """Promote dev to prod in a process of its own."""
        self.order(latency=latency)
        words = ("promote", "--from", "dev", "--to", "prod", "--assignments", assignments, "--yes")
        command = (*OURS, "--config", self.folder / "role-migrate.toml", *words)
        usage = used(command, self.folder / "answer")
        plans = (self.folder / f"store{self._stores}").glob("*/plans/*.json")
        plan = json.loads(max(plans, key=lambda path: path.stat().st_mtime_ns).read_bytes())
        return Promotion(usage, self.order(latency=0), tuple(plan["people"]["orders"]))


@contextmanager
def world(folder: Path, states: dict[str, Any]) -> Iterator[World]:
    """Accounts with these states."""
    (folder / "secrets").mkdir(parents=True)
    path = folder / "states.json"
    path.write_text(json.dumps(states), encoding="utf-8")
    with subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.serve", str(folder), str(path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        made = World(folder, server)
        try:
            made.answer()
            yield made
        finally:
            assert server.stdin is not None
            server.stdin.close()


def config_for(box: "Sandbox", folder: Path) -> str:
    """A config for the accounts of a sandbox, with a directory as its store and no limits."""
    lines = ["formatVersion = 1", "[store]", 'directory = "store0"', "durable = true"]
    for name, ready in box.ready["environments"].items():
        lines += [f"[environments.{name}]", 'platform = "kore"', f'url = "{ready["url"]}"']
        lines += [f'account = "sandbox-{name}"', 'upload = "platform"', "timeout = 300"]
        lines += ["limits = { per_minute = 1000000, per_hour = 1000000 }"]
        for app in ("admin_app", "builder_app"):
            secret = folder / "secrets" / f"{name}-{app}"
            secret.write_text(ready[app]["client_secret"])
            secret.chmod(0o600)
            lines += [
                f'{app} = {{ client_id = "{ready[app]["client_id"]}", '
                f'client_secret = {{ file = "secrets/{secret.name}" }} }}'
            ]
    return "\n".join([*lines, ""])
