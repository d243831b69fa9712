"""Which assignments to add and to remove in a target. Pure; names are the target's throughout."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from migrate.identity import Rename
from migrate.model import Assignment, Assignments, People, RoleKey, role_key_of


@dataclass(frozen=True, slots=True)
class Unassigned:
    """An assignment that is left as it is, with why."""

    assignment: Assignment
    reason: str


@dataclass(frozen=True, slots=True)
class Delta:
    """The least to add and to remove, and what is left as it is."""

    adds: frozenset[Assignment] = frozenset()
    removes: frozenset[Assignment] = frozenset()
    left: tuple[Unassigned, ...] = ()


@dataclass(frozen=True, slots=True)
class Rules:
    """What a delta has to respect.

    `in_scope` says whether an assignment's role is in the plan's scope; `foreign` why one that the
    source does not have is none of its business all the same, or ""; `refused` why the platform
    would not take a change, or "". `after` are the roles that exist in the target afterwards.
    `doubtful` are users' assignments that the source may have, and does not show. `merged`: the
    target is known to show who holds a role through a group in a row that stands for a direct
    assignment, too.
    """

    in_scope: Callable[[RoleKey], bool]
    foreign: Callable[[Assignment], str]
    refused: Callable[[Assignment], str]
    after: frozenset[RoleKey]
    doubtful: frozenset[Assignment] = frozenset()
    merged: bool = False


def delta(
    mode: Assignments,
    target: People,
    wanted: frozenset[Assignment],
    renames: Iterable[Rename],
    rules: Rules,
) -> Delta:
    """From who holds what in the target to who should; `wanted` are the source's assignments.

    What a pruned role grants goes with the role: its holders are in no removal, unless they move.
    """
    held = target.assignments
    moves = {(rename.role_type, rename.old): rename.new for rename in renames}
    moved = {
        item._replace(role=moves[item.role_key]): item
        for item in (held if moves else ())
        if item.role_key in moves
    }
    every = set(map(role_key_of, wanted))
    keys = frozenset(key for key in every if rules.in_scope(key))
    scoped = wanted
    if keys != every:
        scoped = frozenset(item for item in wanted if item.role_key in keys)
    goal = held - frozenset(moved.values()) | moved.keys() if moved else held
    if mode is not Assignments.NONE:
        goal |= scoped
    left: list[Unassigned] = []
    if mode is Assignments.EXACT:
        surplus: set[Assignment] = set()
        for item in goal - scoped:
            if not rules.in_scope(item.role_key):
                continue
            why = _unseen(item, target) or rules.foreign(item)
            if not why and item in rules.doubtful:
                why = "the source shows it through a group; whether directly, too, is not shown"
            if not why:
                surplus.add(item)
            elif item in held:  # else it arrives by a rename
                left.append(Unassigned(item, why))
        goal -= surplus
        left += _uncovered(target, goal, scoped, rules)
    adds, removes = goal - held, held - goal
    refused = {item: rules.refused(item) for item in adds | removes}
    # What a group is given shows by then in the rows of whoever is in it.
    empty, nobody = empty_groups(target), "nobody is in this group: what it holds can't be read"
    refused |= {item: nobody for item in adds if item.kind == "group" and item.principal in empty}
    gone = "the role will not exist in the target"
    refused |= {item: gone for item in adds if item.role_key not in rules.after}
    # Who holds a role that is deleted loses it by that, not by a removal of its own.
    removes = frozenset(item for item in removes if item.role_key in rules.after)
    free = frozenset(item for item in adds | removes if not refused[item])
    if rules.merged:
        after = held.union(adds & free).difference(removes & free)
        # It would not show beside the group's: nobody could tell whether it has been made.
        hidden = "held through a group; whether directly, too, is not shown here"
        vague = adds & free & target.maybe_direct
        refused |= {item: hidden for item in vague if by_a_group(item, target, after)}
    left += [Unassigned(item, refused[item]) for item in adds | removes if refused[item]]
    return Delta(
        frozenset(item for item in adds if not refused[item]),
        frozenset(item for item in removes if not refused[item]),
        tuple(sorted(left, key=lambda entry: entry.assignment)),
    )


def _uncovered(
    target: People, goal: frozenset[Assignment], wanted: frozenset[Assignment], rules: Rules
) -> list[Unassigned]:
    """Users who may keep a role that each of their groups loses: directly, and not shown here."""
    why = "held through a group that loses it; if directly, too, the next plan shows that"
    return [
        Unassigned(item, why)
        for item in target.maybe_direct - wanted
        if rules.in_scope(item.role_key)
        and item.role_key in rules.after
        and not by_a_group(item, target, goal)
    ]


def by_a_group(item: Assignment, target: People, held: frozenset[Assignment]) -> bool:
    """Whether one of a user's groups holds what the item says, too."""
    return any(
        item._replace(kind="group", principal=group) in held
        for group in target.groups_of.get(item.principal, ())
    )


def empty_groups(people: People) -> frozenset[str]:
    """The unseen groups that nobody is in: what they are given shows in no row either."""
    return people.unseen_groups.difference(*people.groups_of.values())


def _unseen(item: Assignment, target: People) -> str:
    if item.kind == "group" and item.principal in target.unseen_groups:
        return "no user in this group is listed: what it holds can't be read in full"
    return ""
