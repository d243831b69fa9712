"""Planning from snapshot to snapshot: what would change, without an environment to change it in."""

from pathlib import Path

from migrate.connect import Connections
from migrate.errors import UNCHANGED, MigrateError, UsageError
from migrate.pipeline.planning import Planned, Wish, plan_offline
from migrate.pipeline.sources import Spelled, from_file, obtain
from migrate.pipeline.ways import EVERYTHING, Way, check, fitting


def compare(way: Way, wish: Wish, connections: Connections) -> Planned:
    """Plan for what a file holds, under the rules of an environment on its platform.

    Raises UsageError where the config names none, and for what goes with an environment only.
    """
    try:
        return _compare(way, wish, connections)
    except MigrateError as error:
        error.target = error.target or UNCHANGED
        raise


def _compare(way: Way, wish: Wish, connections: Connections) -> Planned:
    check(way, wish)
    if way.target_snapshot is not None:
        raise UsageError(
            "--target-snapshot stands in for reading an environment: it does not go with "
            "--to file:PATH",
            remedy="Name the environment with --to, or leave --target-snapshot out.",
        )
    if not isinstance(way.source, Spelled):
        raise UsageError(
            "an assignments file is planned for an environment, not for a file",
            remedy="Name the environment with --to, and its snapshot with --target-snapshot.",
        )
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
    return plan_offline(source, target, rules[0], connections, fitting(wish, rules[0]))
