"""Fetching a secret from a variable, a file, a program or the keyring of the system.

No error here repeats a secret, nor what a program wrote, which may hold one.
"""

import os
import signal
import stat
import subprocess
from collections.abc import Mapping
from pathlib import Path

from migrate.errors import Fault, InvalidInput
from migrate.secrets.values import CommandRef, EnvRef, FileRef, KeyringRef, SecretRef, describe

MAX_BYTES = 64 * 1024
"""The largest secret that is read, in bytes."""


def from_variable(ref: EnvRef, environ: Mapping[str, str], where: str) -> str:
    """Return what an environment variable holds."""
    if ref.variable not in environ:
        raise InvalidInput(
            f"the environment variable {ref.variable} is not set",
            where=where,
            remedy=f"Set {ref.variable} for this command, or name another place in the config.",
        )
    # Bytes that are no UTF-8 come out of the environment as lone surrogates.
    return _text(environ[ref.variable].encode("utf-8", "surrogateescape"), ref, where)


def from_file(ref: FileRef, folder: Path, where: str) -> tuple[str, tuple[Fault, ...]]:
    """Return what a file holds, with a warning where others can read it."""
    try:
        path = folder / Path(ref.path).expanduser()
    except RuntimeError:
        raise InvalidInput(
            f"the home folder in {ref.path!r} is not known",
            where=where,
            remedy="Write the path out.",
        ) from None
    try:
        with path.open("rb") as source:
            mode = os.fstat(source.fileno()).st_mode
            data = source.read(MAX_BYTES + 1)
    except OSError as failure:
        raise InvalidInput(
            f"the secret file {path} cannot be read: {failure.strerror or 'unreadable'}",
            where=where,
            remedy="Create it with the secret alone in it, readable by you only (chmod 600).",
        ) from None
    warnings: tuple[Fault, ...] = ()
    if stat.S_ISREG(mode) and mode & (stat.S_IRGRP | stat.S_IROTH):
        message = f"the secret file {path} can be read by other users: chmod 600 {path}"
        warnings = (Fault(message, path=where, warning=True),)
    return _text(data, ref, where), warnings


def _text(data: bytes, ref: SecretRef, where: str) -> str:
    if len(data) > MAX_BYTES:
        raise InvalidInput(
            f"{describe(ref)} is larger than {MAX_BYTES // 1024} KiB, which no secret is",
            where=where,
            remedy="Check that the config names the right place.",
        )
    try:
        # Editors on Windows put a byte-order mark before the text; no secret begins with one.
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidInput(
            f"{describe(ref)} is not UTF-8 text", where=where, remedy="Save it as UTF-8."
        ) from None


def from_command(ref: CommandRef, folder: Path, environ: Mapping[str, str], where: str) -> str:
    """Run a program and return what it printed, within the time-out, without a shell."""
    program = ref.argv[0]
    remedy = f"Run {program} by hand as the config has it, in {folder}, and see what it says."
    try:
        process = subprocess.Popen(  # noqa: S603 - the config's own command, without a shell
            ref.argv,
            cwd=folder,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except (OSError, ValueError) as failure:
        reason = getattr(failure, "strerror", None) or "its arguments are not usable"
        raise InvalidInput(
            f"{program} cannot be run to get a secret: {reason}", where=where, remedy=remedy
        ) from None
    with process:
        try:
            output, complaints = process.communicate(timeout=ref.timeout)
        except BaseException as failure:
            _end_group(process.pid)
            if not isinstance(failure, subprocess.TimeoutExpired):
                raise
            raise InvalidInput(
                f"{program} gave no secret within {ref.timeout:g} s", where=where, remedy=remedy
            ) from None
    if process.returncode != 0:
        lines = len(complaints.splitlines())
        raise InvalidInput(
            f"{program} ended with status {process.returncode} instead of giving a secret "
            f"({lines} lines of errors, not shown since they may hold secrets)",
            where=where,
            remedy=remedy,
        )
    return _text(output, ref, where)


def _end_group(group: int) -> None:
    """End the program and its helpers, one of which could hold our pipes open for ever."""
    try:
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def from_keyring(ref: KeyringRef, where: str) -> str:
    """Return an entry of the operating system's keyring."""
    try:
        import keyring
        import keyring.errors
    except ImportError:
        raise InvalidInput(
            "the config names a keyring entry, but the package keyring is not installed",
            where=where,
            remedy="pip install 'role-migrate[keyring]'",
        ) from None
    try:
        found: str | None = keyring.get_password(ref.service, ref.user)
    except keyring.errors.KeyringError as failure:
        raise InvalidInput(
            f"the keyring cannot be read: {type(failure).__name__}",
            where=where,
            remedy="Unlock it, or name another place for this secret in the config.",
        ) from None
    if found is None:
        raise InvalidInput(
            f"the keyring has no entry {ref.service} for {ref.user}",
            where=where,
            remedy=f"keyring set {ref.service} {ref.user}",
        )
    return found
