"""Does a store do what the tool rests on? For `doctor`, which wants every answer, not one error.

One small object, `doctor/probe.json`, is written and rewritten, and stays: nothing here needs the
right to delete.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from migrate import canonical
from migrate.errors import MigrateError, StoreFailed
from migrate.stores.base import NO_VERSION, Store, Stored, StoreUnreachable, VersionMoved

KEY = "doctor/probe.json"
_NO_LOCK = "Use a store with conditional writes: without them two runs can change one target."


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was tried: its name, whether it works, what was seen, and the next step.

    What works and has a next step all the same is a warning.
    """

    name: str
    ok: bool
    detail: str
    remedy: str = ""


def probe(store: Store) -> tuple[Finding, ...]:
    """Try reading, writing, listing and both conditions; never raises what a store raises.

    Names, in order: `reachable`, `readable`, `writable`, `listed`, `if-none-match`, `if-match`.
    What cannot be tried, since something before it failed, is left out.
    """
    try:
        before = store.get(KEY)
    except StoreUnreachable as error:
        return (_failed("reachable", error),)
    except StoreFailed as error:
        return (Finding("reachable", True, store.location), _failed("readable", error))
    findings = [
        Finding("reachable", True, store.location),
        Finding("readable", True, "reading works"),
    ]
    try:
        _write(store, before)
    except StoreFailed as error:
        return (*findings, _failed("writable", error))
    findings.append(Finding("writable", True, f"wrote {KEY} and read it back"))
    for name, check in (
        ("listed", _listed),
        ("if-none-match", _never_overwrites),
        ("if-match", _swaps_only_what_it_knows),
    ):
        findings.append(_tried(name, check, store))
    return tuple(findings)


def _tried(name: str, check: Callable[[Store], Finding], store: Store) -> Finding:
    try:
        return check(store)
    except StoreFailed as error:
        return _failed(name, error)


def _write(store: Store, before: Stored | None) -> None:
    data = _content()
    if before is None:
        put = store.put_if_absent(KEY, data)
        if put.ours:
            return
        before = put.stored
    store.replace(KEY, data, before.version)


def _listed(store: Store) -> Finding:
    if KEY in store.list("doctor/"):
        return Finding("listed", True, "listing works")
    return Finding(
        "listed",
        False,
        f"{KEY} was written and is not in the list of keys",
        "Use a store whose lists show a new object at once.",
    )


def _never_overwrites(store: Store) -> Finding:
    if store.put_if_absent(KEY, _content()).ours:
        return Finding(
            "if-none-match", False, "If-None-Match is ignored: an object was overwritten", _NO_LOCK
        )
    return Finding("if-none-match", True, "an object that is there is not overwritten")


def _swaps_only_what_it_knows(store: Store) -> Finding:
    try:
        store.replace(KEY, _content(), NO_VERSION)
    except VersionMoved:
        pass
    else:
        return Finding(
            "if-match", False, "If-Match is ignored: an object was overwritten", _NO_LOCK
        )
    current = store.get(KEY)
    if current is None:
        raise VersionMoved(KEY, store.location)
    store.replace(KEY, _content(), current.version)
    return Finding("if-match", True, "an object is replaced at the expected version only")


def _content() -> bytes:
    return canonical.dumps({"purpose": "role-migrate doctor", "token": secrets.token_hex(16)})


def _failed(name: str, error: MigrateError) -> Finding:
    return Finding(name, False, str(error), error.remedy)
