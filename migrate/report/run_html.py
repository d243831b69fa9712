"""A run as one page of HTML: from its JSON report and, where that is still there, its plan."""

from collections.abc import Iterator, Mapping
from typing import Any

from migrate.plan import Plan
from migrate.planfile import verdict_to_value
from migrate.report.html import page, sections, timeline
from migrate.report.html.sections import Fact
from migrate.report.html.strings import name
from migrate.report.run_text import approved, ways
from migrate.traits import Traits

_GOOD = ("done", "nothing to do")


def render(
    report: Mapping[str, Any], plan: Plan | None = None, traits: Traits | None = None
) -> str:
    """The page: how it ended and how it left the target, what comes next, its steps in time, who
    gained and lost what by its plan, the roles, what is not as desired.

    Without the plan roles are named, and not what they hold. Users and groups are named in it.
    """
    context: dict[str, Any] = {"plan": None}
    data: dict[str, Any] = {}
    if plan is not None and traits is not None:
        context, data = sections.of_plan(plan, traits)
        context["counts"] = sections.counts(plan, traits)
    notes = (*report["movedElsewhere"], *report["notes"])
    deviations = report["deviations"]
    context |= {
        "title": f"Run: {report['source']} → {report['target']}",
        "report": report,
        "verdict": verdict(report),
        "facts": list(_facts(report, plan)),
        "steps": timeline.of(report["steps"][: sections.MOST]),
        "more_steps": max(0, len(report["steps"]) - sections.MOST),
        "traffic": timeline.of_traffic(report, sections.MOST),
        "deviations": [_deviation(each) for each in deviations[: sections.MOST]],
        "more_deviations": max(0, len(deviations) - sections.MOST),
        "changes": [_change(each) for each in report["changes"][: sections.MOST]],
        "more_changes": max(0, len(report["changes"]) - sections.MOST),
        "guards": sections.verdicts(report["verdicts"]),
        "notes": notes[: sections.MOST],
        "more_notes": max(0, len(notes) - sections.MOST),
        "ways": list(_ways(report)),
    }
    return page.render("run.html.j2", context, data)


def of_journal(
    journal: Mapping[str, Any], plan: Plan | None = None, traits: Traits | None = None
) -> str:
    """The page of a run that left no report, from its journal as JSON."""
    began = journal["entries"][0]
    body, steps = began["body"], timeline.of_journal(journal)
    tried = [step for step in steps if step["state"] != "not tried"]
    report = {
        "run": journal["run"],
        "plan": body["plan"],
        "planDigest": body.get("planDigest", ""),
        "source": body["source"],
        "target": body["target"],
        "mode": body["mode"],
        "planner": {"name": str(plan.planner) if plan else "", "place": ""},
        "approvers": body.get("approvers", []),
        "startedAt": began["time"],
        "finishedAt": f"{journal['entries'][-1]['time']}, when something was last written down",
        "result": journal["state"],
        "targetState": f"changed by no more than {len(tried)} of {len(steps)} steps",
        "requests": "not known before the run has ended",
        "backup": body["backup"],
        "after": "",
        "verdicts": [verdict_to_value(each) for each in plan.verdicts] if plan else [],
        "changes": [],
        "steps": steps,
        "deviations": [],
        "movedElsewhere": [],
        "notes": [
            f"{entry['time']}: set aside: {entry['body'].get('reason', '')}"
            for entry in journal["entries"]
            if entry["kind"] == "abandoned"
        ],
        "error": None,
    }
    return render(report, plan, traits)


def verdict(report: Mapping[str, Any]) -> tuple[str, str, str]:
    """How a run ended: good, care or bad; in its own word; and how it left the target."""
    state = f"Target: {report['targetState']}."
    kind = "care" if report["targetState"] == "unchanged" else "bad"
    word = report["result"] or "failed"
    return "good" if word in _GOOD else kind, word[:1].upper() + word[1:], state


def _facts(report: Mapping[str, Any], plan: Plan | None) -> Iterator[Fact]:
    if plan is None:
        yield "From", name(report["source"]), False
        yield "To", name(report["target"]), False
    else:
        yield from sections.side("From", plan.source)
        yield from sections.side("To", plan.target)
    yield "Mode", report["mode"], False
    if report["planner"]["name"]:
        yield "Planned by", " ".join(filter(None, report["planner"].values())), False
    for each in report["approvers"]:
        yield "Approved by", approved(each), False
    if not report["approvers"]:
        yield "Approvals", "none", False
    if report["startedAt"]:
        yield "Time", f"{report['startedAt']} to {report['finishedAt']}", False
    yield "Requests to the target", str(report["requests"]), False
    yield "Run", report["run"] or "none: nothing was begun", bool(report["run"])
    yield "Plan", report["plan"], True
    if report["planDigest"]:
        yield "Digest of the plan", f"sha256:{report['planDigest']}", True
    for word, key in (("State before", "backup"), ("State after", "after")):
        if report[key]:
            yield word, f"sha256:{report[key]}", True


def _ways(report: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    found = tuple(ways(report))
    yield from ((way.removeprefix("to ").capitalize(), command) for way, command in found)
    if found:
        yield (
            "Go back to all that was there before it, whoever changed it since",
            f"role-migrate rollback {report['run']} --to-backup",
        )
    if report["run"]:
        yield "Show all of it", f"role-migrate runs show {report['run']} --format json"


def _change(change: Mapping[str, Any]) -> str:
    return f"{change['action']} {change['roleType']} role {name(change['name'])}"


def _deviation(deviation: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "excused": deviation["excused"],
        "role": f"{deviation['roleType']} role {name(deviation['name'])}",
        "kind": deviation["kind"],
        "details": deviation["details"],
    }
