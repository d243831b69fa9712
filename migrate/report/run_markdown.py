"""A run as Markdown, from its JSON report: for job summaries, tickets and whoever asks later."""

from collections.abc import Iterator, Mapping
from typing import Any

from migrate.report.markdown import code, text
from migrate.report.run_text import approved, ways

MOST = 100
"""Roles and steps listed; a report is read by people, the JSON has all."""


def render(report: Mapping[str, Any]) -> str:
    """How it ended and what comes next first; then steps, changes, and what is not as desired."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Mapping[str, Any]) -> Iterator[str]:
    yield f"# {text(report['source'])} → {text(report['target'])}: {text(report['result'])}"
    yield ""
    yield f"Target: **{text(report['targetState'])}**"
    error = report["error"]
    if error:
        yield ""
        yield f"**Error**: {text(error['what'])}"
        if error["remedy"]:
            yield ""
            yield f"**Next**: {text(error['remedy'])}"
    for way, command in ways(report):
        yield ""
        yield f"{way.capitalize()}: {code(command)}"
    yield ""
    yield "| | |"
    yield "|---|---|"
    for name, value in _facts(report):
        yield f"| {name} | {value} |"
    yield from _steps(report["steps"])
    moments = report.get("traffic", {}).get("moments", [])
    waits = [each for each in moments if not each["where"]]
    yield from _list("Waits", [f"{each['seconds']:.0f} s: {text(each['what'])}" for each in waits])
    yield from _list("Changes", [_change(change) for change in report["changes"]])
    yield from _list("Not as desired", [_deviation(each) for each in report["deviations"]])
    notes = (*report["movedElsewhere"], *report["notes"])
    yield from _list("Notes", [text(note) for note in notes])


def _facts(report: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "Run", code(report["run"]) if report["run"] else "none: nothing was begun"
    yield "Plan", f"{code(report['plan'])}, digest {code(report['planDigest'])}"
    yield "Mode", text(report["mode"])
    if report["planner"]["name"]:
        yield "Planned by", text(" ".join(report["planner"].values()))
    for each in report["approvers"]:
        yield "Approved by", text(approved(each))
    if report["startedAt"]:
        yield "Time", f"{text(report['startedAt'])} to {text(report['finishedAt'])}"
    yield "Requests to the target", str(report["requests"])
    for name, key in (("State before", "backup"), ("State after", "after")):
        if report[key]:
            yield name, code(f"sha256:{report[key]}")


def _steps(steps: list[Mapping[str, Any]]) -> Iterator[str]:
    if not steps:
        return
    yield from ("", "## Steps", "", "| step | what | state |", "|---|---|---|")
    for step in steps[:MOST]:
        note = f": {text(step['note'])}" if step["note"] else ""
        what = f"{text(step['kind'])} of {text(step['object'])}"
        yield f"| {step['number']} | {what} | {text(step['state'])}{note} |"
    if len(steps) > MOST:
        yield f"| | and {len(steps) - MOST} more | |"


def _list(title: str, items: list[str]) -> Iterator[str]:
    if not items:
        return
    yield from ("", f"## {title}", "")
    yield from (f"- {item}" for item in items[:MOST])
    if len(items) > MOST:
        yield f"- and {len(items) - MOST} more"


def _change(change: Mapping[str, Any]) -> str:
    return f"{text(change['action'])} {text(change['roleType'])} role {code(change['name'])}"


def _deviation(deviation: Mapping[str, Any]) -> str:
    word = "note: " if deviation["excused"] else ""
    details = "; ".join(text(detail) for detail in deviation["details"])
    role = f"{text(deviation['roleType'])} role {code(deviation['name'])}"
    return f"{word}{role} {text(deviation['kind'])}{f': {details}' if details else ''}"
