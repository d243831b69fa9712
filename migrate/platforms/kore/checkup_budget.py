"""What is left of the account's calls: by the config, by headers of an answer, by a refusal.

kore.md E: 60 calls a minute and 1,800 an hour are documented; headers that count them are not, so
those that other services send are understood and none is expected.
"""

import re

from migrate.causes import Cause
from migrate.config import Limits
from migrate.diagnosis import Finding, failed, sound, warning
from migrate.errors import MigrateError, RateLimited
from migrate.http import Answer

CHECK = "rate budget"
FEW = 20
"""Calls left below which a promotion had better wait: roles cost 7, assignments one per page."""

_PLAIN = ("x-ratelimit-remaining", "x-rate-limit-remaining", "ratelimit-remaining")
_COMBINED = re.compile(r"\b(?:r|remaining)\s*=\s*(\d{1,9})")
_DOCUMENTED = Limits()


def budget(limits: Limits, answer: Answer, error: MigrateError | None) -> Finding:
    """Whether there is room for calls, as far as the config, an answer and its error tell."""
    if isinstance(error, RateLimited):
        if error.retry_after is not None:
            error.what += f"; calls can be made again in {error.retry_after:.0f} s"
        return failed(CHECK, error)
    left = calls_left(answer)
    told = f"; by the platform's word {left} calls are left" if left is not None else ""
    if left is not None and left < FEW:
        return warning(
            CHECK,
            f"by the platform's word only {left} calls are left for now",
            Cause.RATE_LIMIT,
            "Wait a minute, and see which other tools use this account.",
        )
    over = [
        f"{mine:,} {word} (documented: {documented:,})"
        for mine, documented, word in (
            (limits.per_minute, _DOCUMENTED.per_minute, "a minute"),
            (limits.per_hour, _DOCUMENTED.per_hour, "an hour"),
        )
        if mine > documented
    ]
    if over:
        return warning(
            CHECK,
            f"the config allows more calls than are documented: {', '.join(over)}{told}",
            Cause.RATE_LIMIT,
            "Leave `limits` out, unless the vendor agreed to more for this account.",
        )
    return sound(
        CHECK,
        f"the config keeps to {limits.per_minute:,} calls a minute and {limits.per_hour:,} an hour"
        f"{told}",
    )


def calls_left(answer: Answer) -> int | None:
    """How many calls an answer says are left; None where it does not say."""
    for name in _PLAIN:
        text = answer.headers.get(name, "").strip()
        if text.isascii() and text.isdigit() and len(text) < 10:
            return int(text)
    found = _COMBINED.search(answer.headers.get("ratelimit", ""))
    return int(found[1]) if found else None
