"""The part of a plan that is about people, as JSON."""

from typing import Any

from migrate import accessfile
from migrate.assigning import Unassigned
from migrate.model import Assignment, Assignments, Role
from migrate.ordering import Order
from migrate.peopleplan import PeoplePlan
from migrate.replay import Breach, Move


def to_value(plan: PeoplePlan) -> dict[str, Any]:
    """The JSON value of `people` in a plan file."""
    return {
        "unread": plan.unread,
        "access": accessfile.to_value(plan.access),
        "dropping": list(plan.dropping),
        "assignments": plan.assignments.value,
        "adds": [assignment_to_value(item) for item in plan.adds],
        "removes": [assignment_to_value(item) for item in plan.removes],
        "left": [
            {"assignment": assignment_to_value(item.assignment), "reason": item.reason}
            for item in plan.left
        ],
        "moved": [{"roleType": role_type, "role": name} for role_type, name in plan.moved],
        "unseen": [
            {"roleType": role.role_type, "role": role.name, "spelled": role.id or role.name}
            for role in plan.unseen
        ],
        "notes": list(plan.notes),
        "orders": [
            {
                "roleType": order.role_type,
                "moves": [move.value for move in order.moves],
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
        moved=tuple((item["roleType"], item["role"]) for item in value["moved"]),
        unseen=tuple(
            Role.opaque(item["roleType"], item["role"], item["spelled"]) for item in value["unseen"]
        ),
        notes=tuple(value["notes"]),
        orders=tuple(
            Order(
                item["roleType"],
                tuple(Move(move) for move in item["moves"]),
                tuple(_breach_from_value(breach) for breach in item["breaches"]),
            )
            for item in value["orders"]
        ),
    )


def assignment_to_value(item: Assignment) -> dict[str, str]:
    """An assignment as JSON."""
    return {
        "kind": item.kind,
        "principal": item.principal,
        "roleType": item.role_type,
        "role": item.role,
        "scope": item.scope,
    }


def assignment_from_value(value: dict[str, str]) -> Assignment:
    """The assignment in a JSON value that its schema allows."""
    return Assignment(
        value["kind"], value["principal"], value["roleType"], value["role"], value["scope"]
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
