"""The calls that change who holds what: Assign Admin Roles, Assign Bot Roles (kore.md D)."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from migrate.sandbox.calls import Call
from migrate.sandbox.kore.assigning import BatchRefused, assign, read_entries
from migrate.sandbox.kore.calls import INVALID, Refused, Route
from migrate.sandbox.kore.environment import KoreEnvironment
from migrate.sandbox.kore.tokens import ROLE_MANAGEMENT, App

ASSIGN: Mapping[str, str] = {
    "admin": "/api/public/adminroles/assignments",
    "bot": "/api/public/btroles/assignments",
}
"""The paths by role type. The vendor's pages end them in a slash, others leave it out."""


class AssigningCalls:
    """Answers the assignment calls of one environment."""

    def __init__(self, environment: KoreEnvironment) -> None:
        self._environment = environment

    def routes(self) -> Mapping[str, Route]:
        """The endpoints by path."""
        return {
            path: Route("POST", ROLE_MANAGEMENT, partial(self._assign, role_type))
            for role_type, path in ASSIGN.items()
        }

    def _assign(self, role_type: str, call: Call, _app: App) -> list[dict[str, Any]]:
        environment = self._environment
        entries = read_entries(call.body.json, role_type)
        if entries is None:
            raise Refused(412, INVALID, 412)
        most = len(entries) // 2 if call.fault == "assign_partial" else None
        try:
            outcome = assign(environment.state, role_type, entries, environment.switches, most=most)
        except BatchRefused as refusal:
            raise Refused(400, str(refusal), 400) from None
        environment.commit(call.seq, outcome.account)
        return list(outcome.answers)
