"""Why something fails, for machines: the short words that a cause is known by in every answer.

A cause says what a person has to mend, not which exception came. New ones may be added; none
changes its meaning.
"""

from enum import StrEnum


class Cause(StrEnum):
    """The causes that can be told apart; OTHER where nothing more is known than the message."""

    # the way there
    DNS = "dns"
    REFUSED = "connection-refused"
    NO_ANSWER = "no-answer"
    PROXY = "proxy"
    TLS = "tls"
    TLS_ISSUER = "tls-issuer"
    TLS_EXPIRED = "tls-expired"
    TLS_NOT_YET = "tls-not-yet-valid"
    TLS_NAME = "tls-name"
    TLS_FILES = "tls-files"
    NOT_THE_PLATFORM = "not-the-platform"
    CLOCK = "clock"
    # who asks
    CREDENTIALS = "credentials"
    CREDENTIALS_EXPIRED = "credentials-expired"
    LOCKED_OUT = "locked-out"
    WRONG_ACCOUNT = "wrong-account"
    WRONG_APP = "wrong-app"
    SCOPE = "scope"
    RIGHTS = "rights"
    JTI = "jti"
    TOKEN_FORM = "token-form"  # noqa: S105 - a cause
    # what the platform allows
    PAYLOAD_ENCRYPTION = "payload-encryption"
    RATE_LIMIT = "rate-limit"
    SESSION_LIMIT = "session-limit"
    # the store
    BUCKET_MISSING = "bucket-missing"
    STORE_DENIED = "store-denied"
    KEY_DENIED = "key-denied"
    KEY_UNUSABLE = "key-unusable"
    VERSIONING = "versioning"
    CONDITIONS = "conditional-writes"
    RUN = "run-in-the-way"
    # what is said here
    CONFIG = "config"
    SECRET = "secret"  # noqa: S105 - a cause
    SECRET_OPEN = "secret-open"  # noqa: S105 - a cause
    SECRET_IDLE = "secret-idle"  # noqa: S105 - a cause
    UPLOAD = "upload"
    POLICY = "policy"
    OTHER = "other"
