"""What commands use: seconds of the CPU and on the clock, bytes of memory; medians of some runs."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[2]
LAUNCH = Path(__file__).with_name("launch.py")
PYTHON = (sys.executable,)
OURS = (*PYTHON, "-m", "migrate")


@dataclass(frozen=True, slots=True)
class Usage:
    """Seconds on the clock and of the CPU, the process's start included; bytes of memory."""

    wall: float
    cpu: float
    peak: int


def used(command: Sequence[str | Path], answers: Path) -> Usage:
    """Run a command in the checkout; what it prints goes to `answers`. Fails unless it exits 0."""
    done = subprocess.run(
        [sys.executable, "-S", "-E", str(LAUNCH), str(answers), *map(str, command)],
        cwd=ROOT,
        env=_plain(),
        capture_output=True,
        text=True,
        check=True,
    )
    usage = json.loads(done.stdout)
    if code := usage.pop("code"):
        raise SystemExit(f"{' '.join(map(str, command))} exits with {code}:\n{done.stderr[-4000:]}")
    return Usage(**usage)


def side_by_side(
    commands: Mapping[str, Sequence[str | Path]], times: int, folder: Path
) -> dict[str, Usage]:
    """The medians of each command; all take turns, so that whatever slows one slows the others."""
    tries = [
        {name: used(command, folder / "answer") for name, command in commands.items()}
        for _ in range(times)
    ]
    return {name: middle([each[name] for each in tries]) for name in commands}


def middle(tries: Sequence[Usage]) -> Usage:
    """The medians, each figure by itself."""
    return Usage(
        median(each.wall for each in tries),
        median(each.cpu for each in tries),
        int(median(each.peak for each in tries)),
    )


def _plain() -> dict[str, str]:
    """The environment without what would change the commands or the order of their work."""
    ours = {
        name: value for name, value in os.environ.items() if not name.startswith("ROLE_MIGRATE")
    }
    ours.pop("CI", None)
    ours.pop("PYTHONDONTWRITEBYTECODE", None)  # as installed: modules are compiled once
    return {**ours, "PYTHONHASHSEED": "1", "NO_COLOR": "1"}
