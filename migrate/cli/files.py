"""Files that commands write, answers that they print, and what they take on standard input."""

import os
import stat
import sys
from pathlib import Path
from typing import BinaryIO, TextIO

import click

from migrate.errors import InvalidInput, UsageError

STANDARD_INPUT = "standard input"
"""What messages and reports call what came in on it."""

_RUNNERS = ("GITHUB_ACTIONS", "TF_BUILD", "TEAMCITY_VERSION")
"""Set where the job's output is read for commands: GitHub, Azure Pipelines, TeamCity."""


def write(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, readable by its owner only: it holds account data.

    A symlink stays, and what it points to is written; a device, a pipe or an open descriptor
    (`>(command)`, /dev/stdout) is written to as it is. Raises UsageError where that fails.
    """
    try:
        if _in_place(path):
            with path.open("wb") as stream:
                stream.write(data)
        else:
            _replace(path.resolve(), data)
    except OSError as error:
        raise UsageError(
            f"the file can't be written: {error.strerror or error}",
            where=str(path),
            remedy="Name a file in a folder that exists and can be written to.",
        ) from error


def destination(text: str | None, option: str) -> Path | None:
    """Where an option's file is to go, looked at before anything is read.

    Raises UsageError where that is a folder, or in a folder that does not exist.
    """
    if text is None:
        return None
    path = Path(text)
    try:
        is_folder, has_folder = path.is_dir(), path.parent.is_dir()
    except (OSError, ValueError):  # a name that no file can have
        is_folder, has_folder = False, False
    if is_folder or not has_folder:
        problem = f"{path} is a folder" if is_folder else f"there is no folder {path.parent}"
        raise UsageError(
            f"{option}: {problem}", where=text, remedy="Name a file in a folder that exists."
        )
    return path


def make_folder(path: Path) -> None:
    """Make a folder for files to be written to; raises UsageError where that fails."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:  # ValueError: a name that no folder can have
        raise UsageError(
            f"the folder can't be made: {getattr(error, 'strerror', None) or error}",
            where=str(path),
            remedy="Name a folder that exists or can be made.",
        ) from error


def working_folder() -> Path:
    """The working directory; raises UsageError where it was deleted."""
    try:
        return Path.cwd()
    except OSError as error:
        raise UsageError(
            "the working directory does not exist any more",
            remedy="Change to a folder that exists and run the command again.",
        ) from error


def in_repository(path: Path) -> str:
    """A file's path from the root of the repository that a job on GitHub works in, as pages beside
    it need it; as it is where there is no such root, or no such file in it.
    """
    root = os.environ.get("GITHUB_WORKSPACE")
    if not root or not path.exists():
        return str(path)
    for whole, base in ((path.absolute(), Path(root)), (path.resolve(), Path(root).resolve())):
        plain = Path(os.path.normpath(whole))
        if plain.is_relative_to(base):
            return str(plain.relative_to(base))
    return str(path)


def _in_place(path: Path) -> bool:
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return False
    # Links to open descriptors: whoever opened the file reads it there, not under its name.
    folder = path.parent.resolve()
    return not stat.S_ISREG(mode) or folder == Path("/dev") or Path("/proc") in folder.parents


def _replace(path: Path, data: bytes) -> None:
    import tempfile

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


def standard_input(limit: int) -> bytes:
    """What comes in on standard input, but no more than one byte over `limit`.

    Raises UsageError where it is closed, InvalidInput where it can't be read.
    """
    if sys.stdin is None:  # closed from the start, as by <&-
        raise UsageError(
            "standard input is closed", remedy="Name a file, or give it on standard input."
        )
    try:
        return sys.stdin.buffer.read(limit + 1)
    except OSError as error:
        raise InvalidInput(
            f"cannot be read: {error.strerror or error}",
            where=STANDARD_INPUT,
            remedy="Name a file, or give it on standard input.",
        ) from error


def heeded(text: str, *, told: bool = False) -> str:
    """The text as it may be printed: where a CI runner reads along, none of it is a command.

    `told`: the command line says that one does, as within a container that knows of none.
    """
    said = told or os.environ.get("ROLE_MIGRATE_CI") == "github"
    if not said and not any(os.environ.get(name) for name in _RUNNERS):
        return text
    from migrate.report.github import unheeded

    return unheeded(text)


def answer(text: str | bytes) -> None:
    """Print a command's answer on stdout. What stdout can't spell is shown as code points.

    A file that stdout goes to gets every byte as it is: no CI runner reads along there.
    """
    data = text if isinstance(text, bytes) else text.encode(errors="backslashreplace")
    if sys.stdout is None:  # closed from the start, as by >&-
        raise _unprinted("it is closed")
    stream = getattr(sys.stdout, "buffer", None)
    if stream is None:  # a test's stdout
        sys.stdout.write(data.decode())
        return
    try:
        sys.stdout.flush()
        if not _to_file(stream):
            data = heeded(data.decode(errors="surrogateescape"), told=_told()).encode(
                errors="surrogateescape"
            )
        stream.write(data)
        stream.flush()
    except BrokenPipeError:
        unread(sys.stdout)
    except OSError as error:
        unread(sys.stdout)
        raise _unprinted(error.strerror or str(error)) from error


def _told() -> bool:
    """Whether the command that prints was told, by --ci, that a runner reads along."""
    context = click.get_current_context(silent=True)
    return context is not None and context.obj is not None and context.obj.voice.read_along


def _to_file(stream: BinaryIO) -> bool:
    try:
        return stat.S_ISREG(os.fstat(stream.fileno()).st_mode)
    except OSError:  # a test's stdout
        return False


def _unprinted(why: str) -> UsageError:
    return UsageError(
        f"the answer can't be printed: {why}",
        where="standard output",
        remedy="Run the command again with its output somewhere else.",
    )


def unread(stream: TextIO) -> None:
    """Drop what is still to be written to a stream that nobody reads any more.

    What a command has done does not depend on that, and neither does its exit code.
    """
    sink = os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, stream.fileno())
    os.close(sink)
