"""What boto3 raises, read: what it means for a write, and which of our errors it becomes.

Source: Amazon S3 user guide, "How to prevent object overwrites with conditional writes" (412; 409
ConditionalRequestConflict; 501 from services that lack them).
"""

from dataclasses import dataclass

from botocore import exceptions as boto
from botocore.parsers import ResponseParserError

from migrate.causes import Cause
from migrate.errors import StoreFailed
from migrate.stores import s3_causes
from migrate.stores.base import StoreDenied, StoreUnreachable
from migrate.stores.s3_remedies import ANSWER_LOST, BY_CLASS, BY_CODE, NOT_REACHED, TRUST

ANY_S3_ERROR = (boto.BotoCoreError, boto.ClientError, ResponseParserError)
"""Everything that a call through boto3 raises for reasons outside of this program."""

LONGEST_QUOTE = 300
"""Characters of the service's own message that are passed on."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call to S3: the IAM action, the ARN that it needs it on, and where to point people."""

    action: str
    arn: str
    where: str
    endpoint: str
    profile: str | None
    bucket_owner: str | None


def status_of(error: Exception) -> int:
    """The HTTP status of a refusal, 0 where no answer came."""
    if not isinstance(error, boto.ClientError):
        return 0
    return error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)


def is_body_cut(error: Exception) -> bool:
    """Whether an answer began and did not come complete and sound: reading again may help."""
    return isinstance(error, (*ANSWER_LOST, boto.FlexibleChecksumError))


def code_of(error: Exception) -> str:
    """The S3 error code of a refusal, empty where no answer came."""
    return error.response["Error"].get("Code", "") if isinstance(error, boto.ClientError) else ""


def is_missing(error: Exception) -> bool:
    """Whether the key is not there (and not the bucket)."""
    return status_of(error) == 404 and code_of(error) != "NoSuchBucket"


def is_condition_refused(error: Exception) -> bool:
    """Whether a conditional write was refused for its condition, or for a rival at that moment."""
    return (
        is_missing(error)
        or status_of(error) == 412
        or code_of(error) in ("ConditionalRequestConflict", "OperationAborted")
    )


def is_object_locked(error: Exception) -> bool:
    """Whether a delete was refused for the bucket's Object Lock, and not for want of the right."""
    if not isinstance(error, boto.ClientError):
        return False
    said = f"{code_of(error)} {error.response['Error'].get('Message', '')}".lower()
    return any(word in said for word in ("object lock", "objectlock", "worm"))


def is_outcome_unknown(error: Exception) -> bool:
    """Whether a write may have landed although it failed: the answer was lost, or a 5xx."""
    if isinstance(error, NOT_REACHED):
        return False
    return isinstance(error, ANSWER_LOST) or status_of(error) >= 500


def failure(error: Exception, call: Call) -> StoreFailed:
    """The error to raise for one of `ANY_S3_ERROR`. Never holds credentials."""
    if isinstance(error, boto.ClientError):
        return _refused(error, call)
    what, remedy = next(
        (what, remedy) for kind, what, remedy in BY_CLASS if isinstance(error, kind)
    )
    certificate = s3_causes.certificate_of(error)
    if certificate is not None:
        what = f"the certificate of {{endpoint}} {certificate.state}"
        elsewhere = "Check `endpoint_url`, and the clock of this machine."
        remedy = TRUST if certificate.cause is Cause.TLS_ISSUER else elsewhere
    unreachable = isinstance(error, (*NOT_REACHED, *ANSWER_LOST))
    return (StoreUnreachable if unreachable else StoreFailed)(
        what.format(
            endpoint=call.endpoint,
            name=type(error).__name__,
            profile=call.profile or "the one that AWS_PROFILE names",
        ),
        where=call.where,
        remedy=remedy,
        cause=s3_causes.cause_of(error),
    )


def _refused(error: boto.ClientError, call: Call) -> StoreFailed:
    code, status = code_of(error), status_of(error)
    said = " ".join(str(error.response["Error"].get("Message", "")).split())[:LONGEST_QUOTE]
    if code in BY_CODE:
        what, remedy = BY_CODE[code]
        cause = s3_causes.BY_CODE.get(code)
        return StoreFailed(f"{what} ({code})", where=call.where, remedy=remedy, cause=cause)
    if code in s3_causes.KEY_UNUSABLE:
        what, remedy = s3_causes.KEY_UNUSABLE[code]
        return StoreFailed(
            f"{what} ({code})", where=call.where, remedy=remedy, cause=Cause.KEY_UNUSABLE
        )
    if "kms" in f"{code} {said}".lower():
        action = s3_causes.wanting_of_key(said, call.action)
        return StoreDenied(
            f"the encryption key may not be used: {said or code}",
            where=call.where,
            remedy=f"Allow {action} on the bucket's KMS key (writing needs kms:GenerateDataKey, "
            "reading kms:Decrypt).",
            action=action,
            cause=Cause.KEY_DENIED,
        )
    if status in (401, 403):
        return _denied(said, call)
    if "object lock" in said.lower() or "objectlock" in code.lower():
        return StoreFailed(
            f"the bucket's Object Lock refused it: {said}",
            where=call.where,
            remedy="Use a bucket or a prefix whose Object Lock lets new versions be written.",
        )
    return StoreFailed(
        f"S3 answered {status} {code} to {call.action}: {said}",
        where=call.where,
        remedy="See what the service says about it; `doctor` tests the store step by step.",
    )


def _denied(said: str, call: Call) -> StoreDenied:
    action = s3_causes.wanting(said, call.action)
    remedy = f"Allow {action} on {call.arn}"
    if action == "s3:GetObject":
        # Without the right to list, S3 hides whether a key exists behind a 403.
        remedy += ", and s3:ListBucket on the bucket (without it a missing key looks forbidden)"
    if call.bucket_owner:
        remedy += f"; check that account {call.bucket_owner} really owns the bucket"
    return StoreDenied(
        f"access denied to {action}" + (f": {said}" if said else ""),
        where=call.where,
        remedy=remedy + ".",
        action=action,
        cause=Cause.STORE_DENIED,
    )
