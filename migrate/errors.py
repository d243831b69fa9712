"""Every error that a user can act on: exit code, what it means for the target, and a remedy.

MigrateError                     base; anything else that escapes is a bug (exit 1)
 +-- UsageError              2   the command line asks for something that makes no sense
 +-- InvalidInput            3   a file, config or secret is wrong; carries every fault found
 +-- GuardRefused            4   a guard refuses the plan
 +-- PlanStale               5   the target moved, or a verdict got worse, since the plan was made
 |    +-- PlanUsed           5   the plan ran already
 |    +-- Conflicting        5   somebody else changed what a run did
 +-- Blocked                 6   somebody else is at work on the target
 |    +-- TargetLocked       6   a lock is held
 |    +-- RunUnfinished      6   an unfinished run is in the way
 +-- OutsideFailed           7   platform or store failed
 |    +-- PlatformFailed     7   the platform said no, or nothing sensible
 |    |    +-- AccessDenied  7   credentials or scope
 |    |    +-- RateLimited   7   the documented budget is spent
 |    |    +-- NotSent       7   the request never reached the platform: nothing was executed
 |    |    +-- OutcomeUnknown 7  the request may or may not have been executed
 |    +-- StoreFailed        7   S3 or the directory said no
 +-- PartlyApplied           8   some writes are done: resume or roll back
 +-- VerificationFailed      9   what was read back is not what was desired
 +-- Interrupted           130   stopped before any write

Errors are raised where they are understood and handled once, in `migrate.cli`.
"""

from dataclasses import dataclass
from enum import IntEnum

from migrate.causes import Cause

UNCHANGED = "unchanged"
NOT_BY_US = "unchanged by this command"


class Exit(IntEnum):
    """The exit codes of the command line."""

    DONE = 0
    BUG = 1
    USAGE = 2
    INVALID = 3
    REFUSED = 4
    STALE = 5
    BLOCKED = 6
    FAILED = 7
    PARTLY = 8
    DIFFERENT = 9
    PENDING = 10
    INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in a piece of input: where (JSON path and line, when known) and what.

    `file` is the one of many that it is in, below the folder that the input is; else "".
    """

    message: str
    path: str = ""
    line: int | None = None
    warning: bool = False
    file: str = ""

    def __str__(self) -> str:
        """Render as `line 7, $[0].role: message`."""
        line = f"line {self.line}" if self.line else ""
        where = ", ".join(part for part in (self.file, line, self.path) if part)
        return f"{where}: {self.message}" if where else self.message


class MigrateError(Exception):
    """What happened, where, what it means for the target, and what to do next.

    `what` is one sentence. `where` names the environment, file, role or JSON path. `target` says
    what state the target is in (`UNCHANGED`, or what was done); None where no target is involved.
    `remedy` is the next step, `cause` for machines why it failed, where that is known. None of them
    may hold a secret; text from an account is shown escaped by the face that prints it.
    """

    exit_code: Exit = Exit.BUG
    cause: Cause | None = None

    def __init__(
        self,
        what: str,
        *,
        where: str = "",
        target: str | None = None,
        remedy: str = "",
        cause: Cause | None = None,
    ) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.target = target
        self.remedy = remedy
        self.cause = cause or type(self).cause

    def __str__(self) -> str:
        """Render `where: what`."""
        return f"{self.where}: {self.what}" if self.where else self.what


class UsageError(MigrateError):
    """The command line asks for something that makes no sense."""

    exit_code = Exit.USAGE


class InvalidInput(MigrateError):
    """A file, the config or a secret is wrong. `faults` lists every fault, not just the first."""

    exit_code = Exit.INVALID
    cause = Cause.CONFIG

    def __init__(
        self,
        what: str,
        *,
        where: str = "",
        target: str | None = None,
        remedy: str = "",
        faults: tuple[Fault, ...] = (),
        cause: Cause | None = None,
    ) -> None:
        super().__init__(what, where=where, target=target, remedy=remedy, cause=cause)
        self.faults = faults


class GuardRefused(MigrateError):
    """A guard refuses the plan; the message names the guard and the way to allow it."""

    exit_code = Exit.REFUSED


class PlanStale(MigrateError):
    """The target moved, or a guard's verdict became worse, since the plan was made."""

    exit_code = Exit.STALE


class Conflicting(PlanStale):
    """Somebody else changed what a run did, so it can't be taken back, or gone on with."""


class PlanUsed(PlanStale):
    """The plan ran already; the message names the run."""


class Blocked(MigrateError):
    """Somebody else is at work on the target."""

    exit_code = Exit.BLOCKED


class TargetLocked(Blocked):
    """A lock on the target is held; the message names its owner and when the lease ends.

    `run` holds it, "" if unknown; `until` is when it falls by itself, in epoch seconds, unless it
    is renewed, 0 if unknown; `died`: that run is known to be gone, so that it is not; `lives`: it
    is known to go on.
    """

    run: str = ""
    until: float = 0.0
    died: bool = False
    lives: bool = False


class RunUnfinished(Blocked):
    """An unfinished run is in the way; the message names it. `run` is that run."""

    run: str = ""


class OutsideFailed(MigrateError):
    """The platform or the store failed."""

    exit_code = Exit.FAILED


class PlatformFailed(OutsideFailed):
    """The platform refused a request or answered with nothing sensible."""


class AccessDenied(PlatformFailed):
    """Credentials or scope are wrong."""


class RateLimited(PlatformFailed):
    """The platform's request budget is spent.

    `retry_after` is in seconds, None when not said; `hourly`: the window of an hour is meant;
    `opens` is the time of day from which calls can be made again ("14:35 UTC"), "" if unknown.
    """

    cause = Cause.RATE_LIMIT

    def __init__(
        self,
        what: str,
        *,
        where: str = "",
        target: str | None = None,
        remedy: str = "",
        retry_after: float | None = None,
        hourly: bool = False,
        opens: str = "",
    ) -> None:
        super().__init__(what, where=where, target=target, remedy=remedy)
        self.retry_after = retry_after
        self.hourly = hourly
        self.opens = opens


class NotSent(PlatformFailed):
    """The request never reached the platform (no connection, TLS, DNS): nothing was executed."""


class OutcomeUnknown(PlatformFailed):
    """The request was sent and no sound answer came: it may or may not have been executed."""


class StoreFailed(OutsideFailed):
    """The store (S3 or a directory) refused or failed."""


class PartlyApplied(MigrateError):
    """Some writes are done and others are not: resume or roll back."""

    exit_code = Exit.PARTLY


class VerificationFailed(MigrateError):
    """What was read back from the target is not the desired state."""

    exit_code = Exit.DIFFERENT


class Interrupted(MigrateError):
    """Stopped by the user before any write."""

    exit_code = Exit.INTERRUPTED
