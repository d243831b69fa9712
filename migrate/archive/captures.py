"""When an environment was seen to hold what: one small object per change, found by its key.

`captures/<time>-<state digest>.json` is written when a capture that shows who holds what differs
from the one before, so that nothing grows while nothing moves. Each tells up to when the one before
was seen to hold; of the newest, `snapshots/last.json` does.
"""

import re
from dataclasses import dataclass
from typing import Any

from migrate.archive.shelf import Shelf, shape
from migrate.canonical import dumps_pretty
from migrate.errors import InvalidInput

FORMAT_VERSION = 1
LAST = "snapshots/last.json"
_KEY = re.compile(r"captures/([0-9]{8}T[0-9]{6}Z)-([0-9a-f]{64})\.json")
_SEEN = shape(snapshot="string", capturedAt="string")


def _with(field: str) -> dict[str, Any]:
    """The shape of a capture that tells of another one, if it knows of any."""
    known = {"anyOf": [_SEEN, {"type": "null"}]}
    return {**_SEEN, "properties": {**_SEEN["properties"], field: known}}


_LAST, _NOTED = _with("people"), _with("before")


@dataclass(frozen=True, slots=True)
class Sighting:
    """A state that an environment was seen in: first at `since`, and then up to `until` nothing
    else was seen (ISO 8601, UTC). `digest` is the state's."""

    digest: str
    since: str
    until: str


def mark_last(shelf: Shelf, digest: str, captured_at: str, *, shows_people: bool) -> None:
    """Remember a whole capture as the environment's last; and note one that shows who holds what
    for good, where it differs from the last such."""
    seen = {"snapshot": digest, "capturedAt": captured_at}
    try:
        known = last(shelf).get("people")
    except InvalidInput:  # damaged: it is written anew
        known = None
    if shows_people:
        if known is None or known["snapshot"] != digest:
            noted = {"formatVersion": FORMAT_VERSION, **seen, "before": known}
            key = f"captures/{_compact(captured_at)}-{digest}.json"
            shelf.store.put_if_absent(key, dumps_pretty(noted))
        known = seen
    shelf.put_mutable(LAST, dumps_pretty({**seen, "people": known}))


def last(shelf: Shelf) -> dict[str, Any]:
    """The last whole capture: {snapshot, capturedAt, people: {…} or null}; {} without one."""
    return shelf.read(LAST, _LAST) or {}


def around(shelf: Shelf, at: str) -> tuple[Sighting | None, Sighting | None]:
    """What the environment was last seen in by a time, and what was seen next; None without.

    `at` is ISO 8601, UTC, to the second. One list and at most two reads. Raises InvalidInput for
    a damaged object.
    """
    found = [match for key in shelf.store.list("captures/") if (match := _KEY.fullmatch(key))]
    place = sum(match[1] <= _compact(at) for match in found)
    return (
        _sighting(shelf, found, place - 1) if place else None,
        _sighting(shelf, found, place) if place < len(found) else None,
    )


def _sighting(shelf: Shelf, found: list[re.Match[str]], place: int) -> Sighting:
    digest, since = found[place][2], _spelled(found[place][1])
    if place + 1 < len(found):
        seen = (shelf.read(found[place + 1][0], _NOTED) or {}).get("before")
        before = _spelled(found[place + 1][1])
    else:
        seen, before = last(shelf).get("people"), ""
    until = str(seen["capturedAt"]) if seen and seen["snapshot"] == digest else since
    # Where a clock ran backwards, or two captures overlapped, no more is sure than the moment.
    sound = since <= until <= (before or until)
    return Sighting(digest, since, until if sound else since)


def _compact(time: str) -> str:
    return time.replace("-", "").replace(":", "")


def _spelled(time: str) -> str:
    return re.sub(r"(....)(..)(..)T(..)(..)(..Z)", r"\1-\2-\3T\4:\5:\6", time)
