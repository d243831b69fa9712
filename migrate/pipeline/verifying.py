"""Read back after a run: by export, within a bound, until what was written shows."""

from migrate.lock import Lock
from migrate.model import Section, State
from migrate.plan import Plan
from migrate.platforms.base import Work, Writer
from migrate.snapshot import state_digest
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
) -> tuple[Verification, State]:
    """Verify the role types that changed; returns the verdict and the target's state as read.

    One export per role type where all is well. Where something differs it is read again, for at
    most `bound` seconds: until it is right, or until two reads agree and show at least some of
    our changes, so that the rest is not just late.
    """
    deadline = tools.now() + bound
    pause = FIRST_PAUSE
    found: dict[str, Section] = {}
    pending = plan.role_types
    last = ""
    while True:
        lock.ensure(writer.timeout)
        tools.tell("verifying: reading the target back …")
        found.update(writer.capture(pending).roles)
        seen = verify(before, goal, State(found), plan.changes, work.imported, writer.traits)
        pending = tuple(sorted({fault.role_type for fault in seen.faults}))
        digest = state_digest(State(found))
        stands = digest == last and all(role_type in seen.visible for role_type in pending)
        left = deadline - tools.now()
        if not pending or stands or left <= 0:
            return seen, State({**before.roles, **found})
        last = digest
        tools.waiting(min(pause, left), "what was written does not show yet")
        tools.sleep(min(pause, left))
        pause = min(2 * pause, LONGEST_PAUSE)
