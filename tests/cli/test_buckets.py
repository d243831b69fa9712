"""Stores and uploads in S3: the real protocol against the sandbox, trouble against a fake."""

import contextlib
import json
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from migrate.sandbox import Sandbox
from tests.cli.world import DEV, PROD, World, world_on
from tests.stores.fake_s3 import Answer, FakeS3, Request, fake_s3

DENIED = Answer(403, "AccessDenied", "Access Denied")
NO_BUCKET = Answer(404, "NoSuchBucket", "The specified bucket does not exist")
KMS = Answer(
    403, "AccessDenied", "User is not authorized to perform: kms:GenerateDataKey on this resource"
)
WRONG_KEY = Answer(403, "SignatureDoesNotMatch", "The signature does not match")


def bucket_settings(world: World, endpoint: str, url: str) -> str:
    return (
        f'url = "{url}"\nendpoint_url = "{endpoint}"\nregion = "us-east-1"\npath_style = true\n'
        'access_key = { file = "secrets/s3-access-key" }\n'
        'secret_key = { file = "secrets/s3-secret-key" }\n'
    )


def inline(settings: str, **more: str) -> str:
    lines = [*settings.splitlines(), *(f"{key} = {value}" for key, value in more.items())]
    return "{ " + ", ".join(lines) + " }"


@pytest.fixture(scope="session")
def with_s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with Sandbox({"dev": DEV, "prod": PROD}, tmp_path_factory.mktemp("s3")) as box:
        yield box


@pytest.fixture
def cloud(with_s3: Sandbox, tmp_path: Path) -> Iterator[World]:
    """Everything in the sandbox's bucket: the store, and the import files of prod."""
    with world_on(with_s3, tmp_path / "work") as world:
        s3 = with_s3.ready["s3"]
        (world.folder / "secrets" / "s3-access-key").write_text(s3["access_key"])
        (world.folder / "secrets" / "s3-secret-key").write_text(s3["secret_key"])
        world.canaries += (s3["secret_key"].encode(),)
        place = f"s3://{s3['bucket']}/{secrets.token_hex(6)}"
        world.store = bucket_settings(world, s3["endpoint_url"], f"{place}/store")
        imports = bucket_settings(world, s3["endpoint_url"], f"{place}/imports")
        world.configure(upload='"store"', import_bucket=inline(imports, file_id='"{key}"'))
        yield world


def client(box: Sandbox) -> Any:
    s3 = box.ready["s3"]
    return boto3.Session().client(
        "s3",
        endpoint_url=s3["endpoint_url"],
        region_name="us-east-1",
        aws_access_key_id=s3["access_key"],
        aws_secret_access_key=s3["secret_key"],
    )


def test_a_promotion_through_a_bucket_takes_two_calls_and_two_per_type(
    cloud: World, with_s3: Sandbox
) -> None:
    ran = cloud.promote("--yes", "--format", "json")
    assert ran.code == 0, ran.err
    cloud.assert_promoted()
    assert cloud.calls("prod") == [
        *("GET export admin", "GET export bot", "GET alluserroles"),
        *("POST import admin", "POST import bot", "GET export admin", "GET export bot"),
    ]
    uploads = [step for step in ran.json()["steps"] if step["kind"] == "upload"]
    prefix = cloud.store.split("/", 3)[3].split("/store")[0]
    assert [step["outcome"]["fileId"] for step in uploads] == [
        f"{prefix}/imports/{step['payload']}.json" for step in uploads
    ]
    listed = client(with_s3).list_objects_v2(
        Bucket=with_s3.ready["s3"]["bucket"], Prefix=f"{prefix}/imports/"
    )
    assert sorted(item["Key"] for item in listed["Contents"]) == sorted(
        step["outcome"]["fileId"] for step in uploads
    )


@pytest.mark.parametrize("file_ids", ["version_id", "sha256"])
def test_every_kind_of_file_id(cloud: World, file_ids: str) -> None:
    template = f'"{{{file_ids}}}"'
    settings = cloud.settings["prod"]["import_bucket"].replace('"{key}"', template)
    cloud.configure(import_bucket=settings)
    cloud.switch(file_ids=file_ids)
    ran = cloud.promote("--yes", "--role", "Auditor")
    assert ran.code == 0, ran.err
    assert cloud.roles()["admin", "Auditor"]["rDesc"] == "reads all"


def test_the_second_promotion_and_the_history_are_in_the_bucket_too(cloud: World) -> None:
    path = cloud.plan()
    assert cloud.run("apply", path, "--yes").code == 0
    assert cloud.run("apply", path, "--yes").code == 5
    since = cloud.last()
    assert cloud.promote("--yes").code == 0
    assert cloud.writes(since) == []
    assert len(cloud.runs()) == 1
    assert cloud.report()["result"] == "done"


def test_a_doctor_of_buckets(cloud: World) -> None:
    ran = cloud.run("doctor", "--env", "prod")
    assert ran.code == 0, ran.out
    assert "ok   import bucket: if-none-match" in ran.out


def test_a_bucket_that_is_not_there_is_found_before_anything_is_read(cloud: World) -> None:
    cloud.store = cloud.store.replace("s3://role-migrate", "s3://no-such-bucket-here")
    cloud.write()
    with cloud.untouched():
        ran = cloud.promote("--yes")
    assert ran.code == 7
    ran.says("no such bucket", "no-such-bucket-here", "target: unchanged", "next: ")
    assert cloud.control("/log") == []


def test_wrong_keys_are_found_before_anything_is_read(cloud: World) -> None:
    (cloud.folder / "secrets" / "s3-access-key").write_text("AKIANOBODY")
    with cloud.untouched():
        ran = cloud.promote("--yes")
    assert ran.code == 7
    ran.says("access key is not known", "target: unchanged", "next: ")


def test_an_import_bucket_that_is_not_there_leaves_the_target_unchanged(cloud: World) -> None:
    settings = cloud.settings["prod"]["import_bucket"]
    cloud.configure(import_bucket=settings.replace("s3://role-migrate", "s3://no-such-bucket"))
    path = cloud.plan()
    with cloud.untouched():
        ran = cloud.run("apply", path, "--yes")
    assert ran.code == 7
    ran.says("no such bucket", "s3://no-such-bucket", "target: unchanged", "next: ")
    cloud.configure(import_bucket=settings)
    assert cloud.run("apply", path, "--yes").code == 0
    cloud.assert_promoted()


def test_a_file_id_of_another_kind_than_the_platform_expects(cloud: World) -> None:
    cloud.switch(file_ids="sha256")
    with cloud.untouched():
        ran = cloud.promote("--yes")
    assert ran.code == 7
    ran.says("Invalid file id", "`file_id` of `import_bucket`", "target: unchanged")


# trouble that moto does not make


class Store(FakeS3):
    """The fake, with trouble by key."""

    def __init__(self) -> None:
        super().__init__()
        self.trouble: list[tuple[str, str, Answer]] = []

    def answer(self, request: Request) -> Answer | str:
        for method, part, answer in self.trouble:
            if request.method == method and part in request.key:
                return answer
        return super().answer(request)


@contextlib.contextmanager
def storing(monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    import tests.stores.fake_s3 as module

    monkeypatch.setattr(module, "FakeS3", Store)
    with fake_s3() as fake:
        assert isinstance(fake, Store)
        yield fake


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    with storing(monkeypatch) as made:
        yield made


@pytest.fixture
def faked(world: World, fake: Store) -> World:
    """The store and the import bucket of prod in a fake; prod takes uploads by the platform."""
    (world.folder / "secrets" / "s3-access-key").write_text("AKIDEXAMPLE")
    (world.folder / "secrets" / "s3-secret-key").write_text("s3-canary-secret-key")
    world.canaries += (b"s3-canary-secret-key",)
    world.store = bucket_settings(world, fake.url, "s3://box/store") + "timeout = 2\n"
    world.write()
    return world


REFUSALS = {
    "denied": (DENIED, "access denied to s3:PutObject"),
    "KMS denied": (KMS, "encryption key may not be used"),
    "no bucket": (NO_BUCKET, "no such bucket"),
    "wrong key": (WRONG_KEY, "secret key does not fit"),
}
KEYS = ("locks/", "snapshots/", "plans/", "imports/", "0000.json")


@pytest.mark.parametrize(
    ("refusal", "key"),
    [
        *((name, "imports/") for name in REFUSALS),
        *(("denied", key) for key in KEYS if key[0] != "i"),
    ],
)
def test_a_store_that_refuses_a_write_before_the_first_call_leaves_the_target_unchanged(
    faked: World, fake: Store, refusal: str, key: str
) -> None:
    answer, words = REFUSALS[refusal]
    fake.trouble = [("PUT", key, answer)]
    with faked.untouched():
        ran = faked.promote("--yes")
    assert ran.code == 7, ran.err
    ran.says(words, "s3://box/store", "target: unchanged", "next: ")
    assert faked.writes() == []


@pytest.mark.parametrize("answer", [DENIED, KMS, NO_BUCKET])
def test_an_import_bucket_that_refuses_leaves_the_target_unchanged(
    faked: World, fake: Store, answer: Answer
) -> None:
    imports = bucket_settings(faked, fake.url, "s3://box/files") + "timeout = 2\n"
    faked.configure(upload='"store"', import_bucket=inline(imports, file_id='"{key}"'))
    fake.trouble = [("PUT", "files/", answer)]
    with faked.untouched():
        ran = faked.promote("--yes", "--format", "json")
    assert ran.code == 7
    ran.says("s3://box/files", "target: unchanged", "next: ")
    assert ran.json()["result"] == "failed, target unchanged"
    assert faked.writes() == []


def test_a_bucket_without_versions_cannot_give_a_version_id(faked: World, fake: Store) -> None:
    imports = bucket_settings(faked, fake.url, "s3://box/files")
    faked.configure(upload='"store"', import_bucket=inline(imports, file_id='"{version_id}"'))
    with faked.untouched():
        ran = faked.promote("--yes")
    assert ran.code == 3
    ran.says("keeps no versions", "prod", "target: unchanged", "next: ")


def run_key(number: int) -> str:
    return f"/{number:04d}.json"


# Entries of a run's journal: 0 started, 1 and 2 the upload of admin roles, 3 and 4 their import,
# 5 and 6 the upload of bot roles, 7 and 8 their import, 9 finished.


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_store_that_dies_before_the_first_import(faked: World, fake: Store, number: int) -> None:
    fake.trouble = [("PUT", run_key(number), DENIED)]
    with faked.untouched():
        ran = faked.promote("--yes")
    assert ran.code == 7, ran.err
    ran.says("target: unchanged", "next: ")
    assert "POST import admin" not in faked.calls("prod")


@pytest.mark.parametrize("number", [4, 5, 8])
def test_a_store_that_dies_after_the_first_import_is_no_reason_to_say_unchanged(
    faked: World, fake: Store, number: int
) -> None:
    fake.trouble = [("PUT", run_key(number), DENIED), ("PUT", "report.json", DENIED)]
    ran = faked.promote("--yes", "--format", "json")
    assert ran.code == 8, ran.err
    ran.says("access denied", "done: import of 2 admin roles", "role-migrate resume", "rollback")
    assert "target: unchanged" not in ran.err
    report = ran.json()
    assert report["result"] == "partly applied"
    assert report["error"]["exitCode"] == 8


def test_when_the_store_is_back_the_unfinished_run_is_in_the_way(faked: World, fake: Store) -> None:
    fake.trouble = [("PUT", run_key(6), DENIED)]
    run = faked.promote("--yes", "--format", "json").json()["run"]
    fake.trouble = []
    blocked = faked.promote("--yes")
    assert blocked.code == 6
    blocked.says(run)
    resumed = faked.run("resume", run, "--yes")
    assert resumed.code == 0, resumed.err
    faked.assert_promoted()


@pytest.mark.parametrize("key", ["/0009.json", "behaviour.json"])
def test_a_store_that_dies_after_the_last_import_does_not_hide_what_was_done(
    faked: World, fake: Store, key: str
) -> None:
    path = faked.plan()
    since = faked.last()
    original = fake.answer

    def dying(request: Request) -> Answer | str:
        if "POST import bot" in faked.calls("prod", since):
            fake.trouble = [("PUT", key, DENIED)]
        return original(request)

    fake.answer = dying  # type: ignore[method-assign]
    ran = faked.run("apply", path, "--yes", "--format", "json")
    assert ran.code == 8, ran.err
    ran.says("every step was done and verified", "access denied", "target: as desired", "next: ")
    faked.assert_promoted()
    assert ran.json()["targetState"] == "as desired"


def test_a_report_that_cannot_be_stored_is_a_warning(faked: World, fake: Store) -> None:
    fake.trouble = [("PUT", "report.json", DENIED)]
    ran = faked.promote("--yes")
    assert ran.code == 0, ran.err
    ran.says("warning: the report could not be stored")
    faked.assert_promoted()


def test_a_lock_that_cannot_be_released_is_a_warning(faked: World, fake: Store) -> None:
    original = fake.answer

    def dying(request: Request) -> Answer | str:
        if any("0009.json" in key for key in fake.objects):
            fake.trouble = [("PUT", "locks/", DENIED)]
        return original(request)

    fake.answer = dying  # type: ignore[method-assign]
    ran = faked.promote("--yes")
    assert ran.code == 0, ran.err
    ran.says("warning: the lock could not be released")
    faked.assert_promoted()


def test_nothing_of_the_run_is_lost_in_the_store(faked: World, fake: Store) -> None:
    ran = faked.promote("--yes", "--format", "json")
    run = ran.json()["run"]
    entries = {
        key.rpartition("/")[2]: json.loads(data)
        for key, data in fake.objects.items()
        if f"/runs/{run}/" in key and key.endswith(".json")
    }
    assert any(key.endswith(f"/runs/{run}/report.md") for key in fake.objects)
    kinds = [entries[name]["kind"] for name in sorted(entries) if name[0] == "0"]
    assert kinds == ["started", *["intent", "outcome"] * 4, "finished"]
    payloads = {step["payload"] for step in entries["0000.json"]["body"]["steps"]}
    for payload in payloads:
        assert any(key.endswith(f"imports/{payload}.json") for key in fake.objects)
    assert any(key.endswith(f"snapshots/{ran.json()['backup']}.json") for key in fake.objects)
