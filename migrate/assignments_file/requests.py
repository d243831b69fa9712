"""The vendor's own request bodies for role assignments, read as an assignments file. Pure.

A body is a list of `{roleId, botId, addUsers | addOrgUserIds, …}` (kore.md D). Ids are those of
one environment; `roleName` and `botName` may stand in their place.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from migrate.assignments_file.values import Action, Lookup, Placed, Wanted
from migrate.model import ACCOUNT, PrincipalKind, RoleKey
from migrate.validation.locate import Finding
from migrate.wording import JsonPath, json_path, quoted

_LISTS: Mapping[str, tuple[PrincipalKind, Action, bool]] = {
    "addUsers": (PrincipalKind.USER, Action.ADD, False),
    "addOrgUserIds": (PrincipalKind.USER, Action.ADD, True),
    "addGroups": (PrincipalKind.GROUP, Action.ADD, False),
    "removeUsers": (PrincipalKind.USER, Action.REMOVE, False),
    "removeOrgUserIds": (PrincipalKind.USER, Action.REMOVE, True),
    "removeGroups": (PrincipalKind.GROUP, Action.REMOVE, False),
}


def read_requests(
    entries: Sequence[Mapping[str, Any]], lookup: Lookup | None
) -> tuple[Placed, list[Finding]]:
    """What the entries of a body ask for, and what is wrong or odd with them.

    The body is one that the schema allows. A role that is named, not given by id, is a bot role
    where a bot is.
    """
    placed: Placed = {}
    findings: list[Finding] = []
    for index, entry in enumerate(entries):
        ids = [name for name in ("roleId", "botId") if name in entry]
        if lookup is None and ids:
            message = f"{ids[0]} says nothing without the environment whose id it is"
            findings.append(Finding(message, (index, ids[0])))
            continue
        key = _role(entry, (index,), lookup or Lookup({}, {}), findings)
        bot = _bot(entry, (index,), lookup or Lookup({}, {}), findings)
        if key is not None and bot is not None:
            wanted = _wanted(entry, index, key, bot)
            placed.update(wanted)
            if not wanted:
                findings.append(Finding("the entry names nobody", (index,), warning=True))
    return placed, findings


def _wanted(entry: Mapping[str, Any], index: int, key: RoleKey, bot: str) -> Placed:
    found: Placed = {}
    for name, (kind, action, by_org_id) in _LISTS.items():
        for number, principal in enumerate(entry.get(name, ())):
            if principal:  # [""] is how the vendor's samples write an empty list
                path: JsonPath = (index, name, number)
                found[path] = Wanted(
                    kind, principal, *key, bot, action, by_org_id, place=json_path(path)
                )
    return found


def _role(
    entry: Mapping[str, Any], path: JsonPath, lookup: Lookup, findings: list[Finding]
) -> RoleKey | None:
    own, name = entry.get("roleId"), entry.get("roleName")
    if own is None:
        return ("bot" if "botId" in entry or "botName" in entry else "admin", str(name))
    key = lookup.roles.get(own)
    if key is None:
        message = f"the environment that is changed has no role with the id {quoted(own)}"
        findings.append(Finding(message, (*path, "roleId")))
    elif name is not None and name != key[1]:
        message = f"the role with the id {quoted(own)} is {quoted(key[1])}, not {quoted(name)}"
        findings.append(Finding(message, (*path, "roleName")))
        return None
    return key


def _bot(
    entry: Mapping[str, Any], path: JsonPath, lookup: Lookup, findings: list[Finding]
) -> str | None:
    own, name = entry.get("botId"), entry.get("botName")
    if own is None:
        return ACCOUNT if name is None else str(name)
    found = lookup.bots.get(own)
    if found is None:
        message = f"the environment that is changed has no bot with the id {quoted(own)}"
        findings.append(Finding(message, (*path, "botId")))
    elif name is not None and name != found:
        message = f"the bot with the id {quoted(own)} is {quoted(found)}, not {quoted(name)}"
        findings.append(Finding(message, (*path, "botName")))
        return None
    return found
