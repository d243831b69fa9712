"""The set of a fleet: which plans belong together, and in which order they run.

Nothing of what became of them is in it: that is in each target's claims and journals.
"""

from dataclasses import dataclass

from migrate.actor import Actor
from migrate.approval import changes_digest
from migrate.plan import Plan
from migrate.planfile import plan_digest
from migrate.statement import Subject


@dataclass(frozen=True, slots=True)
class Member:
    """A target of a fleet, and its plan as it was made."""

    environment: str
    subject: Subject

    @classmethod
    def of(cls, plan: Plan) -> "Member":
        """The member that a plan makes."""
        return cls(plan.target.environment, subject_of(plan))


@dataclass(frozen=True, slots=True)
class Missing:
    """A target of the group that could not be planned, and why."""

    environment: str
    exit_code: int
    what: str


@dataclass(frozen=True, slots=True)
class FleetSet:
    """The set. `waves` hold each member's name once, in the order in which they are begun.

    `group` is "" where a set was not made for one; `created_at` is ISO 8601, UTC.
    """

    id: str
    created_at: str
    version: str
    planner: Actor
    group: str
    source: str
    waves: tuple[tuple[str, ...], ...]
    members: tuple[Member, ...]
    missing: tuple[Missing, ...] = ()

    def member(self, environment: str) -> Member:
        """The member of a name; KeyError for another."""
        return {each.environment: each for each in self.members}[environment]

    @property
    def order(self) -> tuple[str, ...]:
        """The names of all members in their order."""
        return tuple(name for wave in self.waves for name in wave)


def subject_of(plan: Plan) -> Subject:
    """What an approval of a plan is about."""
    return Subject(
        plan=plan.id,
        plan_digest=plan_digest(plan),
        changes=changes_digest(plan),
        target=plan.target.identity,
        planner=plan.planner,
    )
