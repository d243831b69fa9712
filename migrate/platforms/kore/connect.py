"""Builds readers and writers of Kore.ai accounts from the config."""

import time
from collections.abc import Callable, Iterator
from typing import Any

from migrate.config import App, Environment
from migrate.errors import InvalidInput
from migrate.http import Http
from migrate.model import State
from migrate.pace import Pace
from migrate.plan import Plan
from migrate.platforms.base import Uploader
from migrate.platforms.kore import checkup
from migrate.platforms.kore.catalogue import TRAITS
from migrate.platforms.kore.channel import ReadChannel, WriteChannel
from migrate.platforms.kore.effects import effect_of
from migrate.platforms.kore.exports import state_of_export
from migrate.platforms.kore.importfile import build
from migrate.platforms.kore.reader import KoreReader
from migrate.platforms.kore.tokens import Credentials, Tokens
from migrate.platforms.kore.uploads import PlatformUpload
from migrate.platforms.kore.writer import KoreWriter
from migrate.secrets import Secret, SecretRef
from migrate.stores.probe import Finding
from migrate.tools import Tools

__all__ = [
    "TRAITS",
    "check",
    "effect_of",
    "import_files",
    "reader",
    "state_of_export",
    "writer",
]

Resolve = Callable[[SecretRef, str], Secret]
"""Fetches a secret; the second argument names the setting in errors."""


def reader(environment: Environment, resolve: Resolve, tools: Tools) -> KoreReader:
    """A reader of the environment, through its admin-console app."""
    app = _app(environment, "admin_app")
    parts = _parts(environment, app, "admin_app", resolve, tools)
    return KoreReader(ReadChannel(**parts), _role_types(environment), environment.name)


def writer(
    environment: Environment, resolve: Resolve, tools: Tools, uploader: Uploader | None
) -> KoreWriter:
    """A writer to the environment; without an `uploader` the platform's own upload is used.

    The builder app uploads where one is configured (kore.md, Upload), else the admin app does.
    """
    parts = _parts(environment, _app(environment, "admin_app"), "admin_app", resolve, tools)
    channel = WriteChannel(**parts)
    if uploader is None:
        builder = channel
        if environment.builder_app is not None:
            tokens = _tokens(environment, environment.builder_app, "builder_app", resolve, tools)
            builder = WriteChannel(**{**parts, "tokens": tokens})
            # Looked up at each call: it is set later, by whoever holds the lock.
            builder.fence = lambda: channel.fence()
        uploader = PlatformUpload(builder, environment.name)
    http: Http = parts["http"]
    return KoreWriter(
        channel,
        _role_types(environment),
        environment.name,
        upload=uploader,
        timeout=http.longest(),
        patience=environment.timeout,
        sleep=tools.sleep,
    )


def _parts(
    environment: Environment, app: App, setting: str, resolve: Resolve, tools: Tools
) -> dict[str, Any]:
    pace = Pace(
        per_minute=environment.limits.per_minute,
        per_hour=environment.limits.per_hour,
        clock=time.monotonic,  # windows must not move with the wall clock
        sleep=tools.sleep,
        on_wait=tools.waiting,
        where=environment.name,
    )
    http = Http(
        environment.url,
        ca_bundle=environment.ca_bundle,
        proxy=environment.proxy,
        timeout=environment.timeout,
        before_each=pace.wait,
        on_wait=tools.waiting,
        sleep=tools.sleep,
    )
    tokens = _tokens(environment, app, setting, resolve, tools)
    return {"http": http, "tokens": tokens, "pace": pace, "where": environment.name}


def _tokens(
    environment: Environment, app: App, setting: str, resolve: Resolve, tools: Tools
) -> Tokens:
    where = f"environments.{environment.name}.{setting}.client_secret"
    secret = resolve(app.client_secret, where)
    return Tokens(Credentials(app.client_id, secret, app.sub or app.client_id), tools.now)


def _app(environment: Environment, setting: str) -> App:
    app: App | None = getattr(environment, setting)
    if app is None:
        raise InvalidInput(
            f"environments.{environment.name} has no {setting}",
            remedy=f"Add [environments.{environment.name}.{setting}] with the admin-console app's "
            "client_id and client_secret.",
        )
    return app


def _role_types(environment: Environment) -> tuple[str, ...]:
    return environment.role_types or tuple(TRAITS.role_types)


def import_files(plan: Plan, target: State) -> Iterator[tuple[str, bytes]]:
    """The import files of a plan, as file name and bytes."""
    for file in build(plan, target):
        yield f"import-kore-{file.role_type}{'-full' if file.full else ''}.json", file.data


def check(environment: Environment, resolve: Resolve, tools: Tools) -> Iterator[Finding]:
    """Whether an environment is ready to be worked with, for `doctor`."""
    parts = _parts(environment, _app(environment, "admin_app"), "admin_app", resolve, tools)
    builder = None
    if environment.builder_app is not None:
        builder = _tokens(environment, environment.builder_app, "builder_app", resolve, tools)
    yield from checkup.check(
        checkup.Account(
            parts["http"], parts["tokens"], builder, ReadChannel(**parts), environment.name
        )
    )
    parts["http"].close()
