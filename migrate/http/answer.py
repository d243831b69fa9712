"""What goes out as a file and what comes back: plain values without any library's types."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


@dataclass(frozen=True, slots=True)
class Upload:
    """A file for a multipart form: the field's name, the file's name, and its bytes."""

    name: str
    filename: str
    data: bytes = field(repr=False)
    content_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer. `headers` has lower-case names; `url` has no query; `body` is decoded."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    url: str

    @property
    def date(self) -> datetime | None:
        """The server's clock when it answered (`Date`), None when not said."""
        return _http_date(self.headers.get("date"))

    @property
    def retry_after(self) -> float | None:
        """Seconds that `Retry-After` asks for, None when absent or unreadable.

        A date is measured against the server's own clock, so a wrong one here does no harm.
        """
        text = self.headers.get("retry-after", "").strip()
        if text.isascii() and text.isdigit() and len(text) < 10:
            return float(text)
        until = _http_date(text)
        if until is None:
            return None
        return max(0.0, (until - (self.date or datetime.now(UTC))).total_seconds())


def _http_date(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
