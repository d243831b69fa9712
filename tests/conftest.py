"""For all tests: what the matrices came to, in one line at the end, and patience."""

from collections import Counter

import pytest
from hypothesis import HealthCheck, settings

# That a machine is busy is no failure: whoever tests time says so.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

VERDICT = "matrix"
"""The property that a test of a matrix records for each case: `exact`, `refused` or `lost`."""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [each for kind in ("passed", "failed") for each in terminalreporter.getreports(kind)]
    found = Counter(
        value
        for report in reports
        if report.when == "call"
        for name, value in report.user_properties
        if name == VERDICT
    )
    if found:
        terminalreporter.write_line(
            f"matrices: {found.total()} tried, {found['exact']} exact, "
            f"{found['refused']} truthful refusals, {found['lost']} lost"
        )
