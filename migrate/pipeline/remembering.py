"""Write a run that ended into its environment's history, before its journal says that it ended.

A run that is cut off in between is resumed, and has its entry by then: it gets no second one.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from migrate import history
from migrate.access import AccessChange, Direction
from migrate.actor import Actor
from migrate.archive import Archive
from migrate.diff import Change, permission_changes
from migrate.digests import content_digest
from migrate.drift import compare_states
from migrate.errors import InvalidInput
from migrate.historyfile import Basis, Ended, Place, RoleChange
from migrate.journal import Journal
from migrate.model import Selection, State
from migrate.peopleplan import reach
from migrate.pipeline.begun import Begun
from migrate.pipeline.record import Record
from migrate.plan import Plan
from migrate.planfile import plan_digest
from migrate.tools import Tools
from migrate.traits import Traits

_TEXTS = ("plan", "planDigest", "source", "target", "mode", "backup", "who")


@dataclass(frozen=True, slots=True)
class Past:
    """What is known of a run that is about to end: its journal, and where it lies."""

    journal: Journal
    archive: Archive
    tools: Tools

    @property
    def wrote(self) -> bool:
        """Whether the run began a step that changes the target."""
        steps = self.journal.entries[0].body.get("steps", ())
        meant = self.journal.summary.intended
        # What a step does is not known where another version wrote it: then it may have written.
        return any(step.get("writes", True) and step.get("number") in meant for step in steps)


def remember(past: Past, record: Record, before: State, after: State, traits: Traits) -> None:
    """Write the entry of a run that was read back: what is different `after` it.

    Raises HistoryTaken, InvalidInput for a history that can't be trusted, StoreFailed.
    """
    if not past.wrote:
        return
    had, has = before.people, after.people
    reached = reach(before, after, has.assignments, traits) if has else None
    meant = _meant(past, record.plan, record.result)
    ended = replace(
        meant,
        approvers=record.approvers or meant.approvers,
        target=replace(meant.target, digest=content_digest(after)),
        after=record.after,
        basis=Basis.READ_BACK,
        roles=_roles(compare_states(before, after, (Selection(),))),
        adds=tuple(sorted(has.assignments - had.assignments)) if had and has else (),
        removes=tuple(sorted(had.assignments - has.assignments)) if had and has else (),
        access=_telling(reached.changes) if reached else (),
    )
    history.append(past.archive.store, ended)


def remember_unread(past: Past, result: str, reason: str = "") -> None:
    """Write the entry of a run that ends without being read back: what it was meant to change.

    Raises as `remember`.
    """
    if past.wrote:
        plan = _plan(past)
        ended = _meant(past, plan, result) if plan else _unknown(past, result)
        history.append(past.archive.store, replace(ended, reason=reason))


def _plan(past: Past) -> Plan | None:
    """The plan of the run; None where it is gone, or no longer what it was."""
    body = past.journal.entries[0].body
    try:
        plan = past.archive.load_plan(str(body.get("plan")))
    except InvalidInput:
        return None
    return plan if plan and plan_digest(plan) == body.get("planDigest") else None


def _meant(past: Past, plan: Plan, result: str) -> Ended:
    source, target = plan.source, plan.target
    return replace(
        _unknown(past, result),
        mode=plan.mode.value,
        assignments=plan.people.assignments.value,
        source=Place(source.environment, source.identity, source.digest),
        target=Place(target.environment, target.identity),
        planner=plan.planner,
        basis=Basis.PLANNED,
        roles=_roles(plan.changes),
        adds=plan.people.adds,
        removes=plan.people.removes,
        access=_telling(plan.people.access),
    )


def _unknown(past: Past, result: str) -> Ended:
    """What the journal alone tells."""
    first = past.journal.entries[0]
    try:
        begun = Begun.from_body(first.body, first.run)
    except InvalidInput:  # another version wrote it; a run that is set aside needs no more
        plan, digest, source, target, mode, backup, who = (
            str(first.body.get(name, "")) for name in _TEXTS
        )
        begun = Begun(plan, digest, source, target, mode, backup, who, (), ())
    return Ended(
        run=first.run,
        plan=begun.plan,
        plan_digest=begun.plan_digest,
        mode=begun.mode,
        assignments="",
        source=Place(begun.source),
        target=Place(begun.target),
        planner=Actor(),
        applier=begun.applier,
        ended_by=past.tools.actor,
        approvers=begun.approvers,
        result=result,
        reason="",
        undoes=begun.undoes,
        started_at=first.time,
        finished_at=past.tools.timestamp(),
        backup=begun.backup,
        after="",
        basis=Basis.UNKNOWN,
    )


def _roles(changes: Iterable[Change]) -> tuple[RoleChange, ...]:
    return tuple(
        RoleChange(
            change.action,
            change.role_type,
            change.name,
            permission_changes(change.before, change.after),
            bool(
                change.before
                and change.after
                and change.before.description != change.after.description
            ),
        )
        for change in changes
    )


def _telling(changes: Iterable[AccessChange]) -> tuple[AccessChange, ...]:
    """The changes without what grants nothing."""
    told = []
    for change in changes:
        deltas = tuple(each for each in change.deltas if each.direction is not Direction.NOTE)
        if deltas:
            told.append(replace(change, deltas=deltas))
    return tuple(told)
