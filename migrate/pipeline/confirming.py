"""Read once more what a deletion rests on: a list that came short must not delete.

An export is a bare list that no total goes with (kore.md, the calls). Where a plan deletes roles,
it is the source's list that says which, and the target's that says what has to stay: a full import
deletes whatever its file does not hold. Either is read twice, and both reads must agree.
"""

from collections.abc import Callable, Collection
from typing import TypeVar

from migrate.diff import Action
from migrate.digests import state_digest
from migrate.errors import PlatformFailed
from migrate.model import Snapshot, State
from migrate.plan import Plan
from migrate.platforms.base import Reader
from migrate.tools import Tools
from migrate.wording import quoted

T = TypeVar("T")
SHOWN = 5


class Unsteady(PlatformFailed):
    """Two reads of one list of roles do not agree."""


def deleting(plan: Plan) -> tuple[str, ...]:
    """The role types of which a plan deletes roles."""
    return tuple(sorted({change.role_type for change in plan.of(Action.DELETE)}))


def confirm(reader: Reader, taken: Snapshot, role_types: Collection[str], tools: Tools) -> None:
    """Read the roles of these types once more. Raises Unsteady where they are not as in `taken`.

    Types of which roles were only seen in use are left out: such a list deletes none.
    """
    here = tuple(
        role_type
        for role_type in role_types
        if role_type in taken.state.roles and not taken.state.in_part(role_type)
    )
    if not here:
        return
    where = taken.environment
    tools.tell(f"reading the {' and '.join(here)} roles of {where} once more …")
    again = reader.capture(here)
    for role_type in here:
        once, twice = (State({role_type: s.roles[role_type]}) for s in (taken.state, again))
        if state_digest(once) != state_digest(twice):
            raise Unsteady(
                f"two reads of the {role_type} roles, a moment apart, do not agree: "
                f"{_differing(once, twice)}",
                where=where,
                remedy="Nothing is deleted on a list that may have come short: run it again when "
                "nobody changes roles; if it stays so, compare with what the console shows.",
            )


def steady(take: Callable[[], T], tools: Tools) -> T:
    """What `take` gives; once more from the start where two reads in it do not agree.

    Raises Unsteady where they do not agree the second time either.
    """
    try:
        return take()
    except Unsteady as fault:
        tools.tell(f"{fault}; reading it all again …")
        return take()


def _differing(once: State, twice: State) -> str:
    first, second = once.by_key(), twice.by_key()
    names = sorted({key[1] for key in first.keys() ^ second.keys()})
    if not names:
        changed = sorted(key[1] for key, role in first.items() if role != second[key])
        return f"{_listed(changed)} changed in between"
    return f"only one of them has {_listed(names)}"


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(quoted(name) for name in names[:SHOWN]) + more
