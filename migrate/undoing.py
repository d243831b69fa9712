"""What a target must become for a run to be undone, and where somebody else is in the way. Pure.

Undoing puts back what the run changed and nothing else: what it found is desired again for each
role and assignment that it touched, and everything else stays as it is now.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace

from migrate.model import Assignment, People, Role, RoleKey, State
from migrate.standing import Conflict, Standing, same


@dataclass(frozen=True, slots=True)
class Undo:
    """The state to go back to, and every conflict.

    `kept` are roles that the run made and that stay; `own` those that go and that nobody holds but
    by the run, so that deleting them takes nothing that somebody else gave.
    """

    desired: State
    conflicts: tuple[Conflict, ...]
    kept: frozenset[RoleKey]
    own: frozenset[RoleKey]


def undo(standing: Standing, after: State | None, *, stay: Collection[str], empty: bool) -> Undo:
    """Work out the way back. `after` is the target as the run left it, where that was read.

    Roles of the types in `stay` that the run made are left where they are, and with `empty` taken
    from everybody, not only from those to whom the run gave them.
    """
    had, has = standing.before.by_key(), standing.now.by_key()
    left = after.by_key() if after is not None else {}
    conflicts: list[Conflict] = []
    goal: dict[RoleKey, Role] = dict(has)
    # An import may have side effects on roles that it holds as they were; what is only seen in use
    # may have been there before it was seen.
    changed = standing.written | {
        key
        for key in left
        if not same(left[key], had.get(key)) and not standing.now.in_part(key[0])
    }
    created = frozenset(key for key in changed if key in has and key not in had)
    for key in sorted(changed):
        was, now = had.get(key), has.get(key)
        if same(was, now):
            continue
        ours = same(now, left.get(key)) if after is not None else standing.sent_it(key)
        if not ours:
            conflicts.append(Conflict(f"{key[0]} role {key[1]!r} {_how(was, now)}"))
        elif was is not None:
            goal[key] = was
        elif key[0] not in stay:
            del goal[key]
    sections = {
        role_type: section.holding(role for role in goal.values() if role.role_type == role_type)
        for role_type, section in standing.now.roles.items()
    }
    people = standing.now.people
    kept = frozenset(key for key in created if key[0] in stay)
    emptied = kept if empty else frozenset[RoleKey]()
    held = _turned_back(standing, after)
    holders = _people(standing, people, held, goal.keys() - emptied) if people else None
    desired = State(sections, holders)
    held_by = people.assignments if people else frozenset()
    others = {item.role_key for item in held_by - held[0]}
    return Undo(desired, tuple(conflicts), kept, created - kept - others)


Turned = tuple[frozenset[Assignment], frozenset[Assignment]]
"""What a run gave, and what it took: to be turned back."""


def _turned_back(standing: Standing, after: State | None) -> Turned:
    """What the run gave and took; where its end was read, also what got lost on the way."""
    members, before = standing.members, standing.before.people
    given, taken = members.given, members.taken
    if before is None:
        return given, taken
    if after is not None and after.people is not None:
        then, left, sent = before.assignments, after.people.assignments, standing.sent
        gained = {item for item in left - then if item.role_key in sent}
        lost = {item for item in then - left if item.role_key in sent}
        return given & left | gained, taken - left | lost
    there = standing.now.by_key()
    loose = members.loose | {key for key in standing.written if key not in there}
    return given, taken | {item for item in before.assignments if item.role_key in loose}


def _people(standing: Standing, now: People, turned: Turned, roles: Collection[RoleKey]) -> People:
    """Who should hold which of some roles: as now, with what the run gave and took turned back."""
    before = standing.before.people
    if before is None:
        return now
    held = (now.assignments - turned[0]) | turned[1]
    return replace(
        now,
        assignments=frozenset(item for item in held if item.role_key in roles),
        # As they were: which role went first for whom is part of what is gone back to.
        principals={**now.principals, **before.principals},
        scopes={**before.scopes, **now.scopes},
    )


def _how(was: Role | None, now: Role | None) -> str:
    if now is None:
        return "was deleted since"
    if was is None:
        return "was changed since the run made it"
    return "was changed since the run changed it"
