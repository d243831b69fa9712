"""Capture: read an environment and put what was read on its shelf."""

from dataclasses import dataclass, replace

from migrate.archive import Archive
from migrate.causes import Cause
from migrate.config import Environment
from migrate.connect import Connections
from migrate.digests import state_digest
from migrate.errors import InvalidInput, MigrateError
from migrate.lookups import SETTLED, LookUp
from migrate.model import People, Selection, Snapshot, State
from migrate.pipeline.confirming import confirm, steady
from migrate.planner import check_patterns
from migrate.platforms.base import Need, PeopleUnreadable, Reader
from migrate.tools import Tools

EVERYTHING = Selection()


@dataclass(frozen=True, slots=True)
class Captured:
    """A capture of the target; `unread` says why who holds roles is missing from it, else "".

    `look_up` is what became of looking up those whom it did not show.
    """

    snapshot: Snapshot
    unread: str = ""
    look_up: LookUp = SETTLED


def capture(
    reader: Reader,
    environment: Environment,
    tools: Tools,
    *,
    selection: Selection = EVERYTHING,
    people: Need = Need.NOTHING,
) -> Snapshot:
    """Read an environment now. A selection leaves roles out of what is kept, not of what is read.

    Raises PlatformFailed where the read fails or comes up short, PeopleUnreadable where only who
    holds roles can't be read, and InvalidInput where the account is not the one in the config.
    """
    taken = _read(reader, environment, tools, people)
    if environment.account_id is not None:
        read = taken.state.people
        answers = read.account_id if read else reader.account_id()
        if answers or (read and read.principals):
            same_account(environment, answers, environment.account_id)
    selection = selection.folded(reader.traits.fold_role)
    return taken if selection.everything else narrowed(taken, selection)


def _read(reader: Reader, environment: Environment, tools: Tools, people: Need) -> Snapshot:
    tools.tell(f"reading {environment.name} …")
    taken_at = tools.timestamp()  # before the read: the state is at least as old as that
    state = reader.capture(people=people)
    return Snapshot(
        environment.name, environment.identity, taken_at, tools.version, EVERYTHING, state
    )


def narrowed(taken: Snapshot, selection: Selection) -> Snapshot:
    """A snapshot with only the roles that a selection covers, and the selection in it."""
    sections = {}
    for role_type, section in taken.state.roles.items():
        roles = tuple(role for role in section.roles if selection.covers(role.name))
        sections[role_type] = section.holding(roles)
    people = taken.state.people
    if people is not None:
        held = frozenset(item for item in people.assignments if selection.covers(item.role))
        maybe = frozenset(item for item in people.maybe_direct if selection.covers(item.role))
        people = replace(people, assignments=held, maybe_direct=maybe)
    return replace(taken, selection=selection, state=State(sections, people))


def keep(archive: Archive, taken: Snapshot) -> str:
    """Store a snapshot; a whole one becomes the environment's last. Returns its digest."""
    digest = state_digest(taken.state)
    archive.save_snapshot(taken)
    if taken.selection.everything:
        archive.mark_last(digest, taken)
    return digest


def take_snapshot(
    environment: Environment, connections: Connections, selection: Selection
) -> tuple[Snapshot, str]:
    """Read an environment with all people, and keep what a selection covers; with its digest.

    Roles are read twice: it may be promoted from, and delete what it lacks, when nobody can look
    again. Raises Unsteady where both reads do not agree, and as `capture` and `right_account`.
    """
    archive, tools = connections.archive(environment), connections.tools
    reader = connections.reader(environment)

    def take() -> Snapshot:
        try:
            taken = capture(reader, environment, tools, people=Need.ALL)
        except PeopleUnreadable as error:
            what = "without who holds what, and without knowing that it is the right account"
            tools.tell(f"warning: {what}: {error}")
            taken = capture(reader, environment, tools)
        right_account(environment, taken.state.people, archive)
        confirm(reader, taken, taken.state.roles, tools)
        return taken

    taken = steady(take, tools)
    selection = selection.folded(reader.traits.fold_role)
    check_patterns(selection, taken.state)
    taken = taken if selection.everything else narrowed(taken, selection)
    return taken, keep(archive, taken)


def capture_target(
    environment: Environment,
    reader: Reader,
    archive: Archive,
    connections: Connections,
    need: Need,
    *,
    moving: bool = False,
) -> Captured:
    """Read the whole target, who holds its roles included, and keep what was read.

    Raises InvalidInput where this is not the account that the config or the store knows, and where
    assignments are `moving` PeopleUnreadable; else roles alone will do.
    """
    tools, unread = connections.tools, ""
    try:
        taken = capture(reader, environment, tools, people=need)
    except PeopleUnreadable as error:
        if moving:
            raise
        unread = f"{error.what}; nor can it be seen that this is the right account"
        taken = _read(reader, environment, tools, Need.NOTHING)
    right_account(environment, taken.state.people, archive)
    keep(archive, taken)
    return Captured(taken, unread)


def right_account(environment: Environment, people: People | None, archive: Archive) -> None:
    """The account that answers must be the one in the config, else the one first met.

    Only users' rows name it (kore.md D): where there are none, there is nothing to compare.
    """
    if people is None or environment.account_id is not None:
        return  # what the config says was checked when it was read
    answers, known = people.account_id, archive.account_id()
    if known is None and answers:
        archive.record_account(answers)
    elif known is not None and (answers or people.principals):
        same_account(environment, answers, known)


def right_source(environment: Environment, people: People | None, connections: Connections) -> None:
    """As `right_account`, for an environment that is only read.

    Its shelf may be out of reach for whoever writes to another environment: then it is said that
    there is nothing to compare with.
    """
    if people is None or environment.account_id is not None:
        return
    try:
        archive = connections.archive(environment)
        archive.account_id()
    except MigrateError as error:
        connections.tools.tell(
            f"warning: whether this is still the account that {environment.name} was can't be "
            f"told, set account_id for it in the config: {error}"
        )
    else:
        right_account(environment, people, archive)


def same_account(environment: Environment, answers: str, expected: str) -> None:
    """Raises InvalidInput where the account that answers is not the one that is expected."""
    if answers != expected:
        raise InvalidInput(
            f"the account that answers is {answers or 'not named'}, not {expected}",
            where=environment.name,
            remedy="Check url and apps of the environment. If it was moved on purpose, set "
            "account_id for it in the config.",
            cause=Cause.WRONG_ACCOUNT,
        )
