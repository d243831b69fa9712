"""Capture: read an environment and put what was read on its shelf."""

from dataclasses import dataclass, replace

from migrate.archive import Archive
from migrate.config import Environment
from migrate.connect import Connections
from migrate.errors import InvalidInput
from migrate.lookups import SETTLED, LookUp
from migrate.model import Identity, People, Selection, Snapshot, State
from migrate.platforms.base import Need, PeopleUnreadable, Reader
from migrate.snapshot import state_digest
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
    environment: str,
    identity: Identity,
    tools: Tools,
    *,
    selection: Selection = EVERYTHING,
    people: Need = Need.NOTHING,
) -> Snapshot:
    """Read an environment now. A selection leaves roles out of what is kept, not of what is read.

    Raises PlatformFailed where the read fails or comes up short, PeopleUnreadable where only who
    holds roles can't be read.
    """
    tools.tell(f"reading {environment} …")
    selection = selection.folded(reader.traits.fold_role)
    taken_at = tools.timestamp()  # before the read: the state is at least as old as that
    state = reader.capture(people=people)
    taken = Snapshot(environment, identity, taken_at, tools.version, EVERYTHING, state)
    return taken if selection.everything else narrowed(taken, selection)


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
        archive.mark_last(digest, taken.captured_at)
    return digest


def capture_target(
    environment: Environment,
    reader: Reader,
    archive: Archive,
    connections: Connections,
    need: Need,
) -> Captured:
    """Read the whole target, who holds its roles included, and keep what was read.

    Raises InvalidInput where this is not the account that the config or the store knows.
    """
    name, identity, tools = environment.name, environment.identity, connections.tools
    unread = ""
    try:
        taken = capture(reader, name, identity, tools, people=need)
    except PeopleUnreadable as error:
        unread = error.what
        taken = capture(reader, name, identity, tools)
    if taken.state.people is not None:
        right_account(environment, taken.state.people, archive)
    keep(archive, taken)
    return Captured(taken, unread)


def right_account(environment: Environment, people: People, archive: Archive) -> None:
    """The account that answers must be the one in the config, else the one first met.

    Only users' rows name it (kore.md D): where there are none, there is nothing to compare.
    """
    answers = people.account_id
    if not answers and not people.principals:
        return
    expected = environment.account_id or archive.account_id()
    if expected is None and answers:
        archive.record_account(answers)
    elif expected is not None and answers != expected:
        raise InvalidInput(
            f"the account that answers is {answers or 'not named'}, not {expected}",
            where=environment.name,
            target="unchanged",
            remedy="Check url and apps of the environment. If it was moved on purpose, set "
            "account_id for it in the config.",
        )
