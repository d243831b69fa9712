"""What reading back says about an import whose outcome is unknown. Pure."""

from migrate.canonical import loads
from migrate.diff import Change
from migrate.digests import state_digest
from migrate.model import Role, State
from migrate.platforms.base import Settled, Step
from migrate.platforms.kore.documents import role_from_document


def settle_import(
    step: Step, payload: bytes | None, before: State, now: State, changes: tuple[Change, ...]
) -> Settled:
    """Whether an import of unknown outcome was done, by the roles as they are now.

    Of the only import of a role type one change that shows is proof enough: the platform need not
    have done all of it as told. Where other imports went before it, all of it must show.
    """
    roles = now.by_key()
    if step.arguments["alone"]:
        if state_digest(now) == state_digest(State({step.role_type: before.roles[step.role_type]})):
            return Settled.NOT_LANDED
        mine = [change for change in changes if change.role_type == step.role_type]
        landed = any(_shows(change, roles.get(change.key)) for change in mine)
        return Settled.LANDED if landed else Settled.UNCLEAR
    sent = [role_from_document(item) for item in loads(payload or b"[]", where="an import file")]
    there = [role.key in roles and role.same_content(roles[role.key]) for role in sent]
    gone = [
        change.key not in roles
        for change in changes
        if step.arguments["fullImport"]
        and change.after is None
        and change.role_type == step.role_type
    ]
    if all(there) and all(gone):
        return Settled.LANDED
    return Settled.UNCLEAR if any(gone) else Settled.NOT_LANDED


def _shows(change: Change, now: Role | None) -> bool:
    if change.after is None or now is None:
        return change.after is None and now is None
    return change.after.same_content(now)
