"""What an assignments file asks for in an environment: its lines looked up there, and done. Pure.

A file is written for one environment: its names are that environment's own, and are not mapped.
"""

from dataclasses import dataclass, replace

from migrate.assignments_file.lookup import Here, Problem
from migrate.assignments_file.values import Action, AssignmentsFile, Wanted
from migrate.errors import UNCHANGED, Fault, InvalidInput
from migrate.identity.rules import GROUP, USER
from migrate.lookups import SETTLED, LookUp
from migrate.model import Assignment, People, Role, State
from migrate.peopleplan import known_people
from migrate.traits import Traits
from migrate.wording import near, quoted

MOST_PLACES = 5
"""Places in the file that are named for one problem."""

MOST_HINTS = 20
"""Problems that get a guess at what was meant: guessing among thousands of names takes long."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The target's state with a file's lines done, and what a reviewer has to know of them."""

    state: State
    notes: tuple[str, ...] = ()


def asked_of(
    file: AssignmentsFile,
    target: State,
    traits: Traits,
    *,
    skip_unresolved: bool = False,
    unread: str = "",
    look_up: LookUp = SETTLED,
) -> Asked:
    """The state that `file` asks for in an environment whose state is `target`.

    Lines that name what the target does not have are left out where `skip_unresolved` says so.
    `look_up` is what became of looking up the users whom the target does not show.
    Raises InvalidInput that lists, with every place in the file: these names, each with a guess
    at what was meant; names that mean several; what is asked for both ways; and what the platform
    never does. Raises UsageError where it is not known who holds what (`unread` says why).
    """
    people = known_people(target, "target", unread)
    here = Here(target, people, traits.fold)
    problems: dict[Problem, list[str]] = {}
    asked: dict[Assignment, Wanted] = {}
    lines: list[tuple[Wanted, Assignment]] = []
    for line in file.wanted:
        found = here.find(line)
        if isinstance(found, Assignment):
            lines.append((line, found))
            found = _against(line, found, asked.setdefault(found, line), people, traits)
        for problem in found:
            problems.setdefault(problem, []).append(line.place)
    final = any(problem.final for problem in problems)
    faults = _faults(problems, here)
    doubt = look_up.doubt(problem.kind for problem in problems)
    if faults and (final or not skip_unresolved):
        raise _refusal(file, faults, doubt, look_up.remedy, final=final)
    after = people.assignments.difference(_of(asked, Action.REMOVE)).union(_of(asked, Action.ADD))
    notes = (
        *_already(file, lines, people),
        *_kept(lines, people, after),
        *_held_by_nobody(lines, target),
        *([doubt] if doubt else ()),
        *(f"skipped: {fault}" for fault in faults),
    )
    named = {item.role_key: Role.opaque(*item.role_key, line.role) for line, item in lines}
    state = State(target.roles, replace(people, assignments=after))
    return Asked(state.with_seen(named.values()), notes)


def _of(asked: dict[Assignment, Wanted], action: Action) -> set[Assignment]:
    return {item for item, line in asked.items() if line.action is action}


def _against(
    line: Wanted, item: Assignment, first: Wanted, people: People, traits: Traits
) -> tuple[Problem, ...]:
    """What stands against an assignment that was found, though all its names are known."""
    if first.action is not line.action:
        who, role = f"{item.kind} {quoted(line.principal)}", f"{item.role_type} role"
        message = f"{who}, {role} {quoted(item.role)}: added and removed; the other is "
        return (Problem(message + first.place, final=True),)
    if _is_so(line, item, people):
        return ()
    why = traits.not_assignable(item)
    return (Problem(why, final=True),) if why else ()


def _is_so(line: Wanted, item: Assignment, people: People) -> bool:
    return (item in people.assignments) is (line.action is Action.ADD)


def _faults(problems: dict[Problem, list[str]], here: Here) -> tuple[Fault, ...]:
    faults = []
    for number, (problem, places) in enumerate(problems.items()):
        hint = here.hint(problem) if number < MOST_HINTS else ""
        shown = ", ".join(places[:MOST_PLACES])
        more = f" and {len(places) - MOST_PLACES} more" if len(places) > MOST_PLACES else ""
        faults.append(Fault(problem.message + hint, shown + more))
    return tuple(faults)


def _refusal(
    file: AssignmentsFile, faults: tuple[Fault, ...], doubt: str, ask: str, *, final: bool
) -> InvalidInput:
    count = f"{len(faults)} thing{'' if len(faults) == 1 else 's'}"
    what = f"this file asks for {count} that can't be done in the target"
    remedy = "Correct the file, or add to the target what it lacks"
    if not final:
        remedy += "; --on-unresolved skip leaves out the lines that name it"
    return InvalidInput(
        f"{what}; {doubt}" if doubt else what,
        where=file.name,
        target=UNCHANGED,
        remedy=f"{ask} Else: {remedy}." if doubt else f"{remedy}.",
        faults=faults,
    )


def _already(
    file: AssignmentsFile, lines: list[tuple[Wanted, Assignment]], people: People
) -> list[str]:
    """How much of the file is so already; what may be held directly unseen is not counted."""
    count = sum(
        _is_so(line, item, people)
        for line, item in lines
        if line.action is Action.ADD or item not in people.maybe_direct
    )
    total = len(file.wanted)
    return [f"{count} of {total} {'is' if count == 1 else 'are'} already so"] if count else []


def _held_by_nobody(lines: list[tuple[Wanted, Assignment]], target: State) -> list[str]:
    """Roles that are to be taken and that nobody is seen to hold: misspelled, perhaps."""
    known = [role.name for role in target.all_roles()]
    return [
        f"{line.place}: nobody holds the role {quoted(line.role)} here{near(item.role, known)}"
        for line, item in lines
        if line.action is Action.REMOVE and item.role not in known
    ][:MOST_HINTS]


def _kept(
    lines: list[tuple[Wanted, Assignment]], people: People, after: frozenset[Assignment]
) -> list[str]:
    """Users who are to lose a role and still have it through a group."""
    notes = []
    for line, item in lines:
        if line.action is Action.ADD or item.kind != USER:
            continue
        groups = [
            quoted(group)
            for group in sorted(people.groups_of.get(item.principal, ()))
            if item._replace(kind=GROUP, principal=group) in after
        ]
        if groups:
            role = f"{item.role_type} role {quoted(item.role)}"
            vague = "; whether directly, too, is not shown here and left as it is"
            notes.append(
                f"{line.place}: {quoted(line.principal)} keeps the {role} through "
                f"{', '.join(groups)}{vague if item in people.maybe_direct else ''}"
            )
    return notes
