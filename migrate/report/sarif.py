"""Guards and validation as SARIF 2.1.0, which code hosts show as findings beside the change."""

from collections.abc import Iterable
from typing import Any

from migrate import __version__
from migrate.errors import Fault
from migrate.guards import Outcome
from migrate.plan import Plan
from migrate.planfile import plan_digest
from migrate.report.escape import inert
from migrate.report.plan_text import verdict_text

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {Outcome.REFUSE: "error", Outcome.ALLOWED: "warning", Outcome.WARN: "warning"}


def of_plan(plan: Plan, config: str, *, principals: bool = False) -> dict[str, Any]:
    """Each guard that objects to the plan is a result; its place is the plan itself.

    Code hosts show it beside a file of the repository: the first line of `config`, its path there.
    What may name users and groups is told with `principals` alone.
    """
    place = f"{plan.source.environment} to {plan.target.environment}"
    results = [
        {
            "ruleId": verdict.rule,
            "level": _LEVELS[verdict.outcome],
            "message": {"text": inert(verdict_text(verdict, principals=principals))},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": _uri(config)},
                        "region": {"startLine": 1},
                    },
                    "logicalLocations": [{"name": inert(place), "fullyQualifiedName": plan.id}],
                }
            ],
            "partialFingerprints": {"plan/v1": plan_digest(plan)},
        }
        for verdict in plan.verdicts
        if verdict.outcome in _LEVELS
    ]
    return _log(results, [verdict.rule for verdict in plan.verdicts])


def of_files(checked: Iterable[tuple[str, Iterable[Fault]]]) -> dict[str, Any]:
    """Each fault in a file is a result, with its line where that is known."""
    results = []
    for name, faults in checked:
        for fault in faults:
            place: dict[str, Any] = {"artifactLocation": {"uri": _uri(name)}}
            if fault.line:
                place["region"] = {"startLine": fault.line}
            said = f"{fault.path}: {fault.message}" if fault.path else fault.message
            results.append(
                {
                    "ruleId": "schema",
                    "level": "warning" if fault.warning else "error",
                    "message": {"text": inert(said)},
                    "locations": [{"physicalLocation": place}],
                }
            )
    return _log(results, ["schema"])


def _log(results: list[dict[str, Any]], rules: list[str]) -> dict[str, Any]:
    driver = {
        "name": "role-migrate",
        "version": __version__,
        "rules": [{"id": rule} for rule in dict.fromkeys(rules)],
    }
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": results}],
    }


def _uri(name: str) -> str:
    from urllib.parse import quote

    return quote(inert(name))
