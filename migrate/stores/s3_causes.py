"""Why a call to S3 failed, for machines, and which right was wanting where one was.

Sources: Amazon S3 API reference, "Error responses"; AWS KMS API reference, "Common errors"; IAM
user guide, "Troubleshoot access denied error messages".
"""

import re
import socket
import ssl

from botocore import exceptions as boto
from botocore.parsers import ResponseParserError
from urllib3.util.ssl_match_hostname import CertificateError

from migrate.causes import Cause
from migrate.http.failures import chain
from migrate.http.unsent import ANOTHER_NAME, Fault, certificate_fault

BY_CODE: dict[str, Cause] = {
    "NoSuchBucket": Cause.BUCKET_MISSING,
    "InvalidBucketName": Cause.CONFIG,
    **dict.fromkeys(
        ("InvalidAccessKeyId", "InvalidClientTokenId", "InvalidToken", "SignatureDoesNotMatch"),
        Cause.CREDENTIALS,
    ),
    **dict.fromkeys(("ExpiredToken", "TokenRefreshRequired"), Cause.CREDENTIALS_EXPIRED),
    **dict.fromkeys(("RequestExpired", "RequestTimeTooSkewed"), Cause.CLOCK),
    **dict.fromkeys(
        ("PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException"),
        Cause.CONFIG,
    ),
    "NotImplemented": Cause.CONDITIONS,
    "SlowDown": Cause.RATE_LIMIT,
}
"""By the code of an S3 error answer."""

_BY_CLASS: tuple[tuple[type[Exception] | tuple[type[Exception], ...], Cause], ...] = (
    (boto.SSLError, Cause.TLS),
    (boto.ProxyConnectionError, Cause.PROXY),
    ((boto.NoCredentialsError, boto.PartialCredentialsError), Cause.CREDENTIALS),
    ((boto.CredentialRetrievalError, boto.ProfileNotFound), Cause.CREDENTIALS),
    ((boto.TokenRetrievalError, boto.SSOError, boto.LoginError), Cause.CREDENTIALS_EXPIRED),
    (ResponseParserError, Cause.NOT_THE_PLATFORM),
    (boto.HTTPClientError, Cause.NO_ANSWER),
    (boto.IncompleteReadError, Cause.NO_ANSWER),
)

KEY_UNUSABLE: dict[str, tuple[str, str]] = {
    "KMS.DisabledException": ("the encryption key is disabled", "Enable the bucket's KMS key."),
    "KMS.NotFoundException": (
        "there is no such encryption key",
        "Correct `kms_key_id` in the config, or the bucket's default key.",
    ),
    "KMS.KMSInvalidStateException": (
        "the encryption key is in no state to be used",
        "See in KMS whether it is about to be deleted, and cancel that.",
    ),
}
"""(what, remedy) by the code of a refusal that is the key's own."""

_WANTING = re.compile(r"not authorized to perform: ([a-z0-9-]+:[A-Za-z]+)")
_OF_KEYS = {"s3:PutObject": "kms:GenerateDataKey", "s3:GetObject": "kms:Decrypt"}


def wanting(said: str, action: str) -> str:
    """The right that a refusal names; by itself each call needs `action`."""
    found = _WANTING.search(said)
    return found[1] if found else action


def wanting_of_key(said: str, action: str) -> str:
    """The right to a KMS key that a call lacks: as the refusal says, or what such calls need."""
    found = wanting(said, "")
    return found if found.startswith("kms:") else _OF_KEYS.get(action, "kms:Decrypt")


def cause_of(error: Exception) -> Cause | None:
    """Why no good answer came, as far as that can be told."""
    certificate = certificate_of(error)
    if certificate is not None:
        return certificate.cause
    for each in chain(error):
        if isinstance(each, socket.gaierror):
            return Cause.DNS
        if isinstance(each, ConnectionRefusedError):
            by_proxy = isinstance(error, boto.ProxyConnectionError)
            return Cause.PROXY if by_proxy else Cause.REFUSED
    return next((cause for kind, cause in _BY_CLASS if isinstance(error, kind)), None)


def certificate_of(error: Exception) -> Fault | None:
    """What is wrong with the certificate of a service, None where it is not that."""
    for each in chain(error):
        if isinstance(each, ssl.SSLCertVerificationError):
            return certificate_fault(each)
        if isinstance(each, CertificateError):  # urllib3 looks at the names itself
            return ANOTHER_NAME
    return None
