"""A Dask cluster on this machine, each worker a process of its own; run as a program.

It prints the scheduler's address, and ends when its standard input does.
"""

import contextlib
import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

INSTALLED = importlib.util.find_spec("distributed") is not None
ROOT = Path(__file__).resolve().parents[2]


@contextlib.contextmanager
def cluster(workers: int) -> Iterator[str]:
    """Start a cluster, and end it; gives its scheduler's address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.cli.dask_cluster", str(workers)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        address = process.stdout.readline().decode().strip()
        assert address.startswith("tcp://"), address
        yield address
    finally:
        process.stdin.close()
        process.wait(timeout=30)
        process.stdout.close()


def serve(workers: int) -> None:
    import dask
    from distributed import LocalCluster

    dask.config.set({"distributed.worker.daemon": True})
    with LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        dashboard_address=None,
    ) as local:
        sys.stdout.write(f"{local.scheduler_address}\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    serve(int(sys.argv[1]))
