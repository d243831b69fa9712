"""The checks that guards are made of: functions from facts to what they object to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from migrate.diff import Action, Change
from migrate.model import Mode, RoleKey, matches
from migrate.traits import Traits


class Severity(StrEnum):
    """What a guard does when it objects."""

    REFUSE = "refuse"
    WARN = "warn"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Facts:
    """What guards rest on. Names are per role type; `*_names` are of custom roles in scope.

    `source_sizes` counts every role captured of a type, built-ins and roles out of scope too.
    """

    environment: str
    mode: Mode
    source_sizes: Mapping[str, int]
    source_names: Mapping[str, frozenset[str]]
    target_names: Mapping[str, frozenset[str]]
    changes: tuple[Change, ...]
    unknown: tuple[tuple[RoleKey, str], ...]
    keep: tuple[str, ...]
    promote_builtins: tuple[str, ...]
    traits: Traits


Check = Callable[[Facts, Mapping[str, Any]], str]
"""Returns what the guard objects to, or "" where it has nothing to object to."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A guard: its check, default parameters and severity.

    None as severity: refuse in full mode, warn in incremental. An `absolute` guard can neither be
    configured away nor allowed.
    """

    check: Check
    defaults: Mapping[str, Any] = field(default_factory=dict)
    severity: Severity | None = Severity.REFUSE
    absolute: bool = False


def _empty_source(facts: Facts, parameters: Mapping[str, Any]) -> str:
    empty = sorted(kind for kind, size in facts.source_sizes.items() if not size)
    if not empty:
        return ""
    return f"the source holds no {' and no '.join(empty)} roles at all: nothing to promote from"


def _shrunk_source(facts: Facts, parameters: Mapping[str, Any]) -> str:
    for role_type, there in sorted(facts.target_names.items()):
        here = facts.source_names.get(role_type)
        # Divided, not multiplied: 55 of 100 is 0.55, but 0.55 * 100 is more than 55.
        if here is not None and there and len(here) / len(there) < parameters["ratio"]:
            return (
                f"the source has {len(here)} custom {role_type} roles in scope, the target "
                f"{len(there)}: less than {parameters['ratio']:.0%} of it, as if cut short"
            )
    return ""


def _foreign_source(facts: Facts, parameters: Mapping[str, Any]) -> str:
    for role_type, there in sorted(facts.target_names.items()):
        here = facts.source_names.get(role_type, frozenset())
        common, least = len(here & there), min(len(here), len(there))
        if least and common / least < parameters["ratio"]:
            return (
                f"of {len(here)} custom {role_type} roles in the source and {len(there)} in the "
                f"target only {common} have the same name: is this the right environment?"
            )
    return ""


def _max_deletions(facts: Facts, parameters: Mapping[str, Any]) -> str:
    gone = [change for change in facts.changes if change.action is Action.DELETE]
    there = sum(len(names) for names in facts.target_names.values())
    share = 100 * len(gone) / there if there else 0
    if len(gone) > parameters["max"] or share > parameters["percent"]:
        return (
            f"{len(gone)} of {there} custom roles in scope would be deleted ({share:.1f} %); "
            f"allowed are {parameters['max']} and {parameters['percent']} %"
        )
    return ""


def _protected_names(facts: Facts, parameters: Mapping[str, Any]) -> str:
    names = tuple(parameters["names"])
    touched = [change for change in facts.changes if matches(change.name, names)]
    return _listed("protected by name, but would change", touched)


def _kept(facts: Facts, parameters: Mapping[str, Any]) -> str:
    gone = [
        change
        for change in facts.changes
        if change.action is Action.DELETE and matches(change.name, facts.keep)
    ]
    return _listed("to be kept (`keep` in the config), but would be deleted", gone)


def _built_ins(facts: Facts, parameters: Mapping[str, Any]) -> str:
    traits = facts.traits
    touched = [
        change
        for change in facts.changes
        if traits.is_untouchable(change.role_type, change.name)
        or (
            traits.is_built_in(change.role_type, change.name)
            and (change.action is not Action.UPDATE or change.name not in facts.promote_builtins)
        )
    ]
    return _listed("built into the platform, but would change", touched)


def _unknown_permissions(facts: Facts, parameters: Mapping[str, Any]) -> str:
    if not facts.unknown:
        return ""
    names = sorted({name for _, name in facts.unknown})
    roles = len({key for key, _ in facts.unknown})
    return (
        f"{_some(names)}: no role of the target has a permission of that name, so the platform "
        f"may not know it ({roles} roles use it); permission_map in the config can rename it"
    )


def _listed(what: str, changes: list[Change]) -> str:
    if not changes:
        return ""
    return f"{what}: {_some([f'{change.name} ({change.action})' for change in changes])}"


def _some(names: list[str]) -> str:
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(repr(name) for name in names[:5]) + more


KINDS: Mapping[str, Kind] = {
    "empty_source": Kind(_empty_source, absolute=True),
    "keep": Kind(_kept, absolute=True),
    "built_ins": Kind(_built_ins, absolute=True),
    "shrunk_source": Kind(_shrunk_source, {"ratio": 0.5}, severity=None),
    "foreign_source": Kind(_foreign_source, {"ratio": 0.3}, severity=None),
    "max_deletions": Kind(_max_deletions, {"max": 10, "percent": 5}),
    "protected_names": Kind(_protected_names, {"names": ()}),
    "unknown_permissions": Kind(_unknown_permissions, severity=Severity.WARN),
}
"""Every guard by its name in the config. The absolute ones hold always."""
