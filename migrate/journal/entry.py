"""Run ids, one entry of a journal, and what a row of them amounts to. No store, no clock."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from migrate.canonical import loads, sha256
from migrate.errors import InvalidInput

FORMAT_VERSION = 1
KINDS = frozenset({"started", "intent", "outcome", "note", "finished", "abandoned"})

RUN_ID = re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{6}")


@dataclass(frozen=True, slots=True)
class Entry:
    """A journal entry. `time` is ISO 8601 in UTC, `version` the program's.

    `previous` is the SHA-256 of the bytes of the entry before, None in the first; `digest` is the
    one of this entry's own bytes. `writer` is a token of the process that wrote it. The body of an
    `intent` and of an `outcome` has the number of its step under `step`.
    """

    run: str
    number: int
    kind: str
    time: str
    version: str
    writer: str
    previous: str | None
    body: Mapping[str, Any]
    digest: str


TAKEN_BACK = "rolled back"
"""How the result of a run begins that another one took back."""


@dataclass(frozen=True, slots=True)
class Summary:
    """A journal, folded. Steps are numbers, in the order of their first intent.

    `outcomes` has what each step came to that is known to be done. `unknown` are the steps that
    were meant and have no outcome: executed or not, nobody knows. `result` is what the `finished`
    entry said, None while there is none. A run that goes on after it was finished or abandoned is
    neither any more.
    """

    intended: tuple[int, ...]
    outcomes: Mapping[int, Mapping[str, Any]]
    finished: bool
    abandoned: bool
    result: Any

    @property
    def done(self) -> tuple[int, ...]:
        """The steps that are known to be done."""
        return tuple(step for step in self.intended if step in self.outcomes)

    @property
    def unknown(self) -> tuple[int, ...]:
        """The steps that were meant, and nobody knows what became of them."""
        return tuple(step for step in self.intended if step not in self.outcomes)

    @property
    def ended(self) -> bool:
        """Whether the run was brought to an end, or set aside."""
        return self.finished or self.abandoned

    @property
    def unfinished(self) -> bool:
        """Whether the run may have written something and was not brought to an end."""
        return bool(self.intended) and not self.ended


def new_run_id(now: float, random_hex: str) -> str:
    """A run id like `20261122T134501Z-3f9a2c`, from epoch seconds and 3 random hex digits.

    The digits before those are the fraction of the second: ids sort as their runs began.
    """
    return (
        f"{datetime.fromtimestamp(now, UTC):%Y%m%dT%H%M%SZ}-{int(now % 1 * 4096):03x}{random_hex}"
    )


def check_run_id(run_id: str) -> str:
    """The id itself; raises InvalidInput when it can't be one."""
    if not RUN_ID.fullmatch(run_id):
        raise InvalidInput(
            f"{run_id[:80]!r} is no run id",
            remedy="A run id looks like 20261122T134501Z-3f9a2c; role-migrate runs lists them.",
        )
    return run_id


def summary(entries: Iterable[Entry]) -> Summary:
    """Fold the entries of one run; the newest word on a step counts."""
    intended: dict[int, None] = {}
    outcomes: dict[int, Mapping[str, Any]] = {}
    end: Entry | None = None
    for entry in entries:
        if entry.kind in ("intent", "outcome"):
            end = None
            step = entry.body["step"]
            intended[step] = None
            outcomes.pop(step, None)
            if entry.kind == "outcome":
                outcomes[step] = entry.body.get("outcome", {})
        elif entry.kind in ("finished", "abandoned"):
            end = entry
    return Summary(
        intended=tuple(intended),
        outcomes=outcomes,
        finished=end is not None and end.kind == "finished",
        abandoned=end is not None and end.kind == "abandoned",
        result=end.body.get("result") if end is not None else None,
    )


def check_body(kind: str, body: Mapping[str, Any]) -> str:
    """What is wrong with a body, empty for a sound one."""
    if kind in ("intent", "outcome") and type(body.get("step")) is not int:
        return "an intent and an outcome need the number of their step"
    return ""


def parse_entry(data: bytes, run: str, number: int, where: str) -> Entry:
    """Read an entry. Raises InvalidInput unless it is entry `number` of `run` in a known format."""
    value = loads(data, where)
    if not isinstance(value, dict):
        raise _unsound("it is no object", where)
    made_by = value.get("formatVersion")
    if type(made_by) is int and made_by > FORMAT_VERSION:
        raise InvalidInput(
            "this journal was written by a newer version of role-migrate",
            where=where,
            remedy=f"Use version {value.get('version', '?')} or later for this run.",
        )
    if value.get("run") != run or value.get("number") != number:
        raise _unsound("it belongs to another place", where)
    texts = all(isinstance(value.get(name), str) for name in ("time", "version", "writer"))
    previous, body, kind = value.get("previous"), value.get("body"), value.get("kind")
    if type(made_by) is not int or not texts or not isinstance(previous, str | None):
        raise _unsound("a field is missing or of the wrong type", where)
    if not isinstance(body, dict) or not isinstance(kind, str) or kind not in KINDS:
        raise _unsound("its kind is unknown, or its body no object", where)
    if fault := check_body(kind, body):
        raise _unsound(fault, where)
    return Entry(
        run=run,
        number=number,
        kind=kind,
        time=value["time"],
        version=value["version"],
        writer=value["writer"],
        previous=previous,
        body=body,
        digest=sha256(data),
    )


def _unsound(what: str, where: str) -> InvalidInput:
    return InvalidInput(
        f"this is no sound journal entry: {what}",
        where=where,
        remedy="Somebody changed it; restore the object from an older version or a backup.",
    )
