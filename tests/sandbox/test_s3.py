"""The S3 endpoint, through boto3 over HTTP, and fileIds that name objects in its bucket."""

import json
import os
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests
from botocore.config import Config
from botocore.exceptions import ClientError

from migrate.errors import UsageError
from migrate.sandbox import Sandbox, account_state
from migrate.sandbox.s3 import S3Endpoint
from tests.sandbox.conftest import Connect

ROLE = {"roleType": "admin", "role": "N", "rDesc": "", "permissions": {"Invite": "YES"}}
FILE = json.dumps([ROLE]).encode()

Client = Callable[..., Any]


@pytest.fixture
def client() -> Iterator[Client]:
    made: list[Any] = []

    def make(endpoint: S3Endpoint, **extra: str) -> Any:
        keys = {"aws_access_key_id": endpoint.access_key}
        keys |= {"aws_secret_access_key": endpoint.secret_key, **extra}
        config = Config(
            s3={"addressing_style": "path"}, proxies={}, retries={"total_max_attempts": 1}
        )
        url, region = endpoint.endpoint_url, "us-east-1"
        made.append(boto3.client("s3", endpoint_url=url, region_name=region, config=config, **keys))
        return made[-1]

    yield make
    for entry in made:
        entry.close()


@pytest.fixture
def endpoint() -> Iterator[S3Endpoint]:
    endpoint = S3Endpoint()
    endpoint.start()
    yield endpoint
    endpoint.stop()


def test_the_bucket_is_there_and_versioned(endpoint: S3Endpoint, client: Client) -> None:
    s3 = client(endpoint)
    # Other sandboxes of this process have buckets beside it, in the one world that moto has.
    assert re.fullmatch(r"role-migrate(-[0-9]+)?", endpoint.bucket)
    assert endpoint.bucket in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    assert s3.get_bucket_versioning(Bucket=endpoint.bucket)["Status"] == "Enabled"


@pytest.mark.parametrize("key", ["a", "imports/ä b+c&d?e=%2F.json", "a//b", "a/../b"])
def test_objects_and_their_versions(endpoint: S3Endpoint, client: Client, key: str) -> None:
    s3 = client(endpoint)
    first, second = (
        s3.put_object(Bucket=endpoint.bucket, Key=key, Body=body, ChecksumAlgorithm="SHA256")
        for body in (b"1", b"2")
    )
    assert endpoint.read(key) == b"2"
    assert endpoint.read(key, first["VersionId"]) == b"1"
    assert s3.get_object(Bucket=endpoint.bucket, Key=key)["Body"].read() == b"2"
    assert s3.head_object(Bucket=endpoint.bucket, Key=key)["ContentLength"] == 1
    s3.delete_object(Bucket=endpoint.bucket, Key=key)
    assert endpoint.read(key) is None
    assert set(endpoint.versions()) == {(key, first["VersionId"]), (key, second["VersionId"])}
    assert len(list(endpoint.versions(with_markers=True))) == 3


def test_more_versions_than_a_page_holds(
    endpoint: S3Endpoint, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "2")
    s3 = client(endpoint)
    for number in range(5):
        s3.put_object(Bucket=endpoint.bucket, Key=f"k&{number}", Body=b"")
    assert [key for key, _ in endpoint.versions()] == [f"k&{number}" for number in range(5)]


def test_one_of_many_conditional_writes_wins(endpoint: S3Endpoint, client: Client) -> None:
    writers, rounds = 6, 3
    clients = [client(endpoint) for _ in range(writers)]
    barrier = threading.Barrier(writers)
    outcomes: dict[str, list[str]] = {f"k{number}": [] for number in range(rounds)}

    def write(number: int) -> None:
        for key, seen in outcomes.items():
            barrier.wait()
            try:
                clients[number].put_object(
                    Bucket=endpoint.bucket, Key=key, Body=b"", IfNoneMatch="*"
                )
                seen.append("won")
            except ClientError as error:
                seen.append(error.response["Error"]["Code"])

    threads = [threading.Thread(target=write, args=(number,)) for number in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for seen in outcomes.values():
        assert sorted(seen) == ["PreconditionFailed"] * (writers - 1) + ["won"]
    assert len(list(endpoint.versions())) == rounds


def test_requests_reach_moto_one_at_a_time(client: Client) -> None:
    first, second = S3Endpoint(), S3Endpoint()
    inside, most = 0, 0

    def slow(_environ: Any, start_response: Any) -> list[bytes]:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        time.sleep(0.02)
        inside -= 1
        start_response("200 OK", [])
        return [b"<nothing/>"]

    for endpoint in (first, second):
        endpoint._moto = slow
        endpoint.start()
    clients = [client(endpoint) for endpoint in (first, first, second)]
    threads = [
        threading.Thread(target=s3.delete_object, kwargs={"Bucket": "b", "Key": "k"})
        for s3 in clients
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for endpoint in (first, second):
        endpoint.stop()
    assert most == 1


def test_only_its_own_access_key_passes(endpoint: S3Endpoint, client: Client) -> None:
    with pytest.raises(ClientError, match="InvalidAccessKeyId"):
        client(endpoint, aws_access_key_id="AKIAOTHER").list_buckets()
    with requests.Session() as session:
        session.trust_env = False
        assert "AccessDenied" in session.get(endpoint.endpoint_url).text
        key = {"Authorization": f"AWS4-HMAC-SHA256 Credential={endpoint.access_key}/x"}
        reset = session.post(f"{endpoint.endpoint_url}/moto-api/reset", headers=key)
        assert reset.status_code == 403
        url = client(endpoint).generate_presigned_url("list_buckets")
        assert session.get(url).status_code == 200


def test_two_endpoints_do_not_share_a_bucket(client: Client) -> None:
    first, second = S3Endpoint(), S3Endpoint()
    first.start()
    second.start()
    assert first.bucket != second.bucket
    for endpoint in (first, second):
        body = endpoint.bucket.encode()
        for key in ("k", "gone"):
            client(endpoint).put_object(Bucket=endpoint.bucket, Key=key, Body=body)
        client(endpoint).delete_object(Bucket=endpoint.bucket, Key="gone")
    first.stop()
    assert second.read("k") == second.bucket.encode()
    third = S3Endpoint()
    third.start()
    assert third.bucket == first.bucket
    assert list(third.versions(with_markers=True)) == []
    second.stop()
    third.stop()


def test_without_moto_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "moto.moto_server.werkzeug_app", None)
    with pytest.raises(UsageError, match="needs moto"):
        S3Endpoint()


def test_the_users_aws_settings_neither_help_nor_hurt_nor_change(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    before = dict(os.environ)
    endpoint = S3Endpoint()
    endpoint.start()
    assert endpoint.read("k") is None
    endpoint.stop()
    assert dict(os.environ) == before


@pytest.mark.parametrize("way", ["key", "version_id", "sha256"])
def test_file_ids_that_name_objects(
    way: str, tmp_path: Path, connect: Connect, client: Client
) -> None:
    states = {"dev": account_state(1, 0), "prod": account_state(1, 0)}
    with Sandbox(states, tmp_path, switches={"prod": {"file_ids": way}}) as box:
        assert box.s3
        prod = connect(box, "prod")
        s3 = client(box.s3)
        bucket = box.ready["s3"]["bucket"]
        s3.put_object(Bucket=bucket, Key="imports/other", Body=b"[]")
        put = s3.put_object(Bucket=bucket, Key="imports/ü.json", Body=FILE)
        ids = {
            "key": "imports/ü.json",
            "version_id": put["VersionId"],
            "sha256": sha256(FILE).hexdigest(),
        }
        assert [role["role"] for role in prod.import_file(ids[way]).json()] == ["N"]
        others = [value for name, value in ids.items() if name != way]
        uploaded = prod.upload(FILE).json()["fileId"]
        for unknown in [*others, uploaded, "", "imports/"]:
            assert prod.import_file(unknown).status_code == 400, unknown
        dev = connect(box, "dev")
        assert dev.import_file(ids[way]).status_code == 400
        assert dev.import_file(dev.upload(FILE).json()["fileId"]).status_code == 200


def test_a_missing_bucket_is_no_file(tmp_path: Path, connect: Connect, client: Client) -> None:
    states = {"dev": account_state(0, 0), "prod": account_state(0, 0)}
    with Sandbox(states, tmp_path) as box:
        assert box.s3
        client(box.s3).delete_bucket(Bucket=box.s3.bucket)
        prod = connect(box, "prod")
        for way in ("key", "version_id", "sha256"):
            prod.switch(file_ids=way)
            assert prod.import_file("x").status_code == 400
