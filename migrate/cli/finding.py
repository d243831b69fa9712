"""Finding a run in the stores of the config, and the environment that it is on."""

from contextlib import suppress
from typing import TYPE_CHECKING

from migrate.cli.runtime import Runtime
from migrate.errors import StoreFailed, UsageError

if TYPE_CHECKING:
    from migrate.archive import Archive
    from migrate.config import Environment
    from migrate.keeping import Kind


def archives(runtime: Runtime) -> "list[tuple[Environment, Archive]]":
    """The shelves of all environments, each once, under the first name that the config gives it."""
    found: dict[tuple[object, object], tuple[Environment, Archive]] = {}
    for environment in runtime.config.environments.values():
        archive = runtime.connections.archive(environment)
        found.setdefault((archive.location, environment.identity), (environment, archive))
    return list(found.values())


def find_run(runtime: Runtime, run: str) -> "Environment":
    """The environment that a run is on, by the name that it was begun under if that still is it.

    Raises UsageError for what is no run id, and where no store has the run.
    """
    from migrate.journal import Journal
    from migrate.keeping import Kind
    from migrate.pipeline.sources import run_named

    run_named(run)
    unread: StoreFailed | None = None
    for environment, archive in archives(runtime):
        try:
            if not archive.begun(run):
                continue
        except StoreFailed as error:  # other environments' folders need not be open to everybody
            unread = error
            continue
        journal = Journal.open(archive.store, run, clock=runtime.tools.now)
        named = runtime.config.environments.get(str(journal.entries[0].body.get("target")))
        same = named is not None and named.identity == environment.identity
        return named if named is not None and same else environment
    gone = pruned(runtime, Kind.RUN, run)
    if unread is not None and not gone:
        raise unread
    raise UsageError(
        f"no store of the config has a run {run}{gone}", remedy="role-migrate runs lists them."
    )


def pruned(runtime: Runtime, kind: "Kind", name: str) -> str:
    """Words on when something that no store has was pruned; "" where it was not."""
    from migrate.archive.pruned import pruned_at

    for _, archive in archives(runtime):
        with suppress(StoreFailed):
            at = pruned_at(archive, kind, name)
            if at is not None:
                return f": it was pruned on {at}"
    return ""
