"""The calls about users, groups and bots: who they are, and who holds what (kore.md D)."""

from collections.abc import Callable, Mapping
from typing import Any

from migrate.sandbox.calls import Call
from migrate.sandbox.kore import people_answers as answers
from migrate.sandbox.kore.account import Account
from migrate.sandbox.kore.calls import INVALID, Refused, Route
from migrate.sandbox.kore.environment import KoreEnvironment
from migrate.sandbox.kore.membership import Holding, groups_of, holdings, members
from migrate.sandbox.kore.paging import LARGEST_PAGE, page, window
from migrate.sandbox.kore.people import ACTIVE, NOT_ACTIVE, User
from migrate.sandbox.kore.tokens import ROLE_MANAGEMENT, USER_MANAGEMENT, App

USER_ROLES = "/api/public/alluserroles"
USERS_INFO = "/api/public/usersInfo"
GROUPS = "/api/public/groups"
BOTS = "/api/public/bots"

Rows = Mapping[str, tuple[Holding, ...]]


class PeopleCalls:
    """Answers the calls about the people and bots of one environment."""

    def __init__(self, environment: KoreEnvironment) -> None:
        self._environment = environment
        self._worked_out: tuple[Account, str, Rows] | None = None

    def routes(self) -> Mapping[str, Route]:
        """The endpoints by path."""
        return {
            USER_ROLES: Route("GET", ROLE_MANAGEMENT, self._user_roles),
            # Unlike its neighbours, by the scope that the vendor's page of the call names.
            USERS_INFO: Route("POST", USER_MANAGEMENT, self._users_info),
            GROUPS: Route("GET", ROLE_MANAGEMENT, self._groups),
            BOTS: Route("GET", ROLE_MANAGEMENT, self._bots),
        }

    def _user_roles(self, call: Call, _app: App) -> Any:
        switches, account = self._environment.switches, self._environment.visible()
        part = window(call, switches.offset_users, switches)
        rows = self._rows(account)
        listed = [
            user for user in account.users if rows[user.name] or switches.roleless_users == "listed"
        ]

        def show(user: User) -> dict[str, Any]:
            return answers.user_row(account, user, rows[user.name])

        return self._maybe_encrypted(page("users", listed, part, show))

    def _users_info(self, call: Call, _app: App) -> Any:
        body, account = call.body.json, self._environment.visible()
        emails = body.get("emailIds") if isinstance(body, dict) else None
        if not isinstance(emails, list) or not all(isinstance(email, str) for email in emails):
            raise Refused(412, INVALID, 412)
        status = body.get("status", "all")
        if status not in (ACTIVE, NOT_ACTIVE, "all"):
            raise Refused(412, INVALID, 412)
        exact = self._environment.switches.look_up_case == "exact"
        spelled: Callable[[str], str] = str if exact else str.casefold
        users = {spelled(user.email): user for user in account.users if user.email}
        rows, inside = self._rows(account), members(account)
        groups = {group.name: group for group in account.groups}
        found: list[dict[str, Any]] = []
        for email in emails:
            user = users.get(spelled(email))
            if user is None:
                found.append(answers.unknown_user(email))
            elif status in ("all", user.status):
                within = [groups[name] for name in groups_of(inside, user.name)]
                held = rows[user.name]
                found.append(answers.user_information(account, user, held, within))
        return self._maybe_encrypted(found)

    def _groups(self, call: Call, _app: App) -> dict[str, Any]:
        switches, account = self._environment.switches, self._environment.visible()
        part = window(call, switches.offset_groups, switches, LARGEST_PAGE)
        users = {user.name: user for user in account.users}
        groups = {group.name: group for group in account.groups}
        return page(
            "groups",
            account.groups,
            part,
            lambda group: answers.group_row(account, group, users, groups, switches.group_children),
        )

    def _bots(self, call: Call, _app: App) -> dict[str, Any]:
        switches, account = self._environment.switches, self._environment.visible()
        part = window(call, switches.offset_bots, switches, LARGEST_PAGE)
        return page("bots", account.bots, part, lambda bot: answers.bot_row(account, bot))

    def _rows(self, account: Account) -> Rows:
        # Worked out once for all pages: with many users this is most of the work.
        way, known = self._environment.switches.group_rows, self._worked_out
        if known is None or known[0] is not account or known[1] != way:
            known = self._worked_out = (account, way, holdings(account, way))
        return known[2]

    def _maybe_encrypted(self, answer: Any) -> Any:
        on = self._environment.switches.payload_encryption == "on"
        return answers.encrypted(answer) if on else answer
