"""What each step of a run makes of an account if all of it is done as told. Pure."""

from migrate.canonical import loads
from migrate.diff import Change
from migrate.model import Role, RoleKey
from migrate.platforms.assign_step import assign_effect
from migrate.platforms.base import Outcome, Step
from migrate.platforms.kore.documents import role_from_document
from migrate.standing import Effect


def effect_of(
    step: Step, payload: bytes | None, changes: tuple[Change, ...], outcome: Outcome | None
) -> Effect:
    """The effect of one step; of one that is done, less what the platform said otherwise of."""
    if step.kind == "assign":
        return assign_effect(step, outcome)
    if step.kind == "restore":
        return Effect(
            restores=frozenset((step.role_type, name) for name in step.arguments["roles"])
        )
    if step.kind != "import":
        return Effect()
    sent = [role_from_document(item) for item in loads(payload or b"[]", where="an import file")]
    roles: dict[RoleKey, Role | None] = {role.key: role for role in sent}
    full = step.arguments["fullImport"]
    if full:
        gone = [each for each in changes if each.after is None and each.role_type == step.role_type]
        roles.update({change.key: None for change in gone})
    return Effect(
        roles,
        whole=step.role_type if full else "",
        doubtful=_doubtful(step, roles, outcome),
        loosens=frozenset(key for key, role in roles.items() if role is not None),
    )


def _doubtful(
    step: Step, roles: dict[RoleKey, Role | None], outcome: Outcome | None
) -> frozenset[RoleKey]:
    """The roles of which the import's answer says something else, or nothing."""
    if outcome is None or "sent" not in outcome:
        return frozenset(roles)
    odd = {*outcome["missing"], *outcome["different"]}
    # Built-ins may be left out of the answer, and deletions are in none (kore.md B).
    silent = {name for _, name in roles if name not in outcome["ids"]}
    return frozenset(key for key in roles if key[1] in odd | silent)
