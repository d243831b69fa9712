"""Which versions of a platform were probed: small objects in a store, found by fingerprint.

They lie beside the environments' shelves, since a profile of one environment speaks for all of the
same version; each is one read of the store under a key that is known beforehand.
"""

from migrate.archive.shelf import put_mutable
from migrate.canonical import dumps_pretty, loads
from migrate.errors import InvalidInput
from migrate.profile import Profile
from migrate.stores.base import Store

FORMAT_VERSION = 1


def remember(store: Store, platform: str, environment: str, profile: Profile) -> None:
    """Note for each role type of a profile which version it speaks for. Raises StoreFailed."""
    for role_type, catalogue in profile.catalogues.items():
        put_mutable(
            store,
            _key(platform, role_type, catalogue),
            dumps_pretty(
                {
                    "formatVersion": FORMAT_VERSION,
                    "environment": environment,
                    "probe": profile.mark,
                    "at": profile.at,
                    "version": profile.version,
                }
            ),
        )


def is_known(store: Store, platform: str, role_type: str, catalogue: str) -> bool:
    """Whether a version was probed. Raises StoreFailed. What can't be read counts as not there."""
    key = _key(platform, role_type, catalogue)
    stored = store.get(key)
    if stored is None:
        return False
    try:
        value = loads(stored.data, where=f"{store.location}/{key}")
    except InvalidInput:
        return False
    return isinstance(value, dict) and value.get("formatVersion") == FORMAT_VERSION


def _key(platform: str, role_type: str, catalogue: str) -> str:
    return f"profiles/{platform}-{role_type}-{catalogue}.json"
