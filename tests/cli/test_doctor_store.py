"""`doctor` on stores and import buckets: rights, keys, versions, conditions, the way there."""

import json
import ssl
from collections.abc import Iterator

import pytest
import trustme

from migrate.sandbox import Sandbox
from tests.cli.examined import Examined, examine
from tests.cli.test_buckets import bucket_settings, client, cloud, inline, with_s3
from tests.cli.test_iam import BUCKET, ROOT, Guarded, guarded, served
from tests.cli.world import World
from tests.stores.fake_s3 import Answer, FakeS3, Request, fake_s3

__all__ = ["cloud", "guarded", "served", "with_s3"]

REST = [
    f"store: {name}" for name in ("writable", "listed", "if-none-match", "if-match", "versions")
]


@pytest.fixture
def fake() -> Iterator[FakeS3]:
    with fake_s3() as made:
        yield made


def keep_in(world: World, url: str, *more: str) -> None:
    for name, text in (("s3-access-key", "AKIDEXAMPLE"), ("s3-secret-key", "s3-canary-secret-key")):
        path = world.folder / "secrets" / name
        path.write_text(text)
        path.chmod(0o600)
    world.store = "\n".join((bucket_settings(world, url, "s3://box/store"), "timeout = 1", *more))
    world.write()


@pytest.fixture
def kept(world: World, fake: FakeS3) -> World:
    """The store of prod in a bucket without versions."""
    keep_in(world, fake.url)
    return world


def refuse(fake: FakeS3, answer: Answer, method: str, *, listing: bool = False) -> None:
    """Refuse each request of a method: the reads of objects, or those of lists."""

    def every(request: Request, _: FakeS3) -> Answer | None:
        asked = request.method == method and ("list-type" in request.query) == listing
        return answer if asked else None

    fake.every = every


def denied_to(action: str) -> Answer:
    return Answer(
        403,
        "AccessDenied",
        f"User: arn:aws:iam::1:user/ci is not authorized to perform: {action} on resource: x "
        "because no identity-based policy allows it",
    )


def test_a_bucket_that_is_as_it_should_be_but_for_versions(kept: World) -> None:
    seen = examine(kept)
    assert seen.code == 0
    for name in REST[:-1]:
        seen.is_ok(name)
    seen.warns("store: versions", "versioning", "keeps no versions", "put-bucket-versioning")


def test_a_bucket_with_versions(cloud: World, with_s3: Sandbox) -> None:
    seen = examine(cloud)
    assert seen.code == 0
    versioned = client(with_s3).get_bucket_versioning(Bucket=with_s3.ready["s3"]["bucket"])
    assert versioned["Status"] == "Enabled"
    seen.is_ok("store: versions")
    seen.is_ok("import bucket: versions")


def test_file_ids_that_need_versions_where_there_are_none(kept: World, fake: FakeS3) -> None:
    imports = bucket_settings(kept, fake.url, "s3://box/files")
    kept.configure(upload='"store"', import_bucket=inline(imports, file_id='"{version_id}"'))
    seen = examine(kept)
    assert seen.code == 7
    seen.fails("import bucket: versions", "versioning", "file_id is made of them")
    seen.warns("store: versions", "versioning")


def test_there_is_no_such_bucket(cloud: World) -> None:
    cloud.store = cloud.store.replace("s3://role-migrate", "s3://no-such-bucket-here")
    cloud.write()
    seen = examine(cloud)
    seen.fails("store: readable", "bucket-missing", "no such bucket", "Create it")
    seen.was_not_tried(*REST)
    seen.is_ok("import bucket: if-match")


# rights


@pytest.mark.parametrize(
    ("lacks", "check"),
    [
        ("s3:GetObject", "store: readable"),
        ("s3:PutObject", "store: writable"),
        ("s3:ListBucket", "store: listed"),
    ],
)
def test_which_action_is_denied(guarded: Guarded, lacks: str, check: str) -> None:
    actions = [a for a in ("s3:GetObject", "s3:PutObject", "s3:ListBucket") if a != lacks]
    resources = [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/{ROOT}/*"]
    statement = {"Effect": "Allow", "Action": actions, "Resource": resources}
    guarded.add(f"lacks-{check[7:]}", {"Version": "2012-10-17", "Statement": [statement]})
    ran = guarded.as_role(f"lacks-{check[7:]}", "doctor", "--env", "prod", "--format", "json")
    seen = Examined(ran, {each["check"]: each for each in ran.json()["findings"]})
    assert seen.code == 7
    seen.fails(
        check, "store-denied", f"access denied to {lacks}", f"Allow {lacks} on arn:aws:s3:::"
    )
    assert seen.failed() == [check]
    if lacks == "s3:GetObject":
        seen.was_not_tried("store: if-match")
        seen.is_ok("store: writable")
        seen.is_ok("store: listed")


@pytest.mark.parametrize(
    ("answer", "cause", "words"),
    [
        (denied_to("s3:PutObjectTagging"), "store-denied", ("Allow s3:PutObjectTagging on",)),
        (denied_to("kms:GenerateDataKey"), "key-denied", ("Allow kms:GenerateDataKey on",)),
        (
            Answer(403, "AccessDenied", "The ciphertext refers to a KMS key that ..."),
            "key-denied",
            ("Allow kms:GenerateDataKey on",),
        ),
        (
            Answer(400, "KMS.DisabledException", "arn is disabled"),
            "key-unusable",
            ("key is disabled", "Enable"),
        ),
        (Answer(400, "KMS.NotFoundException", "x"), "key-unusable", ("kms_key_id",)),
        (Answer(501, "NotImplemented", "x"), "conditional-writes", ("Conditional writes",)),
    ],
)
def test_why_nothing_can_be_written(
    kept: World, fake: FakeS3, answer: Answer, cause: str, words: tuple[str, ...]
) -> None:
    refuse(fake, answer, "PUT")
    seen = examine(kept)
    assert seen.code == 7
    seen.fails("store: writable", cause, *words)
    seen.is_ok("store: readable")
    seen.is_ok("store: listed")
    seen.was_not_tried("store: if-none-match", "store: if-match", "store: versions")


@pytest.mark.parametrize(
    ("answer", "cause", "words"),
    [
        (denied_to("kms:Decrypt"), "key-denied", ("Allow kms:Decrypt on",)),
        (Answer(403, "InvalidAccessKeyId"), "credentials", ("access key is not known",)),
        (Answer(403, "SignatureDoesNotMatch"), "credentials", ("secret key does not fit",)),
        (Answer(400, "ExpiredToken"), "credentials-expired", ("have expired", "renew")),
        (Answer(403, "RequestTimeTooSkewed"), "clock", ("clock is wrong", "NTP")),
        (Answer(301, "PermanentRedirect"), "config", ("another region", "`region`")),
        (Answer(503, "SlowDown"), "rate-limit", ("fewer requests",)),
    ],
)
def test_why_nothing_can_be_read(
    kept: World, fake: FakeS3, answer: Answer, cause: str, words: tuple[str, ...]
) -> None:
    refuse(fake, answer, "GET")
    seen = examine(kept)
    seen.fails("store: readable", cause, *words)
    seen.is_ok("admin app")


def test_a_bucket_that_may_not_be_listed(kept: World, fake: FakeS3) -> None:
    refuse(fake, denied_to("s3:ListBucket"), "GET", listing=True)
    seen = examine(kept)
    seen.fails("store: listed", "store-denied", "Allow s3:ListBucket on arn:aws:s3:::box")
    assert seen.failed() == ["store: listed"]


@pytest.mark.parametrize("header", ["if-none-match", "if-match"])
def test_conditional_writes_that_are_not_honoured(kept: World, fake: FakeS3, header: str) -> None:
    fake.ignores = (header,)
    seen = examine(kept)
    assert seen.code == 7
    seen.fails(f"store: {header}", "conditional-writes", "is ignored", "two runs can change one")
    assert seen.failed() == [f"store: {header}"]


# the way there


@pytest.mark.parametrize(
    ("endpoint", "cause"),
    [("http://127.0.0.1:1", "connection-refused"), ("https://s3.invalid", "dns")],
)
def test_a_service_that_is_not_there(world: World, endpoint: str, cause: str) -> None:
    keep_in(world, endpoint)
    seen = examine(world)
    seen.fails("store: reachable", cause, "cannot connect to", "`endpoint_url`")
    seen.was_not_tried("store: readable", *REST)


def test_a_proxy_that_is_not_there(world: World) -> None:
    keep_in(world, "https://s3.example", 'proxy = "http://127.0.0.1:1"')
    examine(world).fails("store: reachable", "proxy", "proxy", "NO_PROXY")


@pytest.mark.parametrize(
    ("name", "known", "cause", "words"),
    [
        ("127.0.0.1", False, "tls-issuer", ("not trusted", "ca_bundle")),
        ("other.example", True, "tls-name", ("for another", "endpoint_url")),
    ],
)
def test_a_certificate_that_is_not_accepted(
    world: World, name: str, known: bool, cause: str, words: tuple[str, ...]
) -> None:
    authority, other = trustme.CA(), trustme.CA()
    (authority if known else other).cert_pem.write_to_path(str(world.folder / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    with fake_s3(context) as fake:
        keep_in(world, fake.url, 'ca_bundle = "ca.pem"')
        examine(world).fails("store: reachable", cause, *words)


# what is said here


def test_keys_that_others_can_read(kept: World) -> None:
    path = kept.folder / "secrets" / "s3-secret-key"
    path.chmod(0o640)
    seen = examine(kept)
    assert seen.code == 0
    seen.warns("store: keys", "secret-open", f"chmod 600 {path}")


def test_keys_that_are_not_there(kept: World) -> None:
    (kept.folder / "secrets" / "s3-secret-key").unlink()
    seen = examine(kept)
    assert seen.code == 3
    seen.fails("store", "secret", "cannot be read")
    seen.was_not_tried("store: reachable")


def test_a_folder_that_does_not_outlive_a_job(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    world.store = 'directory = "store"\n'
    world.write()
    seen = examine(world)
    assert seen.code == 3
    seen.fails("store", "config", "CI is set", "s3://")
    seen.is_ok("admin app")


def test_a_folder_that_is_a_file(world: World) -> None:
    (world.folder / "store").write_text("")
    seen = examine(world)
    assert seen.code == 7
    seen.fails("store: readable", "other", "a file is where a folder is needed")
    assert "store: versions" not in seen.found


def test_environments_that_share_a_store_are_in_nobodys_way(world: World) -> None:
    one = world.settings["prod"]
    world.settings.update({f"prod-{number}": dict(one) for number in range(6)})
    world.write()
    for _ in range(2):  # the second finds what the first left
        ran = world.run("doctor", "--format", "json")
        found = [each for each in ran.json()["findings"] if each["check"].startswith("store")]
        assert len(found) > 6
        assert [each for each in found if each["state"] != "ok"] == []


def test_two_who_look_at_one_store_at_once_are_in_nobodys_way(world: World) -> None:
    world.run("doctor", "--env", "prod")
    looking = [world.spawn("doctor", "--env", "prod", "--format", "json") for _ in range(3)]
    for process in looking:
        answer = json.loads(process.communicate()[0])
        found = [each for each in answer["findings"] if each["check"].startswith("store")]
        assert [each for each in found if each["state"] != "ok"] == []
