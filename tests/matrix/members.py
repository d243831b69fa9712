"""What the tests of memberships must know of a platform: its accounts, its unknowns, its calls."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hypothesis.strategies import SearchStrategy

from tests.cli.world import Ran, World

Case = Mapping[str, Any]
Held = frozenset[tuple[str, ...]]
Grants = dict[tuple[str, str], frozenset[tuple[str, str, str]]]
"""(kind, who) to everything that they may do: place, permission, level."""

State = dict[str, Any]


@dataclass(frozen=True)
class Drawn:
    """A random promotion: both sides, what is not known of the target, and how it is promoted."""

    dev: State
    prod: State
    switches: Case
    case: Case
    drops: bool = False


@dataclass(frozen=True)
class Platform:
    """`dimensions` are what nobody knows, of which `not_switches` are choices of ours.

    `promote` promotes as a case says. `ended` does so until the target is exact, and returns who
    should hold what, or None where it was refused and nothing is left of it. `writes` tells, of
    an entry of the log, whether it may change who may do what, `imports` whether it may take roles
    from their members for a moment. `examples` were out of bounds once.
    """

    dev: State
    prod: State
    dimensions: Mapping[str, list[Any]]
    not_switches: tuple[str, ...]
    held: Callable[[State], Held]
    promote: Callable[[World, Case], Ran]
    ended: Callable[[World, Case, Held, Held], Held | None]
    grants: Callable[[State], Grants]
    writes: Callable[[dict[str, Any]], bool]
    imports: Callable[[dict[str, Any]], bool]
    drawn: SearchStrategy[Drawn]
    examples: tuple[Drawn, ...] = ()
