"""Who held a permission at a time: as text for people, and as CSV with a line per way."""

from collections.abc import Iterator
from typing import Any

from migrate.report import csv_text
from migrate.report.escape import inert, quoted
from migrate.traits import Traits

HEADER = (
    *("environment", "at", "permission", "status", "between", "and", "kind", "principal"),
    *("role_type", "scope", "value", "way", "role", "group"),
)


def render(value: dict[str, Any], traits: Traits) -> str:
    """The answer, from its JSON value, in the platform's words."""
    return "\n".join(_lines(value, traits)) + "\n"


def _lines(value: dict[str, Any], traits: Traits) -> Iterator[str]:
    name, label, environment = (inert(value[key]) for key in ("permission", "label", "environment"))
    title = name if name == label else f"{name} [{label}]"
    yield f"{title} in {environment} at {value['at']}"
    capture = value["capture"]
    until = "" if capture["until"] == capture["since"] else f", the same until {capture['until']}"
    yield f"  as captured {capture['since']}{until} (sha256:{capture['snapshot']})"
    for one in value["holders"]:
        ways = "; ".join(map(_way, one["ways"]))
        yield f"  {_who(one)}  {_values(one['value'])}  {_where(one, environment)}  {ways}"
    kinds = [one["kind"] for one in value["holders"]]
    groups = f", {kinds.count('group')} by groups" if "group" in kinds else ""
    yield f"{kinds.count('user')} held by {traits.noun('user')}s{groups}." if kinds else "Nobody."
    if value["partial"]:
        yield f"Not captured as a whole: {inert(', '.join(value['partial']))} roles."
    if value["unseenGroups"]:
        unseen = len(value["unseenGroups"])
        several = "one group holds" if unseen == 1 else f"{unseen} groups hold"
        yield f"What {several} in which no user holds a role can't be seen."
    yield from _later(value, environment)


def _later(value: dict[str, Any], environment: str) -> Iterator[str]:
    later = value["later"]
    if later is None:
        return
    yield ""
    between = f"between capture {later['between']} and capture {later['and']}"
    if later["runs"]:
        yield f"Changed by run {inert(', '.join(later['runs']))}, {between}."
    if not later["outside"]:
        return
    maybe = ", so it may have been so already" if later["maybe"] else ""
    yield f"Changed outside of the runs of this history, {between}{maybe}:"
    for one in later["outside"]:
        change = f"{_values(one['before'])} → {_values(one['after'])}"
        yield f"  {_who(one)}  {change}  {_where(one, environment)}"


def to_csv(value: dict[str, Any]) -> str:
    """A line per holder and way; then a line for each who gained or lost it later."""
    return csv_text.render(HEADER, _cells(value))


def _cells(value: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    asked = (value["environment"], value["at"], value["permission"])
    for one in value["holders"]:
        who = (one["kind"], one["name"], one["roleType"], one["scope"])
        held = _plain(one["value"])
        for way in one["ways"]:
            how = "through group" if way["group"] else "directly"
            capture = value["capture"]
            seen = ("holds", capture["since"], capture["until"])
            yield (*asked, *seen, *who, held, how, way["role"], way["group"])
    later = value["later"]
    for one in later["outside"] if later else ():
        who = (one["kind"], one["name"], one["roleType"], one["scope"])
        held = _plain(one["after"])
        seen = ("changed outside of runs", later["between"], later["and"])
        yield (*asked, *seen, *who, held, "", "", "")


def _who(one: dict[str, Any]) -> str:
    return f"{'group ' if one['kind'] == 'group' else ''}{inert(one['name'])}"


def _where(one: dict[str, Any], environment: str) -> str:
    return f"in bot {quoted(one['scope'])}" if one["scope"] else f"in {environment}"


def _way(way: dict[str, str]) -> str:
    role = quoted(way["role"])
    return f"through group {quoted(way['group'])}: {role}" if way["group"] else f"directly: {role}"


def _values(values: list[Any]) -> str:
    return inert(_plain(values))


def _plain(values: list[Any]) -> str:
    held = (value if isinstance(value, str) else tuple(value) for value in values)
    return csv_text.values(tuple(held)) or "none"
