"""Within the limits: a promotion of 50,000 assignments on a clock that only waits move on.

The calls are those of the formula in docs/performance.md, for 25,000 users in pages of 500; the
pace is ours, the platform a model that counts in rolling windows (tests/pace/model.py).
"""

from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.bounds import Bound, Results, Table
from tests.pace.model import Clock, Platform, Result, drive, evenly, in_bursts, least, paced

ASSIGNMENTS, USERS = 50_000, 25_000
CALLS = 3 * (2 + USERS // 500 + 2) + 2 * 2 + ASSIGNMENTS // 100
"""Both sides, and the target once more to verify; both role types imported; 100 to a batch."""
LATENCY = 0.1
HALF = 30
HANDFUL = 6


def measure(results: Results, _folder: Path) -> None:
    """Alone, and beside another client that takes half of the budget."""
    clock = Clock()
    alone = drive(Platform(), clock, paced(clock), CALLS, LATENCY)
    floor = least(CALLS, LATENCY)
    beside = dict(_beside())
    left = least(CALLS, LATENCY, per_minute=60 - HALF)
    rows = [_row("alone", alone, floor), *(_row(name, ran, left) for name, ran in beside.items())]
    heads = ("budget", "calls", "s", "least s", "×", "refusals")
    title = "50,000 assignments under 60 calls a minute and 1,800 an hour"
    results.tables.append(Table(title, heads, tuple(rows), _NOTE))
    most = max(ran.refusals for ran in beside.values())
    results.bounds += [
        Bound("50,000 assignments within the limits, alone", "the least possible time",
              alone.seconds / floor, 1.05),
        Bound("refusals, alone", "none", alone.refusals, 0),
        Bound("refusals beside a client that takes half", "a handful", most, HANDFUL),
    ]  # fmt: skip


_NOTE = (
    f"Simulated, with {LATENCY} s to a call. The least time is that of somebody who knows the "
    "windows; beside another client, who takes 30 calls a minute, that of 30 a minute."
)


def _beside() -> Iterator[tuple[str, Result]]:
    for says in ("retry_after", "bare"):
        for name, other in (("evenly", evenly), ("in bursts", in_bursts)):
            clock = Clock()
            platform = Platform(says, other(HALF, clock.now - 120))
            told = "with Retry-After" if says == "retry_after" else "bare 429"
            yield (
                f"half is taken {name}, {told}",
                drive(platform, clock, paced(clock), CALLS, LATENCY),
            )


def _row(name: str, ran: Result, floor: float) -> tuple[str, ...]:
    ratio = f"{ran.seconds / floor:.2f}"
    return name, str(CALLS), f"{ran.seconds:.0f}", f"{floor:.0f}", ratio, str(ran.refusals)
