"""What `doctor` finds: each thing that was tried, how that went, why, and what mends it. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from migrate.causes import Cause
from migrate.errors import Exit, MigrateError

SCHEMA = "urn:role-migrate:schema:doctor:1"

_READ_ON = "Read the reason given; role-migrate -v doctor shows every call that is made."


class State(StrEnum):
    """How something that was tried went. NOT_TRIED: something before it failed."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    NOT_TRIED = "not tried"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was checked: what it is called, how it went, and what was seen, or why not.

    What is not OK has a cause and, unless it was only not tried, a remedy. `exit_code` is what a
    failure makes of the whole command.
    """

    check: str
    state: State
    detail: str
    cause: Cause | None = None
    remedy: str = ""
    exit_code: Exit = Exit.DONE

    @property
    def ok(self) -> bool:
        """Whether it is no failure, and was tried."""
        return self.state in (State.OK, State.WARNING)


@dataclass(frozen=True, slots=True)
class Examined:
    """The findings on one environment; `environment` is "" for what all have in common."""

    environment: str
    findings: tuple[Finding, ...]


def sound(check: str, detail: str) -> Finding:
    """It is as it should be."""
    return Finding(check, State.OK, detail)


def warning(check: str, detail: str, cause: Cause, remedy: str) -> Finding:
    """It works, and may not for long or not for everything."""
    return Finding(check, State.WARNING, detail, cause, remedy)


def broken(check: str, detail: str, cause: Cause, remedy: str) -> Finding:
    """It does not work."""
    return Finding(check, State.FAILED, detail, cause, remedy, Exit.FAILED)


def failed(check: str, error: MigrateError) -> Finding:
    """It does not work, as an error says."""
    return Finding(
        check,
        State.FAILED,
        error.what,
        error.cause or Cause.OTHER,
        error.remedy or _READ_ON,
        error.exit_code,
    )


def tolerated(check: str, error: MigrateError, why: str) -> Finding:
    """It does not work, as an error says, and need not: `why` says for whom it must."""
    return warning(
        check, f"{why}: {error.what}", error.cause or Cause.OTHER, error.remedy or _READ_ON
    )


def not_tried(checks: Iterable[str], why: str) -> Iterator[Finding]:
    """They could not be tried, for the reason `why`."""
    for check in checks:
        yield Finding(check, State.NOT_TRIED, why)


def verdict(examined: Iterable[Examined]) -> Exit:
    """The exit code: that of the worst finding; warnings do no harm.

    What fails outside (7) is worse than what is wrong here (3).
    """
    codes = (
        finding.exit_code
        for each in examined
        for finding in each.findings
        if finding.state is State.FAILED
    )
    return max(codes, default=Exit.DONE)


def counted(examined: Iterable[Examined]) -> dict[State, int]:
    """How many findings there are of each state."""
    states = [finding.state for each in examined for finding in each.findings]
    return {state: states.count(state) for state in State}


def to_value(examined: Iterable[Examined]) -> dict[str, Any]:
    """The JSON value of the schema `doctor`: every finding, in the order of its trial."""
    found = tuple(examined)
    return {
        "$schema": SCHEMA,
        "formatVersion": 1,
        "exitCode": int(verdict(found)),
        "counts": {_camel(state): count for state, count in counted(found).items()},
        "findings": [
            {
                "environment": each.environment or None,
                "check": finding.check,
                "state": finding.state.value,
                "detail": finding.detail,
                "cause": finding.cause.value if finding.cause else None,
                "remedy": finding.remedy,
            }
            for each in found
            for finding in each.findings
        ],
    }


def _camel(state: State) -> str:
    return "notTried" if state is State.NOT_TRIED else state.value
