"""What kind of file a JSON document is, and what no schema can say of a snapshot."""

import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from migrate.errors import Fault, InvalidInput
from migrate.validation.locate import Finding, Locator, faults, lines
from migrate.validation.role_names import check_names
from migrate.wording import JsonPath, json_path, quoted, value_words

IMPORT_KORE = "import-kore"
"""The kind of a bare array of Kore.ai role documents, of whichever role type."""

_SCHEMA_NAME = re.compile(
    r"urn:role-migrate:schema:([a-z-]+):[0-9]+|(?:.*/)?([a-z-]+)\.schema\.json"
)

_KINDS: Mapping[str, frozenset[str]] = {
    "snapshot": frozenset({"state", "digests"}),
    "plan": frozenset({"changes", "verdicts"}),
    "run": frozenset({"plan", "steps"}),
    "fleet": frozenset({"members", "missing"}),
    "fleet-report": frozenset({"targets", "halted"}),
    "history": frozenset({"previous", "basis"}),
    "config": frozenset({"environments"}),
    "assignments": frozenset({"assignments"}),
    "roles": frozenset({"roleTypes", "files"}),
    "role": frozenset({"roleType", "name", "permissions"}),
}
"""Kinds of files, each with keys that none below it has."""

_REQUEST = frozenset(
    {
        *("roleId", "roleName", "addUsers", "addOrgUserIds", "addGroups"),
        *("removeUsers", "removeOrgUserIds", "removeGroups"),
    }
)
"""Keys of an entry in a request to assign roles (kore.md D)."""

_MISTAKEN: Mapping[str, str] = {
    "roles": "this is an answer of Get Roles, which may be cut short; use an export of the roles",
    "errors": "this is an error that the platform answered, not an export",
    "permissions": "this is a single role document; a file of roles is a list: put it in [ ]",
}
"""What files are that have such a key and are often taken for an export (kore.md, D)."""


def kind_of(value: Any, *, where: str) -> str:
    """Which kind of file `value` is: "import-kore", or the name of its schema.

    Told by `$schema` (our URN, or a path to a schema file of ours), else by keys; a list is one of
    role documents, unless an entry looks like one of a request to assign roles. Raises
    InvalidInput, saying what the file looks like, where it is no file of ours.
    """
    if isinstance(value, list):
        return "assignments" if any(map(_is_request, value)) else IMPORT_KORE
    remedy = (
        "Give a snapshot, a plan, a config, an assignments file, or an array of Kore.ai role "
        "documents."
    )
    if not isinstance(value, dict):
        message = f"expected an object or a list, found {value_words(value)}"
        raise InvalidInput(message, where=where, remedy=remedy, faults=(Fault(message, "$"),))
    declared = value.get("$schema")
    named = _SCHEMA_NAME.fullmatch(declared) if isinstance(declared, str) else None
    if named and not is_faircom_request(value):
        kind = named[1] or named[2]
        if kind in _KINDS:
            return kind
        message = f"this version of role-migrate knows no files of the kind {quoted(kind)}"
        raise InvalidInput(message, where=where, remedy=remedy, faults=(Fault(message, "$"),))
    if is_faircom_request(value):
        return "assignments"
    for kind, keys in _KINDS.items():
        if keys <= value.keys():
            return kind
    known_mistakes = (words for key, words in _MISTAKEN.items() if key in value)
    message = next(known_mistakes, "this is no kind of file that role-migrate knows")
    raise InvalidInput(message, where=where, remedy=remedy, faults=(Fault(message, "$"),))


def is_faircom_request(value: Any) -> bool:
    """Whether a document is a FairCom request to assign roles, or the parameters of one."""
    if not isinstance(value, dict) or "assignments" in value:
        return False
    return bool({"add", "remove", "params"} & value.keys())


def _is_request(entry: Any) -> bool:
    """Whether an entry of a list is one of a request to assign roles, no role document."""
    return isinstance(entry, dict) and "permissions" not in entry and bool(_REQUEST & entry.keys())


def check_snapshot(
    value: Any, text: bytes | None = None, *, locator: Locator = lines
) -> tuple[Fault, ...]:
    """What no schema can say of a snapshot's sections; its digests are checked elsewhere.

    `value` has passed the schema. Two roles of one name, or with one id, are errors; names that
    are alike or odd are warned about.
    """
    findings: list[Finding] = []
    for role_type, section in value["state"]["roles"].items():
        here: JsonPath = ("state", "roles", role_type, "items")
        items = section["items"]
        names = {index: role["name"] for index, role in enumerate(items)}
        findings += check_names(names, partial(_name_path, role_type))
        findings += _repeated_ids(items, here)
    return faults(findings, text, locator)


def _name_path(role_type: str, index: int) -> JsonPath:
    return ("state", "roles", role_type, "items", index, "name")


def _repeated_ids(items: list[dict[str, Any]], here: JsonPath) -> Iterator[Finding]:
    ids = [role["id"] for role in items if "id" in role]
    if len(set(ids)) == len(ids):
        return
    seen: dict[str, JsonPath] = {}
    for index, role in enumerate(items):
        if "id" in role:
            place = (*here, index)
            first = seen.setdefault(role["id"], place)
            if first is not place:
                message = (
                    f"two roles have the id {quoted(role['id'])}, the other is {json_path(first)}"
                )
                yield Finding(message, (*place, "id"))
