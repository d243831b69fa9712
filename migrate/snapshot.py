"""Snapshots as files: a state, its two digests, and the envelope, which is in neither."""

from collections import Counter
from operator import attrgetter
from typing import Any

from migrate import peoplefile
from migrate.digests import content_digest, digest_as_written, state_digest
from migrate.errors import InvalidInput
from migrate.model import Capture, Identity, Section, Selection, Snapshot, State
from migrate.rolevalue import role_from_value, role_to_value

SCHEMA = "urn:role-migrate:schema:snapshot:1"
FORMAT_VERSION = 1

UNDATED = "1970-01-01T00:00:00Z"
"""When roles without a time were captured: only that it was before now is known of them."""


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
    if not name or not name == value["digests"]["state"] == digest_as_written(value["state"]):
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
