"""The worlds that these tests are in: see tests/cli/world.py and tests/cli/staffed.py."""

from tests.cli.staffed import box, staffed
from tests.cli.world import plain_environment, sandbox, world

__all__ = ["box", "plain_environment", "sandbox", "staffed", "world"]
