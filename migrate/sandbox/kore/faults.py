"""Trouble that only a Kore account makes: in its lists, its roles and its assignments."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from migrate.sandbox.calls import Call, as_json
from migrate.sandbox.effects import RATE_MESSAGE
from migrate.sandbox.exchange import Answer
from migrate.sandbox.faults import ACTS, ANYWHERE, NOT, Armed, Kind
from migrate.sandbox.kore.calls import error

FAULTS: Mapping[str, Kind] = {
    **ANYWHERE,
    "rate_message": Kind("400 whose message speaks of the rate limit", NOT),
    "200_short": Kind("acts, and the answer lacks its last role, row or entry", ACTS),
    "200_wrong": Kind("acts, and the first role answered has other permissions", ACTS),
    "page_repeats": Kind("a page of a list answers what the page before it did", ACTS),
    "page_short": Kind("a page lacks half of its rows; total and more stay", ACTS),
    "total_moves": Kind("the total grows by one with each matching request", ACTS),
    "assign_partial": Kind("the first half of a batch is done, the rest fails", ACTS),
    "assign_ignored": Kind("an assignment is answered as done, and nothing is", NOT),
    "assign_odd_status": Kind("acts, and no status says success or failure", ACTS),
}


def in_place(fault: Armed, call: Call) -> Answer | None:
    """What comes where the server did not act; None for the faults of every platform."""
    match fault.fault:
        case "rate_message":
            return error(400, RATE_MESSAGE, 400)
        case "assign_ignored":
            entries = call.body.json if isinstance(call.body.json, list) else []
            return as_json([{"status": "success"} for _ in entries])
    return None


def edited(fault: Armed, answer: Answer) -> Answer | None:
    """The answer with a fault in its rows or total, as it is where it has none of these.

    None for the faults of every platform.
    """
    if fault.fault in ANYWHERE:
        return None
    value = json.loads(answer.body)
    rows = _rows(value)
    match fault.fault:
        case "200_short":
            del rows[-1:]
        case "page_short":
            del rows[len(rows) // 2 :]
        case "total_moves" if isinstance(value, dict) and "total" in value:
            value["total"] += fault.seen
        case "200_wrong" if rows and "permissions" in rows[0]:
            rows[0]["permissions"] = _other(rows[0]["permissions"], rows[0]["roleType"])
        case "assign_odd_status" if isinstance(value, list):
            for row in rows:
                row.update({"status": "accepted"} if "status" in row else {})
    return replace(answer, body=json.dumps(value, ensure_ascii=False).encode())


def _rows(value: Any) -> list[dict[str, Any]]:
    """The list in an answer: the answer itself, or that of a page."""
    if isinstance(value, list):
        return value
    names = ("roles", "users", "groups", "bots", "auditlogs")
    return next((value[name] for name in names if name in value), [])


def _other(permissions: dict[str, Any], role_type: str) -> dict[str, Any]:
    no, yes = ("NO", "YES") if role_type == "admin" else (["NO"], ["YES"])
    name = next(iter(permissions), "Preferences")
    return {**permissions, name: yes if permissions.get(name) == no else no}
