"""FairCom, as the sandbox serves it."""

from migrate.sandbox.faircom.api import FaircomApi
from migrate.sandbox.faircom.environment import FaircomEnvironment
from migrate.sandbox.faircom.faults import FAULTS
from migrate.sandbox.faircom.switches import Switches
from migrate.sandbox.platform import Platform
from migrate.sandbox.s3 import S3Endpoint


def _api(environment: FaircomEnvironment, _s3: S3Endpoint | None) -> FaircomApi:
    return FaircomApi(environment)


FAIRCOM = Platform("faircom", Switches, FAULTS, FaircomEnvironment, _api)
"""Servers with accounts, and roles that accounts hold."""
