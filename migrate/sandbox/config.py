"""Pieces of a config: entries, and secrets that lie in files of their own."""

import contextlib
import json
import os
import tempfile
from pathlib import Path

from migrate.sandbox.s3 import REGION, S3Endpoint


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


class Config:
    """The lines of a config that is to lie in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @staticmethod
    def entry(name: str, value: str) -> str:
        """A line that gives a name a string."""
        # A JSON string of printable ASCII is a TOML basic string too.
        return f"{name} = {json.dumps(value)}"

    def secret(self, name: str, file: str, value: str) -> str:
        """A line that points to a file (0600) with nothing but the secret, which is written now."""
        write_private(self.folder / "secrets" / file, value)
        return f"{name} = {{ file = {json.dumps(f'secrets/{file}')} }}"

    def access(self, s3: S3Endpoint) -> list[str]:
        """The lines that say where S3 is and how to get in."""
        return [
            self.entry("endpoint_url", s3.endpoint_url),
            self.entry("region", REGION),
            "path_style = true",
            self.secret("access_key", "s3-access-key", s3.access_key),
            self.secret("secret_key", "s3-secret-key", s3.secret_key),
        ]
