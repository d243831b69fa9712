"""The checks behind the guards over access: who gains, loses or holds what they must not.

They look at permissions only, wherever these come from: a role that changes and a role that
somebody is given count alike. A permission or role that a config names and nobody knows is an
error: a guard that can never object would look like one that has nothing to object to.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from migrate.access import Access, AccessChange, Where, role_names
from migrate.errors import UNCHANGED, Fault, InvalidInput
from migrate.guardkind import Kind, Severity
from migrate.model import PrincipalKey, PrincipalKind, RoleKey, matches
from migrate.traits import Traits
from migrate.wording import near, quoted


@dataclass(frozen=True, slots=True)
class AccessFacts:
    """What guards over access rest on.

    `changes` are those from `before` to `after`, `users` is the number of users in the account.
    `operator` is who the run acts as, None where that can't be told; `principals` are all who are
    known. `permissions` (by role type) and `roles` are all names known on either side of the plan.
    `traits` are the platform's.
    """

    before: Access
    after: Access
    changes: tuple[AccessChange, ...]
    users: int
    operator: PrincipalKey | None
    permissions: Mapping[str, frozenset[str]]
    roles: frozenset[str]
    traits: Traits
    principals: Collection[PrincipalKey] = ()


def _max_losers(facts: AccessFacts, parameters: Mapping[str, Any]) -> str:
    losers = {
        name
        for change in facts.changes
        if any(delta.direction.loses for delta in change.deltas)
        for kind, name in change.principals
        if kind == PrincipalKind.USER
    }
    share = 100 * len(losers) / facts.users if facts.users else 0
    if len(losers) <= parameters["max"] and share <= parameters["percent"]:
        return ""
    return (
        f"{len(losers)} of {facts.users} {facts.traits.noun('user')}s would lose access "
        f"({share:.1f} %): {_some(losers)}; "
        f"allowed are {parameters['max']} and {parameters['percent']} %"
    )


def _no_gain(facts: AccessFacts, parameters: Mapping[str, Any]) -> str:
    names = parameters["permissions"]
    if names is None:
        names = facts.traits.sensitive
    else:
        _check_permissions("no_gain", names, facts)
    objections = []
    for name in dict.fromkeys(names):
        who: set[PrincipalKey] = set()
        through: set[str] = set()
        for change in facts.changes:
            for delta in change.deltas:
                if delta.permission == name and delta.direction.gains:
                    who.update(change.principals)
                    through.update(delta.roles)
        if who:
            ways = f" through {_some(through)}" if through != {name} else ""
            objections.append(f"{name!r} by {_who(who, facts.traits)}{ways}")
    return f"would be gained: {'; '.join(objections)}" if objections else ""


def _only_through(facts: AccessFacts, parameters: Mapping[str, Any]) -> str:
    permission, roles = parameters["permission"], tuple(parameters["roles"])
    if not permission and not roles:
        return ""
    if not permission or not roles:
        raise _invalid("only_through", [Fault("needs both `permission` and `roles`")])
    _check_permissions("only_through", (permission,), facts)
    unknown = [name for name in roles if not any(matches(each, (name,)) for each in facts.roles)]
    if unknown and not facts.traits.opaque_roles:
        raise _unknown("only_through", "role", unknown, facts.roles)
    others = {key for key in _giving(facts.after, permission) if not matches(key[1], roles)}
    who = {principal for principal, _ in _holders(facts.after, others)}
    if not who:
        return ""
    held = {
        role
        for principal, where in _holders(facts.after, others)
        for role in role_names(facts.after.held[principal][where])
        if (where[0], role) in others
    }
    then = {key for key in _giving(facts.before, permission) if not matches(key[1], roles)}
    already = who & {principal for principal, _ in _holders(facts.before, then)}
    return (
        f"{permission!r} is to be held through {_some(roles)} only, but "
        f"{_who(who, facts.traits)} would hold it through {_some(held)}{_already(already)}"
    )


def _not_together(facts: AccessFacts, parameters: Mapping[str, Any]) -> str:
    names = tuple(dict.fromkeys(parameters["permissions"]))
    if not names:
        return ""
    if len(names) != 2:
        raise _invalid("not_together", [Fault("`permissions` must name two permissions")])
    _check_permissions("not_together", names, facts)
    together = any(known.issuperset(names) for known in facts.permissions.values())
    if not together and not facts.traits.opaque_roles:
        message = "both are in roles of no type, so that nobody could ever hold them in one scope"
        raise _invalid("not_together", [Fault(f"{_some(names)}: {message}")])
    after, before = (
        _holders(access, _giving(access, names[0])) & _holders(access, _giving(access, names[1]))
        for access in (facts.after, facts.before)
    )
    who = {principal for principal, _ in after}
    if not who:
        return ""
    already = who & {principal for principal, _ in before}
    both = f"{names[0]!r} and {names[1]!r} together"
    return f"{_who(who, facts.traits)} would hold {both}{_already(already)}"


def _somebody_holds(facts: AccessFacts, parameters: Mapping[str, Any]) -> str:
    permission = parameters["permission"]
    if permission is not None:
        _check_permissions("somebody_holds", (permission,), facts)
    name = facts.traits.role_management if permission is None else permission
    if not name or _users_with(facts.after, name):
        return ""
    lost = _users_with(facts.before, name)
    if permission is None and not lost:
        return ""  # Not asked for, and nothing that the plan takes away.
    today = f"; today it is {_who(lost, facts.traits)}" if lost else ", as today"
    return f"no {facts.traits.noun('user')} would hold {name!r}{today}"


def _no_operator(facts: AccessFacts) -> str:
    if facts.operator is None:
        return "the admin app has no e-mail as `sub`: it is not known whom a run acts as"
    if facts.operator not in facts.principals:
        return f"the target lists no user {quoted(facts.operator[1])}, the `sub` of the admin app"
    return ""


def _operator_unchanged(facts: AccessFacts, parameters: Mapping[str, Any]) -> str:
    who = facts.operator
    if who is None:
        return ""
    own = [delta for change in facts.changes if who in change.principals for delta in change.deltas]
    gains = {delta.permission for delta in own if delta.direction.gains}
    losses = {delta.permission for delta in own if delta.direction.loses}
    parts = [f"gain {_some(gains)}" if gains else "", f"lose {_some(losses)}" if losses else ""]
    what = " and ".join(part for part in parts if part)
    return f"{who[1]!r}, who runs this, would {what}" if what else ""


def _giving(access: Access, permission: str) -> set[RoleKey]:
    """The roles that grant something of a permission, be it ever so weak."""
    return {
        key
        for key, held in access.permissions.items()
        if permission in held and access.levels.granting((held[permission],))
    }


def _holders(access: Access, roles: Collection[RoleKey]) -> set[tuple[PrincipalKey, Where]]:
    return {
        (principal, where)
        for principal, own in access.held.items()
        for where, ways in own.items()
        if any((where[0], way.role) in roles for way in ways)
    }


def _users_with(access: Access, permission: str) -> set[PrincipalKey]:
    holders = _holders(access, _giving(access, permission))
    return {principal for principal, _ in holders if principal[0] == PrincipalKind.USER}


def _check_permissions(rule: str, names: Iterable[str], facts: AccessFacts) -> None:
    if facts.traits.opaque_roles:
        return  # That nobody holds a role now does not say that there is none.
    known = frozenset[str]().union(*facts.permissions.values())
    unknown = [name for name in names if name not in known]
    if unknown:
        raise _unknown(rule, "permission", unknown, known)


def _unknown(rule: str, what: str, names: list[str], known: Iterable[str]) -> InvalidInput:
    told = f"names a {what} that neither side has"
    return _invalid(rule, [Fault(f"{told}: {quoted(name)}{near(name, known)}") for name in names])


def _invalid(rule: str, faults: list[Fault]) -> InvalidInput:
    return InvalidInput(
        "; ".join(fault.message for fault in faults),
        where=f"guard {rule}",
        target=UNCHANGED,
        remedy="Correct the guard in the config: as it is, it could never object.",
        faults=tuple(faults),
    )


def _already(who: Collection[PrincipalKey]) -> str:
    return f" ({len(who)} of them already today)" if who else ""


def _who(principals: Collection[PrincipalKey], traits: Traits) -> str:
    """`3 users ('a', 'b', 'c') and 1 group ('Ops')`."""
    parts = []
    for kind in (PrincipalKind.USER, PrincipalKind.GROUP):
        names = [name for each, name in principals if each == kind]
        if names:
            plural = "s" if len(names) > 1 else ""
            parts.append(f"{len(names)} {traits.noun(kind)}{plural} ({_some(names)})")
    return " and ".join(parts)


def _some(names: Collection[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(repr(name) for name in sorted(names)[:3]) + more


KINDS: Mapping[str, Kind[AccessFacts]] = {
    "max_losers": Kind(_max_losers, {"max": 50, "percent": 10}, Severity.WARN),
    "no_gain": Kind(_no_gain, {"permissions": None}, Severity.WARN),
    "only_through": Kind(_only_through, {"permission": "", "roles": ()}, Severity.REFUSE),
    "not_together": Kind(_not_together, {"permissions": ()}, Severity.REFUSE),
    "somebody_holds": Kind(_somebody_holds, {"permission": None}, Severity.REFUSE),
    "operator_unchanged": Kind(_operator_unchanged, {}, Severity.REFUSE, blind=_no_operator),
}
"""Every guard over access by its name in the config; None: as the platform's traits say."""
