"""Dates and times on the command line, in UTC unless they say otherwise."""

import re
from datetime import UTC, datetime, timedelta

from migrate.errors import UsageError

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def moment(text: str, option: str, *, end_of_day: bool = False) -> float:
    """Epoch seconds of an ISO date (its first second, or its last one) or date-time.

    Raises UsageError for anything else.
    """
    try:
        found = datetime.fromisoformat(text)
        if _DATE.fullmatch(text) and end_of_day:
            found += timedelta(days=1, seconds=-1)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        raise UsageError(
            f"{option} {text!r} is no date",
            remedy="Write a date (2026-01-31) or a time in UTC (2026-01-31T14:30:00Z).",
        ) from None
