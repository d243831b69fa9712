"""Whether a store heeds the condition of a write: one that does not can't hold a lock."""

import secrets
from dataclasses import replace

from migrate.errors import StoreFailed
from migrate.lock.record import LockRecord
from migrate.stores.base import NO_VERSION, Store, VersionMoved


def check_conditions(store: Store, key: str, lock: LockRecord) -> None:
    """Try to write `lock` over what is there, under conditions that do not hold.

    Both are tried each time: the lock needs the one, claims and journals the other. Raises
    StoreFailed for a store that takes either.
    """
    rival = replace(lock, owner=secrets.token_hex(16)).to_bytes()
    if store.put_if_absent(key, rival).ours:
        raise _ignores_conditions(store, "If-None-Match")
    try:
        store.replace(key, rival, NO_VERSION)
    except VersionMoved:
        return
    raise _ignores_conditions(store, "If-Match")


def _ignores_conditions(store: Store, header: str) -> StoreFailed:
    return StoreFailed(
        f"the store ignores the condition of a write ({header}), so it can't hold a lock",
        where=store.location,
        remedy="Use a store with conditional writes; `doctor` tests for them.",
    )
