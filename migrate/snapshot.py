"""Snapshots as files, and the two digests of a state.

The content digest leaves out every id, so it is the same in two environments that hold the same;
the state digest has the ids and tells whether an environment moved. The envelope is in neither.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from operator import attrgetter
from typing import Any

from migrate import peoplefile
from migrate.canonical import dumps, sha256, sha256_of
from migrate.errors import InvalidInput
from migrate.model import (
    Capture,
    Identity,
    Permissions,
    Role,
    Section,
    Selection,
    Snapshot,
    State,
    values_of,
)

SCHEMA = "urn:role-migrate:schema:snapshot:1"
FORMAT_VERSION = 1

UNDATED = "1970-01-01T00:00:00Z"
"""When roles without a time were captured: only that it was before now is known of them."""


def role_to_value(role: Role, *, ids: bool = True) -> dict[str, Any]:
    """A role as JSON: name, description, permissions and, if asked for and known, id and refId.

    Lists of values are the role's own tuples, which are written as lists.
    """
    value: dict[str, Any] = {
        "name": role.name,
        "description": role.description,
        "permissions": role.permissions,
    }
    if ids and role.id is not None:
        value["id"] = role.id
    if ids and role.ref_id is not None:
        value["refId"] = role.ref_id
    return value


def role_from_value(role_type: str, value: dict[str, Any]) -> Role:
    """The role in a JSON value that its schema allows."""
    return Role(
        role_type=role_type,
        name=value["name"],
        description=value["description"],
        permissions=_permissions(value["permissions"]),
        id=value.get("id"),
        ref_id=value.get("refId"),
    )


def _permissions(value: dict[str, Any]) -> Permissions:
    if {*map(type, value.values())} <= {str}:
        return value
    return {name: v if isinstance(v, str) else values_of(*v) for name, v in value.items()}


def role_digest(role: Role) -> str:
    """The digest of one role, ids included: the precondition of a change to it."""
    return sha256(dumps([role.role_type, role_to_value(role)]))


def content_digest(state: State) -> str:
    """SHA-256 (hex) of what a state holds, without ids."""
    return _digest(state, ids=False)


def roles_digest(state: State) -> str:
    """SHA-256 (hex) of the roles of a state without ids; of who holds them, too, where roles are
    only seen in use, and that is all there is to promote.
    """
    whole = any(section.complete for section in state.roles.values())
    return content_digest(State(state.roles) if whole else state)


def state_digest(state: State) -> str:
    """SHA-256 (hex) of what a state holds, with ids."""
    return _digest(state, ids=True)


_Sections = dict[str, tuple[str, Iterable[dict[str, Any]]]]
"""How each role type was captured, and its roles as JSON values."""


def _digest(state: State, *, ids: bool) -> str:
    if ids not in state.digests:
        state.digests[ids] = _worked_out(state, ids=ids)
    return state.digests[ids]


def _worked_out(state: State, *, ids: bool) -> str:
    # Equal to the canonical form of the whole, put together role by role: sorting the roles'
    # bytes is what canonical JSON does with a list, without a second walk over every value.
    sections: _Sections = {
        role_type: (
            section.capture.value,
            (role_to_value(role, ids=ids) for role in section.roles),
        )
        for role_type, section in state.roles.items()
    }
    people = dumps(peoplefile.to_value(state.people, ids=ids)) if state.people else b"null"
    return _together(sections, people)


def _as_written(value: dict[str, Any]) -> str:
    """The state digest of the JSON value of a state, where that is as this version writes it."""
    sections: _Sections = {
        role_type: (section["capture"], section["items"])
        for role_type, section in value["roles"].items()
    }
    people = value["assignments"]
    known = people["capture"] != Capture.NOT_CAPTURED.value
    return _together(sections, dumps(people) if known else b"null")


def _together(sections: _Sections, people: bytes) -> str:
    return sha256_of(_pieces(sections, people))


def _pieces(sections: _Sections, people: bytes) -> Iterator[bytes]:
    yield b'{"assignments":%s,"roles":{' % people
    for number, (role_type, (capture, roles)) in enumerate(sorted(sections.items())):
        comma = b"," if number else b""
        yield b'%s%s:{"capture":%s,"items":[' % (comma, dumps(role_type), dumps(capture))
        # The writer's bytes keep kilobytes that it did not need: these are cut, with the brace.
        items = sorted(dumps(role)[1:] for role in roles)
        yield b"{" if items else b""
        yield b",{".join(items)
        yield b"]}"
    yield b"}}"


def to_value(snapshot: Snapshot) -> dict[str, Any]:
    """The JSON value of a snapshot file."""
    return {
        "$schema": SCHEMA,
        "formatVersion": FORMAT_VERSION,
        "environment": snapshot.environment,
        "identity": identity_to_value(snapshot.identity),
        "capturedAt": snapshot.captured_at,
        "version": snapshot.version,
        "selection": selection_to_value(snapshot.selection),
        "digests": {
            "content": content_digest(snapshot.state),
            "state": state_digest(snapshot.state),
        },
        "state": state_to_value(snapshot.state),
    }


def from_value(value: dict[str, Any], *, where: str, name: str = "") -> Snapshot:
    """The snapshot in a JSON value that its schema allows.

    `name` is the state digest under which it was stored: what is still as it was written then is
    known by that, in a third of the time. Raises InvalidInput on a wrong digest, and where two
    roles of one type have one name.
    """
    state = State(
        {
            role_type: Section(
                Capture(section["capture"]),
                tuple(
                    sorted(
                        (role_from_value(role_type, item) for item in section["items"]),
                        key=attrgetter("name"),
                    )
                ),
            )
            for role_type, section in value["state"]["roles"].items()
        },
        peoplefile.from_value(value["state"]["assignments"]),
    )
    _refuse_twins(state, where)
    if not name or not name == value["digests"]["state"] == _as_written(value["state"]):
        _check_digests(state, value["digests"], where)
    return Snapshot(
        environment=value["environment"],
        identity=identity_from_value(value["identity"]),
        captured_at=value["capturedAt"],
        version=value["version"],
        selection=selection_from_value(value["selection"]),
        state=state,
    )


def _check_digests(state: State, digests: dict[str, str], where: str) -> None:
    if digests != {"content": content_digest(state), "state": state_digest(state)}:
        raise InvalidInput(
            "the snapshot was changed after it was written: its digests do not match its content",
            where=where,
            remedy="Take the snapshot again, or use the untouched file.",
        )


def _refuse_twins(state: State, where: str) -> None:
    for role_type, section in state.roles.items():
        names = Counter(role.name for role in section.roles)
        twice = next((name for name, times in names.items() if times > 1), None)
        if twice is not None:
            raise InvalidInput(
                f"two {role_type} roles have the name {twice!r}: a role is matched by its name",
                where=where,
                remedy="Rename one of them in the environment, and take the snapshot again.",
            )


def state_to_value(state: State) -> dict[str, Any]:
    """A state as JSON: a section of roles per role type, and who holds them."""
    return {
        "roles": {
            role_type: {
                "capture": section.capture.value,
                "items": [role_to_value(role) for role in section.roles],
            }
            for role_type, section in sorted(state.roles.items())
        },
        "assignments": peoplefile.to_value(state.people),
    }


def identity_to_value(identity: Identity) -> dict[str, str]:
    """An identity as JSON."""
    return {"platform": identity.platform, "url": identity.url, "account": identity.account}


def identity_from_value(value: dict[str, str]) -> Identity:
    """The identity in a JSON value that its schema allows."""
    return Identity(value["platform"], value["url"], value["account"])


def selection_to_value(selection: Selection) -> dict[str, list[str]]:
    """A selection as JSON."""
    return {"include": list(selection.include), "exclude": list(selection.exclude)}


def selection_from_value(value: dict[str, list[str]]) -> Selection:
    """The selection in a JSON value that its schema allows."""
    return Selection(tuple(value["include"]), tuple(value["exclude"]))
