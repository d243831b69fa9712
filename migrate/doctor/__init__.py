"""Doctor: try everything that a promotion rests on, and say what is in the way.

Nothing stops at the first failure: what can still be tried is, and what can't be is said to be.
Nothing is written to a platform; a small object is written to each store.
"""

from collections.abc import Iterable, Iterator

from migrate.causes import Cause
from migrate.config import Config, Environment
from migrate.connect import Connections, platform
from migrate.diagnosis import Examined, Finding, State, failed, not_tried, sound, warning
from migrate.doctor.certificates import certificates
from migrate.doctor.history import RUNS, right_account, runs
from migrate.doctor.secret_places import held_by, next_secrets, secret_places
from migrate.doctor.storage import store, uploads
from migrate.errors import Exit, InvalidInput, MigrateError

AT_ONCE = 16
"""Environments that are looked at side by side: it is waiting, not work."""

_SETTINGS = "`role-migrate schema config` shows every setting."


def examine(names: Iterable[str], connections: Connections) -> Iterator[Examined]:
    """The findings on the config, then on each of the environments called `names`."""
    from concurrent.futures import ThreadPoolExecutor

    def one(name: str) -> Examined:
        environment = connections.config.environment(name)
        return Examined(name, tuple(_environment(environment, connections)))

    yield Examined("", (*_config(connections.config), *_approvals(connections)))
    # What is in the way of one mostly shows as a time-out: nobody waits for all of them in turn.
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield from pool.map(one, names)


def unsound_config(error: MigrateError) -> Examined:
    """The findings where there is no config to go by: every fault in it."""
    if not isinstance(error, InvalidInput) or not error.faults:
        error.cause = Cause.CONFIG
        return Examined("", (failed("config", error),))
    return Examined(
        "",
        tuple(
            Finding(
                "config",
                State.FAILED,
                f"{error.where}: {fault}" if error.where else str(fault),
                Cause.CONFIG,
                error.remedy or _SETTINGS,
                Exit.INVALID,
            )
            for fault in error.faults
        ),
    )


def _config(config: Config) -> Iterator[Finding]:
    yield sound("config", f"{config.path} can be read, and fits together")
    for fault in config.warnings:
        yield warning("config", str(fault), Cause.CONFIG, _SETTINGS)


def _approvals(connections: Connections) -> Iterator[Finding]:
    """The file of who may sign, where the config names one."""
    from migrate.pipeline.waiving import signers_of

    try:
        if signers_of(connections) is not None:
            yield sound("approval", "the allowed signers can be read")
    except MigrateError as error:
        yield failed("approval", error)


def _environment(environment: Environment, connections: Connections) -> Iterator[Finding]:
    held = held_by(environment, connections)
    yield from secret_places(held)
    yield from certificates(environment, connections.tools.now())
    found = tuple(_platform(environment, connections))
    yield from found
    kept = tuple(store(environment, connections))
    if all(finding.ok for finding in (*found, *kept)):
        yield from right_account(environment, connections)
    yield from next_secrets(held)
    yield from kept
    if all(finding.ok for finding in kept):
        yield runs(environment, connections)
    else:
        yield from not_tried((RUNS,), "the store is not as it should be")
    yield from uploads(environment, connections)
    yield from _policy(environment, connections)


def _platform(environment: Environment, connections: Connections) -> Iterator[Finding]:
    try:
        yield from platform(environment).check(
            environment, connections.shared(environment), connections.tools
        )
    except MigrateError as error:
        yield failed("platform", error)


def _policy(environment: Environment, connections: Connections) -> Iterator[Finding]:
    named = connections.config.policy
    if named is None:
        return
    try:
        held = connections.policy(environment)
    except MigrateError as error:
        error.cause = error.cause if error.cause is not Cause.CONFIG else Cause.POLICY
        yield failed("policy", error)
    else:
        count = len(held.guards)
        yield sound("policy", f"is the one that the config names, with {count} guards")
