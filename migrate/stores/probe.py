"""Does a store do what the tool rests on? For `doctor`, which wants every answer, not one error.

One small object, `doctor/probe.json`, is written and rewritten, and stays: nothing here needs the
right to delete.
"""

import secrets
from collections.abc import Callable, Iterator

from migrate import canonical
from migrate.causes import Cause
from migrate.diagnosis import Finding, State, broken, failed, not_tried, sound, warning
from migrate.errors import StoreFailed
from migrate.stores.base import (
    NO_VERSION,
    Store,
    Stored,
    StoreDenied,
    StoreUnreachable,
    VersionMoved,
)

KEY = "doctor/probe.json"
SWAP_TRIES = 5
READABLE, WRITABLE, LISTED = "readable", "writable", "listed"
ABSENT, SWAPS, VERSIONS = "if-none-match", "if-match", "versions"
_NO_LOCK = "Use a store with conditional writes: without them two runs can change one target."
_TURN_ON = (
    "Turn versioning on for the bucket (aws s3api put-bucket-versioning --versioning-configuration "
    "Status=Enabled)."
)


def probe(store: Store, *, versions_needed: bool = False) -> Iterator[Finding]:
    """Try reading, writing, listing, both conditions, and whether a bucket keeps versions; never
    raises what a store raises.

    `versions_needed`: a fileId is the id of a version. What cannot be tried, since something before
    it failed, is said to be.
    """
    names = [READABLE, WRITABLE, LISTED, ABSENT, SWAPS]
    names += [VERSIONS] if _is_bucket(store) else []
    try:
        before = store.get(KEY)
        readable = sound(READABLE, "reading works")
    except StoreUnreachable as error:
        yield _failed("reachable", error)
        yield from not_tried(names, "the store could not be reached")
        return
    except StoreFailed as error:
        yield sound("reachable", store.location)
        yield _failed(READABLE, error)
        if not isinstance(error, StoreDenied):
            yield from not_tried(names[1:], "nothing can be read")
            return
        before, readable = None, _failed(READABLE, error)
    else:
        yield sound("reachable", store.location)
        yield readable
    writable = _writable(store, before)
    yield writable
    if writable.state is State.OK or isinstance(before, Stored):
        yield _tried(LISTED, _listed, store)
    else:
        yield _tried(LISTED, _listable, store)
    if readable.state is not State.OK or writable.state is not State.OK:
        yield from not_tried(names[3:], "reading and writing must work first")
        return
    yield _tried(ABSENT, _never_overwrites, store)
    yield _tried(SWAPS, _swaps_only_what_it_knows, store)
    if _is_bucket(store):
        yield _tried(VERSIONS, lambda it: _versions(it, needed=versions_needed), store)


def _is_bucket(store: Store) -> bool:
    return store.location.startswith("s3://")


def _tried(name: str, check: Callable[[Store], Finding], store: Store) -> Finding:
    try:
        return check(store)
    except StoreFailed as error:
        return _failed(name, error)


def _writable(store: Store, before: Stored | None) -> Finding:
    try:
        _write(store, before)
    except StoreDenied as error:
        if error.action in ("s3:GetObject", "kms:Decrypt"):
            # The write itself was taken, and what is written is read back.
            return Finding(WRITABLE, State.NOT_TRIED, "what is written can't be read back")
        return _failed(WRITABLE, error)
    except StoreFailed as error:
        return _failed(WRITABLE, error)
    return sound(WRITABLE, f"wrote {KEY}")


def _write(store: Store, before: Stored | None) -> None:
    data = _content()
    if before is None:
        put = store.put_if_absent(KEY, data)
        if put.ours:
            return
        before = put.stored
    try:
        store.replace(KEY, data, before.version)
    except VersionMoved:
        _swap(store)


def _swap(store: Store) -> None:
    """Replace what is there; tried again, for others may look at the same store meanwhile."""
    for left in reversed(range(SWAP_TRIES)):
        current = store.get(KEY)
        if current is None:
            raise VersionMoved(KEY, store.location)
        try:
            store.replace(KEY, _content(), current.version)
        except VersionMoved:
            if not left:
                raise
        else:
            return


def _listed(store: Store) -> Finding:
    if KEY in store.list("doctor/"):
        return sound(LISTED, "listing works")
    return broken(
        LISTED,
        f"{KEY} was written and is not in the list of keys",
        Cause.OTHER,
        "Use a store whose lists show a new object at once.",
    )


def _listable(store: Store) -> Finding:
    for _ in store.list("doctor/"):
        break
    return sound(LISTED, "listing works")


def _never_overwrites(store: Store) -> Finding:
    if store.put_if_absent(KEY, _content()).ours:
        what = "If-None-Match is ignored: an object was overwritten"
        return broken(ABSENT, what, Cause.CONDITIONS, _NO_LOCK)
    return sound(ABSENT, "an object that is there is not overwritten")


def _swaps_only_what_it_knows(store: Store) -> Finding:
    try:
        store.replace(KEY, _content(), NO_VERSION)
    except VersionMoved:
        pass
    else:
        what = "If-Match is ignored: an object was overwritten"
        return broken(SWAPS, what, Cause.CONDITIONS, _NO_LOCK)
    _swap(store)
    return sound(SWAPS, "an object is replaced at the expected version only")


def _versions(store: Store, *, needed: bool) -> Finding:
    current = store.get(KEY)
    if current is not None and current.version_id is not None:
        return sound(VERSIONS, "the bucket keeps old versions")
    what = "the bucket keeps no versions"
    if needed:
        what += ", and file_id is made of them"
        return broken(VERSIONS, what, Cause.VERSIONING, _TURN_ON)
    return warning(VERSIONS, f"{what}: what is overwritten is gone", Cause.VERSIONING, _TURN_ON)


def _content() -> bytes:
    return canonical.dumps({"purpose": "role-migrate doctor", "token": secrets.token_hex(16)})


def _failed(name: str, error: StoreFailed) -> Finding:
    found = failed(name, error)
    return Finding(name, found.state, str(error), found.cause, found.remedy, found.exit_code)
