"""Ask a target's audit log who did by hand what a plan would take back. Nothing turns on it."""

from migrate.archive import Archive
from migrate.auditlog import explained, noted
from migrate.connect import Connections
from migrate.errors import PlatformFailed
from migrate.model import State
from migrate.plan import Plan
from migrate.platforms.base import Reader
from migrate.tools import stamp

AHEAD = 600.0
"""Seconds by which the platform's clock may be ahead, and its newest entry with it."""


def with_log(
    plan: Plan, target: State, reader: Reader | None, archive: Archive, connections: Connections
) -> Plan:
    """A plan with what the log says of each role that it takes back; no call where it takes none.

    Without a `reader` of the target, or where the log can't be read, a note says so.
    """
    base = archive.base() if plan.reverts else None
    if base is None:
        return plan
    tools, where = connections.tools, plan.target.environment
    if reader is None:
        return noted(plan, f"the audit log of {where} was not read: this plan is on a snapshot")
    since = base.since((each.role_type, each.role) for each in plan.reverts)
    tools.tell(f"reading the audit log of {where} since {since} …")
    try:
        log = reader.said_since(since, stamp(tools.now() + AHEAD))
    except PlatformFailed as error:
        return noted(plan, f"the audit log of {where} could not be read: {error.what}")
    if log is None:
        return noted(plan, f"{where} has no audit log that can be read")
    names = plan.source_terms.roles.union(role.name for role in target.all_roles())
    return explained(plan, log, names, since)
