"""Take a fleet through its waves, on any `concurrent.futures.Executor`.

At most so many errands are out at a time, and no other one is sent once it is to halt: nothing has
to be called back, which not every executor can. Who is at work then comes to its end.
"""

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass, field

from migrate.fleet.outcome import Outcome
from migrate.fleet.waves import why_halt
from migrate.pipeline.errands import Errand

INTERRUPTED = "interrupted"


@dataclass(slots=True)
class March:
    """How it went: what became of each that was begun, and why others were not, "" for none."""

    outcomes: dict[str, Outcome] = field(default_factory=dict)
    halted: str = ""
    begun: set[str] = field(default_factory=set)


def march(
    waves: Sequence[Sequence[Errand]],
    executor: Executor,
    do: Callable[[Errand], Outcome],
    *,
    width: int,
    canaries: Collection[str],
    max_failures: int | None,
    told: Callable[[Outcome], None],
    lost: Callable[[Errand, BaseException | None], Outcome],
) -> March:
    """Run the errands, a wave when the one before has ended; stop where the terms say so.

    `do` and errands travel to the executor's workers; `lost` says what became of one of which no
    worker answered. No other is begun once one of the `canaries` did not end well, or
    `max_failures` of all; None goes on whatever fails. A KeyboardInterrupt begins no other errand
    and waits for those under way; it is not raised.
    """
    went = March()

    def heard(errand: Errand, error: BaseException | None, done: Outcome | None) -> None:
        went.outcomes[errand.environment] = done or lost(errand, error)
        told(went.outcomes[errand.environment])
        if max_failures is not None and not went.halted:
            went.halted = why_halt(went.outcomes.values(), canaries, max_failures)

    for wave in waves:
        if not went.halted:
            _wave(wave, executor, do, width, heard, went)
    for errand in (each for wave in waves for each in wave):
        if errand.environment in went.begun - went.outcomes.keys():
            heard(errand, None, None)
    return went


def _wave(
    wave: Sequence[Errand],
    executor: Executor,
    do: Callable[[Errand], Outcome],
    width: int,
    heard: Callable[[Errand, BaseException | None, Outcome | None], None],
    went: March,
) -> None:
    waiting = list(wave)
    out: dict[Future[Outcome], Errand] = {}
    while out or (waiting and not went.halted):
        try:
            while waiting and len(out) < width and not went.halted:
                errand = waiting.pop(0)
                went.begun.add(errand.environment)
                out[executor.submit(do, errand)] = errand
            for future in wait(out, return_when=FIRST_COMPLETED).done:
                errand, error = out.pop(future), future.exception()
                heard(errand, error, None if error else future.result())
        except KeyboardInterrupt:
            went.halted = INTERRUPTED
