"""The figures of a fleet, by its own benchmark, where there is one."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

from tests.benchmarks.bounds import Results, Table
from tests.benchmarks.measuring import ROOT


def measure(results: Results, _folder: Path) -> None:
    """Every figure that `python -m tests.benchmarks.fleet` prints."""
    name = "tests.benchmarks.fleet"
    if importlib.util.find_spec(name) is None:
        return
    done = subprocess.run(
        [sys.executable, "-m", name], cwd=ROOT, capture_output=True, text=True, check=True
    )
    found = json.loads(done.stdout)
    results.figures["fleet"] = found
    rows = tuple((key, str(value)) for key, value in found.items() if key != "machine")
    results.tables.append(Table("A fleet", ("figure", "value"), rows))
