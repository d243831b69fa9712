import hashlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from migrate.errors import StoreFailed
from migrate.stores.base import StoreUnreachable, VersionMoved
from migrate.stores.s3 import S3Settings, S3Store
from tests.stores.fake_s3 import RESET, Answer, FakeS3, Request, etag, land_then

Make = Callable[..., S3Settings]


def test_importing_the_store_brings_no_boto3() -> None:
    code = "import sys, migrate.stores.s3, migrate.stores.probe; print('boto3' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


# Against moto.


def test_the_object_lies_where_the_location_says(settings: Make, s3_admin: Any) -> None:
    made = settings()
    store = S3Store(made)
    assert store.location == f"s3://{made.bucket}/{made.prefix}"
    store.put_if_absent("imports/x.json", b"[]")
    found = s3_admin.get_object(Bucket=made.bucket, Key=f"{made.prefix}/imports/x.json")
    assert found["Body"].read() == b"[]"
    assert found["ContentType"] == "application/json"


def test_version_ids_are_right_also_for_what_was_there(settings: Make, s3_admin: Any) -> None:
    made = settings()
    store = S3Store(made)
    first = store.put_if_absent("x", b"[]").stored
    again = store.put_if_absent("x", b"[]").stored
    newest = s3_admin.head_object(Bucket=made.bucket, Key=f"{made.prefix}/x")["VersionId"]
    assert first.version_id == again.version_id == newest
    assert store.replace("x", b"[1]", again.version).version_id not in (None, newest)


def test_a_bucket_without_versions_gives_no_version_id(settings: Make, s3_admin: Any) -> None:
    s3_admin.create_bucket(Bucket="plain")
    assert S3Store(settings(bucket="plain")).put_if_absent("x", b"[]").stored.version_id is None


def test_lists_have_this_prefix_only(settings: Make, s3_admin: Any) -> None:
    made = settings()
    for key in ("n/b", "n/a + 100%", "n/", "n"):
        s3_admin.put_object(Bucket=made.bucket, Key=f"{made.prefix}/{key}", Body=b"")
    s3_admin.put_object(Bucket=made.bucket, Key=f"{made.prefix}x/n/no", Body=b"")
    assert list(S3Store(made).list("")) == ["n", "n/a + 100%", "n/b"]


def test_encryption_is_asked_for(settings: Make, s3_admin: Any) -> None:
    made = settings(sse="aws:kms", kms_key_id="arn:aws:kms:us-east-1:123456789012:key/k")
    S3Store(made).put_if_absent("x", b"[]")
    head = s3_admin.head_object(Bucket=made.bucket, Key=f"{made.prefix}/x")
    assert head["ServerSideEncryption"] == "aws:kms"
    assert head["SSEKMSKeyId"].endswith("key/k")


def test_an_older_service_gets_no_newer_checksums(settings: Make) -> None:
    store = S3Store(settings(checksums="when_required"))
    put = store.put_if_absent("x", b"[]" * 200_000, lambda _done, _total: None)
    assert put.ours
    assert not store.put_if_absent("x", b"{}").ours
    assert store.replace("x", b"{}", put.stored.version).data == b"{}"


def test_credentials_come_from_boto3s_usual_places(
    settings: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    none = settings(access_key=None, secret_key=None)
    with pytest.raises(StoreFailed, match="no usable credentials"):
        S3Store(none).get("x")
    credentials = tmp_path / "credentials"
    credentials.write_text("[team]\naws_access_key_id = a\naws_secret_access_key = b\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(credentials))
    assert S3Store(settings(access_key=None, secret_key=None, profile="team")).get("x") is None
    with pytest.raises(StoreFailed, match="no such AWS profile: nobody"):
        S3Store(settings(access_key=None, secret_key=None, profile="nobody")).get("x")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    assert S3Store(none).get("x") is None


def test_a_missing_bucket(settings: Make) -> None:
    store = S3Store(settings(bucket="nowhere"))
    for attempt in (
        lambda: store.get("x"),
        lambda: store.put_if_absent("x", b""),
        lambda: list(store.list("")),
    ):
        with pytest.raises(StoreFailed, match="there is no such bucket") as caught:
            attempt()
        assert caught.value.where.startswith("s3://nowhere/")


# Against a service that goes wrong.


def test_each_put_is_conditional_and_carries_a_checksum(fake: FakeS3) -> None:
    data = b'{"a":1}'
    fake.echoes = False
    S3Store(fake.settings(expected_bucket_owner="123456789012")).put_if_absent("x", data)
    put, get = fake.requests
    assert (put.method, get.method) == ("PUT", "GET")
    assert put.headers["if-none-match"] == "*"
    assert put.headers["x-amz-checksum-sha256"]
    assert "content-md5" not in put.headers
    assert put.headers["x-amz-expected-bucket-owner"] == "123456789012"
    assert get.headers["x-amz-expected-bucket-owner"] == "123456789012"
    S3Store(fake.settings(checksums="when_required")).replace("x", b"{}", etag(data))
    old = fake.requests[2]
    assert old.headers["if-match"] == etag(data)
    assert old.headers["content-md5"]
    assert not [name for name in old.headers if name.startswith("x-amz-checksum")]
    assert "trailer" not in " ".join(old.headers)


def test_what_the_service_says_it_has_whole_is_not_read_back(fake: FakeS3) -> None:
    store = S3Store(fake.settings())
    put = store.put_if_absent("x", b"mine")
    assert (put.ours, put.stored.data, put.stored.version) == (True, b"mine", etag(b"mine"))
    newer = store.replace("x", b"newer", put.stored.version)
    assert (newer.data, newer.version) == (b"newer", etag(b"newer"))
    assert [request.method for request in fake.requests] == ["PUT", "PUT"]
    # Who is refused still has to know by what.
    assert not store.put_if_absent("x", b"other").ours
    assert [request.method for request in fake.requests[2:]] == ["PUT", "GET"]


@pytest.mark.parametrize("answer", [RESET, "", Answer(500, "InternalError"), Answer(503)])
def test_a_put_that_landed_without_an_answer_is_ours(fake: FakeS3, answer: Answer | str) -> None:
    store = S3Store(fake.settings())
    fake.fail("PUT", land_then(answer))
    put = store.put_if_absent("claim", b"mine")
    assert put.ours
    fake.fail("PUT", land_then(answer))
    assert store.replace("claim", b"newer", put.stored.version).data == b"newer"


def test_a_put_that_boto3_sends_again_meets_its_own(fake: FakeS3) -> None:
    store = S3Store(fake.settings(attempts=2))
    fake.fail("PUT", land_then(RESET))
    put = store.put_if_absent("claim", b"mine")
    assert put.ours
    fake.fail("PUT", land_then(Answer(500, "InternalError")))
    assert store.replace("claim", b"newer", put.stored.version).data == b"newer"
    assert [request.method for request in fake.requests].count("PUT") == 4


def test_a_put_that_was_lost_is_an_error(fake: FakeS3) -> None:
    store = S3Store(fake.settings())
    fake.fail("PUT", RESET)
    with pytest.raises(StoreUnreachable, match="did not come"):
        store.put_if_absent("claim", b"mine")
    fake.objects["claim"] = b"old"
    fake.fail("PUT", Answer(500, "InternalError", "We encountered an internal error."))
    with pytest.raises(StoreFailed, match="failed inside"):
        store.replace("claim", b"mine", etag(b"old"))


def test_a_lost_put_with_a_rivals_object_is_taken(fake: FakeS3) -> None:
    def rival(_request: Request, server: FakeS3) -> str:
        server.objects["claim"] = b"theirs"
        return RESET

    store = S3Store(fake.settings())
    fake.fail("PUT", rival)
    put = store.put_if_absent("claim", b"mine")
    assert not put.ours
    assert put.stored.data == b"theirs"
    fake.objects["claim"] = b"old"
    fake.fail("PUT", rival)
    with pytest.raises(VersionMoved):
        store.replace("claim", b"mine", etag(b"old"))


@pytest.mark.parametrize("code", ["ConditionalRequestConflict", "OperationAborted"])
def test_a_conflict_with_a_rival_that_failed_is_tried_again(fake: FakeS3, code: str) -> None:
    fake.fail("PUT", Answer(409, code, "A conflicting operation is in progress."))
    assert S3Store(fake.settings()).put_if_absent("claim", b"mine").ours


def test_a_service_that_always_refuses_is_an_error(fake: FakeS3) -> None:
    fake.fail("PUT", Answer(412, "PreconditionFailed"), times=9)
    with pytest.raises(StoreFailed, match="although its condition holds"):
        S3Store(fake.settings()).put_if_absent("claim", b"mine")


def change(request: Request, server: FakeS3) -> Answer:
    changed = Request(request.method, request.key, "", request.headers, request.body + b" ")
    return server.store(changed)


def test_what_comes_back_changed_is_never_a_success(fake: FakeS3) -> None:
    store = S3Store(fake.settings())
    fake.fail("PUT", change)
    with pytest.raises(StoreFailed, match="not what was sent"):
        store.put_if_absent("x", b"mine")
    fake.objects["x"] = b"old"
    fake.fail("PUT", change)
    with pytest.raises(StoreFailed, match="not what was sent"):
        store.replace("x", b"mine", etag(b"old"))


def test_what_does_not_come_back_is_never_a_success(fake: FakeS3) -> None:
    store = S3Store(fake.settings())
    fake.fail("PUT", Answer(200, headers={"ETag": etag(b"mine")}))
    with pytest.raises(StoreFailed, match="not what was sent"):
        store.put_if_absent("x", b"mine")
    fake.objects["x"] = b"old"
    fake.fail("PUT", Answer(200, headers={"ETag": etag(b"mine")}))
    with pytest.raises(StoreFailed, match="not what was sent"):
        store.replace("x", b"mine", etag(b"old"))


def test_a_page_that_is_no_s3_is_never_a_success(fake: FakeS3) -> None:
    page = Answer(200, body=b"<html>Please log in</html>")
    fake.fail("PUT", page)
    fake.fail("GET", page, times=2)  # the read after the put, and the list
    store = S3Store(fake.settings())
    with pytest.raises(StoreFailed, match="not what was sent"):
        store.put_if_absent("x", b"mine")
    with pytest.raises(StoreFailed, match="does not speak S3"):
        list(store.list(""))


def test_a_body_that_is_cut_is_read_again(fake: FakeS3) -> None:
    fake.objects["x"] = b"complete"
    cut = Answer(200, body=b"comp", headers={"Content-Length": "8", "ETag": etag(b"complete")})
    fake.fail("GET", cut, times=2)
    stored = S3Store(fake.settings()).get("x")
    assert stored is not None
    assert stored.data == b"complete"
    fake.fail("GET", cut, times=9)
    with pytest.raises(StoreUnreachable, match="cut"):
        S3Store(fake.settings()).get("x")


def test_a_body_that_does_not_fit_its_checksum(fake: FakeS3) -> None:
    wrong = Answer(200, body=b"x", headers={"x-amz-checksum-crc32": "AAAAAA==", "ETag": '"e"'})
    fake.fail("GET", wrong, times=9)
    with pytest.raises(StoreFailed, match="does not fit its checksum"):
        S3Store(fake.settings()).get("x")


def test_lists_have_all_pages(fake: FakeS3) -> None:
    def page(request: Request, _server: FakeS3) -> Answer:
        number = int(parse_qs(request.query).get("continuation-token", ["0"])[0])
        more = "true" if number < 3 else "false"
        body = (
            f"<ListBucketResult><IsTruncated>{more}</IsTruncated>"
            f"<Contents><Key>p/{9 - number}</Key></Contents>"
            f"<NextContinuationToken>{number + 1}</NextContinuationToken></ListBucketResult>"
        )
        return Answer(200, body=body.encode())

    fake.fail("GET", page, times=9)
    assert list(S3Store(fake.settings(prefix="p")).list("")) == ["6", "7", "8", "9"]


@pytest.mark.parametrize("token", ["", "<NextContinuationToken>t</NextContinuationToken>"])
def test_a_list_without_its_end_is_an_error(fake: FakeS3, token: str) -> None:
    page = f"<ListBucketResult><IsTruncated>true</IsTruncated>{token}</ListBucketResult>"
    fake.fail("GET", Answer(200, body=page.encode()), times=9)
    with pytest.raises(StoreFailed, match="more keys"):
        list(S3Store(fake.settings()).list(""))


def test_progress_counts_what_is_sent_and_starts_again(fake: FakeS3) -> None:
    data = hashlib.sha256(b"seed").digest() * 20_000
    seen: list[int] = []
    fake.fail("PUT", Answer(500, "InternalError"))
    S3Store(fake.settings(attempts=2)).put_if_absent("x", data, lambda done, _: seen.append(done))
    assert fake.objects["x"] == data
    assert seen.count(len(data)) == 2
    turn = seen.index(len(data))
    assert seen[: turn + 1] == sorted(set(seen[: turn + 1]))
    assert seen[turn + 1 :] == sorted(set(seen[turn + 1 :]))
    assert 0 < seen[turn + 1] < len(data)


def test_the_environments_proxy_is_not_asked_for_loopback(
    fake: FakeS3, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    assert S3Store(fake.settings()).get("x") is None


def test_a_proxy_that_is_named_is_used(fake: FakeS3) -> None:
    far = fake.settings(endpoint_url="http://s3.example.test", proxies={"http": fake.url})
    assert S3Store(far).put_if_absent("x", b"1").ours
    assert fake.requests[0].headers["host"] == "s3.example.test"
