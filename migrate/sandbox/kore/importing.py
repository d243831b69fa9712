"""What an import does to an account, under the switches. Pure: ids and time are arguments.

Documented is only that `fullImport` exists (kore.md B); the rest follows the switches. An import
is all or nothing. Built-ins that cannot be edited are skipped without a word ([S] in kore.md B).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from uuid import NAMESPACE_URL, uuid5

from migrate.sandbox.kore.account import Account, Permissions, StoredRole, copied
from migrate.sandbox.kore.catalogue import STOCK, denied
from migrate.sandbox.kore.documents import RoleDocument
from migrate.sandbox.kore.switches import Switches


class ImportRefused(Exception):
    """The file asks for something that the account refuses; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Import:
    """One import: what, into which role type, in which mode, by whom, when (ISO 8601, UTC)."""

    role_type: str
    full: bool
    author: str
    time: str
    mint: Callable[[], str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The account after an import, and the roles that the answer shows, in its order."""

    account: Account
    answered: tuple[StoredRole, ...]


def import_roles(
    account: Account, documents: Sequence[RoleDocument], job: Import, switches: Switches
) -> Outcome:
    """Apply sound role documents of one type (see `documents.read_role_file`).

    Raises ImportRefused with one sentence: a document without `_id` where one is needed, two
    documents for one role, a built-in renamed, a name already in use.
    """
    if switches.no_id == "refused":
        _refuse_missing_ids(documents)
    matched = _match(account, documents, job.role_type, switches.match)
    after: dict[str, StoredRole] = {}
    created: list[StoredRole] = []
    filed: list[StoredRole] = []
    for document, old in zip(documents, matched, strict=True):
        names = (document["role"], old.name if old else "")
        skipped = [name for name in names if account.fixed(job.role_type, name)]
        if skipped:
            filed += [role for role in account.of_type(job.role_type) if role.name == skipped[0]]
        elif old:
            after[old.id] = _updated(account, old, document, job, switches)
            filed.append(after[old.id])
        else:
            created.append(_created(account, document, job, switches))
            filed.append(created[-1])
    kept = [after.get(role.id, role) for role in account.of_type(job.role_type)]
    _refuse_name_conflicts([*kept, *created])
    if job.full:
        touched = {role.id for role in filed}
        kept = [left for role in kept if (left := _left(account, role, touched, switches))]
    others = [role for role in account.roles if role.role_type != job.role_type]
    result = replace(account, roles=_in_order(account, [*others, *kept, *created], after))
    return Outcome(result, _answered(result, filed, job.role_type, switches))


def _refuse_missing_ids(documents: Iterable[RoleDocument]) -> None:
    for index, document in enumerate(documents, start=1):
        if "_id" not in document:
            raise ImportRefused(f"role {index}: _id is required")


def _match(
    account: Account, documents: Sequence[RoleDocument], role_type: str, way: str
) -> list[StoredRole | None]:
    roles = account.of_type(role_type)
    by_name = {role.name: role for role in roles}
    if way == "name":
        return [by_name.get(document["role"]) for document in documents]
    # A refId is not proven unique (kore.md C): of several roles the one of the same name is
    # meant, else the first.
    by_ref: dict[str, StoredRole] = {}
    for role in roles:
        by_ref.setdefault(role.ref_id, role)
    matched: list[StoredRole | None] = []
    taken: set[str] = set()
    for document in documents:
        ref, same = document.get("refId"), by_name.get(document["role"])
        old = same if same and same.ref_id == ref else by_ref.get(ref or "")
        if old and old.id in taken:
            raise ImportRefused(f"two roles with the refId {ref}")
        if old and account.editable(role_type, old.name) and old.name != document["role"]:
            raise ImportRefused(f"the built-in role {old.name!r} cannot be renamed")
        taken.update({old.id} if old else ())
        matched.append(old)
    return matched


def _updated(
    account: Account, old: StoredRole, document: RoleDocument, job: Import, switches: Switches
) -> StoredRole:
    minted = switches.ids == "minted"
    return replace(
        old,
        name=document["role"],
        id=job.mint() if minted else old.id,
        description=document.get("rDesc", old.description),
        permissions=_permissions(account, old.permissions, document, job.role_type, switches),
        holders=() if minted and switches.minted_members == "dropped" else old.holders,
        modified=job.time,
        modified_by=job.author,
    )


def _created(
    account: Account, document: RoleDocument, job: Import, switches: Switches
) -> StoredRole:
    # The source's _id is not kept: ids of imported roles were minted in the target (kore.md B).
    new_id = job.mint()
    return StoredRole(
        role_type=job.role_type,
        name=document["role"],
        id=new_id,
        ref_id=document.get("refId", str(uuid5(NAMESPACE_URL, new_id))),
        description=document.get("rDesc", ""),
        permissions=_permissions(account, {}, document, job.role_type, switches),
        created=job.time,
        created_by=job.author,
        modified=job.time,
        modified_by=job.author,
    )


def _permissions(
    account: Account, had: Permissions, document: RoleDocument, role_type: str, switches: Switches
) -> Permissions:
    known = account.catalogue[role_type]
    after = copied(document["permissions"])
    if switches.permissions == "drop_unknown":
        names = set(known)
        after = {name: value for name, value in after.items() if name in names}
    if switches.update == "merged":
        after = {**copied(had), **after}
    if switches.permissions == "fill_no":
        for name in known:
            after.setdefault(name, denied(role_type))
    return after


def _refuse_name_conflicts(roles: Iterable[StoredRole]) -> None:
    seen: set[str] = set()
    for role in roles:
        if role.name in seen:
            raise ImportRefused(f"the name {role.name!r} is already in use")
        seen.add(role.name)


def _left(
    account: Account, role: StoredRole, touched: set[str], switches: Switches
) -> StoredRole | None:
    """What a full import leaves of a role: the role, a reset one, or None."""
    if role.id in touched or account.fixed(role.role_type, role.name):
        return role
    if not account.editable(role.role_type, role.name):
        return None if switches.full_deletes == "yes" else role
    if switches.builtins_omitted == "deleted":
        return None
    if switches.builtins_omitted == "reset":
        return replace(role, permissions=copied(STOCK.get(role.name, role.permissions)))
    return role


def _in_order(
    account: Account, roles: list[StoredRole], after: dict[str, StoredRole]
) -> tuple[StoredRole, ...]:
    place: dict[str, int] = {}
    for index, role in enumerate(account.roles):
        place[after.get(role.id, role).id] = index
    return tuple(sorted(roles, key=lambda role: place.get(role.id, len(place))))


def _answered(
    account: Account, filed: list[StoredRole], role_type: str, switches: Switches
) -> tuple[StoredRole, ...]:
    roles = list(account.of_type(role_type)) if switches.response_scope == "all" else filed
    if switches.builtins_answered == "no":
        roles = [role for role in roles if not account.fixed(role_type, role.name)]
    if switches.response_order == "arbitrary":
        shuffled = sorted(roles, key=lambda role: sha256(role.id.encode()).digest())
        roles = shuffled if shuffled != roles else roles[::-1]
    return tuple(roles)
