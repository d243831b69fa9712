"""Roles as files in Git: one per role, without ids, times or people, and an index beside them.

The index says which environment they are of, what was captured, and which files `snapshot --split`
wrote, so that it removes no other. Pure; `migrate.rolefolder` is the folder on disk.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from migrate.canonical import dumps_pretty, loads
from migrate.errors import Fault, InvalidInput
from migrate.model import Capture, Identity, Role, Selection, Snapshot, State
from migrate.resources import schema
from migrate.rolefiles.naming import folder_of, is_place, place_of
from migrate.rolevalue import role_to_value
from migrate.snapshot import (
    identity_from_value,
    identity_to_value,
    selection_from_value,
    selection_to_value,
)
from migrate.validation import validate
from migrate.validation.locate import Finding, faults

INDEX = "role-migrate.json"
"""The name of the index, at the top of the folder."""

ROLE_SCHEMA = "urn:role-migrate:schema:role:1"
INDEX_SCHEMA = "urn:role-migrate:schema:roles:1"
FORMAT_VERSION = 1


@dataclass(frozen=True, slots=True)
class Index:
    """What the index says. `captures` has how each role type was captured, `files` the places of
    the files that were written; `unfinished`: some are still those of an earlier snapshot.
    """

    environment: str
    identity: Identity
    selection: Selection
    captures: Mapping[str, Capture]
    files: frozenset[str]
    unfinished: bool = False

    @property
    def folders(self) -> dict[str, str]:
        """The role types by the names of their folders."""
        return {folder_of(role_type): role_type for role_type in self.captures}


def index_of(taken: Snapshot) -> Index:
    """The index of a snapshot's files."""
    captures = {
        role_type: Capture.CAPTURED if section.complete else section.capture
        for role_type, section in taken.state.roles.items()
    }
    places = frozenset(place_of(*role.key) for role in taken.state.all_roles())
    return Index(taken.environment, taken.identity, taken.selection, captures, places)


def role_files(state: State) -> dict[str, bytes]:
    """The files of a state's roles, by their places."""
    return {place_of(*role.key): _role_file(role) for role in state.all_roles()}


def index_file(index: Index) -> bytes:
    """The index as it is written."""
    value: dict[str, Any] = {
        "$schema": INDEX_SCHEMA,
        "formatVersion": FORMAT_VERSION,
        "environment": index.environment,
        "identity": identity_to_value(index.identity),
        "selection": selection_to_value(index.selection),
        "roleTypes": {role_type: how.value for role_type, how in index.captures.items()},
        "files": sorted(index.files),
    }
    return dumps_pretty(value | ({"unfinished": True} if index.unfinished else {}))


def read_index(text: bytes, where: str) -> Index:
    """The index in a file's bytes; raises InvalidInput with every fault."""
    value = loads(text, where)
    found = check_index(value, text, where=where)
    if found:
        raise InvalidInput(
            "this is no sound index of a folder of roles",
            where=where,
            remedy="Restore it (git checkout), or take the snapshot again into another folder.",
            faults=found,
        )
    return Index(
        value["environment"],
        identity_from_value(value["identity"]),
        selection_from_value(value["selection"]),
        {role_type: Capture(how) for role_type, how in value["roleTypes"].items()},
        frozenset(value["files"]),
        value.get("unfinished", False),
    )


def check_index(value: Any, text: bytes, *, where: str) -> tuple[Fault, ...]:
    """Every fault in the value of an index."""
    found = validate(value, text, schema("roles"), where=where)
    if found:
        return found
    wrong = [
        Finding("this can't be the place of a role's file: TYPE/NAME.json", ("files", number))
        for number, place in enumerate(value["files"])
        if not is_place(place)
    ]
    return faults(wrong, text)


def _role_file(role: Role) -> bytes:
    own = {"$schema": ROLE_SCHEMA, "formatVersion": FORMAT_VERSION, "roleType": role.role_type}
    return dumps_pretty({**own, **role_to_value(role, ids=False)})
