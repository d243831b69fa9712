"""The history of environments: as text for people, as JSON, and as CSV with a line per change."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from textwrap import wrap
from typing import Any

from migrate import historyfile
from migrate.access import Direction
from migrate.actor import Approver
from migrate.diff import Action
from migrate.historyfile import Basis, Ended, RoleChange
from migrate.levels import Levels
from migrate.logbook import Row, rows
from migrate.model import ACCOUNT, Assignment
from migrate.report import access_text, csv_text
from migrate.report.escape import inert, quoted
from migrate.traits import Traits

WIDTH = 100
MOST = 20
"""Lines of a kind that are shown of a run unless everything is asked for."""
SIGNS = {Action.CREATE: "+", Action.UPDATE: "~", Action.DELETE: "-"}
_BASIS = {
    Basis.READ_BACK: "",
    Basis.PLANNED: "; nobody read the target back: this is what was meant, not what was seen",
    Basis.UNKNOWN: "; its plan is gone: what it changed is not known",
}
HEADER = (
    *("environment", "number", "when", "run", "plan", "planner", "approvers", "applier"),
    *("change_ref", "result", "basis", "what", "role_type", "role", "kind", "principal", "scope"),
    *("permission", "before", "after", "through"),
)


@dataclass(frozen=True, slots=True)
class Line:
    """A run in the history of an environment; `number` is its place there."""

    environment: str
    number: int
    digest: str
    ended: Ended


def to_value(lines: list[Line], counts: Mapping[str, int]) -> dict[str, Any]:
    """The JSON value; `counts` has how many entries were read and checked, by environment."""
    return {
        "checked": dict(counts),
        "runs": [
            {
                "environment": line.environment,
                "number": line.number,
                "digest": line.digest,
                **historyfile.to_value(line.ended),
            }
            for line in lines
        ],
    }


def to_csv(lines: list[Line]) -> str:
    """A line per change, each with its run; a run without changes has one line."""
    return csv_text.render(HEADER, (cells for line in lines for cells in _cells(line)))


def _cells(line: Line) -> Iterator[tuple[str, ...]]:
    ended = line.ended
    run = (
        line.environment,
        str(line.number),
        ended.finished_at,
        ended.run,
        ended.plan,
        str(ended.planner),
        "; ".join(map(_approver, ended.approvers)),
        str(ended.applier),
        _change_refs(ended),
        ended.result,
        ended.basis.value,
    )
    for row in rows(ended) if not ended.empty else (Row(""),):
        through = "; ".join(
            f"{role} (group {group})" if group else role for role, group in row.through
        )
        values = csv_text.values(row.before), csv_text.values(row.after)
        yield (*run, *row[:7], *values, through)


def render(lines: list[Line], traits: Mapping[str, Traits], *, everything: bool) -> str:
    """Every run with what it changed, and who planned, approved and applied it."""
    if not lines:
        return "No such change in the history.\n"
    text = (part for line in lines for part in _lines(line, traits[line.environment], everything))
    return "\n".join(text).rstrip("\n") + "\n"


def _lines(line: Line, traits: Traits, everything: bool) -> Iterator[str]:
    ended = line.ended
    yield (
        f"{inert(line.environment)} {line.number:06d}  {inert(ended.finished_at)}  "
        f"run {inert(ended.run)}  {inert(ended.result)}"
    )
    way = f"{inert(ended.source.environment)} → {inert(ended.target.environment)}"
    held = f", assignments {inert(ended.assignments)}" if ended.assignments else ""
    yield from _wrapped(f"{way}, {inert(ended.mode)}{held}{_BASIS[ended.basis]}", 2)
    if ended.reason:
        yield from _wrapped(f"reason: {inert(ended.reason)}", 2)
    yield from _wrapped(inert("; ".join(_people(ended))), 2)
    yield from _some([_role(change) for change in ended.roles], everything)
    held_lines = [_assignment("+", item) for item in ended.adds]
    held_lines += [_assignment("-", item) for item in ended.removes]
    yield from _some([[text] for text in held_lines], everything)
    yield from _some(list(_access(line, traits)), everything)
    yield ""


def _people(ended: Ended) -> Iterator[str]:
    yield f"plan {ended.plan}" + (f" by {ended.planner}" if ended.planner.name else "")
    if ended.approvers:
        yield f"approved by {', '.join(map(_approver, ended.approvers))}"
    else:
        yield "approved by nobody"
    if _change_refs(ended):
        yield f"for {_change_refs(ended)}"
    if ended.applier.name:
        yield f"applied by {ended.applier}"
    if ended.ended_by.name != ended.applier.name:
        yield f"ended by {ended.ended_by}"


def _approver(approver: Approver) -> str:
    proof = f"proven by {approver.key}" if approver.proven else "claimed"
    return f"{approver.actor} [{proof}, {approver.at}]"


def _change_refs(ended: Ended) -> str:
    found = dict.fromkeys(each.change_ref for each in ended.approvers if each.change_ref)
    return ", ".join(found)


def _role(change: RoleChange) -> list[str]:
    sign = SIGNS[change.action]
    title = f"{sign} {change.action.value} {inert(change.role_type)} role {quoted(change.name)}"
    if change.action is not Action.UPDATE and change.permissions:
        side = "after" if change.action is Action.CREATE else "before"
        given = (f"{p.name}: {_one(getattr(p, side))}" for p in change.permissions)
        return [title, f"    {inert(', '.join(given))}"]
    described = ["    description changed"] if change.described else []
    moves = (
        f"{each.name}: {_one(each.before)} → {_one(each.after)}" for each in change.permissions
    )
    return [title, *described, *(f"    {inert(move)}" for move in moves)]


def _assignment(sign: str, item: Assignment) -> str:
    who = f"{'group ' if item.kind == 'group' else ''}{quoted(item.principal)}"
    where = "" if item.scope == ACCOUNT else f" in bot {quoted(item.scope)}"
    verb = "given" if sign == "+" else "taken from"
    return f"{sign} {inert(item.role_type)} role {quoted(item.role)}{where} {verb} {who}"


def _access(line: Line, traits: Traits) -> Iterator[list[str]]:
    levels = Levels.of(traits.value_order, traits.denied)
    words = access_text.Words(line.environment, levels, traits.labels, traits.sensitive)
    for one in access_text.sentences(line.ended.access, levels, traits.sensitive):
        sign = {Direction.GAIN: "+", Direction.LOSS: "-"}.get(one.direction, "~")
        names = [*map(inert, one.users), *(f"group {inert(name)}" for name in one.groups)]
        yield [f"{sign} {words.sentence(one)}", f"    {', '.join(names)}"]


def _some(parts: list[list[str]], everything: bool) -> Iterator[str]:
    for part in parts if everything else parts[:MOST]:
        for text in part:
            shown = text if everything or len(text) <= 4 * WIDTH else f"{text[: 4 * WIDTH]}… (-v)"
            yield from _wrapped(shown, 2 + len(text) - len(text.lstrip()))
    if len(parts) > MOST and not everything:
        yield f"  … and {len(parts) - MOST} more (-v shows all)"


def _one(value: Any) -> str:
    return "absent" if value is None else csv_text.values((value,))


def _wrapped(text: str, indent: int) -> list[str]:
    return wrap(
        text.lstrip(),
        WIDTH,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + 4),
        break_long_words=False,
        break_on_hyphens=False,
    )
