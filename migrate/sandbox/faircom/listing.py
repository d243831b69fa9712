"""How accounts and their roles are shown, and to whom. Pure (faircom.md 4.6, 4.7, 5)."""

from collections.abc import Iterable
from typing import Any

from migrate.sandbox.faircom.account import GUEST, SETTINGS, Account, Server, folded
from migrate.sandbox.faircom.codes import Failed
from migrate.sandbox.faircom.switches import Switches

_SHOWN = tuple(name for name in SETTINGS if not name.endswith("Datetime"))
"""The settings in the documented answers: the dates are in none of them."""


def visible_to(
    server: Server, operator: str, switches: Switches, *, admin: bool
) -> tuple[Account, ...]:
    """The accounts that an account (folded name) may see. Raises Failed where it may not list."""
    if admin:
        return tuple(server.accounts.values())
    if switches.list_rights in ("12030", "589"):
        raise Failed(int(switches.list_rights))
    own = server.accounts.get(operator)
    return (own,) if own and switches.list_rights == "short" else ()


def matching(
    accounts: Iterable[Account], partial_names: Iterable[str], switches: Switches
) -> list[Account]:
    """The accounts whose names start with one of some texts; all of them for no text."""
    prefixes = tuple(partial_names)
    if not prefixes:
        return list(accounts)
    if switches.partial_case == "exact":
        return [each for each in accounts if user_name(each, switches).startswith(prefixes)]
    wanted = tuple(map(folded, prefixes))
    return [each for each in accounts if each.key.startswith(wanted)]


def listed(server: Server, account: Account, switches: Switches) -> dict[str, Any]:
    """An account as listAccounts shows it."""
    return {**_account(account, switches), **_roles(server, account, switches)}


def described(server: Server, account: Account, switches: Switches) -> dict[str, Any]:
    """An account as describeAccounts shows it."""
    shown = _account(account, switches) | {"lastPasswordChange": account.password_changed}
    return shown | (_roles(server, account, switches) if switches.describe_roles == "yes" else {})


def user_name(account: Account, switches: Switches) -> str:
    """The name of an account as the server shows it."""
    if switches.spelling == "upper":
        return account.key
    return account.username.lower() if switches.spelling == "example" else account.username


def role_name(server: Server, key: str, switches: Switches) -> str:
    """The name of a role as the server shows it; `key` is folded."""
    return server.roles[key] if switches.spelling == "kept" else key


def _account(account: Account, switches: Switches) -> dict[str, Any]:
    settings = {name: account.settings[name] for name in _SHOWN}
    return {"username": user_name(account, switches), **settings}


def _roles(server: Server, account: Account, switches: Switches) -> dict[str, Any]:
    if not account.roles and switches.guest == "absent":
        return {}
    guest = switches.guest == "always" or (switches.guest == "shown" and not account.roles)
    keys = (*account.roles, *([GUEST] if guest else ()))
    if switches.role_order == "by_name":
        keys = tuple(sorted(keys))
    names = [role_name(server, key, switches) for key in keys]
    match switches.role_shape:
        case "objects":
            return {"roles": [{"roleName": name} for name in names]}
        case "names":
            return {"roleNames": names}
    return {"roles": names}
