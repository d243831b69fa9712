"""The vendor's own request bodies for role assignments, read as an assignments file. Pure.

A body is a list of `{roleId, botId, addUsers | addOrgUserIds, …}` (kore.md D). Ids are those of
one environment; `roleName` and `botName` may stand in their place, or beside them.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from migrate.assignments_file.values import Action, Placed, Wanted
from migrate.model import ACCOUNT, PrincipalKind
from migrate.validation.locate import Finding
from migrate.wording import JsonPath, json_path

_LISTS: Mapping[str, tuple[PrincipalKind, Action, bool]] = {
    "addUsers": (PrincipalKind.USER, Action.ADD, False),
    "addOrgUserIds": (PrincipalKind.USER, Action.ADD, True),
    "addGroups": (PrincipalKind.GROUP, Action.ADD, False),
    "removeUsers": (PrincipalKind.USER, Action.REMOVE, False),
    "removeOrgUserIds": (PrincipalKind.USER, Action.REMOVE, True),
    "removeGroups": (PrincipalKind.GROUP, Action.REMOVE, False),
}


def read_requests(entries: Sequence[Mapping[str, Any]]) -> tuple[Placed, list[Finding]]:
    """What the entries of a body ask for, and what is odd with them.

    The body is one that the schema allows. A role is a bot role where there is a bot: the vendor
    has a call for each type, and only one of them takes a bot.
    """
    placed: Placed = {}
    findings: list[Finding] = []
    for index, entry in enumerate(entries):
        wanted = _wanted(entry, index)
        placed.update(wanted)
        if not wanted:
            findings.append(Finding("the entry names nobody", (index,), warning=True))
    return placed, findings


def _wanted(entry: Mapping[str, Any], index: int) -> Placed:
    found: Placed = {}
    for name, (kind, action, by_org_id) in _LISTS.items():
        for number, principal in enumerate(entry.get(name, ())):
            if principal:  # [""] is how the vendor's samples write an empty list
                path: JsonPath = (index, name, number)
                found[path] = Wanted(
                    kind,
                    principal,
                    "bot" if "botId" in entry or "botName" in entry else "admin",
                    entry.get("roleName", ""),
                    entry.get("botName", ACCOUNT),
                    action,
                    by_org_id,
                    entry.get("roleId", ""),
                    entry.get("botId", ""),
                    place=json_path(path),
                )
    return found
