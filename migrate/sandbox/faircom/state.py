"""State documents: all that a server holds, as one JSON object.

A state document is a JSON object:

    {"platform": "faircom",
     "roles": [names],
     "accounts": [{"username", "roles": [names, the first is the primary one],
                   "accountDescription", "lockoutAfterNFailedAttempts",
                   "maxDaysBeforePasswordMustChange", "maxMinutesBeforeNextLogin", "memoryLimit",
                   "memoryRule", "enableDatetime", "disableDatetime", "metadata": {},
                   "lastPasswordChange"}]}

Only `platform`, `accounts`, and of each account `username`, are needed. Where `roles` is left out,
there are those that somebody holds; where it is there, naming any other is a fault. The account
ADMIN and the roles ADMIN and GUEST are always there. Nobody holds GUEST: it is what an account
without roles shows. Passwords are not part of a state; `PUT /secrets/ENV` sets them.
"""

from collections.abc import Callable, Mapping
from typing import Any

from migrate.errors import Fault, InvalidInput
from migrate.sandbox.faircom.account import (
    ADMIN,
    GUEST,
    LONG_AGO,
    MOST_ROLES,
    SETTINGS,
    Account,
    Server,
    folded,
)

_OWN = ("username", "roles", "metadata", "lastPasswordChange")


def read_server(document: object, environment: str) -> Server:
    """Build a server from a state document. Raises InvalidInput with every fault found."""
    faults = _faults(document)
    if faults or not isinstance(document, dict):
        where = f"state of {environment}"
        raise InvalidInput("This is no state of a server.", where=where, faults=tuple(faults))
    named = document.get("roles")
    if named is None:
        named = [role for entry in document["accounts"] for role in entry.get("roles", ())]
    roles: dict[str, str] = {}
    for name in (ADMIN, GUEST, *named):
        # What was put in as it was got says how the built-ins are spelled.
        roles[folded(name)] = (
            name if folded(name) in (ADMIN, GUEST) else roles.get(folded(name), name)
        )
    accounts = [_account(entry) for entry in document["accounts"]]
    if ADMIN not in {account.key for account in accounts}:
        accounts.insert(0, Account(ADMIN, (ADMIN,)))
    return Server(roles, {account.key: account for account in accounts})


def _account(entry: Mapping[str, Any]) -> Account:
    return Account(
        username=entry["username"],
        roles=tuple(folded(role) for role in entry.get("roles", ())),
        settings={name: entry.get(name, usual) for name, usual in SETTINGS.items()},
        metadata=dict(entry.get("metadata", {})),
        password_changed=entry.get("lastPasswordChange", LONG_AGO),
    )


def _faults(document: object) -> list[Fault]:
    if not isinstance(document, dict):
        return [Fault("a state is an object", "$")]
    known = {"platform", "roles", "accounts"}
    faults = [Fault(f"unknown key {key!r}", "$") for key in sorted(set(document) - known)]
    if document.get("platform") != "faircom":
        faults.append(Fault("platform must be faircom", "$.platform"))
    roles = document.get("roles", [])
    if not _are_names(roles):
        faults.append(Fault("roles must be a list of names, none twice", "$.roles"))
    accounts = document.get("accounts")
    if not isinstance(accounts, list):
        return [*faults, Fault("accounts must be a list", "$.accounts")]
    known_roles = None
    if "roles" in document and not faults:
        known_roles = {ADMIN, *map(folded, roles)}
    seen: set[str] = set()
    for index, entry in enumerate(accounts):
        path = f"$.accounts[{index}]"
        found = _account_faults(entry, path, known_roles)
        if not found:
            key = folded(entry["username"])
            found = [Fault("a second account of this name", path)] if key in seen else []
            seen.add(key)
        faults += found
    return faults


def _account_faults(entry: object, path: str, known_roles: set[str] | None) -> list[Fault]:
    if not isinstance(entry, dict):
        return [Fault("an account is an object", path)]
    unknown = sorted(set(entry) - {*_OWN, *SETTINGS})
    faults = [Fault(f"unknown key {key!r}", path) for key in unknown]
    faults += [
        Fault(f"{key} must be {what}", path)
        for key, (sound, what) in _RULES.items()
        if key in entry and not sound(entry[key])
    ]
    if "username" not in entry:
        faults.append(Fault("username is missing", path))
    if faults:
        return faults
    held = [folded(role) for role in entry.get("roles", ())]
    if GUEST in held:
        faults.append(Fault("nobody holds GUEST: leave roles empty", path))
    if len(held) > MOST_ROLES:
        faults.append(Fault(f"more than {MOST_ROLES} roles", path))
    return faults + [
        Fault(f"there is no role {role!r}", path)
        for role in held
        if known_roles is not None and role not in known_roles
    ]


def _is_name(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _are_names(value: object) -> bool:
    return (
        isinstance(value, list)
        and all(map(_is_name, value))
        and len({folded(name) for name in value}) == len(value)
    )


def _is_number(value: object) -> bool:
    return type(value) is int and value >= 0


_RULES: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "username": (_is_name, "a name"),
    "roles": (_are_names, "a list of names, none twice"),
    "metadata": (lambda value: isinstance(value, dict), "an object"),
    "lastPasswordChange": (lambda value: isinstance(value, str), "a string"),
    **{
        name: (_is_number, "a whole number from 0")
        if isinstance(usual, int)
        else (lambda value: isinstance(value, str), "a string")
        for name, usual in SETTINGS.items()
    },
}
