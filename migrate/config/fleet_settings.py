"""Groups of environments, and how a promotion goes through one: `[groups]` and `[fleet]`."""

import difflib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from migrate.canonical.diagnose import JsonPath
from migrate.errors import UsageError
from migrate.fleet.waves import Terms
from migrate.validation.locate import Finding

if TYPE_CHECKING:
    from migrate.config.values import Config, Environment


def check_groups(root: Mapping[str, Any], environments: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield what a schema cannot say of `groups`, and of the canary of `fleet`."""
    groups, fleet = root.get("groups"), root.get("fleet")
    for name, members in groups.items() if isinstance(groups, dict) else ():
        yield from _group(members, environments, ("groups", name))
    if isinstance(fleet, dict) and isinstance(fleet.get("canary"), str):
        yield from _known(fleet["canary"], environments, ("fleet", "canary"))


def _group(members: Any, environments: Mapping[str, Any], path: JsonPath) -> Iterator[Finding]:
    platforms: dict[str, str] = {}
    for index, name in enumerate(members if isinstance(members, list) else ()):
        yield from _known(name, environments, (*path, index))
        table = environments.get(name) if isinstance(name, str) else None
        platform = table.get("platform") if isinstance(table, dict) else None
        if isinstance(platform, str):
            platforms.setdefault(platform, name)
    if len(platforms) > 1:
        which = " and ".join(f"{name!r} is on {each}" for each, name in platforms.items())
        yield Finding(f"a group is on one platform: {which}", path)


def _known(name: Any, environments: Mapping[str, Any], path: JsonPath) -> Iterator[Finding]:
    if isinstance(name, str) and name and name not in environments:
        near = difflib.get_close_matches(name, environments, n=1)
        guess = f"; did you mean {near[0]}?" if near else ""
        yield Finding(f"the config has no environment {name!r}{guess}", path)


def terms(table: Mapping[str, Any]) -> Terms:
    """The `[fleet]` table."""
    return Terms(**table)


def group_of(config: "Config", name: str) -> "tuple[Environment, ...]":
    """The environments of a group, in its order.

    Raises UsageError where the config has no such group, and where two of it are one account:
    the plan for one would be out of date when that for the other has run.
    """
    if name not in config.groups:
        near = difflib.get_close_matches(name, config.groups, n=1)
        guess = f"; did you mean {near[0]}?" if near else ""
        known = ", ".join(sorted(config.groups))
        raise UsageError(
            f'the config has no group "{name}"{guess}',
            where=str(config.path),
            target="unchanged",
            remedy=f"Choose one of: {known}."
            if known
            else f'Name its environments under [groups]: {name} = ["prod-eu", "prod-us"].',
        )
    members = tuple(config.environments[each] for each in config.groups[name])
    for place, member in enumerate(members):
        twins = [each for each in config.names_of(member) if each in members[:place]]
        if twins:
            raise UsageError(
                f"{twins[0].name!r} and {member.name!r} of the group {name} are the same account",
                where=str(config.path),
                target="unchanged",
                remedy="Leave one of them out of the group.",
            )
    return members
