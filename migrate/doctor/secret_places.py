"""The secrets of an environment: whether they can be fetched, who else can, and which are idle."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from migrate.causes import Cause
from migrate.config import App, Environment, Login
from migrate.connect import Connections
from migrate.diagnosis import Finding, failed, sound, tolerated, warning
from migrate.errors import Fault, MigrateError
from migrate.secrets import RotatingSecret, Secret


class Held(NamedTuple):
    """An app or login by its name, the setting of its secret, and that, or why it can't be had."""

    name: str
    setting: str
    secret: RotatingSecret | MigrateError


def held_by(environment: Environment, connections: Connections) -> tuple[Held, ...]:
    """The secrets of an environment, fetched; whoever asks the platform uses the same ones."""
    shared = connections.shared(environment)
    found = []
    holders: dict[str, App | Login | None] = {
        "admin_app": environment.admin_app,
        "builder_app": environment.builder_app,
        "login": environment.login,
    }
    for table, who in holders.items():
        if who is None or not who.secrets:
            continue
        secret: RotatingSecret | MigrateError
        try:
            secret = shared.secret(who, f"environments.{environment.name}.{table}")
        except MigrateError as error:
            secret = error
        found.append(Held(table.replace("_", " "), next(iter(who.secrets)), secret))
    return tuple(found)


def secret_places(held: Iterable[Held]) -> Iterator[Finding]:
    """A finding for each secret that is in use, without asking the platform."""
    for name, setting, secret in held:
        check = f"{name}: {setting}"
        if isinstance(secret, MigrateError):
            yield failed(check, secret)
        else:
            yield from _fetched(check, secret.current, "can be fetched")


def next_secrets(held: Iterable[Held]) -> Iterator[Finding]:
    """A finding for each secret that waits for its turn, once the platform was asked.

    It is fetched, not tried: it need not be taken yet.
    """
    for name, _, secret in held:
        if not isinstance(secret, MigrateError) and secret.preferred and not secret.tried:
            yield from _following(name, secret)


def open_to_others(name: str, faults: tuple[Fault, ...]) -> Iterator[Finding]:
    """The secrets that others than their owner can read."""
    for fault in faults:
        remedy = f"Run: {fault.message.rpartition(': ')[2]}"
        yield warning(name, fault.message, Cause.SECRET_OPEN, remedy)


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
