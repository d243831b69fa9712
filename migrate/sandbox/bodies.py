"""The body of a request, read once: as JSON or as a multipart form, and as the log shows it."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.formparser import parse_form_data

_SECRET = re.compile(r"secret|password|token|jwt|authori[sz]ation|api.?key", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file of a multipart form."""

    name: str
    content: bytes

    @property
    def sha256(self) -> str:
        """The digest of the content, as hex."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True, slots=True)
class Body:
    """What a request carried. `json` is None for anything that is not JSON."""

    size: int = 0
    json: Any = None
    fields: Mapping[str, str] = field(default_factory=dict)
    file: UploadedFile | None = None
    multipart: bool = False

    def as_log(self) -> Any:
        """The body as the log keeps it: digests for files, nothing under a key for secrets."""
        if self.multipart:
            file = self.file
            shown = file and {"name": file.name, "size": len(file.content), "sha256": file.sha256}
            return {"fields": without_secrets(dict(self.fields)), "file": shown}
        if self.json is None and self.size:
            return {"size": self.size}
        return without_secrets(self.json)


def read_body(raw: bytes, content_type: str) -> Body:
    """Parse a body by its content type. A body that cannot be parsed has neither JSON nor form."""
    if content_type.lower().startswith("multipart/"):
        return _read_form(raw, content_type)
    try:
        return Body(len(raw), json.loads(raw.decode("utf-8")))
    except (ValueError, RecursionError):
        return Body(len(raw))


def without_secrets(value: Any) -> Any:
    """A copy of a JSON value in which whatever stands under a key for secrets is left out."""
    if isinstance(value, dict):
        return {
            key: "***" if _SECRET.search(key) else without_secrets(entry)
            for key, entry in value.items()
        }
    if isinstance(value, list):
        return [without_secrets(entry) for entry in value]
    return value


def _read_form(raw: bytes, content_type: str) -> Body:
    environ = {
        "REQUEST_METHOD": "POST",
        "CONTENT_TYPE": content_type,
        "CONTENT_LENGTH": str(len(raw)),
        "wsgi.input": BytesIO(raw),
    }
    try:
        _, form, files = parse_form_data(environ, stream_factory=_in_memory)
    except HTTPException:
        return Body(len(raw), multipart=True)
    upload = files.get("file")
    file = UploadedFile(upload.filename or "", upload.stream.read()) if upload else None
    return Body(len(raw), fields=form.to_dict(), file=file, multipart=True)


def _in_memory(*_args: object, **_kwargs: object) -> BytesIO:
    # Werkzeug's own choice is a temporary file, which nobody here would close.
    return BytesIO()
