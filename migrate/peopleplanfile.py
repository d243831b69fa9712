"""The part of a plan that is about people, as JSON."""

from typing import Any

from migrate import accessfile
from migrate.assigning import Unassigned
from migrate.identity import Rename
from migrate.model import Assignments, PermissionValue, Role
from migrate.moves import Breach, Move, Part
from migrate.ordering import Order
from migrate.peoplefile import assignment_from_value, assignments_to_value
from migrate.peopleplan import PeoplePlan


def to_value(plan: PeoplePlan) -> dict[str, Any]:
    """The JSON value of `people` in a plan file."""
    left = assignments_to_value(item.assignment for item in plan.left)
    return {
        "unread": plan.unread,
        "access": accessfile.to_value(plan.access),
        "dropping": list(plan.dropping),
        "assignments": plan.assignments.value,
        "adds": assignments_to_value(plan.adds),
        "removes": assignments_to_value(plan.removes),
        "left": [
            {"assignment": assignment, "reason": item.reason}
            for item, assignment in zip(plan.left, left, strict=True)
        ],
        "moved": [
            {"roleType": each.role_type, "role": each.old, "becomes": each.new}
            for each in plan.moved
        ],
        "unseen": [
            {"roleType": role.role_type, "role": role.name, "spelled": role.id or role.name}
            for role in plan.unseen
        ],
        "notes": list(plan.notes),
        "orders": [
            {
                "roleType": order.role_type,
                "moves": [_part_to_value(part) for part in order.parts],
                "breaches": [_breach_to_value(breach) for breach in order.breaches],
            }
            for order in plan.orders
        ],
    }


def from_value(value: dict[str, Any]) -> PeoplePlan:
    """The people's part in a JSON value that its schema allows."""
    return PeoplePlan(
        unread=value["unread"],
        access=accessfile.from_value(value["access"]),
        dropping=tuple(value["dropping"]),
        assignments=Assignments(value["assignments"]),
        adds=tuple(assignment_from_value(item) for item in value["adds"]),
        removes=tuple(assignment_from_value(item) for item in value["removes"]),
        left=tuple(
            Unassigned(assignment_from_value(item["assignment"]), item["reason"])
            for item in value["left"]
        ),
        moved=tuple(
            Rename(item["roleType"], item["role"], item["becomes"]) for item in value["moved"]
        ),
        unseen=tuple(
            Role.opaque(item["roleType"], item["role"], item["spelled"]) for item in value["unseen"]
        ),
        notes=tuple(value["notes"]),
        orders=tuple(
            Order(
                item["roleType"],
                tuple(_part_from_value(part) for part in item["moves"]),
                tuple(_breach_from_value(breach) for breach in item["breaches"]),
            )
            for item in value["orders"]
        ),
    )


def _part_to_value(part: Part) -> dict[str, Any]:
    value: dict[str, Any] = {"move": part.move.value}
    if part.items is not None:
        value["items"] = assignments_to_value(sorted(part.items))
    if part.roles is not None:
        value["roles"] = [
            {"role": name, "waits": {key: _held(value) for key, value in sorted(waits.items())}}
            for name, waits in sorted(part.roles.items())
        ]
    return value


def _held(value: PermissionValue | None) -> str | list[str] | None:
    return list(value) if isinstance(value, tuple) else value


def _part_from_value(value: dict[str, Any]) -> Part:
    def held(each: Any) -> PermissionValue | None:
        return tuple(each) if isinstance(each, list) else each

    items, roles = value.get("items"), value.get("roles")
    return Part(
        Move(value["move"]),
        None if items is None else frozenset(assignment_from_value(item) for item in items),
        None
        if roles is None
        else {
            item["role"]: {name: held(each) for name, each in item["waits"].items()}
            for item in roles
        },
    )


def _breach_to_value(breach: Breach) -> dict[str, Any]:
    return {
        "permission": breach.permission,
        "tooMuch": breach.too_much,
        "move": breach.move.value,
        "holders": [
            {"kind": kind, "principal": name, "scope": scope}
            for (kind, name), scope in breach.holders
        ],
    }


def _breach_from_value(value: dict[str, Any]) -> Breach:
    return Breach(
        value["permission"],
        value["tooMuch"],
        Move(value["move"]),
        tuple(((item["kind"], item["principal"]), item["scope"]) for item in value["holders"]),
    )
