"""The world that these tests are in: see tests/cli/world.py."""

from tests.cli.world import plain_environment, sandbox, world

__all__ = ["plain_environment", "sandbox", "world"]
