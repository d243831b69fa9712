"""The files that TLS rests on, looked at before anything is sent."""

import ssl
from pathlib import Path

from migrate.causes import Cause
from migrate.errors import InvalidInput


def checked_bundle(path: Path) -> str:
    """The path of a bundle of certificates to trust; raises InvalidInput where it is none."""
    remedy = "Name a file with PEM certificates (-----BEGIN CERTIFICATE-----) as `ca_bundle`."
    where = str(path)
    if path.is_dir():
        return where
    try:
        ssl.create_default_context(cafile=where)
    except ssl.SSLError:
        raise InvalidInput(
            "no certificate in this CA bundle", where=where, remedy=remedy, cause=Cause.TLS_FILES
        ) from None
    except OSError as failure:
        reason = failure.strerror or "unreadable"
        raise InvalidInput(
            f"the CA bundle cannot be read: {reason}",
            where=where,
            remedy=remedy,
            cause=Cause.TLS_FILES,
        ) from None
    return where


def checked_certificate(certificate: Path, key: Path | None) -> tuple[str, str]:
    """The paths of a certificate to show and of its key, which may be in the same file.

    Raises InvalidInput where they are not, do not fit, or where the key is encrypted: nobody is
    there to be asked for its passphrase.
    """
    where = str(certificate)
    remedy = "Name PEM files as `client_cert` and `client_key`, the key without a passphrase."

    def nobody_to_ask() -> str:
        raise InvalidInput(
            "the key of the client certificate is encrypted",
            where=str(key or where),
            remedy=remedy,
            cause=Cause.TLS_FILES,
        )

    try:
        ssl.create_default_context().load_cert_chain(where, key, nobody_to_ask)
    except ssl.SSLError as failure:
        reason = "they do not belong together" if "MISMATCH" in str(failure) else "no PEM with both"
        raise InvalidInput(
            f"the client certificate and its key can't be used: {reason}",
            where=where,
            remedy=remedy,
            cause=Cause.TLS_FILES,
        ) from None
    except OSError as failure:
        reason = failure.strerror or "unreadable"
        raise InvalidInput(
            f"the client certificate or its key cannot be read: {reason}",
            where=str(failure.filename or where),
            remedy=remedy,
            cause=Cause.TLS_FILES,
        ) from None
    return where, str(key or certificate)
