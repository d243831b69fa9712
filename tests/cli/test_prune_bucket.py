"""`store prune` on a bucket: versions, Object Lock, and what is said of both."""

import json
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from migrate.config import load
from migrate.connect import Connections
from migrate.keeping import Limits
from migrate.pipeline.pruning import Pruner
from migrate.redaction import Redactor
from migrate.tools import real_tools
from tests.cli.test_buckets import bucket_settings, with_s3
from tests.cli.world import Sandbox, World, world_on

__all__ = ["with_s3"]


@dataclass
class Bucket:
    """The bucket that a world's store is in, seen past the command line."""

    world: World
    client: Any
    name: str
    prefix: str

    def listed(self) -> set[str]:
        """Keys in prod's folder, without the folder."""
        pages = self.client.get_paginator("list_objects_v2").paginate(
            Bucket=self.name, Prefix=f"{self.prefix}/kore-sandbox-prod-"
        )
        found = [each["Key"] for page in pages for each in page.get("Contents", ())]
        return {key.removeprefix(f"{self.prefix}/").partition("/")[2] for key in found}

    def whole(self, key: str) -> str:
        found = self.client.list_objects_v2(
            Bucket=self.name, Prefix=f"{self.prefix}/kore-sandbox-prod-"
        )
        folder = found["Contents"][0]["Key"].removeprefix(f"{self.prefix}/").partition("/")[0]
        return f"{self.prefix}/{folder}/{key}"

    def age(self, days: float) -> None:
        from moto.core import DEFAULT_ACCOUNT_ID
        from moto.s3.models import s3_backends

        for held in s3_backends[DEFAULT_ACCOUNT_ID]["aws"].buckets[self.name].keys.values():
            if hasattr(held, "last_modified"):
                held.last_modified -= timedelta(days=days)

    def promoted(self, value: str) -> Any:
        self.world.change("dev", "admin", "Auditor", Invite=value)
        ran = self.world.promote("--yes", "--format", "json")
        assert ran.code == 0, ran.err
        return ran.json()

    def prune(self, *words: str) -> Any:
        given = ("store", "prune", "--env", "prod", "--keep", "90d", "--keep-last", "1", "--yes")
        return self.world.run(*given, *words)


@pytest.fixture(params=["versions", "lock"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def bucket(with_s3: Sandbox, tmp_path: Path, kind: str) -> Iterator[Bucket]:
    s3 = with_s3.ready["s3"]
    client = boto3.Session().client(
        "s3",
        endpoint_url=s3["endpoint_url"],
        region_name="us-east-1",
        aws_access_key_id=s3["access_key"],
        aws_secret_access_key=s3["secret_key"],
    )
    name, prefix = s3["bucket"], secrets.token_hex(6)
    if kind == "lock":
        name = f"locked-{secrets.token_hex(4)}"
        client.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    with world_on(with_s3, tmp_path / "work") as world:
        for file, value in (("access", s3["access_key"]), ("secret", s3["secret_key"])):
            path = world.folder / "secrets" / f"s3-{file}-key"
            path.write_text(value)
            path.chmod(0o600)
        world.canaries += (s3["secret_key"].encode(),)
        world.store = bucket_settings(world, s3["endpoint_url"], f"s3://{name}/{prefix}")
        world.write()
        world.switch(file_ids="upload")
        yield Bucket(world, client, name, prefix)


def test_versions_stay_behind_delete_markers_and_it_is_said(bucket: Bucket) -> None:
    run = bucket.promoted("NO")["run"]
    bucket.age(400)
    bucket.promoted("YES")
    ran = bucket.prune()
    assert ran.code == 0, ran.err
    assert "lie behind delete markers" in ran.out
    assert not [key for key in bucket.listed() if run in key]
    versions = bucket.client.list_object_versions(
        Bucket=bucket.name, Prefix=bucket.whole(f"runs/{run}/0000.json")
    )
    assert len(versions["Versions"]) == len(versions["DeleteMarkers"]) == 1
    bucket.world.run("runs", "show", run).says("was pruned on")
    # What is hidden is not there: the next prune has nothing to do, a promotion goes on.
    assert bucket.prune("--format", "json").json()["going"] == []
    bucket.promoted("NO")


@pytest.mark.parametrize("kind", ["lock"], indirect=True)
def test_a_run_under_a_legal_hold_stays_with_all_it_rests_on(bucket: Bucket) -> None:
    world = bucket.world
    held, other = bucket.promoted("NO"), bucket.promoted("MAYBE")
    bucket.age(400)
    bucket.promoted("YES")
    key = f"runs/{held['run']}/0000.json"
    bucket.client.put_object_legal_hold(
        Bucket=bucket.name, Key=bucket.whole(key), LegalHold={"Status": "ON"}
    )
    ran = bucket.prune("--format", "json")
    assert ran.code == 0, ran.err
    ran.says("warning: the store kept 1 objects")
    done = ran.json()["deleted"]
    assert done["heldByStore"] == [{"key": key, "why": "a legal hold"}]
    spared = {item["name"] for item in done["spared"]}
    assert {held["plan"], held["backup"]} <= spared
    assert not [each for each in bucket.listed() if f"runs/{other['run']}" in each]
    # all of it is there: it can still be taken back
    assert world.run("runs", "show", held["run"]).code == 0
    assert world.run("rollback", held["run"], "--dry-run").code in (0, 5)
    assert not [each for each in bucket.listed() if "0000.json" in each and other["run"] in each]
    text = bucket.prune()
    assert "Kept by the store: 1 object" in text.out
    assert f"{key}: a legal hold" in text.out
    assert "Spared, since what the store kept rests on it" in text.out
    # The record says that of what went, and not of what stayed.
    records = [each for each in bucket.listed() if each.startswith("pruned/")]
    for each in records:
        body = bucket.client.get_object(Bucket=bucket.name, Key=bucket.whole(each))["Body"]
        assert held["run"] not in json.loads(body.read())["runs"]


@pytest.mark.parametrize("kind", ["lock"], indirect=True)
def test_an_entry_under_retention_is_what_is_left_of_a_run(bucket: Bucket) -> None:
    world = bucket.world
    run = bucket.promoted("NO")["run"]
    bucket.age(400)
    bucket.promoted("YES")
    until = datetime.now(UTC) + timedelta(days=2000)
    key = f"runs/{run}/0003.json"
    bucket.client.put_object_retention(
        Bucket=bucket.name,
        Key=bucket.whole(key),
        Retention={"Mode": "COMPLIANCE", "RetainUntilDate": until},
    )
    ran = bucket.prune("--format", "json")
    assert ran.code == 0, ran.err
    (held,) = ran.json()["deleted"]["heldByStore"]
    assert held == {"key": key, "why": f"retention (compliance) until {until:%Y-%m-%dT%H:%M:%SZ}"}
    assert [each for each in bucket.listed() if run in each] == [key]
    world.run("runs", "show", run).says("was pruned on")
    listed = world.run("runs", "--env", "prod")
    assert listed.code == 0
    assert f"{run}  → prod  pruned on" in listed.out
    # The next one tries again, and says so again.
    again = bucket.prune("--format", "json")
    assert again.code == 0, again.err
    assert [each["key"] for each in again.json()["deleted"]["heldByStore"]] == [key]
    bucket.promoted("NO")


@pytest.mark.parametrize("kind", ["versions"], indirect=True)
def test_a_machine_whose_clock_is_ahead_makes_nothing_old(bucket: Bucket) -> None:
    for value in ("NO", "YES"):
        bucket.promoted(value)
    config = load(bucket.world.config, {})
    tools = real_tools(lambda _: None, time.sleep, lambda *_: None)
    ahead = replace(tools, now=lambda: time.time() + 400 * 86400)
    connections = Connections(config, ahead, Redactor())
    limits = Limits(90 * 86400.0, 1)
    seen = Pruner(config.environment("prod"), connections, limits).look()
    assert seen.decision.going == ()
    bucket.age(400)
    assert Pruner(config.environment("prod"), connections, limits).look().decision.going
