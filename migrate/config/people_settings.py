"""The settings of an environment that concern people: identity rules and the age of a source."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from migrate.canonical.diagnose import JsonPath
from migrate.identity.rules import (
    BOT,
    GROUP,
    ROLE,
    USER,
    IdentityRules,
    domain_faults,
    table_faults,
)
from migrate.validation.locate import Finding

LONGEST = 315_360_000
"""The longest duration, in seconds: ten years. The schema has it for a bare number."""

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"([0-9]{1,9})([smhd])")
_KINDS = {"users": USER, "groups": GROUP, "bots": BOT, "roles": ROLE}


def check_people(table: Mapping[str, Any], path: JsonPath) -> Iterator[Finding]:
    """Yield what a schema cannot say of an environment's `identity` and `max_source_age`."""
    yield from check_duration(table, "max_source_age", path)
    identity = table.get("identity")
    if not isinstance(identity, dict):
        return
    for key, kind in _KINDS.items():
        for name, fault in table_faults(_texts(identity.get(key)), kind):
            yield Finding(f"identity.{key}: {fault}", (*path, "identity", key, name))
    for name, fault in domain_faults(_texts(identity.get("domains"))):
        yield Finding(f"identity.domains: {fault}", (*path, "identity", "domains", name))


def check_duration(table: Mapping[str, Any], key: str, path: JsonPath) -> Iterator[Finding]:
    """Yield a fault for a setting that is a text and no duration."""
    value = table.get(key)
    if isinstance(value, str) and value and not 0 < (duration(value) or 0) <= LONGEST:
        yield Finding(
            f"{key} must be seconds, or a whole number with s, m, h or d, such as "
            '"24h" or "7d": more than nothing and at most ten years',
            (*path, key),
        )


def identity_rules(table: Mapping[str, Any]) -> IdentityRules:
    """The rules in an `identity` table in which no fault was found."""
    return IdentityRules(**{key: dict(names) for key, names in table.items()})


def duration(value: str | float) -> float | None:
    """Seconds: of a number, or of a text such as "24h"; None where a text is no duration."""
    if not isinstance(value, str):
        return float(value)
    found = _DURATION.fullmatch(value)
    return float(found[1]) * _UNITS[found[2]] if found else None


def _texts(value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        return {}
    return {key: each for key, each in value.items() if isinstance(each, str) and key and each}
