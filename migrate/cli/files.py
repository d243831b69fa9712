"""Files that commands write and answers that they print."""

import os
import sys
from pathlib import Path

from migrate.errors import UsageError


def write(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, readable by its owner only: it holds account data.

    Raises UsageError where it can't be written.
    """
    import tempfile

    try:
        descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise UsageError(
            f"the file can't be written: {error.strerror}",
            where=str(path),
            remedy="Name a file in a folder that exists and can be written to.",
        ) from error


def answer(text: str | bytes) -> None:
    """Print a command's answer on stdout. What stdout can't spell is shown as code points."""
    data = text if isinstance(text, bytes) else text.encode(errors="backslashreplace")
    stream = getattr(sys.stdout, "buffer", None)
    if stream is None:  # a test's stdout
        sys.stdout.write(data.decode())
        return
    sys.stdout.flush()
    stream.write(data)
    stream.flush()
