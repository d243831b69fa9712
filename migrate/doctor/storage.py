"""Where an environment's snapshots, plans and locks are kept, and how its files are uploaded."""

import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from migrate.causes import Cause
from migrate.config import Environment, ImportBucket, UploadCommand
from migrate.connect import Connections, traits_of
from migrate.diagnosis import Finding, broken, failed, not_tried, sound, warning
from migrate.doctor.secret_places import open_to_others
from migrate.errors import MigrateError
from migrate.kept import Kept
from migrate.stores.base import Store
from migrate.stores.probe import probe

_TURNS: Kept[str, threading.Lock] = Kept()

_NO_UPLOAD = 'Set upload = "store", "platform" or { command = […] }; reading works without.'


def store(environment: Environment, connections: Connections) -> Iterator[Finding]:
    """Whether the environment's store does all that is asked of it."""
    yield from _probed(
        "store",
        lambda: connections.store(connections.config.store_of(environment.name)),
        connections,
    )


def uploads(environment: Environment, connections: Connections) -> Iterator[Finding]:
    """The environment's way to a fileId, on a platform that has one."""
    if traits_of(environment).opaque_roles:
        return
    upload, bucket = environment.upload, environment.import_bucket
    if upload is None:
        what = "the config does not say how import files are uploaded"
        yield broken("upload", what, Cause.UPLOAD, _NO_UPLOAD)
    elif isinstance(upload, UploadCommand):
        yield _command(upload, connections.config.folder)
    elif upload == "platform":
        yield sound("upload", "by the platform; whether it takes such files shows then")
    elif bucket is None:
        what = 'upload = "store" without import_bucket'
        yield broken("upload", what, Cause.UPLOAD, "Add import_bucket.")
    else:
        yield from _import_bucket(bucket, connections)
    if environment.builder_app is not None and upload not in (None, "platform"):
        yield warning(
            "upload: builder app",
            "is not used: it uploads files, and they go another way",
            Cause.SECRET_IDLE,
            'Take builder_app out of the config, or set upload = "platform".',
        )


def _import_bucket(bucket: ImportBucket, connections: Connections) -> Iterator[Finding]:
    yield from _probed(
        "import bucket",
        lambda: connections.store(bucket.location),
        connections,
        versions_needed="{version_id}" in bucket.file_id,
    )


def _command(upload: UploadCommand, folder: Path) -> Finding:
    program = upload.argv[0]
    # As it will be run: with the config's folder as its own, found on PATH where it is a name.
    found = folder / program if "/" in program else shutil.which(program)
    if found is None or shutil.which(str(found)) is None:
        return broken(
            "upload",
            f"the upload command {program} is not there, or may not be run",
            Cause.UPLOAD,
            "Install it, or correct `upload` in the config.",
        )
    return sound("upload", f"by the command {program}, which is there; whether it works shows then")


def _probed(
    name: str,
    opened: Callable[[], Store],
    connections: Connections,
    *,
    versions_needed: bool = False,
) -> Iterator[Finding]:
    known = len(connections.warned)
    try:
        it = opened()
    except MigrateError as error:
        yield failed(name, error)
        yield from not_tried((f"{name}: reachable",), "it can't be opened")
        return
    yield from open_to_others(f"{name}: keys", tuple(connections.warned[known:]))
    with _TURNS.get(it.location, threading.Lock):  # who shares a store, shares what is written
        found = tuple(probe(it, versions_needed=versions_needed))
    for finding in found:
        yield Finding(
            f"{name}: {finding.check}",
            finding.state,
            finding.detail,
            finding.cause,
            finding.remedy,
            finding.exit_code,
        )
