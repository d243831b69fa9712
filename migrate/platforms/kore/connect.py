"""Builds readers and writers of Kore.ai accounts from the config."""

from collections.abc import Callable, Iterator
from typing import Any

from migrate.config import App, Environment
from migrate.diagnosis import Finding
from migrate.errors import InvalidInput, MigrateError
from migrate.http import Http
from migrate.model import State
from migrate.pace import Pace
from migrate.plan import Plan
from migrate.platforms.base import Shared, Uploads
from migrate.platforms.kore import checkup
from migrate.platforms.kore.catalogue import TRAITS
from migrate.platforms.kore.channel import ReadChannel, WriteChannel
from migrate.platforms.kore.checkup_account import Account
from migrate.platforms.kore.checkup_account import App as CheckedApp
from migrate.platforms.kore.effects import effect_of
from migrate.platforms.kore.exports import state_of_export
from migrate.platforms.kore.importfile import build
from migrate.platforms.kore.reader import KoreReader
from migrate.platforms.kore.tokens import Credentials, Tokens
from migrate.platforms.kore.uploads import PlatformUpload
from migrate.platforms.kore.writer import KoreWriter
from migrate.platforms.probing import Prober, ProbeWish
from migrate.tools import Tools

__all__ = [
    "TRAITS",
    "check",
    "effect_of",
    "import_files",
    "intentions",
    "prober",
    "reader",
    "state_of_export",
    "writer",
]


def reader(environment: Environment, shared: Shared, tools: Tools) -> KoreReader:
    """A reader of the environment, through its admin-console app."""
    app = _app(environment, "admin_app")
    parts = _parts(environment, app, "admin_app", shared, tools)
    return KoreReader(
        ReadChannel(**parts), _role_types(environment), environment.name, pause=tools.pause
    )


def writer(environment: Environment, shared: Shared, tools: Tools, uploads: Uploads) -> KoreWriter:
    """A writer to the environment; where `uploads` gives none the platform's own upload is used.

    The builder app uploads where one is configured (kore.md, Upload), else the admin app does.
    """
    uploader = uploads()
    parts = _parts(environment, _app(environment, "admin_app"), "admin_app", shared, tools)
    channel = WriteChannel(**parts)
    if uploader is None:
        builder = channel
        if environment.builder_app is not None:
            tokens = _tokens(environment, environment.builder_app, "builder_app", shared, tools)
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
        pause=tools.pause,
    )


def intentions(environment: Environment, before: State, wish: ProbeWish) -> tuple[str, ...]:
    """What a probe will write, a line each.

    Raises UsageError where the account does not have whom the wish names.
    """
    from migrate.platforms.kore.probe.intentions import intentions

    return intentions(before, _role_types(environment), wish)


def prober(environment: Environment, writer: KoreWriter, tools: Tools, wish: ProbeWish) -> Prober:
    """What settles on an account what nobody documents, by calls of its writer."""
    from migrate.platforms.kore.probe import KoreProber, Place

    place = Place(
        role_types=_role_types(environment),
        where=environment.name,
        bound=environment.verify_timeout,
        per_minute=environment.limits.per_minute,
        unpaced=_http(environment, tools, None),
    )
    return KoreProber(writer, place, tools, wish)


def _parts(
    environment: Environment, app: App, setting: str, shared: Shared, tools: Tools
) -> dict[str, Any]:
    http = _http(environment, tools, shared.pace.wait)
    tokens = _tokens(environment, app, setting, shared, tools)
    return {"http": http, "tokens": tokens, "pace": shared.pace, "where": environment.name}


def _http(environment: Environment, tools: Tools, before_each: Callable[[], None] | None) -> Http:
    return Http(
        environment.url,
        ca_bundle=environment.ca_bundle,
        proxy=environment.proxy,
        timeout=environment.timeout,
        before_each=before_each,
        pause=tools.pause,
        begins=tools.traffic.begins(environment.name),
        heard=tools.traffic.calls(environment.name),
    )


def _tokens(
    environment: Environment, app: App, setting: str, shared: Shared, tools: Tools
) -> Tokens:
    secret = shared.secret(app, f"environments.{environment.name}.{setting}")
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


def check(environment: Environment, shared: Shared, tools: Tools) -> Iterator[Finding]:
    """Whether an environment is ready to be worked with, for `doctor`.

    Raises InvalidInput where the config names no admin app, or unsound files for TLS.
    """
    admin = _app_to_check(environment, "admin_app", shared, tools)
    builder = None
    if environment.builder_app is not None:
        builder = _app_to_check(environment, "builder_app", shared, tools)
    # Who wants to know what is wrong must not wait until it has passed.
    limits = environment.limits
    pace = Pace(
        limits.per_minute,
        limits.per_hour,
        clock=tools.monotonic,
        now=tools.now,
        pause=tools.pause,
        longest=0.0,
        where=environment.name,
    )
    http = _http(environment, tools, pace.wait)
    try:
        yield from checkup.check(
            Account(http, admin, builder, pace, limits, environment.name, tools.now)
        )
    finally:
        http.close()


def _app_to_check(
    environment: Environment, setting: str, shared: Shared, tools: Tools
) -> CheckedApp:
    app = _app(environment, setting)
    try:
        return CheckedApp(_tokens(environment, app, setting, shared, tools))
    except MigrateError:
        return CheckedApp(None)  # what is wrong with a secret is found by whoever looks at those
