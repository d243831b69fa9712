"""The certificates that an environment rests on: for how long they are good yet."""

from collections.abc import Iterator
from datetime import UTC, datetime

from migrate.causes import Cause
from migrate.config import Environment
from migrate.diagnosis import Finding, broken, failed, sound, warning
from migrate.errors import InvalidInput
from migrate.http.certificate import own_until, servers_until

SOON = 14
"""Days before its end from which a certificate is worth a warning."""


def certificates(environment: Environment, now: float) -> Iterator[Finding]:
    """The server's, where it is accepted, and the one that is shown to it, where there is one.

    `now` is in epoch seconds. One that is not accepted is found where the platform is asked.
    """
    until = servers_until(
        environment.url,
        ca_bundle=environment.ca_bundle,
        proxy=environment.proxy,
        timeout=min(environment.timeout, 15.0),
    )
    if until is not None:
        yield _until("certificate", until, now, "Have the server's certificate renewed.")
    if environment.client_cert is None:
        return
    name, renew = "client certificate", "Have it renewed, and put it where client_cert names it."
    try:
        own = own_until(environment.client_cert, environment.client_key)
    except InvalidInput as error:
        yield failed(name, error)
        return
    yield _until(name, own, now, renew)


def _until(name: str, until: datetime, now: float, remedy: str) -> Finding:
    day = until.astimezone(UTC).strftime("%Y-%m-%d")
    left = (until.timestamp() - now) / 86400
    if left < 0:
        return broken(name, f"has expired on {day}", Cause.TLS_EXPIRED, remedy)
    if left < SOON:
        return warning(name, f"expires on {day}", Cause.TLS_EXPIRED, remedy)
    return sound(name, f"is good until {day}")
