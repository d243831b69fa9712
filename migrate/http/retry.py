"""Which attempts are made again, and when."""

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from migrate.errors import OutcomeUnknown
from migrate.http.answer import Answer
from migrate.http.failures import Call, Unreachable

if TYPE_CHECKING:
    import tenacity

log = logging.getLogger("migrate.http")

ATTEMPTS = 4
"""How often a read is tried, and a write whose connection could not be opened."""

_WORTH_ANOTHER = frozenset({502, 503, 504})


def retrying(call: Call, pause: Callable[[float, str], None]) -> "tenacity.Retrying":
    """Make the loop for one call. It returns the last answer, or raises the last error.

    A read is tried again after Unreachable, OutcomeUnknown and 502, 503, 504; a write only
    after Unreachable, for then nothing was sent. No attempt begins after `call.total` seconds.
    """
    import tenacity

    kinds = (Unreachable, OutcomeUnknown) if call.idempotent else (Unreachable,)

    def again(state: tenacity.RetryCallState) -> bool:
        outcome = _outcome(state)
        failure = outcome.exception()
        if failure is not None:
            return isinstance(failure, kinds)
        return call.idempotent and outcome.result().status in _WORTH_ANOTHER

    def wait(state: tenacity.RetryCallState) -> None:
        failure = _outcome(state).exception()
        reason = str(failure) if failure else f"{call.what}: {call.host} is not available"
        log.debug("%s: trying again in %.1f s", call.what, state.upcoming_sleep)
        pause(state.upcoming_sleep, reason)

    def last(state: tenacity.RetryCallState) -> Answer:
        answer: Answer = _outcome(state).result()
        return answer

    return tenacity.Retrying(
        retry=again,
        wait=tenacity.wait_exponential(multiplier=0.5, max=8) + tenacity.wait_random(0, 0.5),
        stop=tenacity.stop_after_attempt(ATTEMPTS) | tenacity.stop_after_delay(call.total),
        before_sleep=wait,
        sleep=lambda _seconds: None,  # that was done just before, where the reason is known
        retry_error_callback=last,
    )


def _outcome(state: "tenacity.RetryCallState") -> "tenacity.Future":
    if state.outcome is None:
        raise RuntimeError("tenacity asks about an attempt that was never made")
    return state.outcome
