"""Promotions from end to end, as the commands ask for them: plan only, apply, both in one go."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from migrate.config import Environment
from migrate.connect import Connections
from migrate.errors import Interrupted, UsageError
from migrate.journal import is_unfinished
from migrate.model import Assignments, Selection, Snapshot
from migrate.pipeline import checks
from migrate.pipeline.applying import apply
from migrate.pipeline.locking import locked, untouched
from migrate.pipeline.planning import Captured, Planned, Wish, capture_target, plan_offline, plan_on
from migrate.pipeline.record import Record
from migrate.pipeline.resuming import reclaim, resume, settled_by
from migrate.pipeline.sources import Hints, Spelled, from_file, obtain
from migrate.plan import Plan
from migrate.platforms.base import Need
from migrate.verification import Verification

EVERYTHING = Selection()
DEFAULT_AGE = 24 * 3600.0
"""Seconds that the assignments of a source may be old where the config does not say."""


@dataclass(frozen=True, slots=True)
class Way:
    """From where to where. `target_snapshot` (`last` or a file) stands in for reading the target.

    `to` is an environment's name or `file:PATH`; the latter compares and can't be applied, under
    the rules of the environment `to_env` (default: the one that the file's snapshot names).
    """

    source: Spelled
    to: Spelled
    hints: Hints
    target_snapshot: str | None = None


def plan(way: Way, wish: Wish, connections: Connections) -> Planned:
    """Plan without writing to any platform: only readers are made."""
    with untouched():
        return _plan(way, wish, connections)


def _plan(way: Way, wish: Wish, connections: Connections) -> Planned:
    if way.to.kind == "file":
        if way.target_snapshot is not None:
            raise UsageError(
                "--target-snapshot stands in for reading an environment: it does not go with "
                "--to file:PATH",
                remedy="Name the environment with --to, or leave --target-snapshot out.",
            )
        return _compare(way, wish, connections)
    environment = _target(way, connections)
    source = _source(way, wish, environment, connections)
    if way.target_snapshot is None:
        reader = connections.reader(environment)
        archive = connections.archive(environment)
        target = capture_target(environment, reader, archive, connections, wish.need)
    else:
        stands_in = _stand_in(way.target_snapshot, environment, connections, way.hints)
        unread = "" if stands_in.state.people else "the snapshot does not hold it"
        target = Captured(stands_in, unread)
    return plan_on(source, target, environment, connections, wish)


def promote(
    way: Way,
    wish: Wish,
    connections: Connections,
    *,
    show: Callable[[Plan], None],
    agreed: Callable[[Plan], bool] | None,
    begin: Callable[[Plan], Record],
) -> Verification | None:
    """Plan and apply. `agreed` asks somebody; None means that nobody needs to be asked.

    Without asking, the lock is taken first and the target read once, under it. With asking, the
    target is read again under the lock, for it may have moved while somebody was thinking.
    """
    with untouched():
        environment = _target(way, connections)
    if agreed is None:
        with locked(environment, connections) as target:
            with untouched():
                source = _source(way, wish, environment, connections)
                fresh = capture_target(
                    environment, target.writer, target.archive, connections, wish.need
                )
                planned = plan_on(source, fresh, environment, connections, wish)
            show(planned.plan)
            record = begin(planned.plan)
            _allowed(planned.plan, record)
            return apply(planned.plan, target, record, fresh.snapshot)
    planned = plan(way, wish, connections)
    show(planned.plan)
    record = begin(planned.plan)
    _allowed(planned.plan, record)
    if planned.plan.empty:
        record.result = "nothing to do"
        return None
    if not agreed(planned.plan):
        record.result = "not agreed to"
        raise Interrupted(
            "not agreed to", where=environment.name, target="unchanged", remedy="Nothing was done."
        )
    with locked(environment, connections) as target:
        return apply(planned.plan, target, record)


def _source(way: Way, wish: Wish, environment: Environment, connections: Connections) -> Snapshot:
    """The source, with who holds what where that is to travel, too.

    Raises UsageError where its assignments are older than the target's config allows: an old
    snapshot must not give leavers their access back.
    """
    moving = wish.assignments is not Assignments.NONE
    need = Need.ALL if moving else Need.NOTHING
    source = obtain(way.source, connections, way.hints, EVERYTHING, need)
    limit = environment.max_source_age
    limit = DEFAULT_AGE if limit is None else limit
    taken = datetime.fromisoformat(source.captured_at).timestamp()
    if moving and connections.tools.now() - taken > limit:
        raise UsageError(
            f"the source was captured at {source.captured_at}: its assignments are too old",
            target="unchanged",
            remedy="Take a fresh snapshot, or set max_source_age for the target if it is meant.",
        )
    return source


def apply_saved(
    saved: Plan, connections: Connections, begin: Callable[[Plan], Record]
) -> Verification | None:
    """Run a plan that was made before, on the environment that it names.

    Where it has a run that was cut off, that one is gone on with: a job that is run again does
    the right thing.
    """
    record = begin(saved)
    with untouched():
        environment = connections.config.environment(saved.target.environment)
        archive = connections.archive(environment)
        checks.right_target(saved, environment.identity, archive.location)
        run = archive.claimed_by(saved.id)
        unfinished = run is not None and is_unfinished(archive.store, run)
        if not unfinished:
            _allowed(saved, record)
    if run is not None and unfinished:
        connections.tools.tell(f"plan {saved.id} was begun by run {run}: going on with it")
        return resume(run, environment, connections, lambda _plan: record)
    settles = settled_by(saved, archive)
    with locked(environment, connections, settles=settles) as target:
        if run is not None:
            reclaim(saved, run, target)
        return apply(saved, target, record)


def _allowed(plan: Plan, record: Record) -> None:
    try:
        checks.allowed(plan.verdicts, plan.target.environment)
    except Exception:
        record.result = "refused, target unchanged"
        raise


def _target(way: Way, connections: Connections) -> Environment:
    if way.to.kind != "environment":
        raise UsageError(
            f"--to {way.to.kind}:{way.to.value} can't be written to",
            remedy="Name an environment of the config as the target.",
        )
    environment = connections.config.environment(way.to.value)
    if way.source.kind == "environment":
        source = connections.config.environment(way.source.value)
        if source.identity == environment.identity:
            raise UsageError(
                f"{source.name!r} and {environment.name!r} are the same account: there is nothing "
                "to promote",
                target="unchanged",
                remedy="Name two different environments.",
            )
    return environment


def _stand_in(
    text: str, environment: Environment, connections: Connections, hints: Hints
) -> Snapshot:
    if text != "last":
        from pathlib import Path

        if not text.startswith("file:"):
            raise UsageError("--target-snapshot takes last or file:PATH")
        taken = from_file(Path(text.removeprefix("file:")), connections.config, hints)
        if taken.identity != environment.identity:
            raise UsageError(
                f"the snapshot is of {taken.environment!r}, not of {environment.name!r}",
                where=text,
                remedy="Give a snapshot of the target itself.",
            )
        connections.archive(environment).save_snapshot(taken)
        return taken
    last = connections.archive(environment).last_snapshot()
    if last is None:
        raise UsageError(
            f"the store has no snapshot of {environment.name!r}",
            remedy=f"Take one with: role-migrate snapshot --env {environment.name}",
        )
    return last[0]


def _compare(way: Way, wish: Wish, connections: Connections) -> Planned:
    from pathlib import Path

    target = from_file(Path(way.to.value), connections.config, way.hints)
    source = obtain(way.source, connections, way.hints, EVERYTHING)
    known = connections.config.environments.values()
    rules = [item for item in known if item.identity == target.identity] or [
        item for item in known if item.platform == target.identity.platform
    ]
    if not rules:
        raise UsageError(
            f"no environment of the config is on {target.identity.platform}",
            where=way.to.value,
            remedy="Compare snapshots of a platform that the config names.",
        )
    return plan_offline(source, target, rules[0], connections, wish)
