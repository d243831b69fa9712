"""What the store remembers of an environment: whose account it is, and what was not finished."""

from collections.abc import Iterator

from migrate.causes import Cause
from migrate.config import Environment
from migrate.connect import Connections
from migrate.diagnosis import Finding, failed, sound, warning
from migrate.errors import MigrateError
from migrate.pipeline.capture import same_account
from migrate.pipeline.locking import in_the_way

RUNS = "runs"


def right_account(environment: Environment, connections: Connections) -> Iterator[Finding]:
    """Whether the account that answers is the config's, or the one first met; one more call.

    Nothing where neither is known, and where no user shows it (kore.md D).
    """
    try:
        known = environment.account_id or connections.archive(environment).account_id()
        answers = connections.reader(environment).account_id() if known else ""
        if not known or not answers:
            return
        same_account(environment, answers, known)
    except MigrateError as error:
        yield failed("account", error)
    else:
        yield sound("account", f"is {answers}, as expected")


def runs(environment: Environment, connections: Connections) -> Finding:
    """Whether a run is under way, or was never finished: nothing can be applied then."""
    why = in_the_way(environment, connections)
    if why is None:
        return sound(RUNS, "none is under way, and none unfinished")
    return warning(RUNS, f"nothing can be applied now: {why}", why.cause or Cause.RUN, why.remedy)
