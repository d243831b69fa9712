"""Doctor: try everything that a promotion rests on, and say what is in the way."""

from collections.abc import Callable, Iterator

from migrate.config import Environment
from migrate.connect import Connections, platform, traits_of
from migrate.errors import MigrateError
from migrate.stores.base import Store
from migrate.stores.probe import Finding, probe


def check(environment: Environment, connections: Connections) -> Iterator[Finding]:
    """Findings on one environment: its platform, its store, its way to a fileId."""
    try:
        yield from platform(environment).check(
            environment, connections.shared(environment), connections.tools
        )
    except MigrateError as error:
        yield Finding("platform", False, error.what, error.remedy)
    yield from _store(
        "store", lambda: connections.store(connections.config.store_of(environment.name))
    )
    if not traits_of(environment).opaque_roles:
        yield from _upload(environment, connections)


def _upload(environment: Environment, connections: Connections) -> Iterator[Finding]:
    upload, bucket = environment.upload, environment.import_bucket
    if upload is None:
        yield Finding(
            "upload",
            False,
            "the config does not say how import files are uploaded",
            'Set upload = "store", "platform" or { command = […] }; reading works without.',
        )
    elif upload != "store":
        yield Finding("upload", True, "by the platform" if upload == "platform" else "by a command")
    elif bucket is None:
        yield Finding(
            "upload", False, 'upload = "store" without import_bucket', "Add import_bucket."
        )
    else:
        location = bucket.location
        yield from _store("import bucket", lambda: connections.store(location))


def _store(name: str, opened: Callable[[], Store]) -> Iterator[Finding]:
    try:
        store = opened()
    except MigrateError as error:
        yield Finding(name, False, error.what, error.remedy)
        return
    for finding in probe(store):
        yield Finding(f"{name}: {finding.name}", finding.ok, finding.detail, finding.remedy)
