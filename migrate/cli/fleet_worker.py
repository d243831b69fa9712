"""Do one errand of a fleet: in a thread of this process, or in a worker of a cluster.

To a worker there travel the config's path, the environment's name, its account and the plan's id.
It loads the config and resolves secrets where it runs; what it says comes out in its own log.
"""

from contextlib import closing
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from migrate import __version__
from migrate.cli.runtime import Runtime
from migrate.errors import UNCHANGED, MigrateError, UsageError
from migrate.fleet.outcome import Outcome, failed
from migrate.kept import Kept
from migrate.pipeline.errands import Errand

if TYPE_CHECKING:
    from migrate.pipeline.record import Record
    from migrate.plan import Plan

_runtimes: Kept[str, Runtime] = Kept()
"""One for each config in this process: its errands share an account's budget of calls."""


def do(errand: Errand, runtime: Runtime) -> Outcome:
    """Do an errand. What is said meanwhile begins with the target's name."""
    from migrate.cli.reporting import keep_page
    from migrate.pipeline.errands import run_errand

    records: list[Record] = []

    def begin(plan: "Plan") -> "Record":
        from migrate.pipeline.record import Record

        records.append(Record(plan))
        return records[-1]

    with runtime.voice.about(errand.environment):
        with closing(runtime.connections.aside()) as own:
            done = run_errand(errand, own, begin)
        for record in records:
            if record.run_id:
                keep_page(record, runtime)
    struck = runtime.redactor.redact  # what an outcome says may travel over a scheduler's wire
    return replace(
        done,
        what=struck(done.what),
        where=struck(done.where),
        target=struck(done.target),
        remedy=struck(done.remedy),
    )


def do_elsewhere(errand: Errand) -> Outcome:
    """Do an errand in a process that has no runtime yet, as a worker of a cluster."""
    try:
        if errand.version != __version__:
            raise UsageError(
                f"this worker has role-migrate {__version__}, and was asked by {errand.version}",
                where=errand.environment,
                target=UNCHANGED,
                remedy="Install the same version on all workers.",
            )
        runtime = _runtimes.get(errand.config, partial(_runtime, errand.config))
    except MigrateError as error:
        return failed(errand.environment, error, errand.plan)
    return do(errand, runtime)


def _runtime(config: str) -> Runtime:
    runtime = Runtime()
    runtime.configure(config=config, verbose=False, log_format="text")
    _ = runtime.connections  # one for all threads: a config that can't be read is found out here
    return runtime
