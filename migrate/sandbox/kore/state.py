"""State documents: all that an account holds, as one JSON object.

A state document is a JSON object:

    {"platform": "kore", "orgId": "o-…", "accountId": "…",
     "catalogue": {"admin": [permission names], "bot": [permission names]},
     "builtIns": {"admin": {"admin": "fixed"}, "bot": {"Bot Tester": "editable", …}},
     "users": [{"userId", "orgUserId", "username", "firstName", "lastName", "isDeveloper",
                "canCreateBot", "status": "active" or "not active"}],
     "groups": [{"_id", "gN", "gDesc", "users": [e-mails], "groups": [names]}],
     "bots": [{"_id", "name", "description", "purpose", "status", "defaultLanguage", "createdOn",
               "createdBy", "jwtApps": [{"name", "clientId", "clientSecret"}]}],
     "roles": [{"roleType", "role", "rDesc", "permissions", "_id", "refId", "holders",
                "createdDate", "createdBy", "modifiedDate", "modifiedBy"}]}

Only `roles`, and of each role `roleType`, `role` and `permissions`, are needed. Ids that are left
out are derived from the names, the same at each start. `holders` lists who holds the role:
{"user": e-mail} or {"group": name}, for bot roles with "bot": the bot's id. A user without
`username` is called by `orgUserId`. Of `users`, `groups` and `bots`, one that is left out holds
whoever is named elsewhere.
"""

import hashlib
import uuid
from typing import Any

from migrate.errors import Fault, InvalidInput
from migrate.sandbox.kore.account import LONG_AGO, Account, StoredRole, copied
from migrate.sandbox.kore.catalogue import BUILT_INS, EDITABLE, FIXED, NAMES, ROLE_TYPES
from migrate.sandbox.kore.documents import role_fault
from migrate.sandbox.kore.state_faults import holder_faults, people_faults
from migrate.sandbox.kore.state_people import read_people

_ACCOUNT_KEYS = {
    *("platform", "orgId", "accountId", "catalogue", "builtIns"),
    *("users", "groups", "bots", "roles"),
}
_ROLE_KEYS = {
    *("roleType", "role", "rDesc", "permissions", "_id", "refId", "holders"),
    *("createdDate", "createdBy", "modifiedDate", "modifiedBy"),
}


def read_account(document: object, environment: str) -> Account:
    """Build an account from a state document. Raises InvalidInput with every fault found."""
    where = f"state of {environment}"
    faults = _account_faults(document)
    if faults or not isinstance(document, dict):
        raise InvalidInput("This is no state of an account.", where=where, faults=tuple(faults))
    org_id = document.get("orgId", f"o-{uuid.uuid5(uuid.NAMESPACE_DNS, environment)}")
    catalogue = document.get("catalogue", {})
    people = read_people(document, org_id)
    return Account(
        org_id=org_id,
        roles=tuple(_read_role(role, org_id) for role in document["roles"]),
        catalogue={kind: tuple(catalogue.get(kind, NAMES[kind])) for kind in ROLE_TYPES},
        built_ins=document.get("builtIns", BUILT_INS),
        account_id=document.get("accountId", hashlib.sha256(org_id.encode()).hexdigest()[:24]),
        users=people.users,
        groups=people.groups,
        bots=people.bots,
    )


def _read_role(document: dict[str, Any], org_id: str) -> StoredRole:
    kind, name = document["roleType"], document["role"]
    seed = f"{org_id}/{kind}/{name}"
    author = f"u-{uuid.uuid5(uuid.NAMESPACE_DNS, org_id)}"
    return StoredRole(
        role_type=kind,
        name=name,
        id=document.get("_id", hashlib.sha256(seed.encode()).hexdigest()[:24]),
        ref_id=document.get("refId", str(uuid.uuid5(uuid.NAMESPACE_URL, seed))),
        description=document.get("rDesc", ""),
        permissions=copied(document["permissions"]),
        holders=tuple(dict(holder) for holder in document.get("holders", ())),
        created=document.get("createdDate", LONG_AGO),
        created_by=document.get("createdBy") or author,
        modified=document.get("modifiedDate", LONG_AGO),
        modified_by=document.get("modifiedBy") or author,
    )


def _account_faults(document: object) -> list[Fault]:
    if not isinstance(document, dict):
        return [Fault("a state is an object", "$")]
    faults = [Fault(f"unknown key {key!r}", "$") for key in sorted(set(document) - _ACCOUNT_KEYS)]
    if document.get("platform", "kore") != "kore":
        faults.append(Fault("platform must be kore", "$.platform"))
    faults += [
        Fault(f"{key} must be a string", f"$.{key}")
        for key in ("orgId", "accountId")
        if not isinstance(document.get(key, "o-1"), str)
    ]
    faults += _catalogue_faults(document.get("catalogue", {}))
    faults += _built_in_faults(document.get("builtIns", {}))
    roles = document.get("roles")
    if not isinstance(roles, list):
        return [*faults, Fault("roles must be a list", "$.roles")]
    seen: set[tuple[str, str]] = set()
    for index, role in enumerate(roles):
        path = f"$.roles[{index}]"
        faults += _role_faults(role, path) or _repeat_faults(role, path, seen)
    faults += people_faults(document)
    # Who holds what can be judged only where roles and people are sound.
    return faults or holder_faults(document, document.get("builtIns", BUILT_INS).get("admin", {}))


def _catalogue_faults(catalogue: object) -> list[Fault]:
    if not isinstance(catalogue, dict) or set(catalogue) - set(ROLE_TYPES):
        return [Fault("catalogue must hold lists under admin and bot", "$.catalogue")]
    return [
        Fault("must be a list of permission names", f"$.catalogue.{kind}")
        for kind, names in catalogue.items()
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names)
    ]


def _built_in_faults(built_ins: object) -> list[Fault]:
    if not isinstance(built_ins, dict) or set(built_ins) - set(ROLE_TYPES):
        return [Fault("builtIns must hold objects under admin and bot", "$.builtIns")]
    return [
        Fault("must map role names to fixed or editable", f"$.builtIns.{kind}")
        for kind, names in built_ins.items()
        if not isinstance(names, dict)
        or not all(value in (FIXED, EDITABLE) for value in names.values())
    ]


def _role_faults(role: object, path: str) -> list[Fault]:
    kind = role.get("roleType") if isinstance(role, dict) else None
    if not isinstance(role, dict) or kind not in ROLE_TYPES:
        return [Fault("a role is an object with roleType admin or bot", path)]
    fault = role_fault(role, str(kind))
    if fault:
        return [Fault(fault, path)]
    faults = [Fault(f"unknown key {key!r}", path) for key in sorted(set(role) - _ROLE_KEYS)]
    if not _are_holders(role.get("holders", [])):
        faults.append(Fault("holders must list {user} or {group}, with bot", f"{path}.holders"))
    return faults + [
        Fault(f"{key} must be a string", path)
        for key in ("createdDate", "createdBy", "modifiedDate", "modifiedBy")
        if not isinstance(role.get(key, ""), str)
    ]


def _repeat_faults(role: dict[str, Any], path: str, seen: set[tuple[str, str]]) -> list[Fault]:
    marks = {(role["roleType"], role["role"]): "a second role of this name"}
    if "_id" in role:
        marks["_id", role["_id"]] = "a second role with this _id"
    faults = [Fault(message, path) for mark, message in marks.items() if mark in seen]
    seen.update(marks)
    return faults


def _are_holders(holders: object) -> bool:
    return isinstance(holders, list) and all(
        isinstance(holder, dict)
        and len({"user", "group"} & set(holder)) == 1
        and set(holder) <= {"user", "group", "bot"}
        and all(isinstance(value, str) and value for value in holder.values())
        for holder in holders
    )
