"""Capture: read an environment and put what was read on its shelf."""

from dataclasses import replace

from migrate.archive import Archive
from migrate.model import Identity, Section, Selection, Snapshot, State
from migrate.platforms.base import Need, Reader
from migrate.snapshot import state_digest
from migrate.tools import Tools

EVERYTHING = Selection()


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
    taken_at = tools.timestamp()  # before the read: the state is at least as old as that
    state = reader.capture(people=people)
    taken = Snapshot(environment, identity, taken_at, tools.version, EVERYTHING, state)
    return taken if selection.everything else narrowed(taken, selection)


def narrowed(taken: Snapshot, selection: Selection) -> Snapshot:
    """A snapshot with only the roles that a selection covers, and the selection in it."""
    sections = {}
    for role_type, section in taken.state.roles.items():
        roles = tuple(role for role in section.roles if selection.covers(role.name))
        sections[role_type] = Section.of(roles) if section.complete else section
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
