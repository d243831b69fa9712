"""A plan for a merge request or a job's summary: short first, details folded, of limited size."""

from collections.abc import Iterator

from migrate.diff import Action
from migrate.guards import Outcome, Verdict
from migrate.plan import Plan
from migrate.planfile import plan_digest
from migrate.report import access_text, plan_brief, plan_text
from migrate.report.markdown import code, fenced, text
from migrate.traits import Traits

LIMIT = 60_000
"""Characters of a page: what a comment may have on GitHub, with room for whoever adds to it."""

_MARKS = {
    Outcome.REFUSE: "❌ refused",
    Outcome.ALLOWED: "⚠️ allowed",
    Outcome.WARN: "⚠️ warning",
    Outcome.UNCHECKED: "❔ not checked",
}
_SHOWN = 20


def render(
    plan: Plan, traits: Traits, *, everything: bool = False, principals: bool = False
) -> str:
    """The page. Users and groups are named only with `principals`; else they are counted."""
    head = "\n".join(_head(plan, traits)) + "\n"
    whole = plan_text.render(plan, traits, everything=everything, principals=principals)
    room = LIMIT - len(head) - 400
    cut = len(whole) > room
    page = whole[:room].rpartition("\n")[0] + "\n" if cut else whole
    note = (
        "\nThe page is cut here: the plan in the store, and its JSON file, are whole.\n"
        if cut
        else ""
    )
    return (
        f"{head}\n<details><summary>The whole plan</summary>\n\n{fenced(page)}\n</details>\n{note}"
    )


def _head(plan: Plan, traits: Traits) -> Iterator[str]:
    yield f"## {text(plan.source.environment)} → {text(plan.target.environment)}: {_verdict(plan)}"
    yield ""
    yield "| | |"
    yield "|---|---|"
    yield f"| Plan | {code(plan.id)} |"
    yield f"| Digest | {code(plan_digest(plan))} |"
    if plan.planner.name:
        yield f"| Made by | {text(str(plan.planner))} |"
    yield f"| Mode | {text(plan.mode.value)}, assignments {text(plan.people.assignments.value)} |"
    for action in Action:
        names = [f"{text(each.role_type)} {code(each.name)}" for each in plan.of(action)]
        if names:
            more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
            shown = ", ".join(names[:_SHOWN])
            yield f"| {len(names)} to {action.value} | {shown}{more} |"
    if plan.people.adds or plan.people.removes:
        adds, removes = len(plan.people.adds), len(plan.people.removes)
        yield f"| Assignments | {adds} to add, {removes} to remove |"
    yield from _access(plan, traits)
    yield from _guards(plan.verdicts)


def _verdict(plan: Plan) -> str:
    refused = sum(verdict.outcome is Outcome.REFUSE for verdict in plan.verdicts)
    if refused:
        return f"refused by {refused} guard{'s' * (refused != 1)}"
    if plan.empty:
        return "nothing to change"
    return text(plan_brief.summary(plan).partition(";")[0])


def _access(plan: Plan, traits: Traits) -> Iterator[str]:
    words = plan_text.words_of(plan, traits)
    found = access_text.telling(plan.people.access, words)
    if plan.people.unread:
        yield from ("", f"Who gains and loses what is not known: {text(plan.people.unread)}")
    if not found:
        return
    yield from ("", "**Who gains and loses what**", "")
    for one in found[:_SHOWN]:
        yield f"- {text(access_text.VERBS[one.direction])}: {text(words.sentence(one))}"
    if len(found) > _SHOWN:
        yield f"- and {len(found) - _SHOWN} more"


def _guards(verdicts: tuple[Verdict, ...]) -> Iterator[str]:
    told = [verdict for verdict in verdicts if verdict.outcome in _MARKS]
    if not told:
        return
    yield from ("", "**Guards**", "")
    for verdict in told:
        reason = f" ({text(verdict.reason)})" if verdict.reason else ""
        yield f"- {_MARKS[verdict.outcome]} {code(verdict.rule)}{reason}"
