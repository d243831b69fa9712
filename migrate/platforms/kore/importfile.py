"""The import file: which documents it holds, with which ids, and whether it is a full import.

What an import matches roles by, and what a full import does to roles that its file lacks, is
documented nowhere (kore.md B, I). The file is right under either: an existing role carries the
target's `_id` and `refId`, and a full file holds every role that stays. Pure.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from migrate.canonical import dumps
from migrate.levels import Levels
from migrate.model import Role, State
from migrate.moves import Move, Part, waiting
from migrate.plan import Plan, desired
from migrate.platforms.kore.catalogue import TRAITS
from migrate.platforms.kore.documents import document_from_role

IMPORTS = frozenset({Move.IMPORT, Move.REPLACE, Move.CREATE, Move.NARROW, Move.UPDATE, Move.PRUNE})
"""The moves that are an import."""


@dataclass(frozen=True, slots=True)
class ImportFile:
    """The bytes to upload, the roles in them, and the parameters of the import.

    `repeatable`: every document names a role that either kind of matching finds again, so the
    file does no harm if it lands twice.
    """

    role_type: str
    full: bool
    roles: tuple[Role, ...]
    data: bytes
    repeatable: bool


def build(plan: Plan, target: State) -> tuple[ImportFile, ...]:
    """The import files of a plan, in order, for the target as it is now."""
    goal = desired(plan, target)
    return tuple(
        build_part(plan, target, goal, order.role_type, part)
        for order in plan.people.orders
        for part in order.parts
        if part.move in IMPORTS
    )


def build_part(plan: Plan, target: State, goal: State, role_type: str, part: Part) -> ImportFile:
    """The import file of one part; `goal` is the target with all of the plan's changes made."""
    move = part.move
    changes = {change.name: change for change in plan.changes if change.role_type == role_type}
    full = move in (Move.PRUNE, Move.REPLACE)
    held = target.roles[role_type].roles
    there = {role.name: role for role in held}
    # In full the file must hold whatever stays; otherwise only what this move changes.
    roles = [
        role
        for role in goal.roles[role_type].roles
        if full or (role.name in changes and _moves(role.name, role.name in there, part))
    ]
    if part.roles is not None:
        roles = [
            replace(role, permissions=waiting(role.permissions, part.roles[role.name]))
            for role in roles
        ]
    if move is Move.NARROW:
        roles = [narrowed(there[role.name], role) if role.name in there else role for role in roles]
    created = [changes[role.name].after for role in roles if role.name not in there]
    fresh = _Fresh(held, [role for role in created if role is not None], plan.rules.send_source_id)
    shared = _repeated(role.ref_id for role in held)
    documents = []
    for role in roles:
        if role.name not in there:
            after = changes[role.name].after
            documents.append(fresh.with_ids(after if after is not None else role))
        elif role.ref_id in shared:
            # Two roles under one refId: leave it out rather than change the wrong one.
            documents.append(replace(role, ref_id=None))
        else:
            documents.append(role)
    return ImportFile(
        role_type,
        full,
        tuple(documents),
        dumps([document_from_role(role) for role in documents]),
        repeatable=all(role.id is not None or role.ref_id is not None for role in documents),
    )


def _moves(name: str, exists: bool, part: Part) -> bool:
    """Whether a part changes a role, which exists already or does not."""
    if part.roles is not None:
        return name in part.roles
    if part.move is Move.CREATE:
        return not exists
    return exists if part.move is Move.UPDATE else True


def narrowed(before: Role, after: Role) -> Role:
    """A role that grants only what it grants both before and after."""
    levels = Levels.of(TRAITS.value_order, TRAITS.denied)
    less = {
        name: levels.common(value, after.permissions.get(name))
        for name, value in before.permissions.items()
    }
    return replace(after, permissions={name: v for name, v in less.items() if v is not None})


class _Fresh:
    """Gives roles that the target does not have yet the ids that they may carry."""

    def __init__(self, held: tuple[Role, ...], created: list[Role], send_source_id: bool) -> None:
        self._taken_refs = {role.ref_id for role in held} | _repeated(r.ref_id for r in created)
        self._taken_ids = {role.id for role in held} | _repeated(role.id for role in created)
        self._send_source_id = send_source_id

    def with_ids(self, role: Role) -> Role:
        send_id = self._send_source_id and role.id not in self._taken_ids
        return replace(
            role,
            id=role.id if send_id else None,
            ref_id=None if role.ref_id in self._taken_refs else role.ref_id,
        )


def _repeated(values: Iterable[str | None]) -> set[str | None]:
    return {value for value, times in Counter(values).items() if times > 1 and value is not None}
