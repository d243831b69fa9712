"""Verify who holds roles: just who held them before, and whom the plan moves."""

from collections import defaultdict
from collections.abc import Iterable

from migrate.assigning import by_a_group
from migrate.diff import Change
from migrate.model import Assignment, People, PrincipalKind, RoleKey, State
from migrate.verification import Deviation, Kind

SHOWN = 5


def verify_members(
    before: State, found: State, held_after: frozenset[Assignment], changes: tuple[Change, ...]
) -> tuple[Deviation, ...]:
    """Roles of the types in `found` that others hold than should, deleted ones aside.

    Nothing is said where holders are unknown on either side. What a user's row can't tell apart
    (direct, or through a group) is no difference.
    """
    if before.people is None or found.people is None:
        return ()
    gone = {change.key for change in changes if change.after is None}
    had, has = (
        {item for item in people if item.role_type in found.roles}
        for people in (held_after, found.people.assignments)
    )
    # What was vague before and is missing now is what the plan has added.
    missing, extra = had - has - found.people.maybe_direct, has - had - before.people.maybe_direct
    differences: dict[RoleKey, list[str]] = defaultdict(list)
    for word, items in (("should be held by", missing), ("should not be held by", extra)):
        for item in sorted(items):
            if item.role_key not in gone:
                differences[item.role_key].append(f"{word} {_named(item)}")
    return tuple(
        Deviation(*key, Kind.MEMBERS, ours=True, excused=False, details=_some(found_there))
        for key, found_there in sorted(differences.items())
    )


def rows_seen(after: People | None, adds: Iterable[Assignment]) -> str | None:
    """What a verified run that made `adds` tells of an account's rows, as `Learned.rows`.

    They are merged where a direct assignment was made and does not show, and one each where
    somebody holds a role in both ways and both show.
    """
    if after is None:
        return None
    if not after.maybe_direct.isdisjoint(adds):
        return "merged"
    held = after.assignments
    direct = (item for item in held if item.kind == PrincipalKind.USER)
    if not after.maybe_direct and any(by_a_group(item, after, held) for item in direct):
        return "one"
    return None


def _named(item: Assignment) -> str:
    return f"{item.kind} {item.principal}{f' in bot {item.scope}' if item.scope else ''}"


def _some(texts: list[str]) -> tuple[str, ...]:
    more = (f"and {len(texts) - SHOWN} more",) if len(texts) > SHOWN else ()
    return (*texts[:SHOWN], *more)
