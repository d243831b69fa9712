"""A fleet of many targets that are far away: how long it takes against its slowest target.

    python -m tests.benchmarks.fleet [--targets 100] [--roles 100] [--latency 0.05] [--workers 32]

The sandbox serves all accounts from a process of its own, each request late by the latency. What
is measured are the commands themselves, `plan --to-group` and `apply`, each a process. The floor is
the slowest single target: the one of the fleet that took longest, and one that is applied alone.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
ALONE = "alone"


def states(targets: int, roles: int) -> dict[str, Any]:
    """A source with so many roles, and targets that have half of them, a tenth of these older."""
    from migrate.sandbox.kore.seed import built_in_roles

    def role(number: int, value: str) -> dict[str, Any]:
        return {
            "roleType": "admin" if number % 2 else "bot",
            "role": f"Role {number:04d}",
            "rDesc": "",
            "permissions": {"Invite": value} if number % 2 else {"Tasks": [value]},
        }

    def values(number: int) -> tuple[str, str]:
        return ("YES", "NO") if number % 2 else ("FULL", "VIEW")

    built_in = [*built_in_roles("admin"), *built_in_roles("bot")]
    source = [role(number, values(number)[0]) for number in range(roles)]
    target = [role(number, values(number)[number % 10 == 0]) for number in range(roles // 2)]
    names = [ALONE, *(f"t{number:03d}" for number in range(targets))]
    return {
        "dev": {"platform": "kore", "roles": [*built_in, *source]},
        **{name: {"platform": "kore", "roles": [*built_in, *target]} for name in names},
    }


def serve(folder: Path, targets: int, roles: int, latency: float) -> None:
    """Serve the accounts until standard input ends."""
    from migrate.sandbox import Sandbox

    accounts = states(targets, roles)
    late = {name: {"latency": latency} for name in accounts}
    with Sandbox(accounts, folder / "box", s3=False, switches=late) as box:
        box.write_ready(folder / "ready.json")
        sys.stdin.read()


@contextmanager
def served(folder: Path, words: list[str]) -> Iterator[dict[str, Any]]:
    """The accounts, served by another process."""
    (folder / "box").mkdir()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.fleet", "--serve", str(folder), *words],
        cwd=ROOT,
        stdin=subprocess.PIPE,
    )
    assert process.stdin is not None
    try:
        while not (folder / "ready.json").exists():
            assert process.poll() is None
            time.sleep(0.05)
        yield json.loads((folder / "ready.json").read_text())
    finally:
        process.stdin.close()
        process.wait()


def configure(folder: Path, ready: dict[str, Any]) -> None:
    """A config for all of them, with a directory as its store."""
    lines = ["formatVersion = 1", "[store]", 'directory = "store"', "durable = true"]
    secrets = folder / "secrets"
    secrets.mkdir()
    for name, account in ready["environments"].items():
        lines += [f"[environments.{name}]", 'platform = "kore"', f'url = "{account["url"]}"']
        lines += [f'account = "sandbox-{name}"', 'upload = "platform"']
        for app in ("admin_app", "builder_app"):
            path = secrets / f"{name}-{app}"
            path.write_text(account[app]["client_secret"])
            path.chmod(0o600)
            lines += [
                f'{app} = {{ client_id = "{account[app]["client_id"]}", '
                f'client_secret = {{ file = "secrets/{path.name}" }} }}'
            ]
    group = [name for name in ready["environments"] if name not in ("dev", ALONE)]
    lines += ["[groups]", f"all = {json.dumps(group)}"]
    (folder / "role-migrate.toml").write_text("\n".join(lines) + "\n")


def timed(folder: Path, *words: str) -> tuple[float, dict[str, Any]]:
    """Run a command; seconds, and its answer."""
    config = str(folder / "role-migrate.toml")
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "migrate", "--config", config, *words, "--format", "json"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    took = time.monotonic() - began
    assert done.returncode == 0, done.stderr.decode()[-4000:]
    return took, json.loads(done.stdout)


def measure(targets: int, roles: int, latency: float, workers: int) -> dict[str, Any]:
    """All figures, in seconds but for ratios and counts."""
    words = ["--targets", str(targets), "--roles", str(roles), "--latency", str(latency)]
    with tempfile.TemporaryDirectory() as name, served(Path(name), words) as ready:
        folder = Path(name)
        configure(folder, ready)
        one = str(folder / "one.json")
        timed(folder, "plan", "--from", "dev", "--to", ALONE, "--out", one)
        alone, _ = timed(folder, "apply", one, "--yes")
        crew = ("--workers", str(workers))
        out = ("--out", str(folder / "fleet"))
        planned, _ = timed(folder, "plan", "--from", "dev", "--to-group", "all", *out, *crew)
        went = ("apply", str(folder / "fleet"), "--yes", "--canary", "0", *crew)
        wall, report = timed(folder, *went)
        again, _ = timed(folder, *went)
    assert {each["state"] for each in report["targets"]} == {"done"}
    slowest = max(each["seconds"] for each in report["targets"])
    return {
        "machine": f"{os.cpu_count()} cores, Python {platform.python_version()}",
        "targets": targets,
        "roles": roles,
        "latency": latency,
        "workers": workers,
        "requests": sum(each["requests"] for each in report["targets"]),
        "plan": round(planned, 2),
        "apply": round(wall, 2),
        "applyAgain": round(again, 2),
        "slowestTarget": round(slowest, 2),
        "ratioToSlowest": round(wall / slowest, 2),
        "aloneTarget": round(alone, 2),
        "ratioToAlone": round(wall / alone, 2),
        "ratioToOneByOne": round(wall / (alone * targets), 3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--targets", type=int, default=100)
    parser.add_argument("--roles", type=int, default=100)
    parser.add_argument("--latency", type=float, default=0.05)
    parser.add_argument("--workers", type=int, default=32)
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.serve:
        serve(asked.serve, asked.targets, asked.roles, asked.latency)
        return
    figures = measure(asked.targets, asked.roles, asked.latency, asked.workers)
    sys.stdout.write(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
