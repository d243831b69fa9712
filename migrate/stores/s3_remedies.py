"""What went wrong at S3, and what to do about it: by the service's code, by boto3's exception.

Sources: Amazon S3 API reference, "Error responses"; `botocore.exceptions`.
"""

from botocore import exceptions as boto
from botocore.parsers import ResponseParserError

NOT_REACHED = (
    boto.EndpointConnectionError,
    boto.ConnectTimeoutError,
    boto.ProxyConnectionError,
    boto.SSLError,
)
"""The request was not sent: nothing was executed."""

ANSWER_LOST = (boto.HTTPClientError, boto.IncompleteReadError, ResponseParserError)
"""The request may have been executed: its answer did not come, or not whole."""

TRUST = "Set `ca_bundle` to the certificates of the authority that signed it."

_CLOCK = ("this machine's clock is wrong", "Set the clock (NTP) and run again.")
_EXPIRED = ("the session's credentials have expired", "Log in again, or renew the session token.")
_KEYS = ("the access key is not known to the service", "Check the access key and the endpoint.")
_REGION = ("the bucket is in another region", "Set `region` to the bucket's region.")
_SECRET = (
    "the secret key does not fit the access key",
    "Check the secret key, and that no proxy rewrites requests.",
)

BY_CODE: dict[str, tuple[str, str]] = {
    "NoSuchBucket": (
        "there is no such bucket",
        "Create it, or correct `bucket` or the endpoint in the config.",
    ),
    "InvalidBucketName": ("the bucket's name is not valid", "Correct `bucket` in the config."),
    "InvalidAccessKeyId": _KEYS,
    "InvalidClientTokenId": _KEYS,
    "InvalidToken": ("the session token is not valid", "Log in again, or correct the token."),
    "SignatureDoesNotMatch": _SECRET,
    "ExpiredToken": _EXPIRED,
    "TokenRefreshRequired": _EXPIRED,
    "RequestExpired": _CLOCK,
    "RequestTimeTooSkewed": _CLOCK,
    "PermanentRedirect": _REGION,
    "AuthorizationHeaderMalformed": _REGION,
    "IllegalLocationConstraintException": _REGION,
    "NotImplemented": (
        "the service does not support something that is needed",
        "Conditional writes (If-None-Match and If-Match) are needed: upgrade the service or use "
        'another. If it is an older one that lacks checksums, set `checksums = "when_required"`.',
    ),
    "EntityTooLarge": ("the object is too large for the service", "Promote fewer roles at a time."),
    "QuotaExceeded": ("the storage quota is used up", "Free some space or raise the quota."),
    "SlowDown": ("the service asks for fewer requests", "Wait a minute and run again."),
    "ServiceUnavailable": ("the service is not available", "Wait a minute and run again."),
    "InternalError": ("the service failed inside", "Wait a minute and run again."),
}
"""(what, remedy) by the code of an S3 error answer."""

BY_CLASS: tuple[tuple[type[Exception] | tuple[type[Exception], ...], str, str], ...] = (
    (
        boto.SSLError,
        "no TLS connection to {endpoint}, or its certificate is not trusted",
        TRUST,
    ),
    (
        boto.ProxyConnectionError,
        "the proxy on the way to {endpoint} did not connect",
        "Check the proxy's settings, or exempt the host (NO_PROXY).",
    ),
    (
        NOT_REACHED,
        "cannot connect to {endpoint}",
        "Check `endpoint_url` and `region`, the network, and that the service runs.",
    ),
    (
        ResponseParserError,
        "what answers at {endpoint} does not speak S3",
        "Check `endpoint_url`; a proxy or a login page may be in between.",
    ),
    (
        ANSWER_LOST,
        "the answer of {endpoint} did not come, or was cut ({name})",
        "Check the network and the service, then run again.",
    ),
    (
        (
            boto.NoCredentialsError,
            boto.PartialCredentialsError,
            boto.CredentialRetrievalError,
            boto.TokenRetrievalError,
            boto.SSOError,
            boto.LoginError,
        ),
        "no usable credentials for S3 were found ({name})",
        "Name them in the config, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile, "
        "or the machine's role; log in again where they come from single sign-on.",
    ),
    (
        boto.ProfileNotFound,
        "there is no such AWS profile: {profile}",
        "Correct `profile` in the config (or AWS_PROFILE), or add it to ~/.aws/config.",
    ),
    (
        boto.FlexibleChecksumError,
        "the object that came back does not fit its checksum",
        "Run again; if it stays, something between here and the bucket changes data.",
    ),
    (
        boto.BotoCoreError,
        "boto3 cannot work with these settings ({name})",
        "Check the store's settings, ~/.aws/config and the AWS_* variables.",
    ),
)
"""(exception, what, remedy), the first that fits counts. `{endpoint}`, `{name}` (of the exception)
and `{profile}` are filled in."""
