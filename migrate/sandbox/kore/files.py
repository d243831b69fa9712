"""From a fileId to the file: what the platform was given, or an object in the bucket."""

from hashlib import sha256

from migrate.sandbox.kore.environment import KoreEnvironment
from migrate.sandbox.s3 import S3Endpoint


class FileIds:
    """Finds files by the way that an environment's `file_ids` switch names."""

    def __init__(self, bucket: S3Endpoint | None) -> None:
        self._bucket = bucket
        self._digests: dict[str, str] = {}

    def find(self, environment: KoreEnvironment, file_id: str) -> bytes | None:
        """The content of a file, None where the id is unknown."""
        way = environment.switches.file_ids
        if way == "upload" or self._bucket is None:
            return environment.uploads.get(file_id)
        if way == "key":
            return self._bucket.read(file_id)
        for key, version in self._bucket.versions():
            if way == "version_id" and version == file_id:
                return self._bucket.read(key, version)
            if way == "sha256" and self._digest(self._bucket, key, version) == file_id:
                return self._bucket.read(key, version)
        return None

    def _digest(self, bucket: S3Endpoint, key: str, version: str) -> str:
        # A version never changes: each is read once.
        if version not in self._digests:
            content = bucket.read(key, version) or b""
            self._digests[version] = sha256(content).hexdigest()
        return self._digests[version]
