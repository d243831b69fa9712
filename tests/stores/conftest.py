import os
import secrets
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import pytest
import trustme

from migrate.stores.base import Store
from migrate.stores.directory import DirectoryStore
from migrate.stores.s3 import S3Settings, S3Store
from tests.stores.fake_s3 import FakeS3, fake_s3


@pytest.fixture(autouse=True)
def no_aws_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The machine's own AWS settings must not matter."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "no-config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "no-credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture(scope="session")
def moto_url() -> Iterator[str]:
    """moto's S3 over HTTP, one request at a time: its conditional writes are not atomic."""
    from moto.moto_server.werkzeug_app import (
        DomainDispatcherApplication,
        MotoRequestHandler,
        create_backend_app,
    )
    from werkzeug.serving import make_server

    app = DomainDispatcherApplication(create_backend_app)
    one_at_a_time = threading.Lock()

    def serialised(environ, start_response):  # type: ignore[no-untyped-def]
        with one_at_a_time:
            return list(app(environ, start_response))

    server = make_server(
        "127.0.0.1", 0, serialised, threaded=True, request_handler=MotoRequestHandler
    )
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="session")
def s3_admin(moto_url: str):  # type: ignore[no-untyped-def]
    return boto3.Session().client(
        "s3",
        endpoint_url=moto_url,
        region_name="us-east-1",
        aws_access_key_id="admin",
        aws_secret_access_key="admin",
    )


@pytest.fixture(scope="session")
def bucket(s3_admin) -> str:  # type: ignore[no-untyped-def]
    s3_admin.create_bucket(Bucket="versioned")
    s3_admin.put_bucket_versioning(
        Bucket="versioned", VersioningConfiguration={"Status": "Enabled"}
    )
    return "versioned"


@pytest.fixture
def settings(moto_url: str, bucket: str) -> Callable[..., S3Settings]:
    def make(**own: object) -> S3Settings:
        values: dict[str, object] = {
            "bucket": bucket,
            "prefix": f"team a/{secrets.token_hex(6)}",
            "endpoint_url": moto_url,
            "region": "us-east-1",
            "path_style": True,
            "access_key": "tester",
            "secret_key": "a-very-secret-key",
        }
        return S3Settings(**(values | own))  # type: ignore[arg-type]

    return make


@pytest.fixture(params=["directory", "s3"])
def store(
    request: pytest.FixtureRequest, tmp_path: Path, settings: Callable[..., S3Settings]
) -> Store:
    """Every kind of store, empty."""
    if request.param == "directory":
        return DirectoryStore(tmp_path / "shelf")
    return S3Store(settings())


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
