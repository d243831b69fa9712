"""The checks that guards are made of: functions from facts to what they object to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from migrate.diff import Action, Change
from migrate.guardkind import Kind, Severity
from migrate.model import Mode, RoleKey, matches
from migrate.moves import Breach
from migrate.profile import made_by_probe
from migrate.traits import Traits

PROTECTED = "protected_names"
"""The guard whose `names` are patterns of roles that must not change."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What guards rest on. Names are per role type; `*_names` are of custom roles in scope.

    `source_sizes` counts every role captured of a type, built-ins and roles out of scope too.
    `unread` says why it is not known who holds roles, "" where it is; `held` counts the holders
    of roles that would be deleted; `dropping` are role types whose members an import drops.
    `breaches` is what leaves its bounds between calls, `moves` counts the assignments that change,
    by role. `own` are roles that a run made which is taken back: they are not missed.
    `reverts` says what a plan takes back that was done by hand. `unprofiled` are role types of a
    protected target, in full mode, whose platform version no probe has tried. `unseen` are roles to
    be given that nobody in the target was seen to hold, `refusals` what the platform would refuse.
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
    unread: str = ""
    held: Mapping[RoleKey, int] = field(default_factory=dict)
    dropping: tuple[str, ...] = ()
    breaches: tuple[Breach, ...] = ()
    moves: Mapping[RoleKey, int] = field(default_factory=dict)
    own: frozenset[RoleKey] = frozenset()
    unprofiled: tuple[str, ...] = ()
    reverts: str = ""
    unseen: tuple[RoleKey, ...] = ()
    refusals: tuple[str, ...] = ()


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
    deleted = [change for change in facts.changes if change.action is Action.DELETE]
    # Nobody misses what a run that is taken back has made, or what a probe left.
    gone = [c for c in deleted if c.key not in facts.own and not made_by_probe(c.name)]
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
    touched = {
        change.key: change.action.value for change in facts.changes if matches(change.name, names)
    }
    for key in facts.moves:
        if matches(key[1], names):
            touched[key] = f"{touched[key]}, holders" if key in touched else "holders"
    if not touched:
        return ""
    listed = [f"{name} ({what})" for (_, name), what in sorted(touched.items())]
    return f"protected by name, but would change: {_some(listed)}"


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


def _held_roles(facts: Facts, parameters: Mapping[str, Any]) -> str:
    if facts.unread:
        gone = [
            change
            for change in facts.changes
            if change.action is Action.DELETE and change.key not in facts.own
        ]
        what = f"would be deleted, and who holds them can't be read ({facts.unread})"
        return _listed(what, gone)
    if not facts.held:
        return ""
    names = _some([f"{name} ({count})" for (_, name), count in facts.held.items()])
    return f"would be deleted, but somebody holds them (so many users and groups): {names}"


def _membership_unread(facts: Facts, parameters: Mapping[str, Any]) -> str:
    if not facts.unread or not facts.changes:
        return ""
    return (
        f"who holds which role can't be read ({facts.unread}), so nobody can say whose access "
        "changes, nor put members back that an import drops"
    )


def _membership_gap(facts: Facts, parameters: Mapping[str, Any]) -> str:
    if not facts.dropping:
        return ""
    types = " and ".join(facts.dropping)
    return (
        f"an import of {types} roles is known to drop their members here: they are without them "
        "until the very next calls put them back"
    )


def _unread(facts: Facts) -> str:
    return f"who holds which role can't be read ({facts.unread})" if facts.unread else ""


def _access_gap(facts: Facts, parameters: Mapping[str, Any]) -> str:
    if not facts.breaches:
        return ""
    named = []
    for breach in facts.breaches[:5]:
        who = ", ".join(sorted({name for (_, name), _ in breach.holders})[:3])
        more = f" and {len(breach.holders) - 3} more" if len(breach.holders) > 3 else ""
        word = "too much of" if breach.too_much else "without"
        named.append(f"{who}{more} {word} {breach.permission!r} after {breach.move.value!r}")
    more = f"; and {len(facts.breaches) - 5} more" if len(facts.breaches) > 5 else ""
    return (
        "no order of calls was found that keeps everybody's access within bounds: "
        f"{'; '.join(named)}{more}"
    )


def _no_profile(facts: Facts, parameters: Mapping[str, Any]) -> str:
    changing = {change.role_type for change in facts.changes}
    types = [role_type for role_type in facts.unprofiled if role_type in changing]
    if not types:
        return ""
    return (
        f"{facts.environment} is protected, and no profile of its platform version says what a "
        f"full import of {' and '.join(types)} roles does: run `role-migrate probe` on an "
        "environment of the same version that is not protected"
    )


def _unseen_roles(facts: Facts, parameters: Mapping[str, Any]) -> str:
    names = _some([name for _, name in facts.unseen])
    what = f"nobody in the target holds {names}, and roles can't be listed: --allow-unseen-roles "
    return f"{what}gives each to one first, and looks whether it is there" if facts.unseen else ""


def _listed(what: str, changes: list[Change]) -> str:
    if not changes:
        return ""
    return f"{what}: {_some([f'{change.name} ({change.action})' for change in changes])}"


def _some(names: list[str]) -> str:
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(repr(name) for name in names[:5]) + more


KINDS: Mapping[str, Kind[Facts]] = {
    "empty_source": Kind(_empty_source, absolute=True),
    "keep": Kind(_kept, absolute=True),
    "built_ins": Kind(_built_ins, absolute=True),
    "shrunk_source": Kind(_shrunk_source, {"ratio": 0.5}, severity=None),
    "foreign_source": Kind(_foreign_source, {"ratio": 0.3}, severity=None),
    "max_deletions": Kind(_max_deletions, {"max": 10, "percent": 5}),
    PROTECTED: Kind(_protected_names, {"names": ()}),
    "unknown_permissions": Kind(_unknown_permissions, severity=Severity.WARN),
    "held_roles": Kind(_held_roles),
    "membership_unread": Kind(_membership_unread),
    "membership_gap": Kind(_membership_gap, severity=None),
    "access_gap": Kind(_access_gap, blind=_unread),
    "no_profile": Kind(_no_profile),
    "unseen_roles": Kind(_unseen_roles),
    "reverts_hotfix": Kind(lambda facts, _: facts.reverts),
    "platform_refuses": Kind(lambda facts, _: "; ".join(facts.refusals), absolute=True),
}
"""Every guard by its name in the config. The absolute ones hold always."""
