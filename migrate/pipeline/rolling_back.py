"""Roll back: a plan like any other, towards what a run found, where nobody changed it since."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from migrate.archive import Archive
from migrate.behaviour import Behaviour
from migrate.config import Environment
from migrate.connect import Connections
from migrate.digests import content_digest
from migrate.errors import NOT_BY_US, Conflicting
from migrate.journal import TAKEN_BACK, Journal, undone_by
from migrate.model import Assignments, Mode, Selection, State
from migrate.pipeline import lookups
from migrate.pipeline.capture import Captured, capture_target
from migrate.pipeline.evidence import Evidence, gather, look
from migrate.pipeline.locking import locked, untouched
from migrate.pipeline.planning import Planned, Wish, overrides, plan_towards
from migrate.pipeline.promoting import carry_through
from migrate.pipeline.record import Record
from migrate.pipeline.remembering import Past, remember_unread
from migrate.plan import Origin, Plan, Side, Source, Undoes
from migrate.platforms.base import Need, Reader
from migrate.standing import Standing
from migrate.undoing import Undo, undo
from migrate.verification import Verification

ARRIVES = 600.0
"""Seconds after which a call that was under way when a run was cut off is not waited for."""


@dataclass(frozen=True, slots=True)
class Back:
    """How a run is taken back.

    In `incremental` mode roles that the run made stay, without the holders that it gave them; with
    `empty` without any. `whole` goes back to all that was backed up, whoever changed it since.
    """

    mode: Mode = Mode.FULL
    empty: bool = False
    whole: bool = False
    allow: tuple[str, ...] = ()
    reason: str = ""

    def check(self) -> None:
        """Raises UsageError for what can't be allowed, before anything is read."""
        overrides(Wish(self.mode, Selection(), self.allow, self.reason))


def plan_back(
    run_id: str, back: Back, environment: Environment, connections: Connections
) -> Planned:
    """Plan the way back without writing to any platform."""
    back.check()
    with untouched(NOT_BY_US):
        return _planned(run_id, back, environment, connections, connections.reader(environment))


def roll_back(
    run_id: str,
    back: Back,
    environment: Environment,
    connections: Connections,
    *,
    show: Callable[[Plan], None],
    agreed: Callable[[Plan], bool] | None,
    begin: Callable[[Plan], Record],
) -> Verification | None:
    """Take a run back, and end it where it was unfinished. Returns None where nothing was left.

    Raises Conflicting where somebody else changed what the run did, and as `promote`.
    """
    back.check()
    with untouched(NOT_BY_US):
        archive = connections.archive(environment)
        settles = (run_id, *undone_by(archive.store, run_id))

    def make(reader: Reader) -> Planned:
        return _planned(run_id, back, environment, connections, reader)

    done = carry_through(
        environment,
        connections,
        make,
        settles=settles,
        show=show,
        agreed=agreed,
        begin=begin,
    )
    if done is None:
        _end(run_id, environment, connections, settles)
    return done


def _end(
    run_id: str, environment: Environment, connections: Connections, settles: tuple[str, ...]
) -> None:
    """End an unfinished run of which nothing is left in the target."""
    archive, tools = connections.archive(environment), connections.tools
    if Journal.open(archive.store, run_id, clock=tools.now).summary.ended:
        return
    with locked(environment, connections, settles=settles):
        journal = Journal.open(archive.store, run_id, clock=tools.now)
        if not journal.summary.ended:
            result = f"{TAKEN_BACK}: nothing of it was left"
            remember_unread(Past(journal, archive, tools), result)
            journal.append("finished", {"result": result})


def _planned(
    run_id: str,
    back: Back,
    environment: Environment,
    connections: Connections,
    reader: Reader,
) -> Planned:
    archive = connections.archive(environment)
    evidence = gather(run_id, archive, connections.tools)
    reader.know(evidence.before.state)
    found: list[Captured] = []

    def read() -> State:
        need = Need.ALL if evidence.before.state.people is not None else Need.NOTHING
        found.append(capture_target(environment, reader, archive, connections, need))
        return found[-1].snapshot.state

    standing = _look(evidence, read, environment, connections, reader)
    people = standing.now.people is not None and evidence.before.state.people is not None
    wish = Wish(
        back.mode,
        Selection(),
        back.allow,
        back.reason,
        assignments=Assignments.EXACT if people else Assignments.NONE,
    )
    if back.whole:
        source, wish = _whole(evidence, people), replace(wish, mode=Mode.FULL)
    else:
        source = _source(evidence, standing, back, archive)
        if not source.undoes or not _deletes(source, standing):
            wish = replace(wish, mode=Mode.INCREMENTAL)
    # Who held nothing but what the run took may not be listed any more.
    target = lookups.for_plan(source, found[-1], wish, environment, reader, connections)
    return plan_towards(source, target, environment, connections, wish)


def _look(
    evidence: Evidence,
    read: Callable[[], State],
    environment: Environment,
    connections: Connections,
    reader: Reader,
) -> Standing:
    """Look; and once more where a call that was under way may not have arrived yet."""
    tools, bound = connections.tools, environment.verify_timeout
    if str(evidence.journal.summary.result or "").startswith(TAKEN_BACK):
        bound = 0.0  # by another run: that nothing of this one shows is as it should be
    standing = look(evidence, read, reader.traits, tools, bound)
    if evidence.journal.summary.unknown and evidence.due(tools.now(), ARRIVES):
        tools.pause(environment.timeout, "then a second look at the target")
        standing = look(evidence, read, reader.traits, tools, bound)
    return standing


def _source(evidence: Evidence, standing: Standing, back: Back, archive: Archive) -> Source:
    learned = archive.behaviour()
    way = undo(
        standing,
        _left(evidence, archive),
        stay=_staying(standing.now, back, learned),
        empty=back.empty,
    )
    run_id = evidence.journal.run_id
    if way.conflicts:
        shown = "; ".join(str(each) for each in way.conflicts)
        raise Conflicting(
            f"somebody else changed what run {run_id} did: {shown}",
            where=evidence.plan.target.environment,
            target=NOT_BY_US,
            remedy=f"role-migrate rollback {run_id} --to-backup goes back to all that was there "
            "before the run, whoever changed it since; or put that right by hand, and try again.",
        )
    side = Side(
        f"run {run_id}",
        evidence.plan.target.identity,
        evidence.before.captured_at,
        content_digest(way.desired),
        "",
        Origin.RUN,
    )
    return Source(side, way.desired, notes=_notes(way, back), undoes=Undoes(run_id, way.own))


def _left(evidence: Evidence, archive: Archive) -> State | None:
    """The target as the run left it, where it got as far as to read that."""
    report = archive.report(evidence.journal.run_id) if evidence.journal.summary.finished else None
    taken = archive.load_snapshot(report["after"]) if report and report["after"] else None
    return taken.state if taken else None


def _staying(now: State, back: Back, learned: Behaviour) -> frozenset[str]:
    """The role types of which roles that the run made can't, or shall not, be deleted."""
    if back.mode is Mode.INCREMENTAL:
        return frozenset(now.roles)
    return frozenset(kind for kind in now.roles if learned.of(kind).keeps_roles)


def _notes(way: Undo, back: Back) -> tuple[str, ...]:
    why = "" if back.mode is Mode.INCREMENTAL else ", for an import here does not delete roles"
    emptied = "nobody holds it any more" if back.empty else "who else holds it keeps it"
    return tuple(
        f"{role_type} role {name!r}, which the run made, stays{why}; {emptied}"
        for role_type, name in sorted(way.kept)
    )


def _deletes(source: Source, standing: Standing) -> bool:
    return bool(standing.now.by_key().keys() - source.state.by_key().keys())


def _whole(evidence: Evidence, people: bool) -> Source:
    """The backup, all of it."""
    before = evidence.before
    state = before.state
    if people and state.people is not None:
        # What is missing from a capture of holders is who holds nothing.
        state = State(state.roles, replace(state.people, complete=True))
    taken = Source.of(replace(before, state=state))
    side = replace(taken.side, environment=f"{before.environment} before the run")
    return replace(taken, side=side, undoes=Undoes(evidence.journal.run_id))
