"""Promotions in one go: a plan is made, shown, agreed to and run."""

from collections.abc import Callable

from migrate.config import Environment
from migrate.connect import Connections
from migrate.errors import Interrupted
from migrate.pipeline import checks
from migrate.pipeline.applying import apply
from migrate.pipeline.checks import Leave
from migrate.pipeline.locking import locked, untouched
from migrate.pipeline.planning import Planned, Wish
from migrate.pipeline.promotion import read_and_planned
from migrate.pipeline.protection import not_in_one_go
from migrate.pipeline.record import Record
from migrate.pipeline.saved import refusing
from migrate.pipeline.ways import Way, check, fitting, target_of
from migrate.plan import Plan
from migrate.platforms.base import Reader
from migrate.verification import Verification


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
        check(way, wish)
        environment = target_of(way, connections)
        fit = fitting(wish, environment)

    def make(reader: Reader) -> Planned:
        return read_and_planned(way, fit, environment, reader, connections)

    return carry_through(environment, connections, make, show=show, agreed=agreed, begin=begin)


def carry_through(
    environment: Environment,
    connections: Connections,
    make: Callable[[Reader], Planned],
    *,
    settles: tuple[str, ...] = (),
    show: Callable[[Plan], None],
    agreed: Callable[[Plan], bool] | None,
    begin: Callable[[Plan], Record],
) -> Verification | None:
    """Make a plan and run it, as `promote` does. `settles` are unfinished runs that it ends."""
    not_in_one_go(environment, connections)
    if agreed is None:
        with locked(environment, connections, settles=settles) as target:
            with untouched():
                planned = make(target.writer)
            show(planned.plan)
            record = begin(planned.plan)
            _allowed(planned.plan, record, environment, connections)
            return apply(planned.plan, target, record, planned.target)
    with untouched():
        planned = make(connections.reader(environment))
    show(planned.plan)
    record = begin(planned.plan)
    _allowed(planned.plan, record, environment, connections)
    if planned.plan.empty:
        record.result = "nothing to do"
        return None
    if not agreed(planned.plan):
        record.result = "not agreed to"
        raise Interrupted(
            "not agreed to", where=environment.name, target="unchanged", remedy="Nothing was done."
        )
    with locked(environment, connections, settles=settles) as target:
        return apply(planned.plan, target, record)


def _allowed(
    plan: Plan, record: Record, environment: Environment, connections: Connections
) -> None:
    leave = Leave(waivers_only=connections.policy(environment).waivers_only)
    with refusing(record):
        checks.allowed(plan.verdicts, environment.name, leave)
