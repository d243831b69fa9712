"""Whether a probe has tried the platform version of a protected target, which full mode asks for.

No call to a platform: the fingerprint is of the target as it was captured, and each role type is
one read of a store.
"""

from collections.abc import Iterator

from migrate.archive.profiles import is_known
from migrate.config import Environment
from migrate.connect import Connections, traits_of
from migrate.errors import MigrateError
from migrate.model import Mode, State
from migrate.profile import catalogues
from migrate.stores.base import Store


def unprofiled(
    environment: Environment, mode: Mode, state: State, connections: Connections
) -> tuple[str, ...]:
    """The role types that no profile speaks for; () where none is asked for.

    Looked for in the target's own store first, then in those of the other environments on the
    same platform. Raises StoreFailed where the target's own can't be read.
    """
    if mode is not Mode.FULL or not connections.config.is_protected(environment):
        return ()
    found = catalogues(state, traits_of(environment))
    missing = sorted(state.captured)
    for store in _stores(environment, connections):
        missing = [
            role_type
            for role_type in missing
            if role_type not in found
            or not _known(store, environment, role_type, found[role_type], connections)
        ]
        if not missing:
            break
    return tuple(missing)


def _known(
    store: Store,
    environment: Environment,
    role_type: str,
    catalogue: str,
    connections: Connections,
) -> bool:
    own = store is connections.store(connections.config.store_of(environment.name))
    try:
        return is_known(store, environment.platform, role_type, catalogue)
    except MigrateError as error:
        if own:
            raise
        # A store that this job may not read is no reason to stop: the guard says what is missing.
        connections.tools.tell(f"warning: no profile could be looked for there: {error}")
        return False


def _stores(environment: Environment, connections: Connections) -> Iterator[Store]:
    """Every store of the config for this platform, once, the environment's own first."""
    config = connections.config
    seen = [config.store_of(environment.name)]
    yield connections.store(seen[0])
    for other in config.environments.values():
        location = other.store or config.default_store
        if other.platform == environment.platform and location not in seen:
            seen.append(location)
            try:
                yield connections.store(location)
            except MigrateError as error:
                connections.tools.tell(f"warning: no profile could be looked for: {error}")
