"""The step that gives and takes roles, as every platform has it, and reading it back. Pure."""

from collections.abc import Iterable
from typing import Any

from migrate.model import Assignment, State
from migrate.peoplefile import assignment_from_value, assignments_to_value
from migrate.platforms.base import Outcome, Settled, Step
from migrate.standing import Effect

KIND = "assign"


def assign_step(
    number: int,
    items: Iterable[Assignment],
    role_type: str,
    *,
    removing: bool,
    remark: str = "",
    **more: Any,
) -> Step:
    """The step that gives roles of one type, or takes them.

    `remark` is for whoever watches, `more` what the platform needs beside.
    """
    values = assignments_to_value(items)
    what = f"{len(values)} {role_type} assignment{'' if len(values) == 1 else 's'}"
    return Step(
        number=number,
        kind=KIND,
        object=f"{what} to {'remove' if removing else 'add'}{remark}",
        role_type=role_type,
        arguments={
            "adds": [] if removing else values,
            "removes": values if removing else [],
            **more,
        },
        repeatable=True,
        undo="assign the opposite",
    )


def moves_of(step: Step) -> tuple[frozenset[Assignment], frozenset[Assignment]]:
    """What such a step adds and what it removes."""
    adds, removes = (
        frozenset(assignment_from_value(item) for item in step.arguments[word])
        for word in ("adds", "removes")
    )
    return adds, removes


def assign_effect(step: Step, outcome: Outcome | None) -> Effect:
    """What such a step makes of a target; in part, perhaps, while it is not known to be done."""
    adds, removes = moves_of(step)
    return Effect(adds=adds, removes=removes, partly=outcome is None)


def settle_assign(step: Step, now: State) -> Settled:
    """Whether assignments of unknown outcome were made.

    One that would not show beside a group's was not: sending it again does no harm, and what it
    gives may be all that is left when the group loses it.
    """
    if now.people is None:
        return Settled.UNCLEAR
    held = now.people.assignments
    adds, removes = moves_of(step)
    missing, left = adds - held, removes & held
    if not missing and not left:
        return Settled.LANDED
    nothing = len(missing) == len(adds) and len(left) == len(removes)
    return Settled.NOT_LANDED if nothing else Settled.PARTLY
