"""A fleet for people: one line for each target, then what each has to show of its own."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from migrate.report.escape import inert

TITLES = {
    "plan": "Plans for",
    "apply": "Applied to",
    "resume": "Resumed on",
    "rollback": "Rolled back on",
    "status": "How it stands on",
}


def render(report: Mapping[str, Any], sections: Sequence[tuple[str, str]] = ()) -> str:
    """The report, and a section for each target that has one: its name and a text of its own."""
    lines = [inert(line) for line in _lines(report)]
    for name, page in sections:
        lines += ["", f"== {inert(name)} ==", page.rstrip("\n")]
    return "\n".join(lines) + "\n"


def counts(report: Mapping[str, Any]) -> str:
    """How many targets there are of each state."""
    found: dict[str, int] = {}
    for target in report["targets"]:
        found[target["state"]] = found.get(target["state"], 0) + 1
    return ", ".join(f"{number} {state}" for state, number in found.items())


def title(report: Mapping[str, Any]) -> str:
    """What was done, and to which group."""
    number = len(report["targets"])
    group = f"group {report['group']}" if report["group"] else "the set"
    return f"{TITLES[report['command']]} {group}, {number} target{'s' * (number != 1)}"


def _lines(report: Mapping[str, Any]) -> Iterator[str]:
    yield f"{title(report)}: {counts(report)}"
    yield f"  from {report['source']}"
    if report["set"]:
        yield f"  set  {report['set']}"
    width = max((len(each["environment"]) for each in report["targets"]), default=0)
    wave = -1
    for each in report["targets"]:
        if each["wave"] != wave:
            wave = each["wave"]
            yield f"  wave {wave}" if wave else "  in no wave"
        run = f", run {each['run']}" if each["run"] else ""
        took = f", {each['requests']} requests, {each['seconds']:.1f} s" if each["requests"] else ""
        yield f"    {each['environment'].ljust(width)}  {each['state']}{run}{took}"
        for word in ("what", "target", "remedy"):
            if each[word]:
                said = {"what": "error", "target": "target", "remedy": "next"}[word]
                yield f"      {said}: {each[word]}"
    if report["halted"]:
        yield f"  halted: {report['halted']}"
