"""What a run works with, in one value."""

from dataclasses import dataclass

from migrate.journal import Journal
from migrate.lock import Lock
from migrate.model import State
from migrate.plan import Plan
from migrate.platforms.base import Step, Work, Writer
from migrate.tools import Tools


@dataclass(frozen=True, slots=True)
class Hands:
    """What a run works with. `before` is the target as it was before the first step."""

    plan: Plan
    before: State
    work: Work
    writer: Writer
    lock: Lock
    journal: Journal
    tools: Tools

    def payload(self, step: Step) -> bytes | None:
        """The bytes that a step sends, if any."""
        return self.work.payloads[step.payload] if step.payload else None
