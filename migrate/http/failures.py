"""From a failed attempt to an error that says what happened and what to do.

Two questions matter more than any exception's class: had a connection been opened, so that the
request may have left (`Attempt.sent`)? And did our own bound on the total time end it? Both are
known for certain; the class only picks the sentence.
"""

import http.client
import ssl
from collections.abc import Iterator
from dataclasses import dataclass

from migrate.causes import Cause
from migrate.errors import NotSent, OutcomeUnknown, PlatformFailed

_READ_AGAIN = "Run it again; if it keeps happening, raise `timeout` for this environment."
_READ_BACK = (
    "It may or may not have been carried out: read the target back before sending it again."
)


class Unreachable(NotSent):
    """No connection could be opened, for a reason that may pass: worth another attempt."""


@dataclass(frozen=True, slots=True)
class Call:
    """What the errors of one call speak of. `proxy` and `host` are hosts without credentials."""

    what: str
    where: str
    host: str
    proxy: str | None
    idempotent: bool
    timeout: float
    total: float


def chain(failure: BaseException) -> Iterator[BaseException]:
    """Yield `failure` and all that lies inside it, outermost first.

    urllib3 and requests pack the true reason into arguments, `reason` or `original_error`.
    """
    waiting, seen = [failure], set[int]()
    while waiting:
        current = waiting.pop(0)
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        inner = [*current.args, *(getattr(current, name, None) for name in _INSIDE)]
        waiting.extend(each for each in inner if isinstance(each, BaseException))


_INSIDE = ("reason", "original_error", "__cause__", "__context__")


def unknown(failure: BaseException, call: Call, *, expired: bool) -> OutcomeUnknown:
    """Explain why no sound answer came to a request that may have been carried out."""
    return OutcomeUnknown(
        f"{call.what}: {_unanswered(list(chain(failure)), call, expired)}",
        where=call.where,
        remedy=_READ_AGAIN if call.idempotent else _READ_BACK,
        cause=Cause.NO_ANSWER,
    )


def _unanswered(found: list[BaseException], call: Call, expired: bool) -> str:
    names = {type(each).__name__ for each in found}
    if expired:
        return f"no complete answer from {call.host} within {call.total:g} s"
    if names & {"ReadTimeoutError", "ReadTimeout"}:
        return f"{call.host} sent nothing for {call.timeout:g} s"
    if any(isinstance(each, TimeoutError) for each in found):
        return f"{call.host} took in nothing more of the request"
    if names & {"DecodeError", "ContentDecodingError"}:
        return f"the answer of {call.host} could not be decompressed"
    if names & {"IncompleteRead", "InvalidChunkLength"}:
        return f"the answer of {call.host} was cut"
    if any(isinstance(each, (ConnectionError, ssl.SSLEOFError)) for each in found):
        return f"{call.host} closed the connection without a complete answer"
    if any(isinstance(each, http.client.HTTPException) for each in found):
        return f"{call.host} answered with something that is not HTTP"
    return f"the connection to {call.host} broke"


def too_large(call: Call, limit: int) -> PlatformFailed:
    """Explain an answer beyond the size bound. A write may have been carried out all the same."""
    kind = PlatformFailed if call.idempotent else OutcomeUnknown
    return kind(
        f"{call.what}: the answer of {call.host} is larger than {limit // 1024 // 1024} MiB",
        where=call.where,
        remedy="No account's roles need that much: check that `url` names the platform.",
        cause=Cause.NOT_THE_PLATFORM,
    )


def redirected(call: Call, status: int, target: str) -> PlatformFailed:
    """Explain an answer 3xx. Redirects are never followed: the credentials are for one host.

    A write that was answered with 301, 302 or 303 may have been carried out first.
    """
    certain = call.idempotent or status in (304, 307, 308)
    kind = PlatformFailed if certain else OutcomeUnknown
    return kind(
        f"{call.what}: {call.host} answered with a redirect ({status}) to {target}, "
        "which is not followed",
        where=call.where,
        remedy=f"If {target} is the platform, put it into `url` for this environment.",
        cause=Cause.NOT_THE_PLATFORM,
    )
