"""Members that an import dropped, put back: where ids are minted anew, holders may stay behind.

Whether they do is documented nowhere (kore.md I). An import whose answer shows the ids unchanged
costs nothing here; any other is followed by a look at who holds what.
"""

from collections.abc import Iterable
from typing import Any

from migrate.errors import OutcomeUnknown, PlatformFailed
from migrate.model import Assignment, RoleKey, State
from migrate.peoplefile import assignment_from_value, assignments_to_value
from migrate.platforms.base import Outcome, Step
from migrate.platforms.kore.assign_calls import send
from migrate.platforms.kore.assignments import batches
from migrate.platforms.kore.channel import WriteChannel
from migrate.standing.members import same_ids

KEPT, MINTED = "kept", "minted"


def ids_kept(step: Step, imported: Outcome) -> bool:
    """Whether the import's answer shows every held role under the id that it had just before.

    Of a role that it does not tell of, or whose id was not known, nobody can say so.
    """
    ids, had = imported.get("ids", {}), imported.get("had", {})
    return all(name in had and ids.get(name) == had[name] for name in step.arguments["roles"])


def shows(step: Step, imported: Outcome, now: State) -> bool:
    """Whether a read shows every held role under an id that the import answered with.

    Of a role that it did not tell of, it must show another id than the one before.
    """
    ids, had, has = imported.get("ids", {}), imported.get("had", {}), now.by_key()
    for name in step.arguments["roles"]:
        role = has.get((step.role_type, name))
        found = role.id if role is not None else None
        if found is None or (found != ids[name] if name in ids else found == had.get(name)):
            return False
    return True


def unseen(adds: Iterable[Assignment], now: State) -> frozenset[Assignment]:
    """Those of some assignments that do not show; what a row can't tell apart counts as shown."""
    if now.people is None:
        return frozenset(adds)
    return frozenset(adds) - now.people.assignments - now.people.maybe_direct


def missing(step: Step, before: State, now: State) -> frozenset[Assignment]:
    """Who should hold one of the step's roles by now, and does not.

    A role under the id that it had before the run lost nobody by an import: whoever does not hold
    it any more was taken out of it by somebody else.
    """
    if before.people is None or now.people is None:
        raise AssertionError("members are restored only where they are known")
    roles: set[RoleKey] = {(step.role_type, name) for name in step.arguments["roles"]}
    roles -= same_ids(before, now)
    adds, removes = (
        [assignment_from_value(item) for item in step.arguments[word]]
        for word in ("adds", "removes")
    )
    held = before.people.assignments.union(adds).difference(removes)
    return frozenset(item for item in held - now.people.assignments if item.role_key in roles)


def put_back(
    channel: WriteChannel,
    step: Step,
    dropped: frozenset[Assignment],
    before: State,
    now: State,
) -> dict[str, Any]:
    """Assign what was dropped, under the roles' new ids; returns the outcome of the step.

    Raises OutcomeUnknown where that failed: reading back shows what is left to be done.
    """
    if before.people is None:
        raise AssertionError("members are restored only where they are known")
    named = {role.key: role.id for role in now.all_roles() if role.id is not None}
    failed: list[str] = []
    for batch in batches(dropped, (), before.people, named):
        try:
            results = send(channel, batch)
        except PlatformFailed as error:
            raise OutcomeUnknown(error.what, where=error.where, remedy=error.remedy) from error
        failed += [result.reason for result in results if not result.done]
    if failed:
        raise OutcomeUnknown(
            f"{len(failed)} entries of members to be put back failed: {'; '.join(failed[:5])}"
        )
    told: set[RoleKey] = {(step.role_type, name) for name in step.arguments["roles"]}
    ids = KEPT if told <= same_ids(before, now) else MINTED
    return {"ids": ids, "dropped": assignments_to_value(sorted(dropped))}
