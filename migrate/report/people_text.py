"""Assignments of a plan for people, as plain text: who is given and who loses which role."""

from collections.abc import Iterable, Iterator
from textwrap import wrap

from migrate.behaviour import shown
from migrate.model import Assignment, Role
from migrate.moves import Part
from migrate.peopleplan import PeoplePlan
from migrate.report.escape import inert, quoted

WIDTH = 80
MOST = 40
"""Lines of a kind unless everything is asked for."""


def lines(plan: PeoplePlan, *, everything: bool, principals: bool = True) -> Iterator[str]:
    """What is added and removed, role by role; in which order; and what is left.

    Without `principals` it is said how many they are, and not who.
    """
    if plan.adds or plan.removes:
        yield from ("", "Assignments")
        yield from _capped(by_role("+", plan.adds, plan.unseen, principals=principals), everything)
        yield from _capped(by_role("-", plan.removes, principals=principals), everything)
        for order in plan.orders:
            parts = ", ".join(part_text(part) for part in order.parts)
            yield from _wrapped(f"order for {inert(order.role_type)} roles: {parts}", 2)
    if plan.left:
        yield from ("", "Assignments left as they are")
        reasons: dict[str, list[Assignment]] = {}
        for item in plan.left:
            reasons.setdefault(item.reason, []).append(item.assignment)
        for reason, items in sorted(reasons.items()):
            yield from _wrapped(f"{inert(reason)}:", 2)
            yield from _capped(by_role(" ", items, principals=principals), everything)
    if plan.notes:
        yield from ("", "Notes")
        if not principals:  # they may name anybody
            yield f"  {len(plan.notes)}, in the plan itself"
            return
        wrapped = (line for note in plan.notes for line in _wrapped(inert(note), 2))
        yield from _capped(wrapped, everything)


def part_text(part: Part) -> str:
    """A move, with how much of it is done where that is not all of it."""
    if part.items is not None:
        return f"{part.move.value} {len(part.items)}"
    if part.roles is None:
        return part.move.value
    roles = ", ".join(
        quoted(name) + "".join(f", {inert(key)} {inert(shown(waits[key]))} yet" for key in waits)
        for name, waits in sorted(part.roles.items())[:MOST]
    )
    return f"{part.move.value} ({roles}{', …' if len(part.roles) > MOST else ''})"


def by_role(
    sign: str,
    items: Iterable[Assignment],
    unseen: Iterable[Role] = (),
    *,
    principals: bool = True,
) -> Iterator[str]:
    """Assignments, a line or more for each role; `unseen` are roles that may not be there."""
    unknown = {role.key for role in unseen}
    found: dict[tuple[str, str, str], list[str]] = {}
    for item in items:
        name = inert(item.principal)
        who = name if item.kind == "user" else f"{item.kind} {name}"
        found.setdefault((item.role_type, item.role, item.scope), []).append(who)
    for (role_type, role, scope), names in sorted(found.items()):
        where = f" in bot {quoted(scope)}" if scope else ""
        where += " (not seen on the target)" if (role_type, role) in unknown else ""
        who = ", ".join(sorted(names)) if principals else str(len(names))
        text = f"{sign} {role_type} role {quoted(role)}{where}: {who}"
        yield from _wrapped(text, 2)


def _capped(found: Iterable[str], everything: bool) -> Iterator[str]:
    shown = list(found)
    yield from shown if everything else shown[:MOST]
    if len(shown) > MOST and not everything:
        yield f"  … and {len(shown) - MOST} more lines (-v shows all)"


def _wrapped(text: str, indent: int) -> list[str]:
    return wrap(text, WIDTH, initial_indent=" " * indent, subsequent_indent=" " * (indent + 4))
