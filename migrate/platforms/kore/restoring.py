"""Members that an import dropped, put back: where ids are minted anew, holders may stay behind.

Whether they do is documented nowhere (kore.md I). An import whose answer shows the ids unchanged
costs nothing here; any other is followed by a look at who holds what.
"""

from typing import Any

from migrate.errors import OutcomeUnknown, PlatformFailed
from migrate.model import Assignment, RoleKey, State
from migrate.peopleplanfile import assignment_from_value
from migrate.platforms.base import Outcome, Step
from migrate.platforms.kore.assign_calls import send
from migrate.platforms.kore.assignments import batches
from migrate.platforms.kore.channel import WriteChannel

KEPT, MINTED = "kept", "minted"


def ids_kept(step: Step, imported: Outcome, before: State) -> bool:
    """Whether the import's answer shows every held role under the id that it had."""
    ids = imported.get("ids", {})
    had = before.by_key()
    known = (had.get((step.role_type, name)) for name in step.arguments["roles"])
    return all(role is None or ids.get(role.name) == role.id for role in known)


def shows(step: Step, imported: Outcome, now: State) -> bool:
    """Whether a read shows the ids that the import answered with; True where it told none."""
    ids, has = imported.get("ids", {}), now.by_key()
    roles = ((has.get((step.role_type, name)), ids.get(name)) for name in step.arguments["roles"])
    return all(told is None or (role is not None and role.id == told) for role, told in roles)


def missing(step: Step, before: State, now: State) -> frozenset[Assignment]:
    """Who should hold one of the step's roles by now, and does not."""
    if before.people is None or now.people is None:
        raise AssertionError("members are restored only where they are known")
    roles: set[RoleKey] = {(step.role_type, name) for name in step.arguments["roles"]}
    adds, removes = (
        [assignment_from_value(item) for item in step.arguments[word]]
        for word in ("adds", "removes")
    )
    held = before.people.assignments.union(adds).difference(removes)
    return frozenset(item for item in held - now.people.assignments if item.role_key in roles)


def put_back(
    channel: WriteChannel, dropped: frozenset[Assignment], before: State, now: State
) -> dict[str, Any]:
    """Assign what was dropped, under the roles' new ids; returns the outcome of the step.

    Raises OutcomeUnknown where that failed: reading back shows what is left to be done.
    """
    if before.people is None:
        raise AssertionError("members are restored only where they are known")
    ids = {role.key: role.id for role in now.all_roles() if role.id is not None}
    failed = []
    for batch in batches(dropped, (), before.people, ids):
        try:
            results = send(channel, batch)
        except PlatformFailed as error:
            raise OutcomeUnknown(error.what, where=error.where, remedy=error.remedy) from error
        failed += [result.reason for result in results if not result.done]
    return {"ids": MINTED, "dropped": len(dropped), "failed": failed}
