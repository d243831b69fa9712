"""`[defaults.PLATFORM]`: what every environment of a platform has, unless it says otherwise itself.

Put into the environments before anything is checked, so that no check needs to know of it; faults
are then told where the setting stands, and once.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from migrate.canonical.diagnose import JsonPath
from migrate.config.lines import toml_lines
from migrate.errors import Fault
from migrate.validation.locate import Finding
from migrate.wording import json_path

_OF_ONE = frozenset({"platform", "account", "account_id"})
"""Settings that say which account an environment is: two that shared one would be the same."""

_WHOLE = frozenset({"store", "upload"})
"""Tables that say one thing in one of several ways: an environment's own takes the whole place."""


@dataclass(frozen=True, slots=True)
class Defaulted:
    """A parsed config with its defaults in its environments, and what is wrong with them.

    `origins` has the paths of settings that stand elsewhere than where they are found now.
    """

    value: Any
    origins: Mapping[JsonPath, JsonPath]
    findings: tuple[Finding, ...] = ()

    def lines(self, text: bytes, paths: Collection[JsonPath]) -> dict[JsonPath, int]:
        """The lines of settings, as `toml_lines` has them, where they were written."""
        written = {path: self._written(path) for path in paths}
        found = toml_lines(text, set(written.values()))
        return {path: found[own] for path, own in written.items() if own in found}

    def told(self, faults: Collection[Fault]) -> list[Fault]:
        """Faults with the paths at which settings were written; each once."""
        moved = [(json_path(path), path, json_path(own)) for path, own in self.origins.items()]

        def as_written(fault: Fault) -> Fault:
            for found, path, own in moved:
                rest = fault.path.removeprefix(found)
                if fault.path.startswith(found) and rest[:1] in ("", ".", "["):
                    return replace(fault, path=own + rest, message=_unnamed(fault.message, path))
            return fault

        return list(dict.fromkeys(map(as_written, faults)))

    def _written(self, path: JsonPath) -> JsonPath:
        for length in (4, 3):
            own = self.origins.get(path[:length])
            if own is not None:
                return (*own, *path[length:])
        return path


def with_defaults(value: Any) -> Defaulted:
    """A parsed config with every environment as its defaults make it.

    Tables are joined setting by setting, the environment's own going first; what is in those is
    not. Whatever is of the wrong type is left for the schema to tell.
    """
    tables = value.get("defaults") if isinstance(value, dict) else None
    environments = value.get("environments") if isinstance(value, dict) else None
    if not isinstance(tables, dict) or not isinstance(environments, dict):
        return Defaulted(value, {})
    origins: dict[JsonPath, JsonPath] = {}
    findings = []
    joined = dict(environments)
    for platform, table in tables.items():
        if not isinstance(table, dict):
            continue
        here: JsonPath = ("defaults", platform)
        findings += [
            Finding(f"{key} says which account it is: set it for each environment", (*here, key))
            for key in table
            if key in _OF_ONE
        ]
        usable = {key: each for key, each in table.items() if key not in _OF_ONE}
        theirs = [name for name, own in environments.items() if _is_on(own, platform)]
        if not theirs:
            message = f"no environment is on {platform}: this has no effect"
            findings.append(Finding(message, here, warning=True))
        for name in theirs:
            path: JsonPath = ("environments", name)
            joined[name] = _joined(environments[name], usable, path, here, origins, deeper=True)
    # What is left of the tables is for the schema: whether there can be such defaults at all.
    left = {platform: {} if isinstance(each, dict) else each for platform, each in tables.items()}
    return Defaulted({**value, "defaults": left, "environments": joined}, origins, tuple(findings))


def _joined(
    own: Mapping[str, Any],
    defaults: Mapping[str, Any],
    path: JsonPath,
    origin: JsonPath,
    origins: dict[JsonPath, JsonPath],
    *,
    deeper: bool,
) -> dict[str, Any]:
    joined = dict(own)
    for key, each in defaults.items():
        there, here = (*path, key), (*origin, key)
        if key not in own:
            joined[key] = each
            origins[there] = here
        elif deeper and key not in _WHOLE and isinstance(each, dict) and isinstance(own[key], dict):
            joined[key] = _joined(own[key], each, there, here, origins, deeper=False)
    return joined


def _unnamed(message: str, path: JsonPath) -> str:
    """A message on a setting of an environment, without the environment that it begins with."""
    for named in (path[:2], path[1:2]):
        message = message.removeprefix(json_path(named).removeprefix("$").removeprefix(".") + ".")
    return message


def _is_on(environment: Any, platform: str) -> bool:
    return isinstance(environment, dict) and environment.get("platform") == platform
