"""What to do about targets of a fleet that were not tried. Pure."""

from collections.abc import Collection

from migrate.errors import Exit
from migrate.fleet.outcome import UNFINISHED, Outcome

STAYS = (Exit.USAGE, Exit.INVALID, Exit.REFUSED, Exit.STALE, Exit.DIFFERENT)
"""What is the same again when a set is applied again."""


def going_on(folder: str, left: int, outcomes: Collection[Outcome], *, stopped: bool) -> str:
    """The way on for `left` targets; `stopped`: nothing but an interrupt halted the others.

    Where something halts the same set again, it is named.
    """
    again = f"role-migrate apply {folder}"
    count = f"{left} target{'s were' if left != 1 else ' was'} not tried"
    stays = [each for each in outcomes if each.exit_code in STAYS]
    # A run of its own that is unfinished is gone on with: this one takes that back.
    stays += [each for each in outcomes if each.state == UNFINISHED and not stopped]
    if not stays:
        return f"{count}; {again} goes on with what is left"
    named = ", ".join(f"{each.environment} ({each.state})" for each in stays[:5])
    named += f" and {len(stays) - 5} more" if stays[5:] else ""
    return (
        f"{count}, and {again} halts again because of {named}: do what is said there as next, or "
        f"make a new set, or go past with {again} --canary 0 --max-failures {len(stays) + 1}"
    )
