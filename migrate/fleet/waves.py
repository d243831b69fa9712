"""In which order targets are begun, and when no other one is. Pure."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from migrate.errors import UsageError

if TYPE_CHECKING:
    from migrate.fleet.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Terms:
    """How a fleet goes: so many targets (or the one named) first, then waves of so many, 0 for all
    the rest in one. No other target is begun once `max_failures` did not end well, or any of the
    canary. `workers` are at work at a time.
    """

    canary: int | str = 1
    wave: int = 0
    max_failures: int = 1
    workers: int = 8


Waves = tuple[tuple[str, ...], ...]


def canaries(names: tuple[str, ...], canary: int | str) -> tuple[str, ...]:
    """Those of the names that go first, and must all end well before any other is begun."""
    if isinstance(canary, str):
        return tuple(name for name in names if name == canary)
    return names[:canary]


def cut(names: tuple[str, ...], canary: int | str, size: int) -> Waves:
    """The waves, the canary first. Raises UsageError for a canary that is none of the names."""
    first = canaries(names, canary)
    if isinstance(canary, str) and not first:
        raise UsageError(
            f"the canary {canary!r} is none of these targets",
            target="unchanged",
            remedy=f"Name one of: {', '.join(names)}; or how many go first.",
        )
    rest = tuple(name for name in names if name not in first)
    step = size or len(rest) or 1
    waves = (first, *(rest[place : place + step] for place in range(0, len(rest), step)))
    return tuple(wave for wave in waves if wave)


def why_halt(outcomes: "Iterable[Outcome]", first: Collection[str], max_failures: int) -> str:
    """Why no other target is begun after these, "" where others are.

    `first` are the canaries, which all must end well.
    """
    failed = [each.environment for each in outcomes if not each.well]
    ill = [name for name in failed if name in first]
    if ill:
        return f"the canary {', '.join(ill)} did not end well"
    if len(failed) >= max_failures:
        which = ", ".join(failed[:5]) + (f" and {len(failed) - 5} more" if failed[5:] else "")
        return f"{which} did not end well, and --max-failures is {max_failures}"
    return ""
