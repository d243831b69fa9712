"""The secrets of an environment: whether they can be fetched, who else can, and which are idle."""

from collections.abc import Iterator, Mapping

from migrate.causes import Cause
from migrate.config import App, Environment, Login
from migrate.connect import Connections
from migrate.diagnosis import Finding, failed, sound, tolerated, warning
from migrate.errors import Fault, MigrateError
from migrate.secrets import RotatingSecret, Secret


def secret_places(environment: Environment, connections: Connections) -> Iterator[Finding]:
    """A finding for each place that the config names, without asking the platform.

    A secret that waits for its turn is fetched, not tried: it need not be taken yet.
    """
    shared = connections.shared(environment)
    for setting, who in _holders(environment).items():
        if not who.secrets:
            continue
        name, first = setting.replace("_", " "), next(iter(who.secrets))
        try:
            held = shared.secret(who, f"environments.{environment.name}.{setting}")
        except MigrateError as error:
            yield failed(f"{name}: {first}", error)
            continue
        yield from _fetched(f"{name}: {first}", held.current, "can be fetched")
        yield from _following(name, held)


def open_to_others(name: str, faults: tuple[Fault, ...]) -> Iterator[Finding]:
    """The secrets that others than their owner can read."""
    for fault in faults:
        remedy = f"Run: {fault.message.rpartition(': ')[2]}"
        yield warning(name, fault.message, Cause.SECRET_OPEN, remedy)


def _holders(environment: Environment) -> Mapping[str, App | Login]:
    named = {
        "admin_app": environment.admin_app,
        "builder_app": environment.builder_app,
        "login": environment.login,
    }
    return {setting: who for setting, who in named.items() if who is not None}


def _fetched(name: str, secret: Secret, detail: str) -> Iterator[Finding]:
    found = tuple(open_to_others(name, secret.warnings))
    yield from found or (sound(name, detail),)


def _following(name: str, held: RotatingSecret) -> Iterator[Finding]:
    for source in held.spare:
        check = f"{name}: {source.setting}"
        try:
            secret = source.fetch()
        except MigrateError as error:
            yield tolerated(check, error, "can't be fetched, which a rotation needs")
            continue
        if secret.reveal() == held.current.reveal():
            yield warning(
                check,
                f"holds the same as {held.setting}, and is no use for a rotation",
                Cause.SECRET_IDLE,
                f"Take {source.setting} out of the config, or put the next secret there.",
            )
        else:
            yield from _fetched(check, secret, "can be fetched, for a rotation")
