"""Settle what became of a call: read the target back, within a bound, and say what is seen."""

from migrate.errors import (
    MigrateError,
    OutcomeUnknown,
    OutsideFailed,
    PartlyApplied,
    PlatformFailed,
)
from migrate.pipeline.hands import Hands
from migrate.platforms.base import Settled, Step


def settle(step: Step, hands: Hands) -> Settled:
    """Read back. That it landed is plain at first sight; that it did not takes two looks.

    The looks are some time apart: by then a call that was still on its way has arrived. Raises
    PartlyApplied where the target can't be read back.
    """
    writer = hands.writer
    try:
        settled = _look(step, hands)
        if settled is Settled.LANDED or not step.writes:
            return settled
        pause = writer.patience
        hands.lock.ensure(pause + writer.timeout)
        hands.tools.pause(pause, "then a second look at the target")
        return _look(step, hands)
    except OutsideFailed as blind:
        raise PartlyApplied(
            f"{step.kind} of {step.object} may or may not have been done, and the target can't "
            f"be read back: {blind}",
            target="can't be read back",
        ) from blind


def look_after(refusal: PlatformFailed, step: Step, hands: Hands) -> None:
    """Look before saying "unchanged": whether an import is all or nothing is not documented.

    Raises PartlyApplied where the target changed in spite of the refusal, or can't be read.
    """
    if not step.writes:
        return
    try:
        settled = _look(step, hands)
    except OutsideFailed as blind:
        seen, why = f"whether it changed anything can't be seen: {blind}", "can't be read back"
    else:
        if settled is Settled.NOT_LANDED:
            return
        seen, why = "yet the target changed, as reading it back shows", "refused, yet it changed"
    raise PartlyApplied(f"{refusal.what}; and {seen}", where=refusal.where, target=why) from refusal


def unsettled(unknown: OutcomeUnknown, step: Step, settled: Settled) -> MigrateError:
    """The error for a step that is not known to be done after all that was tried."""
    if not step.writes:
        return PlatformFailed(unknown.what, where=unknown.where, remedy=unknown.remedy)
    if settled is Settled.NOT_LANDED:
        seen, why = "it shows nothing of it, twice", "read back twice, nothing shows"
    elif settled is Settled.PARTLY:
        seen, why = "it shows a part of it", "read back, done in part"
    else:
        seen, why = "it changed, but not to what was sent", "read back, changed to something else"
    return PartlyApplied(
        f"{unknown.what}; the target was read back and {seen}", where=unknown.where, target=why
    )


def _look(step: Step, hands: Hands) -> Settled:
    return hands.writer.settle(step, hands.payload(step), hands.before, hands.plan.changes)
