"""What a fault makes of an answer, or puts in its place."""

import json
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from migrate.sandbox.calls import Call, as_json, error
from migrate.sandbox.exchange import Answer, Hangup
from migrate.sandbox.faults import Armed

RATE_MESSAGE = "Rate limit for this API has been reached. Please try again after some time."

_HTML = (("Content-Type", "text/html; charset=utf-8"),)
_SIGN_IN = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>Sign in</body></html>"
_GATEWAY = b"<html><head><title>502 Bad Gateway</title></head><body>Bad Gateway</body></html>"


def in_place(fault: Armed, call: Call) -> Answer | Hangup:
    """What comes where the server did not act."""
    match fault.fault:
        case "429_retry_after":
            wait = ("Retry-After", f"{fault.seconds:g}")
            return error(429, RATE_MESSAGE, 429, wait)
        case "429_bare":
            return error(429, RATE_MESSAGE, 429)
        case "rate_message":
            return error(400, RATE_MESSAGE, 400)
        case "500":
            return error(500, "Internal Server Error", 500)
        case "502_html":
            return Answer(502, _GATEWAY, _HTML)
        case "503":
            return Answer(503)
        case "200_html":
            return Answer(200, _SIGN_IN, _HTML)
        case "assign_ignored":
            entries = call.body.json if isinstance(call.body.json, list) else []
            return as_json([{"status": "success"} for _ in entries])
        case "redirect":
            return Answer(302, b"", (("Location", f"https://elsewhere.invalid{quote(call.path)}"),))
        case _:
            return Hangup()


def distort(fault: Armed, answer: Answer) -> Answer | Hangup:
    """What becomes of the answer of a server that acted."""
    match fault.fault:
        case "reset_after":
            return Hangup()
        case "500_after":
            return error(500, "Internal Server Error", 500)
        case "502_html_after":
            return Answer(502, _GATEWAY, _HTML)
        case "200_html_after":
            return Answer(200, _SIGN_IN, _HTML)
        case "200_cut_json":
            return replace(answer, body=answer.body[: len(answer.body) // 2])
        case "200_empty":
            return replace(answer, body=b"")
        case "200_short" | "200_wrong" | "page_short" | "total_moves" | "assign_odd_status":
            return _edited(answer, fault)
        case "slow_body":
            return replace(answer, drip=fault.seconds)
        case "wrong_content_length":
            return replace(answer, length=len(answer.body) + 64)
        case _:
            return answer


def _edited(answer: Answer, fault: Armed) -> Answer:
    """The answer with a fault in its rows or total, unchanged where it has none of these."""
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
    lists = [value[name] for name in ("roles", "users", "groups", "bots") if name in value]
    return lists[0] if lists else []


def _other(permissions: dict[str, Any], role_type: str) -> dict[str, Any]:
    no, yes = ("NO", "YES") if role_type == "admin" else (["NO"], ["YES"])
    name = next(iter(permissions), "Preferences")
    return {**permissions, name: yes if permissions.get(name) == no else no}
