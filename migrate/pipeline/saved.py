"""Run a plan that was made before: begin with it, or go on with its run that was cut off."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from migrate import lock as locks
from migrate.config import Environment
from migrate.connect import Connections
from migrate.errors import TargetLocked
from migrate.journal import is_unfinished
from migrate.pipeline import checks
from migrate.pipeline.applying import apply
from migrate.pipeline.locking import locked, untouched
from migrate.pipeline.patience import patiently
from migrate.pipeline.protection import may_run
from migrate.pipeline.record import Record
from migrate.pipeline.resuming import reclaim, resume, settled_by
from migrate.pipeline.waiving import waived_for
from migrate.plan import Plan
from migrate.verification import Verification


def apply_saved(
    saved: Plan,
    connections: Connections,
    begin: Callable[[Plan], Record],
    confirmed: str | None = None,
    *,
    patient: bool = False,
) -> Verification | None:
    """Run a plan that was made before, on the environment that it names, which may have to be
    `confirmed` by name.

    Where it has a run that was cut off, that one is gone on with: a job that is run again does
    the right thing. `patient`: the lock that such a run still holds is waited for.
    """
    record = begin(saved)
    with untouched():
        environment = connections.config.environment(saved.target.environment)
        archive = connections.archive(environment)
        checks.right_target(saved, environment.identity, archive.location)

    def own(held: TargetLocked) -> bool:
        return patient and bool(held.run) and held.run == archive.claimed_by(saved.id)

    return patiently(
        lambda: _apply_saved(saved, record, environment, connections, confirmed),
        own,
        lambda: locks.holder(archive.whole, environment.identity),
        connections.tools,
    )


def _apply_saved(
    saved: Plan,
    record: Record,
    environment: Environment,
    connections: Connections,
    confirmed: str | None,
) -> Verification | None:
    archive = connections.archive(environment)
    with untouched():
        run = archive.claimed_by(saved.id)
        unfinished = run is not None and is_unfinished(archive.store, run)
        if not unfinished:
            with refusing(record):
                waivers = waived_for(saved, environment, archive, connections)
                checks.allowed(saved.verdicts, environment.name, waivers.leave)
                record.approvers = may_run(saved, environment, connections, confirmed)
            record.notes = [
                f"guard {rule} was waived by {owner}: {waivers.reasons[rule]}"
                for rule, owner in sorted(waivers.owners.items())
            ]
    if run is not None and unfinished:
        connections.tools.tell(f"plan {saved.id} was begun by run {run}: going on with it")
        return resume(run, environment, connections, lambda _plan: record)
    settles = settled_by(saved, archive)
    with locked(environment, connections, settles=settles) as target:
        if run is not None:
            reclaim(saved, run, target)
        return apply(saved, target, record)


@contextmanager
def refusing(record: Record) -> Iterator[None]:
    """Say in the record of a run that it was refused before it began."""
    try:
        yield
    except Exception:
        record.result = "refused, target unchanged"
        raise
