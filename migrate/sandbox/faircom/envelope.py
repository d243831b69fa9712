"""The envelope of the JSON action protocol: reading requests, wrapping answers (faircom.md 1)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from migrate.sandbox.calls import as_json
from migrate.sandbox.exchange import Answer
from migrate.sandbox.faircom import codes
from migrate.sandbox.faircom.codes import Failed
from migrate.sandbox.faircom.switches import Switches

DEBUG = ("none", "min", "max")
_LONGEST_TOKEN, _LONGEST_VERSION = 255, 12
_DEAD_TOKEN = "'authToken' does not match any existing session. Use a valid 'authToken'."  # noqa: S105


@dataclass(frozen=True, slots=True)
class Asked:
    """A request: what it wants of whom. `action` is in lower case; `api` is None where left out."""

    action: str
    api: str | None
    token: str
    params: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Warned:
    """A warning: something that was not done, or not as asked, though all is called well."""

    code: int
    message: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What an action came to. `result` None leaves it out; `token` is that of the session."""

    result: Mapping[str, Any] | None = field(default_factory=dict)
    warnings: tuple[Warned, ...] = ()
    code: int = 0
    message: str = ""
    token: str = ""


def dead_token() -> Warned:
    """The warning of deleteSession for a token that is none (faircom.md 2)."""
    return Warned(codes.DEAD_TOKEN, _DEAD_TOKEN)


def read(body: Any) -> Asked:
    """Read the envelope of a request. Raises Failed."""
    if not isinstance(body, dict):
        raise Failed(codes.BAD_PARAMETER, "A request is a JSON object.")
    texts = {"action": 0, "api": 0, "apiVersion": _LONGEST_VERSION, "authToken": _LONGEST_TOKEN}
    for name, longest in texts.items():
        value = body.get(name)
        if not isinstance(value, str | None):
            raise Failed(codes.WRONG_TYPE, f"'{name}' is a string.")
        if longest and len((value or "").encode(errors="replace")) > longest:
            raise Failed(codes.TOO_LONG, f"'{name}' has at most {longest} bytes.")
    if not body.get("action"):
        raise Failed(codes.MISSING, "'action' says what to do.")
    if body.get("debug") not in (None, *DEBUG):
        raise Failed(codes.BAD_VALUE, f"'debug' is one of {', '.join(DEBUG)}.")
    for name in ("params", "responseOptions"):
        if not isinstance(body.get(name), dict | None):
            raise Failed(codes.WRONG_TYPE, f"'{name}' is an object.")
    return Asked(
        action=body["action"].lower(),
        api=body.get("api") or None,
        token=body.get("authToken") or "",
        params=body.get("params") or {},
    )


def wrap(body: Any, reply: Reply, switches: Switches, session: Mapping[str, Any]) -> Answer:
    """The answer to a request, of which as much is echoed as could be read.

    `session` has the session's own defaultDebug and defaultResponseOptions, as far as there is one.
    """
    asked = body if isinstance(body, dict) else {}
    options = {**(session.get("defaultResponseOptions") or {}), **_object(asked, "responseOptions")}
    document: dict[str, Any] = {}
    if reply.token and switches.token_place != "result":  # noqa: S105 - a place, no token
        document["authToken"] = reply.token
    result = reply.result
    if reply.code:
        result = {} if switches.error_result == "empty" else None
    if result is not None:
        as_text = options.get("numberFormat") == "string"
        document["result"] = _with_text(result) if as_text else result
    if "requestId" in asked:
        document["requestId"] = asked["requestId"]
    document["errorCode"] = str(reply.code) if switches.error_code == "string" else reply.code
    document["errorMessage"] = reply.message
    debug = asked.get("debug") or session.get("defaultDebug") or switches.default_debug
    if debug != "none":
        document["debugInfo"] = _debug_info(asked, reply, switches)
    return as_json(document, _status(reply.code, switches))


def _debug_info(asked: Mapping[str, Any], reply: Reply, switches: Switches) -> dict[str, Any]:
    # The whole request, password and token included, as the real one does (faircom.md 1).
    long = switches.warning_shape == "long"
    return {
        "request": asked,
        "serverSuppliedValues": {},
        "errorData": {},
        "warnings": [
            {"warningCode": warned.code, "warningMessage": warned.message, "warningData": {}}
            if long
            else {"code": warned.code, "message": warned.message}
            for warned in reply.warnings
        ],
    }


def _status(code: int, switches: Switches) -> int:
    if code == codes.DEAD_TOKEN:
        return int(switches.dead_token_status)
    return codes.http_status(code) if code and switches.error_status == "4xx" else 200


def _object(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = value.get(name)
    return found if isinstance(found, dict) else {}


def _with_text(value: Any) -> Any:
    """A copy in which every number is a string, as numberFormat "string" wants it."""
    if isinstance(value, Mapping):
        return {key: _with_text(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_with_text(entry) for entry in value]
    return str(value) if type(value) in (int, float) else value
