"""Answers of Kore.ai turned into values, or into our errors (the table in kore.md D).

The platform says no in many ways: error envelopes under any status, a wrong scope as 401, a rate
limit in the text alone, failures inside HTTP 200. Anything that is no sound JSON after a write
leaves open whether the write was done.
"""

import re
import time
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
from migrate.platforms.kore.said import Said, said_by


class ServerError(OutcomeUnknown):
    """A write was answered with a status from 500 up: it may or may not have been executed."""


_RATE_LIMIT = re.compile(r"rate limit", re.IGNORECASE)
_HOURLY = re.compile(r"hourly", re.IGNORECASE)
_CREDENTIALS = re.compile(r"invalid (sdk credentials|jwt)", re.IGNORECASE)
SKEW = 120.0
"""Seconds by which the clocks may differ before it is worth a word."""


def value_of(answer: Answer, *, what: str, where: str, write: bool, sealed: bool = False) -> Any:
    """The JSON value of a good answer.

    `sealed`: answers to this call hold secrets of the account (Get Bots, kore.md D), and nothing
    but the message of an error is repeated of one. Raises RateLimited, AccessDenied,
    PlatformFailed, and for a write whose answer is not sound OutcomeUnknown.
    """
    said = said_by(answer, sealed=sealed)
    # Only what is an error is searched: a role may be called "Rate limit admins".
    if answer.status == 429 or (said and _RATE_LIMIT.search(said.words)):
        raise RateLimited(
            f"{what}: the platform's rate limit is reached{_said(said)}",
            where=where,
            remedy="Wait, and see that no other tool uses the same account meanwhile.",
            retry_after=answer.retry_after,
            hourly=bool(said and _HOURLY.search(said.words)),
        )
    if answer.status in (401, 403):
        raise _denied(answer, said, what, where)
    if write and (answer.status >= 500 or 200 < answer.status < 300):
        kind = ServerError if answer.status >= 500 else OutcomeUnknown
        raise kind(
            f"{what}: the platform answered with HTTP {answer.status}{_said(said)}",
            where=where,
            remedy="The target is read back to see whether it was done.",
        )
    if answer.status != 200 or said is not None:
        raise PlatformFailed(
            f"{what}: refused with HTTP {answer.status}{_said(said)}",
            where=where,
            remedy=_remedy(answer.status, said.words if said else ""),
            cause=Cause.NOT_THE_PLATFORM if answer.status in (404, 405) else None,
        )
    try:
        return loads(answer.body, where=where)
    except InvalidInput as error:
        raise _unsound(answer, error, what, where, write=write) from error


def credentials_refused(answer: Answer) -> bool:
    """Whether the app's secret may be what was refused (kore.md D); then nothing was executed.

    A scope that is missing, and the rules for JTI, say that the secret is right.
    """
    return answer.status in (401, 403) and bool(_CREDENTIALS.search(_words(answer)))


def credentials_taken(answer: Answer) -> bool:
    """Whether the answer shows that the app's secret is right: also where only the scope is not."""
    scope = answer.status in (401, 403) and "scope" in _words(answer).lower()
    return answer.status == 200 or scope


def _words(answer: Answer) -> str:
    said = said_by(answer)
    return said.words if said else ""


def _said(said: Said | None) -> str:
    return f": {said.shown}" if said and said.shown else ""


def _denied(answer: Answer, said: Said | None, what: str, where: str) -> AccessDenied:
    skew = skew_of(answer)
    cause, remedy = _why_denied(said.words.lower() if said else "", skew, told=bool(answer.date))
    return AccessDenied(
        f"{what}: access denied with HTTP {answer.status}{_said(said)}",
        where=where,
        remedy=remedy,
        cause=cause,
    )


def _why_denied(message: str, skew: float, *, told: bool) -> tuple[Cause, str]:
    """The cause of a refusal and its remedy; `told`: whether the answer told the time."""
    if "scope" in message:
        return Cause.SCOPE, (
            "Give the admin-console app the scope Profile Management > Role Management, "
            "and deploy it again."
        )
    if abs(skew) > SKEW:
        behind = "behind" if skew > 0 else "ahead of"
        return Cause.CLOCK, (
            f"This machine's clock is {abs(skew) / 60:.0f} minutes {behind} the platform's, so "
            "the token looks expired or not yet valid: set the clock."
        )
    if "exp" in message and "hour" in message:
        # Ours live for minutes: only by another clock can one seem to live for more than an hour.
        return Cause.CLOCK, (
            "With JTI enforced a token may live for an hour, and ours live for minutes: this "
            "machine's clock is ahead of the platform's, so set it (NTP)."
        )
    if "expired" in message or "not active" in message:
        return Cause.CLOCK, "Tokens are minutes old at most: set this machine's clock (NTP)."
    if "credentials" in message:
        return Cause.CREDENTIALS, (
            "Check client_id (exact case) and client_secret of the app in the config."
        )
    if "jti" in message or "replay" in message:
        return Cause.JTI, (
            "The app enforces JTI, so that each token works once, and each request has its own: "
            "see that no proxy or gateway between here and there repeats requests."
        )
    clock = "" if told else " Check this machine's clock, too: the platform does not tell its own."
    if "jwt" in message or "token" in message:
        return Cause.TOKEN_FORM, (
            "The token was signed with HS256 and not encrypted: turn JWE (encrypted tokens) off "
            "for the app in the console, see that it signs with HS256, and that client_id is its "
            f"own.{clock}"
        )
    return Cause.CREDENTIALS, (
        f"Check client_id and client_secret, and that the app signs with HS256.{clock}"
    )


def skew_of(answer: Answer) -> float:
    """Seconds by which the platform's clock is ahead of ours; 0 where it does not say."""
    return answer.date.timestamp() - time.time() if answer.date else 0.0


def _remedy(status: int, message: str) -> str:
    if "file id" in message.lower():
        return (
            "The import did not find the uploaded file. Where it was uploaded to the platform, "
            'this environment may want it from a bucket: set `upload` to "store" and '
            'import_bucket to { url = "s3://BUCKET/PREFIX", file_id = "{key}" } (docs/kore.md), '
            "and apply the same plan again. Where it lies in a bucket, check which one the "
            "platform reads, and `file_id` of `import_bucket`."
        )
    if status in (404, 405):
        return "Check the environment's url: this address does not offer the call."
    if "_id" in message:
        return "Set send_source_id = true for this environment if it wants ids for new roles."
    return "Read the platform's reason above; role-migrate doctor checks the usual causes."


def _unsound(
    answer: Answer, error: InvalidInput, what: str, where: str, *, write: bool
) -> MigrateError:
    html = answer.body.lstrip()[:1] == b"<"
    found = "an HTML page" if html else f"something that is no sound JSON ({error.what})"
    text = f"{what}: the platform answered HTTP 200 with {found}"
    if write:
        return OutcomeUnknown(
            text, where=where, remedy="The target is read back to see whether it was done."
        )
    return PlatformFailed(
        text,
        where=where,
        remedy="Check the environment's url and that no login page or proxy answers in its place.",
        cause=Cause.NOT_THE_PLATFORM,
    )
