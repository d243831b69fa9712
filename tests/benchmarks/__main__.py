"""`make bench`: measure everything, write docs/performance.md, fail where a bound is missed.

    python -m tests.benchmarks [PART …] [--keep]

Parts: start, files, promotions, limits, fleet. With some named, or with --keep, the docs stay as
they are and the results are printed.
"""

import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks import files, fleets, limits, page, promotions
from tests.benchmarks.bounds import Results

PARTS: dict[str, Callable[[Results, Path], None]] = {
    "start": files.start,
    "files": files.measure,
    "promotions": promotions.measure,
    "limits": limits.measure,
    "fleet": fleets.measure,
}


def machine() -> str:
    """What the figures were measured on."""
    name = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        models = [line for line in cpuinfo.read_text().splitlines() if line[:10] == "model name"]
        name = models[0].partition(": ")[2] if models else name
    system, version = platform.system(), platform.python_version()
    return f"{os.cpu_count()} cores, {name}, {system}, Python {version}"


def main(words: list[str]) -> int:
    """Run the parts; 1 where a bound is missed."""
    named = [word for word in words if word != "--keep"]
    results = Results(machine())
    for name in named or PARTS:
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            PARTS[name](results, Path(folder))
        sys.stderr.write(f"{name}: {time.monotonic() - began:.0f} s\n")
    if words:
        sys.stdout.write(page.markdown(results))
    else:
        page.write(results)
    missed = [bound for bound in results.bounds if not bound.kept]
    for bound in results.bounds:
        verdict = "kept  " if bound.kept else "MISSED"
        sys.stderr.write(f"{verdict} {bound.what}: {bound.measured:.2f}, bound {bound.words}\n")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
