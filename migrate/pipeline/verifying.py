"""Read back after a run: by export, within a bound, until what was written shows."""

from collections.abc import Mapping
from dataclasses import replace

from migrate.digests import state_digest
from migrate.lock import Lock
from migrate.membership import verify_members
from migrate.model import Assignment, People, Section, State
from migrate.plan import Plan
from migrate.platforms.base import Need, Work, Writer
from migrate.tools import Tools
from migrate.verification import Verification, verify

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 8.0


def read_back(
    plan: Plan,
    before: State,
    goal: State,
    work: Work,
    writer: Writer,
    *,
    bound: float,
    tools: Tools,
    lock: Lock,
    people: Need,
    contradicted: frozenset[str],
) -> tuple[Verification, State]:
    """Verify the role types that changed; returns the verdict and the target's state as read.

    `people` says whether to look at who holds roles, too: where an import left every id as it
    was, nobody can have lost one. `contradicted` as for `verify`.

    One export per role type where all is well. Where something differs it is read again, for at
    most `bound` seconds: until it is right, or until two reads agree and show at least some of
    our changes, so that the rest is not just late. Who holds what shows call by call: while that
    differs the whole time is waited for.
    """
    deadline = tools.now() + bound
    pause = FIRST_PAUSE
    found: dict[str, Section] = {}
    pending = plan.touched_types
    last = ""
    while True:
        lock.ensure(writer.timeout)
        tools.tell("verifying: reading the target back …")
        read = writer.capture(pending, people)
        found.update(read.roles)
        seen = verify(
            before,
            goal,
            State(found),
            plan.changes,
            work.imported,
            writer.traits,
            contradicted,
        )
        held = plan.people.held_after(before.people) if before.people else frozenset()
        members = verify_members(before, read, held, plan.changes)
        seen = replace(seen, deviations=(*seen.deviations, *members))
        pending = tuple(sorted({fault.role_type for fault in seen.faults}))
        digest = state_digest(State(found))
        shown = not members and all(role_type in seen.visible for role_type in pending)
        stands = digest == last and shown
        left = deadline - tools.now()
        if not pending or stands or left <= 0:
            roles = {**before.roles, **found}
            return seen, State(roles, _merged(before, read, held, roles))
        last = digest
        tools.pause(min(pause, left), "what was written does not show yet")
        pause = min(2 * pause, LONGEST_PAUSE)


def _merged(
    before: State, read: State, held: frozenset[Assignment], roles: Mapping[str, Section]
) -> People | None:
    """Who holds what: of the role types just read as read, of the others as before.

    Where nobody's roles had to be read, as they should be, for roles that are still there.
    """
    if before.people is None:
        return None
    if read.people is None:
        there = State(roles).by_key().keys()
        kept = frozenset(item for item in held if item.role_key in there)
        return replace(before.people, assignments=kept)
    of_others = (item for item in before.people.assignments if item.role_type not in read.roles)
    return replace(
        before.people,
        assignments=read.people.assignments.union(of_others),
        maybe_direct=read.people.maybe_direct,
    )
