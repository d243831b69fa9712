import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from tests.stores.dishonest import dishonest, s3rver
from tests.stores.fake_s3 import FakeS3, fake_s3
from tests.stores.shelves import (
    bucket,
    hand,
    moto_url,
    no_aws_settings,
    reopen,
    s3_admin,
    settings,
    store,
)

__all__ = [
    "bucket",
    "dishonest",
    "hand",
    "moto_url",
    "no_aws_settings",
    "reopen",
    "s3_admin",
    "s3rver",
    "settings",
    "store",
]


@pytest.fixture
def fake() -> Iterator[FakeS3]:
    with fake_s3() as server:
        yield server


@pytest.fixture
def fake_https(tmp_path: Path) -> Iterator[FakeS3]:
    """The fake over TLS; the certificate of its authority is `ca.pem` in `tmp_path`."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with fake_s3(context) as server:
        yield server
