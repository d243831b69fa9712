"""assignRolesToAccounts on a server's state: pair by pair, as the switches say. Pure.

Nothing of what follows is documented: which pairs fail, how that is told, what it leaves done
(faircom.md 4.1, 5).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from migrate.sandbox.faircom import codes
from migrate.sandbox.faircom.account import ADMIN, GUEST, MOST_ROLES, Account, Server, folded
from migrate.sandbox.faircom.envelope import Warned
from migrate.sandbox.faircom.listing import role_name
from migrate.sandbox.faircom.switches import Switches

CODES: Mapping[str, int] = {
    "unknown_user": codes.UNKNOWN_USER,
    "unknown_role": codes.UNKNOWN_ROLE,
    "duplicate_add": codes.SECURITY,
    "absent_remove": codes.NOT_IN_ROLE,
    "guest_change": codes.SECURITY,
    "admin_change": codes.ONLY_ADMIN,
    "too_many_roles": codes.OUT_OF_LIMIT,
}
"""What can be wrong with a pair, by the switch that says how it is told."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One role to be given to one account, or taken from it; names as they were sent."""

    give: bool
    role: str
    username: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """The server afterwards, what was warned of, and the error that the call ends with, if any."""

    server: Server
    warnings: tuple[Warned, ...] = ()
    error: Warned | None = None


def assign(
    server: Server,
    pairs: Iterable[Pair],
    operator: str,
    switches: Switches,
    *,
    most: int | None = None,
) -> Outcome:
    """Carry out the pairs in their order. `operator` is the folded name of who asks.

    With `most` only so many are tried, and the rest is left out without a word.
    """
    bench = _Bench(server, operator, switches)
    warnings: list[Warned] = []
    error: Warned | None = None
    for pair in list(pairs)[:most]:
        trouble = bench.try_pair(pair)
        told = getattr(switches, trouble) if trouble else "silent"
        if told == "warning":
            warnings.append(_told(trouble, pair))
        if told == "error":
            error = error or _told(trouble, pair)
            if switches.batch != "each":
                break
    undone = error is not None and switches.batch == "atomic"
    return Outcome(server if undone else bench.result(), tuple(warnings), error)


def _told(trouble: str, pair: Pair) -> Warned:
    doing = f"add role [{pair.role}] to" if pair.give else f"remove role [{pair.role}] from"
    code = CODES[trouble]
    message = f"Not able to {doing} account [{folded(pair.username)}] - error [{code}]"
    return Warned(code, message)


class _Bench:
    """A copy of a server's state to work on."""

    def __init__(self, server: Server, operator: str, switches: Switches) -> None:
        self._server = server
        self._accounts: dict[str, Account] = dict(server.accounts)
        self._roles: dict[str, str] = dict(server.roles)
        self._operator = operator
        self._switches = switches

    def result(self) -> Server:
        """The state as it is now."""
        return replace(self._server, accounts=self._accounts, roles=self._roles)

    def try_pair(self, pair: Pair) -> str:
        """Do what a pair asks; what is wrong with it where that was not done, "" if nothing."""
        account = self._accounts.get(folded(pair.username))
        role = folded(pair.role)
        if account is None:
            return "unknown_user"
        if not self._knows(pair.role):
            if self._switches.unknown_role != "created" or not pair.give:
                return "unknown_role"
            self._roles.setdefault(role, pair.role)
        trouble = self._trouble(account, role, give=pair.give)
        if not trouble:
            roles = (*account.roles, role) if pair.give else _without(account.roles, role)
            self._accounts[account.key] = replace(account, roles=roles)
        return trouble

    def _knows(self, name: str) -> bool:
        role = folded(name)
        if role not in self._roles:
            return False
        shown = role_name(replace(self._server, roles=self._roles), role, self._switches)
        return self._switches.role_case == "folded" or name == shown

    def _trouble(self, account: Account, role: str, *, give: bool) -> str:
        if GUEST in (role, account.key):
            return "guest_change"
        if role == ADMIN and self._operator != ADMIN:
            return "admin_change"
        if give and role in account.roles:
            return "duplicate_add"
        if not give and role not in account.roles:
            return "absent_remove"
        return "too_many_roles" if give and len(account.roles) >= MOST_ROLES else ""


def _without(roles: tuple[str, ...], role: str) -> tuple[str, ...]:
    return tuple(each for each in roles if each != role)
