"""Kore.ai, as the sandbox serves it."""

from migrate.sandbox.kore.api import KoreApi
from migrate.sandbox.kore.environment import KoreEnvironment
from migrate.sandbox.kore.faults import FAULTS
from migrate.sandbox.kore.files import FileIds
from migrate.sandbox.kore.switches import Switches
from migrate.sandbox.platform import Platform
from migrate.sandbox.s3 import S3Endpoint


def _api(environment: KoreEnvironment, s3: S3Endpoint | None) -> KoreApi:
    return KoreApi(environment, FileIds(s3))


KORE = Platform("kore", Switches, FAULTS, KoreEnvironment, _api)
"""Accounts with admin roles and bot roles, users, groups and bots."""
