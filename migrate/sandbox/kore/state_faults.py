"""What is wrong with the users, groups, bots and holders of a state document."""

from collections.abc import Callable, Mapping
from typing import Any

from migrate.errors import Fault
from migrate.sandbox.kore.catalogue import FIXED
from migrate.sandbox.kore.people import ACTIVE, NOT_ACTIVE

Rule = tuple[Callable[[Any], bool], str]


def _is_name(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _are_names(value: object) -> bool:
    return isinstance(value, list) and all(map(_is_name, value)) and len(set(value)) == len(value)


def _are_apps(value: object) -> bool:
    return isinstance(value, list) and all(
        isinstance(app, dict)
        and {"clientId", "clientSecret"} <= set(app) <= {"name", "clientId", "clientSecret"}
        and all(isinstance(entry, str) for entry in app.values())
        for app in value
    )


_TEXT: Rule = (lambda value: isinstance(value, str), "must be a string")
_FLAG: Rule = (lambda value: isinstance(value, bool), "must be true or false")
_NAME: Rule = (_is_name, "must be a name")
_NAMES: Rule = (_are_names, "must be a list of names, none twice")
_STATUS: Rule = (lambda value: value in (ACTIVE, NOT_ACTIVE), f"must be {ACTIVE} or {NOT_ACTIVE}")
_APPS: Rule = (_are_apps, "must be a list of {clientId, clientSecret}, with name")

RULES: Mapping[str, Mapping[str, Rule]] = {
    "users": {
        "userId": _NAME,
        "orgUserId": _TEXT,
        "username": _TEXT,
        "firstName": _TEXT,
        "lastName": _TEXT,
        "isDeveloper": _FLAG,
        "canCreateBot": _FLAG,
        "status": _STATUS,
    },
    "groups": {"_id": _NAME, "gN": _NAME, "gDesc": _TEXT, "users": _NAMES, "groups": _NAMES},
    "bots": {
        **dict.fromkeys(("_id", "name"), _NAME),
        **dict.fromkeys(("description", "purpose", "status", "defaultLanguage"), _TEXT),
        **dict.fromkeys(("createdOn", "createdBy"), _TEXT),
        "jwtApps": _APPS,
    },
}
"""The keys of an entry in each section, and what their values must be."""

_UNIQUE = {"users": ("userId", "orgUserId", "username"), "groups": ("_id", "gN"), "bots": ("_id",)}
_NEEDED = {"groups": "gN", "bots": "name"}


def people_faults(document: Mapping[str, Any]) -> list[Fault]:
    """Every fault in the sections `users`, `groups` and `bots`, as far as there are any."""
    faults: list[Fault] = []
    for section, rules in RULES.items():
        if section not in document:
            continue
        entries = document[section]
        if not isinstance(entries, list):
            faults.append(Fault(f"{section} must be a list", f"$.{section}"))
            continue
        seen: set[tuple[str, str]] = set()
        for index, entry in enumerate(entries):
            path = f"$.{section}[{index}]"
            faults += _entry_faults(section, entry, rules, path)
            faults += _repeat_faults(section, entry, path, seen)
    return faults or _membership_faults(document)


def holder_faults(document: Mapping[str, Any], built_ins: Mapping[str, str]) -> list[Fault]:
    """Every fault in the holders of sound roles, beside sound people.

    `built_ins` are the admin built-ins, as in `builtIns`: Master Admin is given to users and not
    to groups (kore.md B).
    """
    known = _known(document)
    faults: list[Fault] = []
    for index, role in enumerate(document["roles"]):
        path, seen = f"$.roles[{index}].holders", set()
        for holder in role.get("holders", ()):
            mark = tuple(sorted(holder.items()))
            if mark in seen:
                faults.append(Fault(f"{dict(holder)} twice", path))
            seen.add(mark)
            faults += [
                Fault(f"there is no {kind} {name!r}", path)
                for kind, name in holder.items()
                if (names := known.get(kind)) is not None and name not in names
            ]
            if ("bot" in holder) != (role["roleType"] == "bot"):
                faults.append(Fault("bot roles are held in a bot, admin roles are not", path))
            if (
                role["roleType"] == "admin"
                and "group" in holder
                and built_ins.get(role["role"]) == FIXED
            ):
                faults.append(Fault(f"a group cannot hold {role['role']}", path))
    return faults


def _entry_faults(section: str, entry: object, rules: Mapping[str, Rule], path: str) -> list[Fault]:
    if not isinstance(entry, dict):
        return [Fault("must be an object", path)]
    faults = [Fault(f"unknown key {key!r}", path) for key in sorted(set(entry) - set(rules))]
    faults += [
        Fault(rule[1], f"{path}.{key}")
        for key, rule in rules.items()
        if key in entry and not rule[0](entry[key])
    ]
    if section in _NEEDED and _NEEDED[section] not in entry:
        faults.append(Fault(f"{_NEEDED[section]} is missing", path))
    if section == "users" and not (entry.get("username") or entry.get("orgUserId")):
        faults.append(Fault("a user needs a username or an orgUserId", path))
    return faults


def _repeat_faults(
    section: str, entry: object, path: str, seen: set[tuple[str, str]]
) -> list[Fault]:
    if not isinstance(entry, dict):
        return []
    marks = {(key, str(entry[key])) for key in _UNIQUE[section] if _is_name(entry.get(key))}
    faults = [
        Fault(f"a second one with {key} {value!r}", path) for key, value in sorted(marks & seen)
    ]
    seen |= marks
    return faults


def _membership_faults(document: Mapping[str, Any]) -> list[Fault]:
    known, groups = _known(document), document.get("groups", [])
    faults = [
        Fault(f"there is no {section[:-1]} {name!r}", f"$.groups[{index}].{section}")
        for index, group in enumerate(groups)
        for section in ("users", "groups")
        for name in group.get(section, ())
        if (names := known.get(section[:-1])) is not None and name not in names
    ]
    inside = {group["gN"]: group.get("groups", []) for group in groups}
    return faults or [
        Fault("the group is inside itself", f"$.groups[{index}]")
        for index, name in enumerate(inside)
        if _reaches(inside, name)
    ]


def _reaches(inside: Mapping[str, list[str]], start: str) -> bool:
    """Whether a group is reached from itself."""
    waiting, seen = list(inside[start]), set()
    while waiting:
        name = waiting.pop()
        if name == start:
            return True
        if name not in seen:
            seen.add(name)
            waiting += inside[name]
    return False


def _known(document: Mapping[str, Any]) -> dict[str, set[str]]:
    """The names by which the document calls its people, for each section that it has."""
    keys = {"user": ("username", "orgUserId"), "group": ("gN",), "bot": ("_id",)}
    return {
        kind: {
            next((entry[key] for key in names if entry.get(key)), "")
            for entry in document[f"{kind}s"]
        }
        for kind, names in keys.items()
        if f"{kind}s" in document
    }
