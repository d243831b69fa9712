"""Look up users whom a capture of the target does not show, where a plan turns on them.

One call per batch of names, and none where nobody is missing. What a plan or a run rests on is the
capture with those who were found: it is kept as a snapshot beside the bare one.
"""

from collections.abc import Collection
from dataclasses import replace

from migrate.config import Environment
from migrate.connect import Connections
from migrate.lookups import LookUp, names_of, unshown, unshown_holders, wanted_names, with_users
from migrate.model import Snapshot
from migrate.pipeline.capture import Captured
from migrate.pipeline.planning import Wish, identity_rules
from migrate.plan import Plan, Source
from migrate.platforms.base import Found, PeopleUnreadable, Reader


def for_plan(
    source: Snapshot | Source,
    target: Captured,
    wish: Wish,
    environment: Environment,
    reader: Reader,
    connections: Connections,
) -> Captured:
    """A capture of the target with the users that a plan turns on and that it did not show.

    There are none where no assignments travel, for then not all of the target is read.
    """
    names = wanted_names(
        source.state,
        target.snapshot.state,
        (wish.selection, source.selection),
        identity_rules(source, target.snapshot, environment),
        reader.traits.fold,
    )
    return looked_up(target, names, environment, reader, connections)


def looked_up(
    target: Captured,
    names: Collection[str],
    environment: Environment,
    reader: Reader,
    connections: Connections,
) -> Captured:
    """A capture of the target with those users of these names who exist there.

    Only those whom it does not show are asked for. Where the environment does not let anybody be
    looked up, the capture says so: whether that matters is the plan's to tell. Raises
    PlatformFailed where the answer is no sound one.
    """
    people, fold = target.snapshot.state.people, reader.traits.fold
    shown = people is None or reader.traits.shows_everybody
    missing = () if shown or people is None else unshown(names, people, fold)
    try:
        found = _found(missing, environment, reader, connections)
    except PeopleUnreadable as error:
        return replace(target, look_up=LookUp(error.what, error.remedy))
    statuses = {fold(each.user.kind, each.user.name): each.status for each in found if each.status}
    snapshot = _kept(target.snapshot, found, environment, reader, connections)
    return replace(target, snapshot=snapshot, look_up=LookUp(statuses=statuses))


def for_run(
    plan: Plan, now: Snapshot, environment: Environment, reader: Reader, connections: Connections
) -> Snapshot:
    """A fresh capture with the users whom a plan gives something and whom it does not show.

    Raises PeopleUnreadable, and PlatformFailed where the answer is no sound one.
    """
    holders = unshown_holders(plan.people, now.state.people) if now.state.people else ()
    if not holders or reader.traits.shows_everybody:
        return now
    planned_on = connections.archive(environment).load_snapshot(plan.target.snapshot)
    names = names_of(holders, planned_on.state.people if planned_on else None)
    found = _found(names, environment, reader, connections)
    return _kept(now, found, environment, reader, connections)


def _found(
    names: Collection[str], environment: Environment, reader: Reader, connections: Connections
) -> tuple[Found, ...]:
    if not names:
        return ()
    count = "one user" if len(names) == 1 else f"{len(names)} users"
    connections.tools.tell(f"looking up {count} whom {environment.name} does not list …")
    return reader.find_users(names)


def _kept(
    taken: Snapshot,
    found: tuple[Found, ...],
    environment: Environment,
    reader: Reader,
    connections: Connections,
) -> Snapshot:
    if not found:
        return taken
    users = [each.user for each in found]
    whole = replace(taken, state=with_users(taken.state, users, reader.traits.fold))
    connections.archive(environment).save_snapshot(whole)
    return whole
