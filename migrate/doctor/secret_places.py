"""The secrets of an environment: whether they can be fetched, who else can, and which are idle."""

from collections.abc import Iterator

from migrate.causes import Cause
from migrate.config import App, Environment, Login
from migrate.connect import Connections
from migrate.diagnosis import Finding, failed, sound, tolerated, warning
from migrate.errors import Fault, MigrateError
from migrate.secrets import RotatingSecret, Secret


def secret_places(environment: Environment, connections: Connections) -> Iterator[Finding]:
    """A finding for each secret that is in use, without asking the platform."""
    for name, setting, held in _held(environment, connections):
        check = f"{name}: {setting}"
        if isinstance(held, MigrateError):
            yield failed(check, held)
        else:
            yield from _fetched(check, held.current, "can be fetched")


def next_secrets(environment: Environment, connections: Connections) -> Iterator[Finding]:
    """A finding for each secret that waits for its turn, once the platform was asked.

    It is fetched, not tried: it need not be taken yet.
    """
    for name, _, held in _held(environment, connections):
        if not isinstance(held, MigrateError) and held.preferred and not held.tried:
            yield from _following(name, held)


def open_to_others(name: str, faults: tuple[Fault, ...]) -> Iterator[Finding]:
    """The secrets that others than their owner can read."""
    for fault in faults:
        remedy = f"Run: {fault.message.rpartition(': ')[2]}"
        yield warning(name, fault.message, Cause.SECRET_OPEN, remedy)


def _held(
    environment: Environment, connections: Connections
) -> Iterator[tuple[str, str, RotatingSecret | MigrateError]]:
    """Each app and login by its name, the setting of its secret, and that, or why it can't be had.

    Fetched once: whoever asks again is given what was fetched.
    """
    shared = connections.shared(environment)
    holders: dict[str, App | Login | None] = {
        "admin_app": environment.admin_app,
        "builder_app": environment.builder_app,
        "login": environment.login,
    }
    for table, who in holders.items():
        if who is None or not who.secrets:
            continue
        held: RotatingSecret | MigrateError
        try:
            held = shared.secret(who, f"environments.{environment.name}.{table}")
        except MigrateError as error:
            held = error
        yield table.replace("_", " "), next(iter(who.secrets)), held


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
