"""Who does the work of a fleet: threads of this process, or a cluster that is there already."""

import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from migrate.errors import OutsideFailed, UsageError

if TYPE_CHECKING:
    from migrate.fleet.outcome import Outcome
    from migrate.pipeline.errands import Errand

THREADS = "threads"
DASK = "dask:"


Do = Callable[["Errand"], "Outcome"]


@dataclass(frozen=True, slots=True)
class Crew:
    """An executor, and how many errands it works on at a time.

    `elsewhere` calls what does an errand in a worker's process, None where that is this one.
    """

    executor: Executor
    width: int
    elsewhere: Callable[[Do, "Errand"], "Outcome"] | None = None


@contextmanager
def crew(where: str | None, workers: int, chosen: bool) -> Iterator[Crew]:
    """The crew that `--executor` names; unless `workers` were `chosen` a cluster's size counts.

    Raises UsageError for an unknown one, or where Dask is not installed; OutsideFailed where its
    scheduler does not answer.
    """
    if where is None or where == THREADS:
        with ThreadPoolExecutor(workers, thread_name_prefix="fleet") as pool:
            yield Crew(pool, workers)
        return
    if not where.startswith(DASK) or where == DASK:
        raise UsageError(
            f"--executor {where}: it takes {THREADS}, or {DASK} and a scheduler's address",
            target="unchanged",
            remedy="Write it as dask:tcp://HOST:8786.",
        )
    with _dask(where.removeprefix(DASK), workers if chosen else None) as made:
        yield made


@contextmanager
def _dask(address: str, workers: int | None) -> Iterator[Crew]:
    try:
        from distributed import Client
    except ImportError as error:
        raise UsageError(
            "Dask is not installed here",
            target="unchanged",
            remedy="Install role-migrate with the extra dask: pip install 'role-migrate[dask]'.",
        ) from error
    try:
        client = Client(address, timeout=SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise OutsideFailed(
            f"Dask's scheduler does not answer: {error}",
            where=address,
            target="unchanged",
            remedy="Check the address, and that the scheduler runs.",
        ) from error
    with client:
        threads = sum(client.nthreads().values())
        if not threads:
            raise OutsideFailed(
                "Dask's scheduler has no workers",
                where=address,
                target="unchanged",
                remedy="Start workers that have role-migrate installed, then run it again.",
            )
        # Two errands are never one and the same to Dask, however alike they are.
        yield Crew(client.get_executor(pure=False), workers or threads, unsampled)


def unsampled(do: Do, errand: "Errand") -> "Outcome":
    """Do an errand on a Dask worker that is not sampled by Dask's profiler from then on.

    Before Python 3.12 a process hangs for good where it is sampled while it starts a thread
    (python/cpython#106883, dask/distributed#8616), and an errand starts many.
    """
    if sys.version_info < (3, 12):
        from distributed import get_worker

        worker, stopped = get_worker(), threading.Event()

        def stop() -> None:
            sampling = worker.periodic_callbacks.get("profile")
            if sampling is not None:
                sampling.stop()
            stopped.set()

        worker.loop.add_callback(stop)
        stopped.wait(SECONDS)
    return do(errand)


SECONDS = 10
"""How long a scheduler may take to answer."""
