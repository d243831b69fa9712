"""How to reach a bucket: the settings, checked, and the boto3 client made of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from migrate.errors import InvalidInput
from migrate.stores.base import check_prefix

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_LOOPBACK = ("localhost", "::1")


@dataclass(frozen=True, slots=True)
class S3Settings:
    """Where a bucket is and how to talk to it. Without keys, all of boto3's usual ways are tried.

    `endpoint_url` None means Amazon. `prefix` is a folder without slashes at its ends. `checksums`
    "when_required" is for older services that know no `x-amz-checksum-*` headers: Content-MD5 is
    sent then. `kms_key_id` needs `sse` "aws:kms". Time-outs are in seconds, for each attempt;
    `attempts` is the number of tries in all. `proxies` maps "http" and "https" to URLs; None
    leaves it to the environment. Raises InvalidInput when the settings contradict each other.
    """

    bucket: str
    prefix: str = ""
    endpoint_url: str | None = None
    region: str | None = None
    profile: str | None = None
    path_style: bool = False
    ca_bundle: Path | None = None
    access_key: str | None = field(default=None, repr=False)
    secret_key: str | None = field(default=None, repr=False)
    session_token: str | None = field(default=None, repr=False)
    expected_bucket_owner: str | None = None
    sse: Literal["AES256", "aws:kms"] | None = None
    kms_key_id: str | None = None
    checksums: Literal["when_supported", "when_required"] = "when_supported"
    connect_timeout: float = 10.0
    read_timeout: float = 60.0
    attempts: int = 4
    proxies: Mapping[str, str] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Refuse settings that cannot work."""
        if not self.bucket or "/" in self.bucket:
            raise InvalidInput("the bucket's name is missing or has a slash", where="bucket")
        check_prefix(self.prefix)
        if self.prefix.endswith("/"):
            raise InvalidInput("a prefix has no slash at its end", where="prefix")
        if (self.access_key is None) != (self.secret_key is None):
            raise InvalidInput(
                "an access key needs a secret key, and the other way round",
                where=f"s3://{self.bucket}",
                remedy="Give both, or none to use boto3's usual sources.",
            )
        if self.session_token is not None and self.access_key is None:
            raise InvalidInput("a session token needs its keys", where=f"s3://{self.bucket}")
        if self.kms_key_id is not None and self.sse != "aws:kms":
            raise InvalidInput(
                "a KMS key needs server-side encryption by KMS",
                where=f"s3://{self.bucket}",
                remedy='Set `sse = "aws:kms"`, or leave the key out.',
            )
        if self.endpoint_url is not None:
            _check_endpoint(self.endpoint_url)
        if self.ca_bundle is not None and not self.ca_bundle.exists():
            raise InvalidInput("the CA bundle is not there", where=str(self.ca_bundle))

    @property
    def location(self) -> str:
        """`s3://bucket/prefix`."""
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/")

    @property
    def arn_of_bucket(self) -> str:
        """The bucket's ARN, for messages about rights."""
        region = self.region or ""
        partition = "aws"
        if region.startswith(("cn-", "us-gov-")):
            partition = "aws-cn" if region.startswith("cn-") else "aws-us-gov"
        return f"arn:{partition}:s3:::{self.bucket}"

    @property
    def endpoint(self) -> str:
        """The endpoint for messages."""
        return self.endpoint_url or "Amazon S3"


def open_client(settings: S3Settings) -> "S3Client":
    """A boto3 client. Raises what boto3 raises for a profile or config file that is wrong."""
    import boto3
    from botocore.config import Config

    session = boto3.Session(
        aws_access_key_id=settings.access_key,
        aws_secret_access_key=settings.secret_key,
        aws_session_token=settings.session_token,
        profile_name=settings.profile,
        region_name=settings.region,
    )
    return session.client(
        "s3",
        endpoint_url=settings.endpoint_url,
        verify=str(settings.ca_bundle) if settings.ca_bundle else None,
        config=Config(
            connect_timeout=settings.connect_timeout,
            read_timeout=settings.read_timeout,
            retries={"mode": "standard", "total_max_attempts": settings.attempts},
            s3={"addressing_style": "path" if settings.path_style else "auto"},
            request_checksum_calculation=settings.checksums,
            response_checksum_validation=settings.checksums,
            proxies=_proxies(settings),
        ),
    )


def _proxies(settings: S3Settings) -> dict[str, str] | None:
    host = urlsplit(settings.endpoint_url or "").hostname or ""
    if host in _LOOPBACK or host.startswith("127."):
        return {}  # an empty table, unlike None, also switches the environment's proxies off
    return dict(settings.proxies) if settings.proxies is not None else None


def _check_endpoint(url: str) -> None:
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname)
        personal = parts.username is not None or parts.password is not None
    except ValueError:
        sound, personal = False, False
    if not sound or personal:
        raise InvalidInput(
            "the endpoint must be an http or https URL without user or password",
            where="endpoint_url",
        )
