"""Every kind of store, empty, for whatever is to hold on all of them; and a hand that meddles."""

import os
import secrets
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from migrate.stores.base import Store
from migrate.stores.directory import DirectoryStore
from migrate.stores.s3 import S3Settings, S3Store


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
def s3_admin(moto_url: str) -> Any:
    return boto3.Session().client(
        "s3",
        endpoint_url=moto_url,
        region_name="us-east-1",
        aws_access_key_id="admin",
        aws_secret_access_key="admin",
    )


@pytest.fixture(scope="session")
def bucket(s3_admin: Any) -> str:
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


Reopen = Callable[[], Store]


@pytest.fixture(params=["directory", "s3"])
def reopen(request: pytest.FixtureRequest, tmp_path: Path) -> Reopen:
    """Opens one store, of either kind, as often as there are processes that share it."""
    if request.param == "directory":
        return lambda: DirectoryStore(tmp_path / "shelf")
    made = request.getfixturevalue("settings")()
    return lambda: S3Store(made)


@pytest.fixture
def store(reopen: Reopen) -> Store:
    """A store of either kind, empty."""
    return reopen()


@dataclass(frozen=True)
class Hand:
    """Somebody who changes what a store holds, without asking it."""

    write: Callable[[str, bytes], object]
    remove: Callable[[str], object]


@pytest.fixture
def hand(store: Store, request: pytest.FixtureRequest) -> Hand:
    """A hand in `store`."""
    if isinstance(store, DirectoryStore):
        folder = Path(store.location.removeprefix("dir:"))

        def write(key: str, data: bytes) -> None:
            (folder / key).parent.mkdir(parents=True, exist_ok=True)
            (folder / key).write_bytes(data)

        return Hand(write, lambda key: (folder / key).unlink())
    admin: Any = request.getfixturevalue("s3_admin")
    name, _, prefix = store.location.removeprefix("s3://").partition("/")
    return Hand(
        lambda key, data: admin.put_object(Bucket=name, Key=f"{prefix}/{key}", Body=data),
        lambda key: admin.delete_object(Bucket=name, Key=f"{prefix}/{key}"),
    )
