"""What each step of a run makes of a target, and how far it came. Values only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from migrate.model import Assignment, Role, RoleKey


@dataclass(frozen=True, slots=True)
class Effect:
    """What a step makes of the target if all of it is done as told.

    `roles` are as they are sent, None where one is deleted; `whole` is a role type of which every
    other role is deleted as well, "" where none is. `doubtful` are roles of which the platform
    itself said otherwise, or nothing. `partly`: some of `adds` and `removes` may not be done.
    `loosens` are roles whose holders may drop out by the step, `restores` those whose holders
    it puts back.
    """

    roles: Mapping[RoleKey, Role | None] = field(default_factory=dict)
    whole: str = ""
    doubtful: frozenset[RoleKey] = frozenset()
    adds: frozenset[Assignment] = frozenset()
    removes: frozenset[Assignment] = frozenset()
    partly: bool = False
    loosens: frozenset[RoleKey] = frozenset()
    restores: frozenset[RoleKey] = frozenset()


class Progress(StrEnum):
    """How far a step came. UNKNOWN: it was begun, and nobody knows what became of it."""

    DONE = "done"
    UNKNOWN = "unknown"
    PENDING = "not tried"


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of a run, in its order."""

    effect: Effect
    progress: Progress


@dataclass(frozen=True, slots=True)
class Conflict:
    """Something that the run touches and somebody else has changed, as a sentence."""

    what: str

    def __str__(self) -> str:
        """The sentence."""
        return self.what
