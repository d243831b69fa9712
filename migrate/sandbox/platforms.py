"""The platforms that the sandbox can serve: one line each."""

from collections.abc import Mapping

from migrate.sandbox.faircom.platform import FAIRCOM
from migrate.sandbox.kore.platform import KORE
from migrate.sandbox.platform import Platform

PLATFORMS: Mapping[str, Platform] = {each.name: each for each in (KORE, FAIRCOM)}
"""By the name under `platform` in a state document, where Kore.ai's need not say it."""
