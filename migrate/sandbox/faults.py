"""Trouble on demand: the nth matching request fails in a named way."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from migrate.errors import InvalidInput

NOT, ACTS, LATE = "no", "yes", "late"


@dataclass(frozen=True, slots=True)
class Kind:
    """A way to fail: one line of meaning, whether the server acts, its default `seconds`."""

    meaning: str
    acts: str
    seconds: float | None = None


ANYWHERE: Mapping[str, Kind] = {
    "refused": Kind("the connection is closed at once, the body unread", NOT),
    "reset_before": Kind("the request is read, then the connection is reset", NOT),
    "reset_after": Kind("acts, then the connection is reset without an answer", ACTS),
    "timeout_before": Kind("no answer for `seconds`, then the connection ends", NOT, 120),
    "timeout_after": Kind("acts, and answers only after `seconds`", ACTS, 120),
    "timeout_late": Kind("acts only after `seconds`, whoever still waits, then answers", LATE, 120),
    "429_retry_after": Kind("429 with Retry-After: `seconds`", NOT, 1),
    "429_bare": Kind("429 without Retry-After", NOT),
    "500": Kind("500 in the platform's envelope", NOT),
    "500_after": Kind("acts, then 500 in the platform's envelope", ACTS),
    "502_html": Kind("502 with the HTML page of a gateway", NOT),
    "502_html_after": Kind("acts, then 502 with the HTML page of a gateway", ACTS),
    "503": Kind("503 without a body", NOT),
    "200_html": Kind("200 with an HTML page, as a sign-in proxy sends", NOT),
    "200_html_after": Kind("acts, then 200 with an HTML page", ACTS),
    "200_cut_json": Kind("acts, and the JSON of the answer stops half way", ACTS),
    "200_empty": Kind("acts, and the answer has no body", ACTS),
    "redirect": Kind("302 to another host", NOT),
    "slow_body": Kind("acts, and the answer's body drips for `seconds`", ACTS, 5),
    "wrong_content_length": Kind("acts, and the answer ends before its length", ACTS),
}

_KEYS = ("environment", "method", "path", "query", "action", "nth", "times", "fault", "seconds")

Kinds = Mapping[str, Kind]


@dataclass(slots=True)
class Armed:
    """A fault waiting for its request. None matches anything; `seen` counts matching requests."""

    fault: str
    environment: str | None = None
    method: str | None = None
    path: str | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    action: str | None = None
    nth: int = 1
    times: int = 1
    seconds: float = 0
    seen: int = 0

    def matches(
        self,
        environment: str,
        method: str,
        path: str,
        query: Mapping[str, str],
        action: str,
    ) -> bool:
        """Whether a request is one that this fault counts."""
        return (
            self.environment in (None, environment)
            and self.method in (None, method)
            and (self.path is None or self.path.rstrip("/") == path.rstrip("/"))
            and all(query.get(name) == value for name, value in self.query.items())
            and (self.action is None or self.action.lower() == action.lower())
        )

    def as_document(self) -> dict[str, Any]:
        """The fault as armed, with the number of matching requests seen."""
        return {name: getattr(self, name) for name in (*_KEYS, "seen")}


class Faults:
    """The faults that are armed, counted from when they were. Safe for many threads.

    `kinds` are those that each environment knows, by its name.
    """

    def __init__(self, kinds: Mapping[str, Kinds]) -> None:
        self._kinds = kinds
        self._lock = threading.Lock()
        self._armed: tuple[Armed, ...] = ()

    def arm(self, entries: object) -> None:
        """Replace all armed faults by a list of entries. Raises InvalidInput; then nothing changed.

        An entry is {"fault"} with `environment`, `method`, `path` (without an on-premises prefix;
        a slash at its end makes no difference), `query`, `action` (where the body names it, in any
        case), `nth` (1), `times` (1), `seconds`.
        """
        if not isinstance(entries, list):
            raise InvalidInput("Faults are a list.", where="faults")
        armed = tuple(
            _read(entry, f"faults[{index}]", self._kinds) for index, entry in enumerate(entries)
        )
        with self._lock:
            self._armed = armed

    def next(
        self,
        environment: str,
        method: str,
        path: str,
        query: Mapping[str, str],
        action: Callable[[], str] = str,
    ) -> Armed | None:
        """Count a request; the fault that it shall meet, or None.

        `action` reads the request's body, and is called only where a fault waits for an action.
        Faults that an environment does not know pass it by.
        """
        named = action() if any(armed.action is not None for armed in self._armed) else ""
        with self._lock:
            hit = None
            for armed in self._armed:
                if armed.fault in self._kinds[environment] and armed.matches(
                    environment, method, path, query, named
                ):
                    armed.seen += 1
                    if hit is None and armed.nth <= armed.seen < armed.nth + armed.times:
                        hit = armed
            return hit

    def acts(self, environment: str, fault: Armed) -> str:
        """Whether a server that meets this fault acts: NOT, ACTS or LATE."""
        return self._kinds[environment][fault.fault].acts

    def as_document(self) -> dict[str, Any]:
        """Every name with its meaning and whether the server acts, and what is armed."""
        with self._lock:
            armed = [entry.as_document() for entry in self._armed]
        names = {
            name: {"meaning": kind.meaning, "acted": kind.acts}
            for name, kind in _all(self._kinds).items()
        }
        return {"faults": names, "armed": armed}


def _all(kinds: Mapping[str, Kinds]) -> Kinds:
    return {name: kind for known in kinds.values() for name, kind in known.items()}


def _read(entry: object, where: str, kinds: Mapping[str, Kinds]) -> Armed:
    if not isinstance(entry, dict):
        raise InvalidInput("A fault is an object.", where=where)
    unknown = sorted(set(entry) - set(_KEYS))
    if unknown:
        raise InvalidInput(f"There is no {unknown[0]!r} in a fault.", where=where)
    name, environment = entry.get("fault"), entry.get("environment")
    if environment is not None and environment not in list(kinds):
        raise InvalidInput(f"There is no environment {environment!r}.", where=where)
    known = _all(kinds) if environment is None else kinds[environment]
    if not isinstance(name, str) or name not in known:
        remedy = f"Known: {', '.join(known)}."
        raise InvalidInput(f"There is no fault {name!r}.", where=where, remedy=remedy)
    for key in ("method", "path", "action"):
        if entry.get(key) is not None and not isinstance(entry[key], str):
            raise InvalidInput(f"{key} must be a string.", where=where)
    query = entry.get("query", {})
    if not isinstance(query, dict) or not all(isinstance(value, str) for value in query.values()):
        raise InvalidInput("query must be an object of strings.", where=where)
    for key in ("nth", "times"):
        if type(entry.get(key, 1)) is not int or entry.get(key, 1) < 1:
            raise InvalidInput(f"{key} must be a whole number from 1.", where=where)
    seconds = entry.get("seconds", known[name].seconds or 0)
    if type(seconds) not in (int, float) or not 0 <= seconds <= 86400:
        raise InvalidInput("seconds must be a number from 0 to 86400.", where=where)
    return Armed(**{**entry, "seconds": seconds})
