"""A sandbox in a process of its own, so that its time and memory are not ours, which counts calls
and bytes and answers late if told to.

    python -m tests.benchmarks.serve FOLDER STATES.json

It answers orders, one JSON object a line on standard input, each with a line on standard output:
{"latency": S} · {"put": ENV, "state": FILE} · {"reset": true}: the calls since the last order.
"""

import json
import sys
import threading
import time
import urllib.request
from pathlib import Path
from typing import Any

from migrate.sandbox import Sandbox
from migrate.sandbox.exchange import Answer, Hangup, Request
from migrate.sandbox.front import Front
from tests.benchmarks.world import config_for


class Meter:
    """Counts the calls to all environments, with the bytes of their bodies, and holds them up."""

    def __init__(self) -> None:
        self.latency = 0.0
        self._calls: list[tuple[str, str, str, int, int]] = []
        self._lock = threading.Lock()

    def around(self, front: Front, name: str) -> Any:
        """The application of an environment, metered."""

        def metered(request: Request) -> Answer | Hangup:
            time.sleep(self.latency)
            answer = front(request)
            sent = len(answer.body) if isinstance(answer, Answer) else 0
            call = (name, request.method, request.path, len(request.body or b""), sent)
            with self._lock:
                self._calls.append(call)
            return answer

        return metered

    def taken(self) -> list[tuple[str, str, str, int, int]]:
        """(environment, method, path, bytes taken, bytes answered) of each call since the last."""
        with self._lock:
            calls, self._calls = self._calls, []
        return calls


class Metered(Sandbox):
    """A sandbox whose environments are metered."""

    meter = Meter()

    def _serve(self, application: Any, offset: int, tls: Any = None) -> Any:
        if isinstance(application, Front):
            application = self.meter.around(application, list(self._environments)[offset])
        return super()._serve(application, offset, tls)


def main(folder: Path, states: dict[str, Any]) -> None:
    """Serve until standard input ends."""
    free = {name: {"limit_per_minute": 0, "limit_per_hour": 0} for name in states}
    with Metered(states, folder / "box", s3=False, switches=free) as box:
        (folder / "role-migrate.toml").write_text(config_for(box, folder), encoding="utf-8")
        _tell([])
        for line in sys.stdin:
            order = json.loads(line)
            box.meter.latency = order.get("latency", box.meter.latency)
            if "reset" in order:
                _control(box, "POST", "/reset", b"{}")
            if "put" in order:
                _control(box, "PUT", f"/state/{order['put']}", Path(order["state"]).read_bytes())
            _tell(box.meter.taken())


def _tell(value: Any) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


def _control(box: Sandbox, method: str, path: str, body: bytes) -> None:
    headers = {"content-type": "application/json"}
    request = urllib.request.Request(box.control + path, body, headers, method=method)
    with urllib.request.urlopen(request, timeout=600) as answer:
        answer.read()


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.loads(Path(sys.argv[2]).read_bytes()))
