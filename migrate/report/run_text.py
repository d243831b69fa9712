"""A run for people: from its JSON report, so that one of last year looks like one of today."""

from collections.abc import Iterator, Mapping
from typing import Any

from migrate.report.escape import inert, quoted


def render(report: Mapping[str, Any], *, errors: bool = True) -> str:
    """What a run did, how it ended, and how the target was left.

    Without `errors` it leaves the error out, for where that was said already.
    """
    return "\n".join(inert(line) for line in _lines(report, errors)) + "\n"


def _lines(report: Mapping[str, Any], errors: bool) -> Iterator[str]:
    # A plan that was refused, or not agreed to, never became a run.
    yield f"{'Run ' + report['run'] if report['run'] else 'No run'} of plan {report['plan']}"
    yield f"  {inert(report['source'])} → {inert(report['target'])}, {report['mode']}"
    if report["startedAt"]:
        yield (
            f"  {report['startedAt']} to {report['finishedAt']}, "
            f"{report['requests']} request{'' if report['requests'] == 1 else 's'} to the target"
        )
    if report["planner"]["name"]:
        yield f"  planned by {_actor(report['planner'])}"
    for each in report["approvers"]:
        yield f"  approved by {approved(each)}"
    yield f"  result: {inert(report['result'])}"
    yield f"  target: {inert(report['targetState'])}"
    if report["backup"]:
        yield f"  before: sha256:{report['backup']}"
    if report["after"]:
        yield f"  after:  sha256:{report['after']}"
    for change in report["changes"]:
        yield f"  {change['action']} {change['roleType']} role {quoted(change['name'])}"
    for step in report["steps"]:
        yield f"  step {step['number']}: {step['kind']} of {step['object']}: {state(step)}"
    for deviation in report["deviations"]:
        word = "note" if deviation["excused"] else "DIFFERENT"
        details = "; ".join(inert(detail) for detail in deviation["details"])
        yield (
            f"  {word}: {deviation['roleType']} role {quoted(deviation['name'])} "
            f"{deviation['kind']}{': ' + details if details else ''}"
        )
    for note in (*report["movedElsewhere"], *report["notes"]):
        yield f"  note: {inert(note)}"
    if report["error"] and errors:
        yield f"  error: {inert(report['error']['what'])}"
    for way, command in ways(report):
        yield f"  {way}: {command}"


def ways(report: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """How to go on with a run that changed its target, or take it back, each with its command."""
    run, result = report["run"], report["result"]
    over = ("rolled back", "abandoned")
    if run and report["targetState"] != "unchanged" and not result.startswith(over):
        if result not in ("done", "different"):
            yield "to go on where it stopped", f"role-migrate resume {run}"
        yield "to take it back", f"role-migrate rollback {run}"


def approved(approver: Mapping[str, Any]) -> str:
    """Who approved, when, for what, and whether that is proven."""
    proof = f"proven by {approver['key']}" if approver["key"] else "claimed"
    return inert(f"{_actor(approver)}, {approver['at']}, {approver['changeRef']}: {proof}")


def _actor(actor: Mapping[str, Any]) -> str:
    return inert(f"{actor['name']} ({actor['place']})" if actor["place"] else str(actor["name"]))


def state(step: Mapping[str, Any]) -> str:
    """How a step stands, with what is worth knowing of its outcome."""
    outcome = step["outcome"]
    if "fileId" in outcome:
        return f"{step['state']}, fileId {inert(str(outcome['fileId']))}"
    if "sent" in outcome:
        silent = outcome["sent"] - (outcome["answered"] - outcome["others"])
        left_out = silent - len(outcome["missing"])  # built-ins: kore.md B
        return (
            f"{step['state']}, {outcome['sent']} sent, {outcome['answered']} answered, "
            f"{len(outcome['missing'])} missing, {len(outcome['different'])} different"
            + (f", {left_out} built-in left out of the answer" if left_out else "")
        )
    return f"{step['state']}{': ' + inert(step['note']) if step['note'] else ''}"
