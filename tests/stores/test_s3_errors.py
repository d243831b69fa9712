from pathlib import Path

import pytest
import trustme
from botocore import exceptions as boto

from migrate.errors import Exit, InvalidInput, StoreFailed
from migrate.stores.base import StoreUnreachable
from migrate.stores.s3 import S3Settings, S3Store
from migrate.stores.s3_errors import Call, failure
from tests.stores.fake_s3 import Answer, FakeS3

KMS = "User is not authorized to perform: kms:GenerateDataKey on resource: arn:aws:kms:eu:1:key/k"


@pytest.mark.parametrize(
    ("answer", "what", "remedy"),
    [
        (Answer(404, "NoSuchBucket"), "no such bucket", "`bucket`"),
        (Answer(403, "InvalidAccessKeyId"), "access key is not known", "access key"),
        (Answer(403, "SignatureDoesNotMatch"), "secret key does not fit", "secret key"),
        (Answer(400, "ExpiredToken"), "have expired", "Log in again"),
        (Answer(403, "RequestTimeTooSkewed"), "clock is wrong", "NTP"),
        (Answer(400, "AuthorizationHeaderMalformed"), "another region", "`region`"),
        (Answer(403, "AccessDenied", KMS), "encryption key may not be used", "kms:Decrypt"),
        (Answer(400, "KMS.DisabledException", "off"), "encryption key is disabled", "KMS key"),
        (Answer(501, "NotImplemented"), "does not support", "Conditional writes"),
        (Answer(400, "InvalidRequest", "Object Lock says no"), "Object Lock", "prefix"),
        (Answer(418, "Teapot", "short and stout"), "418 Teapot to s3:PutObject", "doctor"),
    ],
)
def test_refusals_say_what_and_what_to_do(
    fake: FakeS3, answer: Answer, what: str, remedy: str
) -> None:
    fake.fail("PUT", answer, times=3)
    with pytest.raises(StoreFailed, match=what) as caught:
        S3Store(fake.settings(prefix="p")).put_if_absent("x.json", b"1")
    error = caught.value
    assert remedy in error.remedy
    assert error.where == "s3://box/p/x.json"
    assert error.target is None
    assert error.exit_code is Exit.FAILED
    assert "a-very-secret-key" not in f"{error!r} {error} {error.remedy}"
    assert "p/x.json" not in fake.objects


def test_access_denied_names_action_and_resource(fake: FakeS3) -> None:
    denied = Answer(403, "AccessDenied", "Access Denied")
    store = S3Store(fake.settings(prefix="p", expected_bucket_owner="123456789012"))
    fake.fail("PUT", denied)
    with pytest.raises(StoreFailed, match="denied to s3:PutObject: Access Denied") as caught:
        store.put_if_absent("x", b"1")
    assert "Allow s3:PutObject on arn:aws:s3:::box/p/x" in caught.value.remedy
    assert "account 123456789012" in caught.value.remedy
    fake.fail("GET", denied)
    with pytest.raises(StoreFailed) as caught:
        store.get("x")
    assert "s3:ListBucket" in caught.value.remedy
    fake.fail("GET", denied)
    with pytest.raises(StoreFailed) as caught:
        list(store.list(""))
    assert "Allow s3:ListBucket on arn:aws:s3:::box;" in caught.value.remedy


@pytest.mark.parametrize(
    ("region", "arn"),
    [
        (None, "arn:aws:s3:::b"),
        ("eu-central-1", "arn:aws:s3:::b"),
        ("cn-north-1", "arn:aws-cn:s3:::b"),
        ("us-gov-west-1", "arn:aws-us-gov:s3:::b"),
    ],
)
def test_arns_are_in_the_regions_partition(region: str | None, arn: str) -> None:
    assert S3Settings("b", region=region).arn_of_bucket == arn


def test_a_service_that_is_not_there(fake: FakeS3) -> None:
    store = S3Store(fake.settings(endpoint_url="http://127.0.0.1:1"))
    with pytest.raises(StoreUnreachable, match="cannot connect to http"):
        store.put_if_absent("x", b"1")


def test_a_service_that_does_not_answer_in_time(fake: FakeS3) -> None:
    import threading

    release = threading.Event()

    def wait(_request: object, _server: object) -> str:
        release.wait(5)
        return ""

    fake.fail("GET", wait)
    try:
        with pytest.raises(StoreUnreachable, match="ReadTimeoutError"):
            S3Store(fake.settings(read_timeout=0.1)).list("").__next__()
    finally:
        release.set()


def test_a_certificate_of_an_unknown_authority(fake_https: FakeS3, tmp_path: Path) -> None:
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(other)
    with pytest.raises(StoreUnreachable, match="an issuer that is not trusted") as caught:
        S3Store(fake_https.settings(ca_bundle=other)).get("x")
    assert "`ca_bundle`" in caught.value.remedy


def test_a_ca_bundle_of_ones_own(fake_https: FakeS3, tmp_path: Path) -> None:
    store = S3Store(fake_https.settings(ca_bundle=tmp_path / "ca.pem"))
    assert store.put_if_absent("x", b"1").ours
    assert fake_https.requests[0].headers["x-amz-checksum-sha256"]
    assert "x-amz-trailer" not in fake_https.requests[0].headers


def test_no_words_of_a_credential_helper_are_passed_on() -> None:
    call = Call("s3:GetObject", "arn", "s3://box/x", "Amazon S3", None, None)
    error = boto.CredentialRetrievalError(provider="helper", error_msg="token hunter2 is bad")
    told = failure(error, call)
    assert "hunter2" not in f"{told} {told.remedy}"
    assert "no usable credentials" in told.what


def test_settings_show_no_secrets(fake: FakeS3) -> None:
    shown = repr(fake.settings(session_token="tok-123", proxies={"http": "http://u:pw@h"}))
    assert "a-very-secret-key" not in shown
    assert "tok-123" not in shown
    assert "pw@" not in shown


@pytest.mark.parametrize(
    ("own", "words"),
    [
        ({"bucket": ""}, "bucket"),
        ({"bucket": "a/b"}, "bucket"),
        ({"prefix": "a/"}, "prefix"),
        ({"prefix": "/a"}, "key"),
        ({"secret_key": None}, "secret key"),
        ({"access_key": None, "secret_key": None, "session_token": "t"}, "session token"),
        ({"kms_key_id": "k"}, "KMS"),
        ({"endpoint_url": "ftp://h"}, "endpoint"),
        ({"endpoint_url": "https://"}, "endpoint"),
        ({"endpoint_url": "https://[::1"}, "endpoint"),
        ({"endpoint_url": "https://user:hunter2@h"}, "endpoint"),
        ({"ca_bundle": Path("/no/such/file")}, "CA bundle"),
    ],
)
def test_settings_that_cannot_work(fake: FakeS3, own: dict[str, object], words: str) -> None:
    with pytest.raises(InvalidInput, match=words) as caught:
        fake.settings(**own)
    assert "hunter2" not in f"{caught.value} {caught.value.remedy}"
