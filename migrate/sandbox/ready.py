"""What a sandbox hands to its users: the ready file, and a config with its secret files."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from migrate.errors import UsageError
from migrate.sandbox.config import Config, write_private
from migrate.sandbox.environment import Environment
from migrate.sandbox.s3 import S3Endpoint

MARK = "# Written by the role-migrate sandbox at its start."


@dataclass(frozen=True, slots=True)
class Served:
    """An environment that runs: of which platform it is, and its URL."""

    platform: str
    environment: Environment[Any, Any]
    url: str


def ready_document(
    config: Path, served: Iterable[Served], s3: S3Endpoint | None, control: str
) -> dict[str, Any]:
    """The ready file's content; `s3` is null without S3."""
    return {
        "config": str(config),
        "environments": {
            each.environment.name: {
                "platform": each.platform,
                "url": each.url,
                **each.environment.credentials(),
            }
            for each in served
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


def write_config(
    folder: Path,
    served: Iterable[Served],
    s3: S3Endpoint | None,
    ca_bundle: Path | None = None,
) -> Path:
    """Write role-migrate.toml and its secret files (0600, one secret each) into `folder`.

    Raises UsageError where a config lies that is not the sandbox's own.
    """
    path, config = folder / "role-migrate.toml", Config(folder)
    if path.exists() and not path.read_text(encoding="utf-8", errors="replace").startswith(MARK):
        raise UsageError(
            "The sandbox does not overwrite a config that it did not write.",
            where=str(path),
            remedy="Name another folder, or move the file away.",
        )
    lines = [MARK, "", "formatVersion = 1", "", "[store]"]
    if s3:
        lines += [config.entry("url", f"s3://{s3.bucket}/store"), *config.access(s3)]
    else:
        lines += ['directory = "store"', "durable = true"]
    for each in served:
        name = each.environment.name
        header = f"environments.{json.dumps(name)}" if "." in name else f"environments.{name}"
        lines += [
            "",
            f"[{header}]",
            config.entry("platform", each.platform),
            config.entry("url", each.url),
            config.entry("account", f"sandbox-{name}"),
            *([config.entry("ca_bundle", str(ca_bundle))] if ca_bundle else []),
            *each.environment.settings(header, config, s3),
        ]
    write_private(path, "\n".join([*lines, ""]))
    return path
