"""Probe: settle on a live account what nobody documents, and leave it as it was.

Under the target's lock, as a run is. There is no journal, since there is nothing to go on with:
whatever a probe makes is told by its name, and the next one removes it.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from migrate.archive import Archive, probes
from migrate.archive.probes import Begun
from migrate.archive.profiles import remember
from migrate.behaviour import Behaviour
from migrate.config import Environment
from migrate.connect import Connections, platform, traits_of
from migrate.digests import state_digest
from migrate.errors import UNCHANGED, Interrupted, InvalidInput, MigrateError, PlanStale, UsageError
from migrate.lessons import lessons
from migrate.model import PrincipalKind, State
from migrate.pipeline.capture import Captured, capture, capture_target
from migrate.pipeline.locking import Target, locked, untouched
from migrate.pipeline.probe_check import differences
from migrate.pipeline.probe_end import LEFT_BEHIND, Ending, cause, put_back
from migrate.pipeline.probe_record import ProbeRecord
from migrate.platforms.base import Need, PeopleUnreadable, Reader
from migrate.platforms.probing import ProbeWish
from migrate.profile import Profile, catalogues

Lines = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Faces:
    """Who is shown what will be written, and who is asked; None where nobody needs to be."""

    show: Callable[[Lines], None]
    agreed: Callable[[], bool] | None


def check(environment: Environment) -> None:
    """Raises UsageError where the environment's platform leaves a probe nothing to ask."""
    if traits_of(environment).opaque_roles:
        raise UsageError(
            "a probe settles what an import of roles does, and none is imported on "
            f"{environment.platform}",
            where=environment.name,
            target=UNCHANGED,
            remedy=f"role-migrate doctor --env {environment.name} tries what can be tried there.",
        )


def stored_profile(environment: Environment, connections: Connections) -> Profile:
    """The profile of the last probe of an environment. Raises UsageError where there is none."""
    profile = connections.archive(environment).behaviour().profile
    if profile is None:
        raise UsageError(
            f"{environment.name} was not probed yet",
            remedy=f"role-migrate probe --env {environment.name} does it.",
        )
    return profile


def probe(
    environment: Environment,
    connections: Connections,
    wish: ProbeWish,
    record: ProbeRecord,
    faces: Faces,
) -> None:
    """Probe an environment; what was found is in `record`, however it ends.

    Raises UsageError for a protected environment, Interrupted where somebody did not agree,
    PlanStale where what would be written is no longer what was agreed to, and the errors of
    `probe_end.put_back`.
    """
    _refuse_protected(environment, connections)
    tools = connections.tools
    record.at = tools.timestamp()
    agreed_to: Lines | None = None
    if faces.agreed is not None:
        agreed_to = _agreed_to(environment, connections, wish, faces)
    with locked(environment, connections) as target:
        with untouched():
            taken = _read(target)
            asked_on = _with_user(taken.snapshot.state, target.writer, wish)
            lines = _lines(environment, asked_on, wish, target.archive)
            if agreed_to is None:
                faces.show(lines)
            elif lines != agreed_to:
                raise PlanStale(
                    "the account changed while you were asked: something else would be written now",
                    where=environment.name,
                    remedy="Run it again.",
                )
            record.before = state_digest(taken.snapshot.state)
            record.catalogues = catalogues(taken.snapshot.state, target.writer.traits)
            record.notes += _unfinished(target, taken)
            begun = Begun(wish.mark, record.at, str(tools.who), record.before)
            probes.begin(target.archive, begun)
        try:
            _ask(target, taken.snapshot.state, asked_on, wish, record)
        except BaseException:
            if record.result not in LEFT_BEHIND:
                with suppress(MigrateError):
                    probes.end(target.archive, begun, record.result)
            raise
        record.result = "done, but not kept"
        with untouched(record.target):
            _keep(target, record, begun)
        record.result = "done"


def _refuse_protected(environment: Environment, connections: Connections) -> None:
    if connections.config.is_protected(environment):
        raise UsageError(
            f"{environment.name} is protected: nothing is tried on it",
            target="unchanged",
            remedy="Probe an environment of the same platform version that is not protected: its "
            "profile counts for all of that version.",
        )


def _agreed_to(
    environment: Environment, connections: Connections, wish: ProbeWish, faces: Faces
) -> Lines:
    with untouched():
        reader = connections.reader(environment)
        name, tools = environment.name, connections.tools
        try:
            taken = capture(reader, environment, tools, people=Need.ALL)
        except PeopleUnreadable:
            taken = capture(reader, environment, tools)
        asked_on = _with_user(taken.state, reader, wish)
        lines = _lines(environment, asked_on, wish, connections.archive(environment))
        faces.show(lines)
        if faces.agreed is None or not faces.agreed():
            raise Interrupted(
                "not agreed to", where=name, target="unchanged", remedy="Nothing was done."
            )
        return lines


def _lines(environment: Environment, state: State, wish: ProbeWish, archive: Archive) -> Lines:
    """What will be written, and what the last probe says of how it will end."""
    lines: Lines = platform(environment).intentions(environment, state, wish)
    last = _known(archive).profile
    if last is None or not last.left:
        return lines
    return (*lines, f"The last probe could not remove {len(last.left)} of its roles here.")


def _known(archive: Archive) -> Behaviour:
    try:
        return archive.behaviour()
    except InvalidInput:  # damaged: written anew by what is found
        return Behaviour()


def _read(target: Target) -> Captured:
    return capture_target(
        target.environment, target.writer, target.archive, target.connections, Need.ALL
    )


def _unfinished(target: Target, taken: Captured) -> list[str]:
    """What is to be said of earlier probes that did not end."""
    notes = []
    for begun in probes.unfinished(target.archive):
        note = f"probe {begun.mark} of {begun.started_at} by {begun.who} did not end"
        earlier = target.archive.load_snapshot(begun.before)
        moved = differences(earlier.state, taken.snapshot.state) if earlier else ()
        if moved:
            note += f"; since then, by it or by somebody else: {'; '.join(moved[:5])}"
        notes.append(f"{note}; the state before it is sha256:{begun.before}")
    return notes


def _with_user(state: State, reader: Reader, wish: ProbeWish) -> State:
    """The state with the user whom the wish names, whom a capture need not show."""
    people, fold, kind = state.people, reader.traits.fold, PrincipalKind.USER.value
    if people is None or not wish.user or (kind, fold(kind, wish.user)) in people.principals:
        return state
    try:
        found = reader.find_users([wish.user])
    except PeopleUnreadable:  # then there is no such user as far as can be seen
        return state
    named = {(kind, fold(kind, each.user.name)): each.user for each in found}
    return State(state.roles, replace(people, principals={**people.principals, **named}))


def _ask(
    target: Target, before: State, asked_on: State, wish: ProbeWish, record: ProbeRecord
) -> None:
    writer = target.writer
    prober = record.prober = target.connections.prober(target.environment, writer, wish)
    failure: BaseException | None = None
    try:
        prober.ask(asked_on)
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - raised once all is put back
        failure = error
        target.connections.tools.tell(f"the probe stops: {cause(error)}")
    try:
        put_back(Ending(target, before, prober, record), failure)
        with untouched(record.target):
            prober.ask_last()
    finally:
        record.findings = prober.findings
        record.requests = writer.requests


def _keep(target: Target, record: ProbeRecord, begun: Begun) -> None:
    """Store what was found: for planning at once, and for guards by the platform's version."""
    archive, environment, profile = target.archive, target.environment, record.profile
    seen = lessons(profile.findings)
    learned = _known(archive).joined(seen, run=f"probe {record.mark}", at=record.at)
    archive.save_behaviour(replace(learned, profile=profile))
    remember(archive.whole, environment.platform, environment.name, profile)
    for other in probes.unfinished(archive):
        if other != begun:
            probes.end(archive, other, f"removed by probe {record.mark}")
    probes.end(archive, begun, "done")
    record.stored = True
