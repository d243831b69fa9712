"""Secrets: where they are kept, fetching one when it is needed, and when it was rotated.

A config holds only references. `resolve` turns one into a `Secret`, whose text leaves it through
`reveal()` alone.
"""

from collections.abc import Mapping
from pathlib import Path

from migrate.causes import Cause
from migrate.errors import Fault, InvalidInput
from migrate.secrets.rotation import RotatingSecret, Source
from migrate.secrets.values import (
    AwsRef,
    CommandRef,
    EnvRef,
    FileRef,
    KeyringRef,
    Secret,
    SecretRef,
    describe,
)

__all__ = [
    "AwsRef",
    "CommandRef",
    "EnvRef",
    "FileRef",
    "KeyringRef",
    "RotatingSecret",
    "Secret",
    "SecretRef",
    "Source",
    "describe",
    "resolve",
]


def resolve(ref: SecretRef, folder: Path, environ: Mapping[str, str], *, where: str = "") -> Secret:
    """Fetch the secret that `ref` names. One newline at its end is dropped.

    `folder` is the config's folder; `where` names the setting in errors. Raises InvalidInput
    when there is no such secret, when it is empty, no text or too large; OutsideFailed when AWS
    Secrets Manager cannot be reached.
    """
    try:
        return _resolved(ref, folder, environ, where)
    except InvalidInput as error:
        error.cause = Cause.SECRET
        raise


def _resolved(ref: SecretRef, folder: Path, environ: Mapping[str, str], where: str) -> Secret:
    from migrate.secrets import sources  # not before a secret is needed: it starts processes

    warnings: tuple[Fault, ...] = ()
    match ref:
        case EnvRef():
            text = sources.from_variable(ref, environ, where)
        case FileRef():
            text, warnings = sources.from_file(ref, folder, where)
        case CommandRef():
            text = sources.from_command(ref, folder, environ, where)
        case KeyringRef():
            text = sources.from_keyring(ref, where)
        case AwsRef():
            from migrate.secrets.aws import fetch

            text = fetch(ref.secret_id, ref.key, ref.region, ref.profile, ref.endpoint_url, where)
    text = text.removesuffix("\n").removesuffix("\r")
    if not text.strip():
        raise InvalidInput(
            f"the secret in {describe(ref)} is empty", where=where, remedy="Put the secret there."
        )
    return Secret(text, warnings)
