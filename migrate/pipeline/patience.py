"""Wait for the lock that a run left behind which was cut off."""

from collections.abc import Callable
from typing import TypeVar

from migrate.errors import OutsideFailed, TargetLocked
from migrate.tools import Tools

Done = TypeVar("Done")

SLACK = 1.0
"""Seconds after a lock has fallen before it is tried again."""

LOOKS = 3
"""How often a lock that was left by a dead run is waited for: each time something may have changed
hands."""


def patiently(
    do: Callable[[], Done],
    worth_waiting: Callable[[TargetLocked], bool],
    holder: Callable[[], str],
    tools: Tools,
) -> Done:
    """Do it; where a lock that is `worth_waiting` for is held, do it again when that has fallen, or
    when `holder` tells that another run holds it, or none.

    Who is known to live is not waited for, and who still renews it not twice. Raises as `do`.
    """
    waited = ""

    def let_go() -> bool:
        try:
            return holder() != waited
        except (OutsideFailed, TargetLocked):  # no answer is no reason to go on
            return False

    for _ in range(LOOKS):
        try:
            return do()
        except TargetLocked as held:
            if held.lives or not held.until or held.run == waited or not worth_waiting(held):
                raise
            waited = held.run
            left = max(held.until - tools.now(), 0.0) + SLACK
            what = "which was cut off," if held.died else "unless it still goes on,"
            tools.pause(left, f"until the lock of run {held.run}, {what} falls", let_go)
    return do()
