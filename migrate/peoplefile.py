"""Who holds what, as JSON: the assignments section of a snapshot."""

from collections.abc import Iterable, Iterator
from typing import Any

from migrate.canonical import dumps, once
from migrate.model import Assignment, Capture, People, Principal, PrincipalKey, PrincipalKind, Scope

NOT_CAPTURED = {"capture": Capture.NOT_CAPTURED.value}


def to_value(people: People | None) -> dict[str, Any]:
    """The section; lists sorted, names as the platform spells them.

    What could only be seen in part is marked as `seen in use`.
    """
    if people is None:
        return dict(NOT_CAPTURED)
    return _section(people, assignments_to_value(people.in_order), ids=True)


def written(people: People | None) -> Iterator[tuple[bool, bytes]]:
    """The section as canonical JSON, with ids (True) and without; null where it was not captured.

    Without, it is the same in two accounts where the same people hold the same.
    """
    items = once(assignments_to_value(people.in_order)) if people else None
    for ids in (True, False):
        yield ids, dumps(_section(people, items, ids=ids) if people else None)


def _section(people: People, items: Any, *, ids: bool) -> dict[str, Any]:
    if not people.complete:
        capture = Capture.SEEN_IN_USE
    else:
        capture = Capture.CAPTURED if people.assignments else Capture.EMPTY
    value: dict[str, Any] = {
        "capture": capture.value,
        "principals": [
            _principal(key, people.principals[key], ids) for key in sorted(people.principals)
        ],
        "scopes": [
            {"name": name, **({"id": people.scopes[name].id} if ids else {})}
            for name in sorted(people.scopes)
        ],
        "items": items,
        "groupsOf": {user: sorted(groups) for user, groups in people.groups_of.items() if groups},
        "unseenGroups": sorted(people.unseen_groups),
        "maybeDirect": assignments_to_value(sorted(people.maybe_direct)),
    }
    if ids:
        value["accountId"] = people.account_id
    return value


def from_value(value: dict[str, Any]) -> People | None:
    """The people in a section that its schema allows; None where it was not captured."""
    if value["capture"] == Capture.NOT_CAPTURED.value:
        return None
    return People(
        account_id=value["accountId"],
        principals={
            (item["kind"], item["folded"]): Principal(
                PrincipalKind(item["kind"]),
                item["name"],
                item.get("id"),
                item.get("orgId"),
                item.get("primary"),
            )
            for item in value["principals"]
        },
        scopes={item["name"]: Scope(item["name"], item["id"]) for item in value["scopes"]},
        assignments=frozenset(assignment_from_value(item) for item in value["items"]),
        groups_of={user: frozenset(groups) for user, groups in value["groupsOf"].items()},
        unseen_groups=frozenset(value["unseenGroups"]),
        maybe_direct=frozenset(assignment_from_value(item) for item in value["maybeDirect"]),
        complete=value["capture"] != Capture.SEEN_IN_USE.value,
    )


def assignments_to_value(items: Iterable[Assignment]) -> list[dict[str, str]]:
    """Assignments as JSON, in their order."""
    return [
        {"kind": kind, "principal": name, "roleType": role_type, "role": role, "scope": scope}
        for kind, name, role_type, role, scope in items
    ]


def assignment_from_value(value: dict[str, str]) -> Assignment:
    """The assignment in a JSON value that its schema allows."""
    return Assignment(
        value["kind"], value["principal"], value["roleType"], value["role"], value["scope"]
    )


def _principal(key: PrincipalKey, principal: Principal, ids: bool) -> dict[str, Any]:
    kind, folded = key
    if not ids:
        return {"kind": kind, "folded": folded}
    value = {"kind": kind, "folded": folded, "name": principal.name}
    if principal.id is not None:
        value["id"] = principal.id
    if principal.org_id is not None:
        value["orgId"] = principal.org_id
    if principal.primary is not None:
        value["primary"] = principal.primary
    return value
