"""What became of one target of a fleet, and of all of them. Pure, and travels between processes."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from migrate.errors import Exit, MigrateError

DONE = "done"
NOTHING = "nothing to do"
NOT_TRIED = "not tried"
NOT_PLANNED = "not planned"
ROLLED_BACK = "rolled back"
UNFINISHED = "unfinished"
PLANNED = "planned"

STATES = {
    Exit.DONE: DONE,
    Exit.BUG: "bug",
    Exit.USAGE: "wrong usage",
    Exit.INVALID: "invalid input",
    Exit.REFUSED: "refused by a guard",
    Exit.STALE: "stale or used",
    Exit.BLOCKED: "locked",
    Exit.FAILED: "failed",
    Exit.PARTLY: "partly applied",
    Exit.DIFFERENT: "different",
    Exit.PENDING: "changes pending",
    Exit.INTERRUPTED: "interrupted",
}

_MILDEST_FIRST = (
    *(Exit.DONE, Exit.PENDING, Exit.INTERRUPTED, Exit.BLOCKED, Exit.STALE, Exit.REFUSED),
    *(Exit.USAGE, Exit.INVALID, Exit.FAILED, Exit.DIFFERENT, Exit.PARTLY, Exit.BUG),
)
"""What left a target changed and not as desired is worse than what left it as it was."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a target. `what`, `where`, `target` and `remedy` as in `MigrateError`.

    `run` is "" where there is none; `requests` were sent to the target, which took `seconds`.
    """

    environment: str
    state: str
    exit_code: int = 0
    plan: str = ""
    run: str = ""
    what: str = ""
    where: str = ""
    target: str = ""
    remedy: str = ""
    requests: int = 0
    seconds: float = 0.0

    @property
    def well(self) -> bool:
        """Whether nothing went wrong."""
        return self.exit_code in (Exit.DONE, Exit.PENDING)


def failed(environment: str, error: MigrateError, plan: str = "", run: str = "") -> Outcome:
    """What an error makes of a target."""
    code = error.exit_code
    return Outcome(
        environment,
        STATES[code],
        int(code),
        plan,
        run,
        error.what,
        error.where,
        error.target or "",
        error.remedy,
    )


def worst(codes: Iterable[int]) -> int:
    """The worst of some exit codes; 0 for none."""
    return int(max(map(Exit, codes), key=_MILDEST_FIRST.index, default=Exit.DONE))


def to_value(outcome: Outcome, wave: int) -> dict[str, Any]:
    """The JSON value of an outcome; `wave` counts from 1."""
    return {
        "environment": outcome.environment,
        "wave": wave,
        "state": outcome.state,
        "exitCode": outcome.exit_code,
        "plan": outcome.plan,
        "run": outcome.run,
        "what": outcome.what,
        "where": outcome.where,
        "target": outcome.target,
        "remedy": outcome.remedy,
        "requests": outcome.requests,
        "seconds": round(outcome.seconds, 3),
    }
