"""Files that commands write and answers that they print."""

import os
import sys
from pathlib import Path
from typing import TextIO

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
    try:
        sys.stdout.flush()
        stream.write(data)
        stream.flush()
    except BrokenPipeError:
        unread(sys.stdout)
    except OSError as error:
        unread(sys.stdout)
        raise UsageError(
            f"the answer can't be printed: {error.strerror}",
            where="standard output",
            remedy="Run the command again with its output somewhere else.",
        ) from error


def unread(stream: TextIO) -> None:
    """Drop what is still to be written to a stream that nobody reads any more.

    What a command has done does not depend on that, and neither does its exit code.
    """
    sink = os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, stream.fileno())
    os.close(sink)
