"""The journal of a run that left no report: what it meant to do, and how far it came."""

from collections.abc import Mapping
from typing import Any

from migrate.journal.entry import Entry, Summary
from migrate.report.escape import inert


def to_value(entries: tuple[Entry, ...], folded: Summary) -> dict[str, Any]:
    """The journal as JSON: the run, its state, and each entry in order."""
    state = "abandoned" if folded.abandoned else folded.result or "unfinished"
    return {
        "run": entries[0].run,
        "state": state,
        "done": list(folded.done),
        "unknown": list(folded.unknown),
        "entries": [
            {"number": entry.number, "time": entry.time, "kind": entry.kind, "body": entry.body}
            for entry in entries
        ],
    }


def render(value: Mapping[str, Any]) -> str:
    """The journal for people."""
    began = value["entries"][0]["body"]
    lines = [
        f"Run {value['run']} of plan {began['plan']}: {inert(str(value['state']))}",
        f"  {inert(began['source'])} → {inert(began['target'])}, {began['mode']}, "
        f"by {inert(began['who'])}",
        f"  before: sha256:{began['backup']}",
    ]
    for step in began["steps"]:
        number = step["number"]
        state = "not tried"
        if number in value["done"]:
            state = "done"
        elif number in value["unknown"]:
            state = "begun, outcome unknown"
        lines.append(f"  step {number}: {step['kind']} of {inert(step['object'])}: {state}")
    lines += [
        f"  {entry['time']} {entry['kind']}: {inert(str(entry['body'].get('reason', '')))}"
        for entry in value["entries"]
        if entry["kind"] == "abandoned"
    ]
    return "\n".join(inert(line) for line in lines) + "\n"
