"""Trouble on demand: the nth matching request fails in a named way."""

import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from migrate.errors import InvalidInput

NOT, BEFORE_ANSWER, LATE = "no", "yes", "late"


@dataclass(frozen=True, slots=True)
class Kind:
    """A way to fail: one line of meaning, whether the server acts, its default `seconds`."""

    meaning: str
    acts: str
    seconds: float | None = None


KINDS: Mapping[str, Kind] = {
    "refused": Kind("the connection is closed at once, the body unread", NOT),
    "reset_before": Kind("the request is read, then the connection is reset", NOT),
    "reset_after": Kind("acts, then the connection is reset without an answer", BEFORE_ANSWER),
    "timeout_before": Kind("no answer for `seconds`, then the connection ends", NOT, 120),
    "timeout_after": Kind("acts, and answers only after `seconds`", BEFORE_ANSWER, 120),
    "timeout_late": Kind("acts only after `seconds`, whoever still waits, then answers", LATE, 120),
    "429_retry_after": Kind("429 with Retry-After: `seconds`", NOT, 1),
    "429_bare": Kind("429 without Retry-After", NOT),
    "rate_message": Kind("400 whose message speaks of the rate limit", NOT),
    "500": Kind("500 in the platform's envelope", NOT),
    "500_after": Kind("acts, then 500 in the platform's envelope", BEFORE_ANSWER),
    "502_html": Kind("502 with the HTML page of a gateway", NOT),
    "502_html_after": Kind("acts, then 502 with the HTML page of a gateway", BEFORE_ANSWER),
    "503": Kind("503 without a body", NOT),
    "200_html": Kind("200 with an HTML page, as a sign-in proxy sends", NOT),
    "200_html_after": Kind("acts, then 200 with an HTML page", BEFORE_ANSWER),
    "200_cut_json": Kind("acts, and the JSON of the answer stops half way", BEFORE_ANSWER),
    "200_empty": Kind("acts, and the answer has no body", BEFORE_ANSWER),
    "200_short": Kind("acts, and the answer lacks its last role, row or entry", BEFORE_ANSWER),
    "200_wrong": Kind("acts, and the first role answered has other permissions", BEFORE_ANSWER),
    "page_repeats": Kind("a page of a list answers what the page before it did", BEFORE_ANSWER),
    "page_short": Kind("a page lacks half of its rows; total and more stay", BEFORE_ANSWER),
    "total_moves": Kind("the total grows by one with each matching request", BEFORE_ANSWER),
    "assign_partial": Kind("the first half of a batch is done, the rest fails", BEFORE_ANSWER),
    "assign_ignored": Kind("an assignment is answered as done, and nothing is", NOT),
    "assign_odd_status": Kind("acts, and no status says success or failure", BEFORE_ANSWER),
    "redirect": Kind("302 to another host", NOT),
    "slow_body": Kind("acts, and the answer's body drips for `seconds`", BEFORE_ANSWER, 5),
    "wrong_content_length": Kind("acts, and the answer ends before its length", BEFORE_ANSWER),
}

_KEYS = ("environment", "method", "path", "query", "nth", "times", "fault", "seconds")


@dataclass(slots=True)
class Armed:
    """A fault waiting for its request. None matches anything; `seen` counts matching requests."""

    fault: str
    environment: str | None = None
    method: str | None = None
    path: str | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    nth: int = 1
    times: int = 1
    seconds: float = 0
    seen: int = 0

    def matches(self, environment: str, method: str, path: str, query: Mapping[str, str]) -> bool:
        """Whether a request is one that this fault counts."""
        return (
            self.environment in (None, environment)
            and self.method in (None, method)
            and (self.path is None or self.path.rstrip("/") == path.rstrip("/"))
            and all(query.get(name) == value for name, value in self.query.items())
        )

    def as_document(self) -> dict[str, Any]:
        """The fault as armed, with the number of matching requests seen."""
        return {name: getattr(self, name) for name in (*_KEYS, "seen")}


class Faults:
    """The faults that are armed, counted from when they were. Safe for many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._armed: tuple[Armed, ...] = ()

    def arm(self, entries: object, environments: Collection[str]) -> None:
        """Replace all armed faults by a list of entries. Raises InvalidInput; then nothing changed.

        An entry is {"fault"} with `environment`, `method`, `path` (without an on-premises prefix;
        a slash at its end makes no difference), `query`, `nth` (1), `times` (1), `seconds`.
        """
        if not isinstance(entries, list):
            raise InvalidInput("Faults are a list.", where="faults")
        armed = tuple(
            _read(entry, f"faults[{index}]", environments) for index, entry in enumerate(entries)
        )
        with self._lock:
            self._armed = armed

    def next(
        self, environment: str, method: str, path: str, query: Mapping[str, str]
    ) -> Armed | None:
        """Count a request; the fault that it shall meet, or None."""
        with self._lock:
            hit = None
            for armed in self._armed:
                if armed.matches(environment, method, path, query):
                    armed.seen += 1
                    if hit is None and armed.nth <= armed.seen < armed.nth + armed.times:
                        hit = armed
            return hit

    def as_document(self) -> dict[str, Any]:
        """Every name with its meaning and whether the server acts, and what is armed."""
        with self._lock:
            armed = [entry.as_document() for entry in self._armed]
        names = {
            name: {"meaning": kind.meaning, "acted": kind.acts} for name, kind in KINDS.items()
        }
        return {"faults": names, "armed": armed}


def _read(entry: object, where: str, environments: Collection[str]) -> Armed:
    if not isinstance(entry, dict):
        raise InvalidInput("A fault is an object.", where=where)
    unknown = sorted(set(entry) - set(_KEYS))
    if unknown:
        raise InvalidInput(f"There is no {unknown[0]!r} in a fault.", where=where)
    name = entry.get("fault")
    if not isinstance(name, str) or name not in KINDS:
        known = ", ".join(KINDS)
        raise InvalidInput(f"There is no fault {name!r}.", where=where, remedy=f"Known: {known}.")
    if entry.get("environment") is not None and entry["environment"] not in environments:
        raise InvalidInput(f"There is no environment {entry['environment']!r}.", where=where)
    for key in ("method", "path"):
        if entry.get(key) is not None and not isinstance(entry[key], str):
            raise InvalidInput(f"{key} must be a string.", where=where)
    query = entry.get("query", {})
    if not isinstance(query, dict) or not all(isinstance(value, str) for value in query.values()):
        raise InvalidInput("query must be an object of strings.", where=where)
    for key in ("nth", "times"):
        if type(entry.get(key, 1)) is not int or entry.get(key, 1) < 1:
            raise InvalidInput(f"{key} must be a whole number from 1.", where=where)
    seconds = entry.get("seconds", KINDS[name].seconds or 0)
    if type(seconds) not in (int, float) or not 0 <= seconds <= 86400:
        raise InvalidInput("seconds must be a number from 0 to 86400.", where=where)
    return Armed(**{**entry, "seconds": seconds})
