"""Set an unfinished run aside, so that others may start: what it wrote stays as it is."""

from dataclasses import dataclass

from migrate.archive import Archive
from migrate.config import Environment
from migrate.connect import Connections
from migrate.errors import NOT_BY_US, InvalidInput, UsageError
from migrate.journal import Journal, first_unfinished
from migrate.lock import acquire
from migrate.pipeline.evidence import Evidence, gather
from migrate.pipeline.locking import untouched
from migrate.pipeline.remembering import Past, remember_unread
from migrate.tools import Tools


@dataclass(frozen=True, slots=True)
class Left:
    """What a run that was set aside leaves behind.

    `lost` are roles whose holders an import may have dropped and that were not put back; `backup`
    is the state digest of the target before the run, "" where the journal does not tell any more.
    """

    lost: tuple[str, ...] = ()
    backup: str = ""


def abandon(run_id: str, environment: Environment, connections: Connections, reason: str) -> Left:
    """End a run as it is. Its plan stays used.

    A call that was under way when it stopped is waited for, so that whoever runs next does not
    meet it. Raises UsageError for a run that has ended, TargetLocked for one that is still going.
    """
    tools, archive = connections.tools, connections.archive(environment)
    with untouched(NOT_BY_US):
        journal = Journal.open(archive.store, run_id, clock=tools.now)
        if not journal.summary.unfinished:
            raise UsageError(
                f"run {run_id} is not unfinished: nothing to abandon",
                remedy=f"role-migrate runs show {run_id} tells how it ended.",
            )
        evidence = _gathered(run_id, archive, tools)
        # Under the lock: a run that is still going holds it, and must not be pulled from under.
        with acquire(
            archive.whole,
            environment.identity,
            run=run_id,
            who=tools.who,
            clock=tools.now,
            unsettled=lambda other: first_unfinished(archive.store, other),
        ):
            _let_arrive(journal, environment, tools)
            remember_unread(Past(journal, archive, tools), "set aside", reason)
            journal.append("abandoned", {"reason": reason, "who": str(tools.who)})
    if evidence is None:
        return Left()
    return Left(tuple(sorted(name for _, name in evidence.loose())), evidence.begun.backup)


def _gathered(run_id: str, archive: Archive, tools: Tools) -> Evidence | None:
    """What the run left; None where that is damaged: setting it aside is the way out then."""
    try:
        return gather(run_id, archive, tools)
    except InvalidInput as damage:
        tools.tell(f"warning: what the run did can't be told: {damage}")
        return None


def _let_arrive(journal: Journal, environment: Environment, tools: Tools) -> None:
    sent = journal.last_sent()
    if not journal.summary.unknown or sent is None:
        return
    left = sent + 2 * environment.timeout - tools.now()
    if left > 0:
        tools.pause(left, "a call of the run may still be on its way")
