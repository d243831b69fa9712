"""What a fault makes of an answer, or puts in its place."""

import json
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from migrate.sandbox.exchange import Answer, Hangup
from migrate.sandbox.faults import Armed
from migrate.sandbox.kore import Call, error

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
        case "200_short":
            return _with_roles(answer, shorten=True)
        case "200_wrong":
            return _with_roles(answer, shorten=False)
        case "slow_body":
            return replace(answer, drip=fault.seconds)
        case "wrong_content_length":
            return replace(answer, length=len(answer.body) + 64)
        case _:
            return answer


def _with_roles(answer: Answer, *, shorten: bool) -> Answer:
    """The answer with its last role missing, or with other permissions in its first one."""
    value = json.loads(answer.body)
    roles: list[dict[str, Any]] = value if isinstance(value, list) else value.get("roles", [])
    if not roles:
        return answer
    if shorten:
        roles.pop()
    else:
        roles[0]["permissions"] = _other(roles[0]["permissions"], roles[0]["roleType"])
    return replace(answer, body=json.dumps(value, ensure_ascii=False).encode())


def _other(permissions: dict[str, Any], role_type: str) -> dict[str, Any]:
    no, yes = ("NO", "YES") if role_type == "admin" else (["NO"], ["YES"])
    name = next(iter(permissions), "Preferences")
    return {**permissions, name: yes if permissions.get(name) == no else no}
