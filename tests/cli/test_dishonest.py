"""A target whose store ignores conditional writes: nothing is written, and `doctor` says why."""

import secrets
from collections.abc import Iterator
from dataclasses import replace

import pytest

from migrate.stores.s3 import S3Store
from tests.cli.test_buckets import bucket_settings
from tests.cli.world import IMPORT, World
from tests.stores.dishonest import Dishonest, dishonest, s3rver
from tests.stores.fake_s3 import FakeS3, fake_s3

__all__ = ["dishonest", "s3rver"]

HEADERS = {"if-none-match": "If-None-Match", "if-match": "If-Match"}


def keep_in(world: World, endpoint: str, place: str, access_key: str, secret_key: str) -> None:
    (world.folder / "secrets" / "s3-access-key").write_text(access_key)
    (world.folder / "secrets" / "s3-secret-key").write_text(secret_key)
    world.store = bucket_settings(world, endpoint, place)
    world.write()


@pytest.fixture
def shelf(world: World, dishonest: Dishonest) -> S3Store:
    """What the store of all environments holds."""
    settings = replace(dishonest.settings, prefix=secrets.token_hex(4))
    assert settings.endpoint_url and settings.access_key and settings.secret_key
    place = f"s3://{settings.bucket}/{settings.prefix}"
    keep_in(world, settings.endpoint_url, place, settings.access_key, settings.secret_key)
    return S3Store(settings)


def test_a_promotion_is_refused_again_and_again(
    world: World, dishonest: Dishonest, shelf: S3Store
) -> None:
    for _ in range(2):
        with world.untouched():
            ran = world.promote("--yes")
        assert ran.code == 7
        ran.says("ignores the condition of a write", "target: unchanged", "conditional writes")
        ran.says(HEADERS[dishonest.ignores[0]], "`doctor`", shelf.location)
        assert world.control("/log") == []
    assert [key for key in shelf.list("") if not key.startswith("locks/")] == []


def test_a_saved_plan_is_refused_and_stays_unused(world: World, shelf: S3Store) -> None:
    path = world.plan()
    since = world.last()
    for _ in range(2):
        with world.untouched():
            ran = world.run("apply", path, "--yes")
        assert ran.code == 7
        ran.says("ignores the condition of a write", "target: unchanged")
    assert world.calls("prod", since) == []
    kinds = {key.rpartition("/")[2].rpartition(".")[2] for key in shelf.list("")}
    assert kinds == {"json"}, "no claim"
    assert [key for key in shelf.list("") if "/runs/" in key] == []


def test_the_doctor_says_so(world: World, dishonest: Dishonest, shelf: S3Store) -> None:
    ran = world.run("doctor", "--env", "prod")
    assert ran.code == 7
    for header, name in HEADERS.items():
        word = "FAIL" if header in dishonest.ignores else "ok  "
        assert f"{word} store: {header}" in ran.out
        assert (f"{name} is ignored" in ran.out) == (header in dishonest.ignores)


@pytest.fixture
def turning() -> Iterator[FakeS3]:
    """A store that is honest, until it is not."""
    with fake_s3() as fake:
        yield fake


def test_a_run_is_not_set_aside_where_nobody_can_be_kept_out(world: World, turning: FakeS3) -> None:
    keep_in(world, turning.url, "s3://box/store", "AKIDEXAMPLE", "s3-canary-secret-key")
    world.fault("500", IMPORT, query={"roleType": "bot"}, times=10)
    assert world.promote("--yes").code == 8
    run = world.runs()[0]
    turning.ignores = ("if-none-match", "if-match")
    before = {key: data for key, data in turning.objects.items() if "/runs/" in key}
    ran = world.run("runs", "abandon", run, "--reason", "x")
    assert ran.code == 7
    ran.says("ignores the condition of a write")
    assert before == {key: data for key, data in turning.objects.items() if "/runs/" in key}
