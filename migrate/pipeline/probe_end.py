"""The end of a probe, whatever came before it: put back, compare, and say how the account is."""

from dataclasses import dataclass

from migrate.errors import (
    Interrupted,
    MigrateError,
    OutcomeUnknown,
    PartlyApplied,
    PlatformFailed,
    VerificationFailed,
)
from migrate.model import State
from migrate.pipeline.giving_up import said
from migrate.pipeline.locking import Target
from migrate.pipeline.probe_check import differences, leftovers
from migrate.pipeline.probe_record import ProbeRecord
from migrate.platforms.base import Need
from migrate.platforms.probing import Prober

LEFT_BEHIND = ("not put back", "partly put back")
"""The results of a probe that the next one has to clean up after."""

AS_BEFORE = "as it was before the probe"
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 8.0
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Ending:
    """What a probe is ended with; `before` is the account as it was found."""

    target: Target
    before: State
    prober: Prober
    record: ProbeRecord

    @property
    def name(self) -> str:
        """The environment's name."""
        return self.target.environment.name


def put_back(ending: Ending, failure: BaseException | None) -> None:
    """Leave the account as it was; `failure` is what ended the asking, None where nothing did.

    Raises the failure, with how the account is; PartlyApplied where something of the probe is left
    that is not harmless or may be there; VerificationFailed where something else changed.
    """
    record = ending.record
    if failure is not None and not record.wrote:
        record.result = "failed, target unchanged"
        raise _stopped(ending, failure, "unchanged")
    try:
        if isinstance(failure, OutcomeUnknown | KeyboardInterrupt):
            _wait(ending, "until a call of unknown outcome has arrived")
        ending.target.connections.tools.tell("putting back what was there …")
        ending.prober.put_back()
        changed, harmless = _compared(ending)
    except (Exception, KeyboardInterrupt) as second:
        raise _left_behind(ending, failure, second) from second
    if not harmless or (failure is not None and record.left):
        raise _left_behind(ending, failure, None) from failure
    if changed:
        record.result, record.target = "different", "changed during the probe"
        raise _different(ending, changed) from failure
    record.result, record.target = "put back", AS_BEFORE
    if record.left:
        record.target += f", but for {len(record.left)} roles of the probe that are left"
    if failure is not None:
        record.result = "failed, put back"
        raise _stopped(ending, failure, AS_BEFORE)


def cause(error: BaseException) -> str:
    """What ended a probe, in words."""
    return "interrupted" if isinstance(error, KeyboardInterrupt) else said(error)


def _compared(ending: Ending) -> tuple[tuple[str, ...], bool]:
    """What is different, and whether what is left of the probe is harmless; polled for a while."""
    target, record = ending.target, ending.record
    tools, writer = target.connections.tools, target.writer
    need = Need.ALL if ending.before.people is not None else Need.NOTHING
    deadline = tools.now() + target.environment.verify_timeout
    pause = FIRST_PAUSE
    while True:
        late = tools.now() >= deadline
        try:
            now = writer.capture(people=need)
        except PlatformFailed:
            # Just after a change two listings may not fit together yet.
            if late:
                raise
        else:
            changed = differences(ending.before, now)
            record.left, harmless = leftovers(now, writer.traits)
            expected = len(record.left) == len(ending.prober.made)
            if late or (harmless and expected and not changed):
                return changed, harmless
        tools.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


def _wait(ending: Ending, reason: str) -> None:
    tools, patience = ending.target.connections.tools, ending.target.writer.patience
    tools.pause(patience, reason)


def _stopped(ending: Ending, failure: BaseException, target: str) -> BaseException:
    """The error for a probe that ended early and left nothing behind."""
    if isinstance(failure, KeyboardInterrupt):
        remedy = "Nothing is in the way: the same command can be run again."
        stop = Interrupted("interrupted", where=ending.name, target=target, remedy=remedy)
        ending.record.error = stop
        return stop
    if isinstance(failure, MigrateError):
        failure.target = target
        ending.record.error = failure
    return failure


def _left_behind(
    ending: Ending, failure: BaseException | None, second: BaseException | None
) -> PartlyApplied:
    """The error for a probe of which something is left, or may be."""
    record = ending.record
    because = [cause(each) for each in (failure, second) if each is not None]
    what = "the probe could not put back all that it did"
    if second is not None:
        record.left = tuple(f"{name} (not looked at again)" for name in ending.prober.made)
    record.result = LEFT_BEHIND[second is None]
    record.target = f"holds of the probe: {'; '.join(record.left) or 'nothing that is known of'}"
    record.error = PartlyApplied(
        f"{what}: {'; and then: '.join(because)}" if because else what,
        where=ending.name,
        target=record.target,
        remedy=f"role-migrate probe --env {ending.name} finds these roles by their names and "
        f"removes them. The state before this one is sha256:{record.before}.",
    )
    return record.error


def _different(ending: Ending, changed: tuple[str, ...]) -> VerificationFailed:
    more = f"; and {len(changed) - SHOWN} more" if len(changed) > SHOWN else ""
    ending.record.error = VerificationFailed(
        "the account is not what it was before the probe, by it or by somebody else: "
        f"{'; '.join(changed[:SHOWN])}{more}",
        where=ending.name,
        target=ending.record.target,
        remedy=f"role-migrate drift --env {ending.name} --against sha256:{ending.record.before} "
        "shows the roles. Put right what was not meant, and probe again when nobody else works "
        "on the account.",
    )
    return ending.record.error
