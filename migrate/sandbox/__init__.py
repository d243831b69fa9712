"""Real HTTP servers on 127.0.0.1 that behave as the platforms do, with S3 beside them.

Built from the documented facts, every unknown a switch, and from none of the client's code, so
that a mistake in one shows in the other.
"""

from migrate.sandbox.faircom.seed import server_state
from migrate.sandbox.kore.seed import account_state
from migrate.sandbox.sandbox import Sandbox

__all__ = ["Sandbox", "account_state", "server_state"]
