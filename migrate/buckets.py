"""How a bucket of the config is reached, with its secrets fetched."""

from collections.abc import Callable

from migrate.config import S3Location
from migrate.secrets import Secret, SecretRef
from migrate.stores.s3_settings import S3Settings


def settings_of(location: S3Location, secret: Callable[[SecretRef, str], Secret]) -> S3Settings:
    """The settings of the store in a bucket; `secret` fetches one, its second argument names it."""

    def revealed(ref: SecretRef | None, setting: str) -> str | None:
        return secret(ref, f"{location.url}: {setting}").reveal() if ref else None

    return S3Settings(
        bucket=location.bucket,
        prefix=location.prefix,
        endpoint_url=location.endpoint_url,
        region=location.region,
        profile=location.profile,
        path_style=location.path_style,
        ca_bundle=location.ca_bundle,
        access_key=revealed(location.access_key, "access_key"),
        secret_key=revealed(location.secret_key, "secret_key"),
        session_token=revealed(location.session_token, "session_token"),
        expected_bucket_owner=location.expected_bucket_owner,
        kms_key_id=location.kms_key_id,
        sse=location.sse,
        checksums=location.checksums,
        connect_timeout=location.timeout,
        read_timeout=location.timeout,
        proxies={"http": location.proxy, "https": location.proxy} if location.proxy else None,
    )
