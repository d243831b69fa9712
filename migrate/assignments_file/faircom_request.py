"""FairCom's own request to assign roles, read as an assignments file. Pure.

`{"add": [{"roleNames": […], "usernames": […]}], "remove": […]}`, or the whole action that it is the
`params` of (faircom.md 4.1). The vendor's tables spell the first key `rolenames`.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from migrate.assignments_file.values import Action, Placed, Wanted
from migrate.model import ACCOUNT, PrincipalKind
from migrate.validation.locate import Finding
from migrate.wording import JsonPath, json_path, quoted

ROLE_TYPE = "account"
_ACTION = "assignrolestoaccounts"
_ROLES = ("roleNames", "rolenames")


def read_faircom(value: Mapping[str, Any]) -> tuple[Placed, list[Finding]]:
    """What a request asks for, and what is wrong or odd with it.

    The request is one that its schema allows.
    """
    findings = list(_about(value))
    body, start = (value["params"], ("params",)) if "params" in value else (value, ())
    placed: Placed = {}
    for action in Action:
        for index, entry in enumerate(body.get(action.value) or ()):
            path: JsonPath = (*start, action.value, index)
            wanted = _wanted(entry, action, path)
            placed.update(wanted)
            if not wanted:
                findings.append(Finding("the entry names no account or no role", path, True))
    return placed, findings


def _about(value: Mapping[str, Any]) -> Iterator[Finding]:
    action, api = value.get("action", _ACTION), value.get("api", "admin")
    if action.casefold() != _ACTION:
        message = f"the action must be assignRolesToAccounts, found {quoted(action)}"
        yield Finding(message, ("action",))
    if api.casefold() != "admin":
        yield Finding(f"the api must be admin, found {quoted(api)}", ("api",))
    if value.get("authToken"):
        message = "holds a session token, which is not used: leave it out, it is a secret"
        yield Finding(message, ("authToken",), warning=True)


def _wanted(entry: Mapping[str, Any], action: Action, path: JsonPath) -> Placed:
    found: Placed = {}
    for key in _ROLES:
        for number, role in enumerate(entry.get(key, ())):
            for index, name in enumerate(entry["usernames"]):
                place: JsonPath = (*path, "usernames", index)
                # The role's own place makes the path unique; it leads on from the account's.
                found[(*place, key, number)] = Wanted(
                    PrincipalKind.USER,
                    name,
                    ROLE_TYPE,
                    role,
                    ACCOUNT,
                    action,
                    place=json_path(place),
                )
    return found
