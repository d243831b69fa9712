"""The call that reads the admin console's audit log (kore.md F). `fetchAfter` is not understood."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from migrate.sandbox.calls import Call
from migrate.sandbox.kore.calls import INVALID, Refused, Route
from migrate.sandbox.kore.environment import KoreEnvironment
from migrate.sandbox.kore.paging import window
from migrate.sandbox.kore.tokens import AUDIT_LOGS, App

PATH = "/api/public/auditlogs"
LARGEST_PAGE = 100


class AuditCalls:
    """Answers what is asked of one environment's log."""

    def __init__(self, environment: KoreEnvironment) -> None:
        self._environment = environment

    def routes(self) -> Mapping[str, Route]:
        """The endpoints by path."""
        return {PATH: Route("GET", AUDIT_LOGS, self._list)}

    def _list(self, call: Call, _app: App) -> dict[str, Any]:
        switches = self._environment.switches
        asked = {"limit": call.query["size"]} if "size" in call.query else {}
        paged = replace(call, query={"offset": call.query.get("offset", "0"), **asked})
        part = window(paged, switches.offset_audit, switches, LARGEST_PAGE)
        first, last = _moment(call, "fromDate"), _moment(call, "toDate")
        if switches.audit_dates == "from_last":
            first, last = last, first
        found = [
            event
            for event in self._environment.audit
            if (first is None or first <= event.at) and (last is None or event.at <= last)
        ]
        shown = found[part.start : part.start + part.size]
        return {
            "total": len(found),
            "auditlogs": [event.as_row(switches) for event in shown],
            "moreAvailable": part.start + part.size < len(found),
        }


def _moment(call: Call, name: str) -> int | None:
    """A date, or a date and time in UTC, as epoch milliseconds; None where none is given."""
    text = call.query.get(name)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(412, INVALID, 412) from None
    return round(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() * 1000)
