"""What a run left in the store: its journal, its plan, the target before it, and what it sent."""

from collections.abc import Callable
from dataclasses import dataclass

from migrate.archive import Archive
from migrate.connect import platform
from migrate.errors import InvalidInput
from migrate.journal import Journal
from migrate.model import Assignments, RoleKey, Snapshot, State
from migrate.pipeline.begun import Begun
from migrate.plan import Plan
from migrate.planfile import plan_digest
from migrate.platforms.base import Need, Work
from migrate.standing import Progress, Stage, Standing
from migrate.standing.members import Members
from migrate.tools import Tools
from migrate.traits import Traits

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 8.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """A run as its journal tells it. `before` is the target as it was before the first step."""

    journal: Journal
    begun: Begun
    plan: Plan
    before: Snapshot
    work: Work

    @property
    def stages(self) -> tuple[Stage, ...]:
        """What each step makes of the target, and how far it came."""
        summary, found = self.journal.summary, []
        effect_of = platform(self.plan.target.identity).effect_of
        for step in self.work.steps:
            outcome = summary.outcomes.get(step.number)
            payload = self.work.payloads[step.payload] if step.payload else None
            if outcome is not None:
                progress = Progress.DONE
            else:
                begun = step.number in summary.unknown
                progress = Progress.UNKNOWN if begun else Progress.PENDING
            effect = effect_of(step, payload, self.plan.changes, outcome)
            found.append(Stage(effect, progress))
        return tuple(found)

    @property
    def wrote(self) -> bool:
        """Whether a step that changes the target was begun."""
        return any(
            step.writes for step in self.work.steps if step.number in self.journal.summary.intended
        )

    def loose(self) -> frozenset[RoleKey]:
        """Roles whose holders an import may have dropped, and that were held before."""
        people = self.before.state.people
        held = {item.role_key for item in people.assignments} if people else set()
        return Members(people, None, self.stages).loose & held

    @property
    def need(self) -> Need:
        """How much of who holds what is read to go on with the run."""
        moves = self.plan.people.assignments is not Assignments.NONE
        return Need.ALL if moves else Need.HOLDERS

    def due(self, now: float, within: float) -> float:
        """Seconds until a call in doubt must have arrived, `within` seconds, or never will.

        What is sent meanwhile and changes nothing, such as an upload, puts that off no longer.
        """
        doubtful = self.journal.summary.unknown
        steps = {step.number for step in self.work.steps if step.writes} & set(doubtful)
        sent = self.journal.last_sent(steps) if steps else None
        return 0.0 if sent is None else max(0.0, sent + within - now)


def gather(run_id: str, archive: Archive, tools: Tools) -> Evidence:
    """Read what a run left. Raises InvalidInput where something is missing or altered."""
    journal = Journal.open(archive.store, run_id, clock=tools.now)
    where = f"{archive.store.location}/runs/{run_id}"
    begun = Begun.from_body(journal.entries[0].body, where)
    plan = archive.load_plan(begun.plan)
    if plan is None or plan_digest(plan) != begun.plan_digest:
        raise InvalidInput(
            f"the plan {begun.plan} of this run is {'gone' if plan is None else 'another now'}",
            where=where,
            remedy="Restore it in the store from an older version or a backup.",
        )
    before = archive.load_snapshot(begun.backup)
    if before is None:
        raise InvalidInput(
            f"the backup of this run, sha256:{begun.backup}, is gone",
            where=where,
            remedy="Restore it in the store from an older version or a backup.",
        )
    digests = {step.payload for step in begun.steps if step.payload is not None}
    payloads = {digest: archive.load_import(digest) for digest in sorted(digests)}
    work = Work(begun.steps, payloads, frozenset(begun.imported))
    return Evidence(journal, begun, plan, before, work)


def look(
    evidence: Evidence, read: Callable[[], State], traits: Traits, tools: Tools, bound: float
) -> Standing:
    """Where the target stands: read until what is known to be done shows, for `bound` seconds."""
    deadline, pause = tools.now() + bound, FIRST_PAUSE
    while True:
        standing = Standing(evidence.before.state, read(), evidence.stages, traits)
        remaining = deadline - tools.now()
        if remaining <= 0 or not (standing.unseen() or standing.conflicts()):
            return standing
        tools.pause(min(pause, remaining), "what the run wrote does not show yet")
        pause = min(2 * pause, LONGEST_PAUSE)
