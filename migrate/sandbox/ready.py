"""What a sandbox hands to its users: the ready file, and a config with its secret files."""

import contextlib
import json
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from migrate.errors import UsageError
from migrate.sandbox.environment import Environment
from migrate.sandbox.s3 import REGION, S3Endpoint

MARK = "# Written by the role-migrate sandbox at its start."

_FILE_ID = {"key": "{key}", "version_id": "{version_id}", "sha256": "{sha256}"}


def ready_document(
    config: Path,
    environments: Iterable[tuple[Environment, str]],
    s3: S3Endpoint | None,
    control: str,
) -> dict[str, Any]:
    """The ready file's content. `environments` come with their URLs; `s3` is null without S3."""
    return {
        "config": str(config),
        "environments": {
            environment.name: {
                "platform": "kore",
                "url": url,
                **{
                    kind: {"client_id": app.client_id, "client_secret": app.client_secret}
                    for kind, app in environment.apps.items()
                },
            }
            for environment, url in environments
        },
        "s3": s3
        and {
            "endpoint_url": s3.endpoint_url,
            "access_key": s3.access_key,
            "secret_key": s3.secret_key,
            "bucket": s3.bucket,
        },
        "control": control,
    }


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


def write_config(
    folder: Path,
    environments: Iterable[tuple[Environment, str]],
    s3: S3Endpoint | None,
    ca_bundle: Path | None = None,
) -> Path:
    """Write role-migrate.toml and its secret files (0600, one secret each) into `folder`.

    Raises UsageError where a config lies that is not the sandbox's own.
    """
    path = folder / "role-migrate.toml"
    if path.exists() and not path.read_text(encoding="utf-8", errors="replace").startswith(MARK):
        raise UsageError(
            "The sandbox does not overwrite a config that it did not write.",
            where=str(path),
            remedy="Name another folder, or move the file away.",
        )
    lines = [MARK, "", "formatVersion = 1", "", "[store]"]
    if s3:
        lines += [_entry("url", f"s3://{s3.bucket}/store"), *_access(folder, s3)]
    else:
        lines += ['directory = "store"', "durable = true"]
    for environment, url in environments:
        lines += _environment(folder, environment, url, s3, ca_bundle)
    write_private(path, "\n".join([*lines, ""]))
    return path


def _environment(
    folder: Path, environment: Environment, url: str, s3: S3Endpoint | None, ca_bundle: Path | None
) -> list[str]:
    name, file_ids = environment.name, environment.switches.file_ids
    header = f"environments.{json.dumps(name)}" if "." in name else f"environments.{name}"
    lines = [
        "",
        f"[{header}]",
        'platform = "kore"',
        _entry("url", url),
        _entry("account", f"sandbox-{name}"),
        *([_entry("ca_bundle", str(ca_bundle))] if ca_bundle else []),
        _entry("upload", "platform" if file_ids == "upload" else "store"),
    ]
    for kind, app in environment.apps.items():
        secret = _secret(folder, f"{name}-{kind.replace('_', '-')}", app.client_secret)
        lines += ["", f"[{header}.{kind}]", _entry("client_id", app.client_id)]
        lines += [f"client_secret = {secret}"]
    if s3 and file_ids != "upload":
        lines += ["", f"[{header}.import_bucket]", _entry("url", f"s3://{s3.bucket}/imports")]
        lines += [*_access(folder, s3), _entry("file_id", _FILE_ID[file_ids])]
    return lines


def _access(folder: Path, s3: S3Endpoint) -> list[str]:
    return [
        _entry("endpoint_url", s3.endpoint_url),
        _entry("region", REGION),
        "path_style = true",
        f"access_key = {_secret(folder, 's3-access-key', s3.access_key)}",
        f"secret_key = {_secret(folder, 's3-secret-key', s3.secret_key)}",
    ]


def _secret(folder: Path, name: str, value: str) -> str:
    write_private(folder / "secrets" / name, value)
    return f"{{ file = {json.dumps(f'secrets/{name}')} }}"


def _entry(name: str, value: str) -> str:
    # A JSON string of printable ASCII is a TOML basic string too.
    return f"{name} = {json.dumps(value)}"
