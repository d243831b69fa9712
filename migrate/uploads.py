"""The two ways to a fileId that leave the platform's own upload aside: a bucket and a command."""

import os
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from migrate.errors import InvalidInput, PlatformFailed
from migrate.platforms.base import Uploaded
from migrate.stores.base import Store

FIELDS = ("{key}", "{version_id}", "{sha256}")


class StoreUpload:
    """Puts the import file into a bucket that the platform reads; the fileId names the object.

    `template` is the config's `file_id`, of `{key}`, `{version_id}` and `{sha256}`; `prefix` is
    what the bucket's location adds before our keys, since the platform sees the whole key.
    """

    def __init__(self, bucket: Store, prefix: str, template: str, where: str) -> None:
        self._bucket = bucket
        self._prefix = prefix.strip("/")
        self._template = template
        self._where = where

    def __call__(self, data: bytes, digest: str, role_type: str) -> Uploaded:
        """Content-addressed and if-absent, so that sending it twice stores it once."""
        key = f"{digest}.json"
        put = self._bucket.put_if_absent(key, data)
        if not put.ours:
            raise PlatformFailed(
                "the import bucket holds other content under the key of this import file",
                where=f"{self._where}: {self._bucket.location}/{key}",
                target="unchanged",
                remedy="Find out who wrote it: importing it would grant what nobody reviewed. "
                "Move it away by hand, then run again.",
            )
        version_id = put.stored.version_id
        if version_id is None and "{version_id}" in self._template:
            raise InvalidInput(
                "file_id asks for {version_id}, but the bucket keeps no versions",
                where=f"{self._where}: {self._bucket.location}",
                target="unchanged",
                remedy='Turn on versioning for the bucket, or use file_id = "{key}".',
            )
        full_key = f"{self._prefix}/{key}" if self._prefix else key
        values = (full_key, version_id or "", digest)
        file_id = self._template
        for field, value in zip(FIELDS, values, strict=True):
            file_id = file_id.replace(field, value)
        place = f"{self._bucket.location}/{key}"
        details = {"versionId": version_id} if version_id else {}
        return Uploaded(file_id, place, details)


class CommandUpload:
    """Hands the file to a command of the user's, which prints the fileId.

    The file's path is appended to the command. `timeout` is in seconds.
    """

    def __init__(self, command: Sequence[str], where: str, folder: Path, timeout: float) -> None:
        self._command = tuple(command)
        self._where = where
        self._folder = folder
        self._timeout = timeout

    def __call__(self, data: bytes, digest: str, role_type: str) -> Uploaded:
        """Run the command. Raises PlatformFailed where it fails or prints no fileId."""
        try:
            with tempfile.TemporaryDirectory(prefix="role-migrate-") as folder:
                path = Path(folder) / f"roles-{role_type}-{digest[:12]}.json"
                descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with os.fdopen(descriptor, "wb") as file:
                    file.write(data)
                printed = self._run(path)
        except OSError as error:
            raise PlatformFailed(
                f"the file for the upload command can't be kept: {error.strerror or error}",
                where=self._where,
                remedy="Make room in the folder for temporary files, or name another in TMPDIR.",
            ) from error
        lines = [line.strip() for line in printed.splitlines() if line.strip()]
        if len(lines) != 1:
            raise self._failed(f"printed {len(lines)} lines in place of one fileId")
        return Uploaded(lines[0], f"the upload command {self._command[0]!r}")

    def _run(self, path: Path) -> str:
        try:
            done = subprocess.run(  # noqa: S603 - the command is the config's, without a shell
                [*self._command, str(path)],
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                timeout=self._timeout,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise self._failed(f"did not end within {self._timeout:.0f} seconds") from None
        except OSError as error:
            raise self._failed(f"could not be started: {error.strerror}") from error
        if done.returncode != 0:
            raise self._failed(f"ended with exit code {done.returncode}")
        try:
            return done.stdout.decode()
        except UnicodeDecodeError:
            raise self._failed("printed something that is not UTF-8") from None

    def _failed(self, how: str) -> PlatformFailed:
        return PlatformFailed(
            f"the upload command {self._command[0]!r} {how}",
            where=self._where,
            remedy="Run it by hand with the path of a file; it must print the fileId alone.",
        )
