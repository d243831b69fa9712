"""Guards and validation as JUnit XML, which every CI system shows as tests."""

from collections.abc import Iterable
from xml.sax.saxutils import escape, quoteattr

from migrate.errors import Fault
from migrate.guards import Outcome
from migrate.plan import Plan
from migrate.report.escape import inert
from migrate.report.plan_text import verdict_text


def of_plan(plan: Plan, *, principals: bool = False) -> str:
    """Each guard a test: it fails where it refuses, and is skipped where it could not look.

    What may name users and groups is told with `principals` alone.
    """
    cases = []
    for verdict in plan.verdicts:
        name = f"  <testcase classname={quoteattr('guards')} name={quoteattr(verdict.rule)}"
        message = verdict_text(verdict, principals=principals)
        said = _text(message)
        if verdict.outcome is Outcome.REFUSE:
            body = f"<failure message={_attribute(message)}>{said}</failure>"
        elif verdict.outcome is Outcome.UNCHECKED:
            body = f"<skipped message={_attribute(message)}/>"
        elif message:
            reason = f": {_text(verdict.reason)}" if verdict.reason else ""
            body = f"<system-out>{verdict.outcome.value}{reason}: {said}</system-out>"
        else:
            cases.append(f"{name}/>")
            continue
        cases.append(f"{name}>{body}</testcase>")
    failures = sum(verdict.outcome is Outcome.REFUSE for verdict in plan.verdicts)
    skipped = sum(verdict.outcome is Outcome.UNCHECKED for verdict in plan.verdicts)
    title = f"plan {plan.source.environment} to {plan.target.environment}"
    return _suite(title, cases, failures, skipped)


def of_files(checked: Iterable[tuple[str, Iterable[Fault]]]) -> str:
    """Each file a test, with its faults; warnings are output and no failure."""
    cases, failures = [], 0
    for name, faults in checked:
        found = list(faults)
        wrong = [fault for fault in found if not fault.warning]
        warned = "\n".join(_text(str(fault)) for fault in found if fault.warning)
        body = ""
        if wrong:
            failures += 1
            text = "\n".join(_text(str(fault)) for fault in wrong)
            body = f"<failure message={_attribute(str(wrong[0]))}>{text}</failure>"
        if warned:
            body += f"<system-out>{warned}</system-out>"
        cases.append(f'  <testcase classname="files" name={_attribute(name)}>{body}</testcase>')
    return _suite("validate", cases, failures, 0)


def _suite(name: str, cases: list[str], failures: int, skipped: int) -> str:
    counts = f'tests="{len(cases)}" failures="{failures}" errors="0" skipped="{skipped}"'
    lines = "\n".join(cases)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<testsuites>\n<testsuite name={_attribute(name)} {counts}>\n{lines}\n"
        "</testsuite>\n</testsuites>\n"
    )


def _text(value: str) -> str:
    return escape(inert(value))


def _attribute(value: str) -> str:
    return quoteattr(inert(value))
