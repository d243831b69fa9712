"""For all tests: what the matrices came to, in one line at the end, and patience."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from functools import cache

import botocore.loaders
import botocore.session
import pytest
from hypothesis import HealthCheck, settings

from migrate.lock.alive import FOLDER, forget, gone_for

# That a machine is busy is no failure: whoever tests time says so.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


@pytest.fixture(scope="session", autouse=True)
def no_signs_of_the_dead() -> Iterator[None]:
    """Remove signs of life of processes that tests killed, an hour ago: none that others need."""
    yield
    for path in FOLDER.glob("role-migrate-*"):
        owner = path.name.removeprefix("role-migrate-")
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < time.time() - 3600 and gone_for(owner) is not None:
                forget(owner)


@pytest.fixture(scope="session", autouse=True)
def descriptions_of_s3_are_read_once() -> Iterator[None]:
    """boto3 reads its own descriptions of S3 anew for each client: here thousands of times."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.session, "create_loader", cache(botocore.loaders.create_loader))
        yield


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
