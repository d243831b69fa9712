"""What can delete: in one folder, what can be pruned, and only as far as the store lets go."""

import os
import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from migrate.errors import InvalidInput, StoreFailed
from migrate.stores.base import Store
from migrate.stores.deleting import Fate, Removal, Remover
from migrate.stores.directory import DirectoryStore
from migrate.stores.directory_deleting import DirectoryRemover
from migrate.stores.s3 import S3Settings, S3Store
from migrate.stores.s3_deleting import S3Remover
from tests.stores.fake_s3 import Answer, FakeS3

FOLDER = "kore-acme-0a1b2c3d"
DIGEST = "ab" * 32
PLAN = "01234567-89ab-4cde-8f01-23456789abcd"
RUN = "20260101T000000Z-0a1b2c"
KEYS = (
    f"imports/{DIGEST}.json",
    f"plans/{PLAN}.json",
    f"runs/{RUN}/0000.json",
    f"runs/{RUN}/report.md",
    f"snapshots/{DIGEST}.json",
)


@pytest.fixture(params=["directory", "s3"])
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Store, Remover]:
    """A store, and what deletes in one folder of it."""
    if request.param == "directory":
        root = tmp_path / "shelf"
        return DirectoryStore(root), DirectoryRemover(root, FOLDER)
    made = request.getfixturevalue("settings")()
    return S3Store(made), S3Remover(made, FOLDER)


def test_what_is_removed_is_gone_and_nothing_else(pair: tuple[Store, Remover]) -> None:
    store, remover = pair
    assert remover.listing().objects == ()
    for key in (*KEYS, "behaviour.json"):
        store.put_if_absent(f"{FOLDER}/{key}", b"{}")
    store.put_if_absent(f"locks/{DIGEST[:32]}.json", b"{}")
    listing = remover.listing()
    assert [each.key for each in listing.objects] == sorted([*KEYS, "behaviour.json"])
    assert {each.size for each in listing.objects} == {2}
    assert listing.now is not None
    for each in listing.objects:
        assert abs(each.written_at - listing.now) < 60
        assert abs(each.written_at - time.time()) < 60
    for key in KEYS:
        assert remover.remove(key).fate in (Fate.GONE, Fate.HIDDEN)
        assert store.get(f"{FOLDER}/{key}") is None
    assert [each.key for each in remover.listing().objects] == ["behaviour.json"]
    assert len(list(store.list(""))) == 2
    # and it can come back
    assert store.put_if_absent(f"{FOLDER}/{KEYS[0]}", b"anew").ours


def test_what_is_not_there_is_gone(pair: tuple[Store, Remover]) -> None:
    _, remover = pair
    assert remover.remove(KEYS[0]) == Removal(Fate.GONE)


@pytest.mark.parametrize(
    "key",
    [
        *("behaviour.json", "history/000001.json", f"approvals/{DIGEST}/x.json", "account.json"),
        *("snapshots/last.json", f"plans/{PLAN}.claim", "pruned/x.json", "identity/x.json"),
        *(f"verified/{DIGEST}.json", f"captures/20260101T000000Z-{DIGEST}.json"),
    ],
)
def test_what_never_goes_can_t_be_removed(pair: tuple[Store, Remover], key: str) -> None:
    store, remover = pair
    store.put_if_absent(f"{FOLDER}/{key}", b"{}")
    with pytest.raises(ValueError, match="never deleted"):
        remover.remove(key)
    assert store.get(f"{FOLDER}/{key}") is not None


@pytest.mark.parametrize("key", ["../locks/x.json", "/etc/passwd", "runs/../../x", ""])
def test_it_reaches_into_no_other_folder(pair: tuple[Store, Remover], key: str) -> None:
    with pytest.raises(InvalidInput):
        pair[1].remove(key)


# the directory


def test_the_folder_of_a_run_goes_with_its_last_file(tmp_path: Path) -> None:
    store, remover = DirectoryStore(tmp_path), DirectoryRemover(tmp_path, FOLDER)
    for key in KEYS:
        store.put_if_absent(f"{FOLDER}/{key}", b"{}")
    for key in KEYS[2:4]:
        assert (tmp_path / FOLDER / "runs" / RUN).is_dir()
        remover.remove(key)
    assert not (tmp_path / FOLDER / "runs" / RUN).exists()
    assert (tmp_path / FOLDER / "runs").is_dir()


def test_a_link_leads_nowhere(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    (outside / RUN).mkdir(parents=True)
    (outside / RUN / "0000.json").write_bytes(b"{}")
    top = tmp_path / "shelf" / FOLDER
    top.mkdir(parents=True)
    (top / "runs").symlink_to(outside)
    with pytest.raises(StoreFailed, match="link"):
        DirectoryRemover(tmp_path / "shelf", FOLDER).remove(KEYS[2])
    assert (outside / RUN / "0000.json").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may delete anywhere")
def test_a_folder_that_may_not_be_written_is_said(tmp_path: Path) -> None:
    DirectoryStore(tmp_path).put_if_absent(f"{FOLDER}/{KEYS[0]}", b"{}")
    folder = tmp_path / FOLDER / "imports"
    folder.chmod(0o500)
    try:
        with pytest.raises(StoreFailed, match="permission denied"):
            DirectoryRemover(tmp_path, FOLDER).remove(KEYS[0])
    finally:
        folder.chmod(0o700)


# the bucket


@pytest.fixture(scope="session")
def locking_bucket(s3_admin: Any) -> str:
    s3_admin.create_bucket(Bucket="locking", ObjectLockEnabledForBucket=True)
    return "locking"


def test_a_bucket_that_keeps_versions_hides(
    settings: Callable[..., S3Settings], s3_admin: Any
) -> None:
    made = settings()
    S3Store(made).put_if_absent(f"{FOLDER}/{KEYS[0]}", b"kept")
    assert S3Remover(made, FOLDER).remove(KEYS[0]) == Removal(Fate.HIDDEN)
    key = f"{made.prefix}/{FOLDER}/{KEYS[0]}"
    found = s3_admin.list_object_versions(Bucket=made.bucket, Prefix=key)
    (version,) = found["Versions"]
    body = s3_admin.get_object(Bucket=made.bucket, Key=key, VersionId=version["VersionId"])
    assert body["Body"].read() == b"kept"


def test_a_bucket_without_versions_lets_go(
    settings: Callable[..., S3Settings], s3_admin: Any
) -> None:
    s3_admin.create_bucket(Bucket="plain")
    made = settings(bucket="plain")
    S3Store(made).put_if_absent(f"{FOLDER}/{KEYS[0]}", b"x")
    assert S3Remover(made, FOLDER).remove(KEYS[0]) == Removal(Fate.GONE)
    assert "Versions" not in s3_admin.list_object_versions(Bucket="plain")


@pytest.mark.parametrize("mode", ["GOVERNANCE", "COMPLIANCE", "hold"])
def test_what_object_lock_holds_is_left_as_it_is(
    settings: Callable[..., S3Settings], s3_admin: Any, locking_bucket: str, mode: str
) -> None:
    made = settings(bucket=locking_bucket, prefix=secrets.token_hex(4))
    S3Store(made).put_if_absent(f"{FOLDER}/{KEYS[0]}", b"evidence")
    place = {"Bucket": locking_bucket, "Key": f"{made.prefix}/{FOLDER}/{KEYS[0]}"}
    until = datetime.now(UTC) + timedelta(days=30)
    if mode == "hold":
        s3_admin.put_object_legal_hold(**place, LegalHold={"Status": "ON"})
    else:
        retention = {"Mode": mode, "RetainUntilDate": until}
        s3_admin.put_object_retention(**place, Retention=retention)
    removal = S3Remover(made, FOLDER).remove(KEYS[0])
    assert removal.fate is Fate.HELD
    if mode == "hold":
        assert removal.why == "a legal hold"
    else:
        assert removal.why == f"retention ({mode.lower()}) until {until:%Y-%m-%dT%H:%M:%SZ}"
    stored = S3Store(made).get(f"{FOLDER}/{KEYS[0]}")
    assert stored is not None
    assert "DeleteMarkers" not in s3_admin.list_object_versions(
        Bucket=locking_bucket, Prefix=place["Key"]
    )


def test_a_retention_that_is_over_holds_no_more(
    settings: Callable[..., S3Settings], s3_admin: Any, locking_bucket: str
) -> None:
    made = settings(bucket=locking_bucket, prefix=secrets.token_hex(4))
    S3Store(made).put_if_absent(f"{FOLDER}/{KEYS[0]}", b"x")
    s3_admin.put_object_retention(
        Bucket=locking_bucket,
        Key=f"{made.prefix}/{FOLDER}/{KEYS[0]}",
        Retention={"Mode": "GOVERNANCE", "RetainUntilDate": datetime.now(UTC) - timedelta(days=1)},
    )
    assert S3Remover(made, FOLDER).remove(KEYS[0]).fate is Fate.HIDDEN


@pytest.mark.parametrize(
    ("answer", "held"),
    [
        (Answer(403, "AccessDenied", "Access Denied because object protected by object lock."), 1),
        (Answer(400, "InvalidRequest", "Object is WORM protected and cannot be overwritten"), 1),
        (Answer(403, "AccessDenied", "Access Denied"), 0),
    ],
)
def test_a_lock_that_shows_only_when_deleting_is_told_from_a_missing_right(
    fake: FakeS3, answer: Answer, held: int
) -> None:
    fake.objects[f"{FOLDER}/{KEYS[0]}"] = b"x"
    fake.every = lambda request, _: answer if request.method == "DELETE" else None
    remover = S3Remover(fake.settings(), FOLDER)
    if held:
        removal = remover.remove(KEYS[0])
        assert removal == Removal(Fate.HELD, "the bucket's Object Lock")
    else:
        with pytest.raises(StoreFailed, match="access denied to s3:DeleteObject") as caught:
            remover.remove(KEYS[0])
        assert (
            f"Allow s3:DeleteObject on arn:aws:s3:::box/{FOLDER}/{KEYS[0]}" in caught.value.remedy
        )
