"""What a probe settled on a live account, as a dated profile, and the roles that probes make.

Nobody documents which version of a platform answers (kore.md A). What tells versions apart is the
catalogue of permissions: the names that the roles hold that ship with the platform and that nobody
can change. Its fingerprint stands for the version, by role type.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from migrate.canonical import dumps, sha256
from migrate.model import Section, State
from migrate.traits import Traits

PREFIX = "role-migrate probe"
"""What the name of every role begins with that a probe makes."""

MARK_DIGITS = 6
_OURS = re.compile(rf"{PREFIX} [0-9a-f]{{{MARK_DIGITS}}} [0-9]+")
_FINGERPRINT_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Finding:
    """One question, and what was found: `value` is None where it is not settled.

    `asks` puts it into words. `role_type` is "" for what concerns the whole account. `how` says
    what was seen, or why it is not settled.
    """

    question: str
    asks: str
    role_type: str
    value: str | None
    how: str


@dataclass(frozen=True, slots=True)
class Profile:
    """What one probe found. `mark` is in the names of its roles, `at` ISO 8601, UTC.

    `catalogues` holds the fingerprint of the platform's version by role type, `left` the roles
    that it could not remove.
    """

    mark: str
    at: str
    version: str
    catalogues: Mapping[str, str]
    findings: tuple[Finding, ...]
    requests: int
    left: tuple[str, ...] = ()


def own_name(mark: str, number: int) -> str:
    """The name of a role that the probe `mark` makes."""
    return f"{PREFIX} {mark} {number}"


def made_by_probe(name: str) -> bool:
    """Whether a role of this name was made by a probe, of today or of an earlier day."""
    return name.startswith(PREFIX) and _OURS.fullmatch(name) is not None


def without_probes(state: State) -> State:
    """A state without the roles that probes made, and without who holds them."""
    people = state.people
    names = {role.name for role in state.all_roles()}
    if people is not None:
        names.update(name for _, name in people.role_counts)
        names.update(item.role for item in people.maybe_direct)
    ours = set(filter(made_by_probe, names))
    if not ours:
        return state
    if people is not None:
        people = replace(
            people,
            assignments=frozenset(i for i in people.assignments if i.role not in ours),
            maybe_direct=frozenset(i for i in people.maybe_direct if i.role not in ours),
        )
    roles = {role_type: _without_probes(section) for role_type, section in state.roles.items()}
    return State(roles, people)


def _without_probes(section: Section) -> Section:
    roles = tuple(role for role in section.roles if not made_by_probe(role.name))
    return Section.of(roles) if section.complete else replace(section, roles=roles)


def catalogues(state: State, traits: Traits) -> dict[str, str]:
    """The fingerprint of every role type that was captured and has a permission to show."""
    found = {
        role_type: _names(section, role_type, traits) for role_type, section in state.roles.items()
    }
    return {
        role_type: sha256(dumps(sorted(names)))[:_FINGERPRINT_DIGITS]
        for role_type, names in sorted(found.items())
        if names
    }


def _names(section: Section, role_type: str, traits: Traits) -> set[str]:
    """The names that the untouchable built-ins hold; of all roles where there are none."""
    roles = [role for role in section.roles if not made_by_probe(role.name)]
    fixed = [role for role in roles if traits.is_untouchable(role_type, role.name)]
    return {name for role in fixed or roles for name in role.permissions}


def to_value(profile: Profile) -> dict[str, Any]:
    """The JSON value of a profile."""
    return {
        "probe": profile.mark,
        "at": profile.at,
        "version": profile.version,
        "catalogues": dict(profile.catalogues),
        "requests": profile.requests,
        "findings": [
            {
                "question": finding.question,
                "asks": finding.asks,
                "roleType": finding.role_type,
                "value": finding.value,
                "how": finding.how,
            }
            for finding in profile.findings
        ],
        "left": list(profile.left),
    }


def from_value(value: Any) -> Profile:
    """The profile in a JSON value; KeyError, TypeError or ValueError where it is none."""
    return Profile(
        mark=_text(value["probe"]),
        at=_text(value["at"]),
        version=_text(value["version"]),
        catalogues={_text(kind): _text(mark) for kind, mark in value["catalogues"].items()},
        findings=tuple(
            Finding(
                question=_text(item["question"]),
                asks=_text(item["asks"]),
                role_type=_text(item["roleType"]),
                value=None if item["value"] is None else _text(item["value"]),
                how=_text(item["how"]),
            )
            for item in value["findings"]
        ),
        requests=int(value["requests"]),
        left=tuple(_text(name) for name in value["left"]),
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("not a string")
    return value
