"""What `doctor` found, for people: each check a line, and under what fails the next step."""

from collections.abc import Iterable, Iterator

from migrate.diagnosis import Examined, State, counted
from migrate.report.escape import inert

_WORDS = {
    State.OK: "ok  ",
    State.WARNING: "WARN",
    State.FAILED: "FAIL",
    State.NOT_TRIED: "----",
}
_COUNTED = {
    State.FAILED: "failed",
    State.WARNING: "to be warned of",
    State.NOT_TRIED: "not tried",
    State.OK: "ok",
}


def render(examined: Iterable[Examined]) -> str:
    """The findings by environment, and how many there are of each kind."""
    found = tuple(examined)
    lines = [line for each in found for line in _lines(each)]
    counts = counted(found)
    told = [f"{counts[state]} {words}" for state, words in _COUNTED.items() if counts[state]]
    return "\n".join([*lines, "", ", ".join(told), ""])


def _lines(examined: Examined) -> Iterator[str]:
    yield inert(examined.environment) if examined.environment else "for all environments"
    for finding in examined.findings:
        why = "not tried: " if finding.state is State.NOT_TRIED else ""
        yield f"  {_WORDS[finding.state]} {inert(finding.check)}: {why}{inert(finding.detail)}"
        if finding.remedy:
            yield f"       next: {inert(finding.remedy)}"
