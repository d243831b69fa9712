"""What became of a source's names in a target, and assignments put into the target's names."""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from operator import eq
from typing import Any

from migrate.model import ACCOUNT, Assignment, People, PrincipalKey, RoleKey
from migrate.wording import quoted


@dataclass(frozen=True, slots=True)
class Unresolved:
    """A name of the source that somebody's assignment needs and that the target does not have.

    `kind` is user, group, bot or role; `name` as the source spells it; `needed` counts the
    assignments.
    """

    kind: str
    name: str
    reason: str
    needed: int

    def __str__(self) -> str:
        """Render as `group "Ops" (2 assignments): the target has none of that name`."""
        count = "1 assignment" if self.needed == 1 else f"{self.needed} assignments"
        return f"{self.kind} {quoted(self.name)} ({count}): {self.reason}"


@dataclass(frozen=True, slots=True)
class Resolution:
    """The target's keys by the source's: no two names of the source share one of the target.

    What found nothing is left out; of that, `unresolved` are the names that an assignment needs.
    `notes` say in sentences what was recognised under another name by its id.
    """

    principals: Mapping[PrincipalKey, PrincipalKey]
    scopes: Mapping[str, str]
    roles: Mapping[RoleKey, RoleKey]
    unresolved: tuple[Unresolved, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Translation:
    """Assignments in the target's names, and those of the source that have no translation.

    Each one of the source is in exactly one of the two; `left` keeps the source's names.
    """

    assignments: frozenset[Assignment]
    left: tuple[Assignment, ...]


def translated(assignments: Iterable[Assignment], resolution: Resolution) -> Translation:
    """Put the source's assignments into the target's names.

    Whether one that is left over is an error or skipped is the caller's decision.
    """
    done: set[Assignment] = set()
    left: list[Assignment] = []
    for each in assignments:
        kind, name, role_type, role_name, place = each
        holder = resolution.principals.get((kind, name))
        role = resolution.roles.get((role_type, role_name))
        scope = ACCOUNT if place == ACCOUNT else resolution.scopes.get(place)
        if holder is None or role is None or scope is None:
            left.append(each)
        else:
            here = (*holder, *role, scope)
            done.add(each if each == here else Assignment(*here))
    return Translation(frozenset(done), tuple(sorted(left)))


def called_alike(source: People, resolution: Resolution) -> bool:
    """Whether all that the source's assignments name has the same name in the target: then they
    are their own translation.
    """
    return (
        _own(resolution.principals, source.by_holder.keys())
        and _own(resolution.roles, source.role_counts.keys())
        and _own(resolution.scopes, source.scope_counts.keys() - {ACCOUNT})
    )


def _own(found: Mapping[Any, Any], names: Set[Any]) -> bool:
    return found.keys() >= names and all(map(eq, found, found.values()))
