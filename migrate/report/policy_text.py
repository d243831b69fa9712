"""What guards say of recorded plans, for people: `policy test`."""

from collections.abc import Iterable, Iterator

from migrate.report.escape import inert
from migrate.report.plan_text import guard_lines
from migrate.trial import Trial


def render(trials: Iterable[Trial]) -> str:
    """Each plan with what its guards say, and whether that is as expected."""
    found = tuple(trials)
    lines = [line for trial in found for line in _lines(trial)]
    refused = sum(trial.refused for trial in found)
    told = [f"{len(found)} plan{'s' * (len(found) != 1)} tried", f"{refused} refused"]
    if any(trial.expected for trial in found):
        told.append(f"{sum(bool(trial.differences) for trial in found)} not as expected")
    return "\n".join([*lines, ", ".join(told), ""])


def _lines(trial: Trial) -> Iterator[str]:
    plan = trial.plan
    yield (
        f"{inert(trial.name)}: {inert(plan.source.environment)} to "
        f"{inert(plan.target.environment)}, {plan.mode.value}"
    )
    yield from guard_lines(trial.verdicts, principals=True)
    if trial.expected is not None and not trial.differences:
        yield "  as expected"
    for difference in trial.differences:
        yield f"  NOT AS EXPECTED: {inert(difference)}"
    yield ""
