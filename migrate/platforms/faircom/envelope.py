"""What a server answered, taken out of its JSON envelope (faircom.md 1). Pure.

The body counts before the HTTP status: nobody documents which status goes with an error. What is
under `debugInfo`, beside warnings, is left there: it repeats passwords and tokens.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from migrate.canonical import loads
from migrate.causes import Cause
from migrate.errors import (
    AccessDenied,
    InvalidInput,
    MigrateError,
    OutcomeUnknown,
    PlatformFailed,
    RateLimited,
)
from migrate.http import Answer

_NUMBER = re.compile(r"-?[0-9]{1,10}")
_UNSOUND = "Check that `url` is the server's own, without /api, and that no proxy answers for it."
_READ_BACK = "The target is read back to see whether it was done."


@dataclass(frozen=True, slots=True)
class Said:
    """A sound answer. `code` 0 is success; `warnings` are sentences, which success may have, too.

    `token` is the session's, where the answer has one.
    """

    code: int
    message: str = ""
    result: Mapping[str, Any] = field(default_factory=dict, repr=False)
    warnings: tuple[str, ...] = ()
    token: str | None = field(default=None, repr=False)


def said_in(answer: Answer, request_id: str, *, what: str, where: str, write: bool) -> Said:
    """What an answer says, whatever its HTTP status.

    Raises AccessDenied, RateLimited or PlatformFailed where something in between refused the
    request, and for what is no sound answer PlatformFailed or, of a write, OutcomeUnknown.
    """
    body = _body(answer)
    code = None if body is None else _code(body.get("errorCode"))
    if body is None or code is None:
        raise _no_envelope(answer, what, where, write=write)
    if code == 0 and answer.status >= 400:
        raise _unsound(f"success with HTTP {answer.status}", what, where, write=write)
    if body.get("requestId", request_id) != request_id:
        raise _unsound("an answer to another request", what, where, write=write)
    result = body.get("result")
    token = body.get("authToken") or (result or {}).get("authToken")
    return Said(
        code,
        _text(body.get("errorMessage")),
        result if isinstance(result, dict) else {},
        tuple(_warnings(body.get("debugInfo"))),
        token if isinstance(token, str) else None,
    )


def _body(answer: Answer) -> dict[str, Any] | None:
    try:
        value = loads(answer.body, where="an answer")
    except InvalidInput:
        return None
    sound = isinstance(value, dict) and isinstance(value.get("result", {}), dict | None)
    return value if sound else None


def _code(value: Any) -> int | None:
    """A code is a number or, with another number format, a string of one."""
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _warnings(debug: Any) -> Iterator[str]:
    """Warnings in both shapes: as specified, and as the vendor's examples have them."""
    found = debug.get("warnings") if isinstance(debug, dict) else None
    for each in found if isinstance(found, list) else ():
        if isinstance(each, dict):
            code = each.get("warningCode", each.get("code"))
            text = _text(each.get("warningMessage") or each.get("message"))
            yield f"{text} (warning {code})" if text else f"warning {code}"
        else:
            yield _text(each)


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _no_envelope(answer: Answer, what: str, where: str, *, write: bool) -> MigrateError:
    status = answer.status
    if status == 429:
        return RateLimited(
            f"{what}: refused for its rate with HTTP 429",
            where=where,
            remedy="No limit of the server's is documented: see what stands in between.",
            retry_after=answer.retry_after,
        )
    if status in (401, 403):
        return AccessDenied(
            f"{what}: refused with HTTP {status}, not by the server's own words",
            where=where,
            remedy="See whether a proxy in between wants something, and check client_cert.",
        )
    if 400 <= status < 500:
        return PlatformFailed(
            f"{what}: refused with HTTP {status}",
            where=where,
            remedy=_UNSOUND,
            cause=Cause.NOT_THE_PLATFORM,
        )
    return _unsound(f"HTTP {status} without a sound answer in it", what, where, write=write)


def _unsound(found: str, what: str, where: str, *, write: bool) -> MigrateError:
    kind = OutcomeUnknown if write else PlatformFailed
    remedy = _READ_BACK if write else _UNSOUND
    return kind(
        f"{what}: the server answered with {found}",
        where=where,
        remedy=remedy,
        cause=Cause.NOT_THE_PLATFORM,
    )
