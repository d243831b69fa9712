from pathlib import Path

from migrate.stores.base import Store
from migrate.stores.directory import DirectoryStore
from migrate.stores.probe import KEY, Finding, probe
from migrate.stores.s3 import S3Store
from tests.stores.dishonest import Dishonest
from tests.stores.fake_s3 import Answer, FakeS3

ALL = ["reachable", "readable", "writable", "listed", "if-none-match", "if-match"]


def verdicts(findings: tuple[Finding, ...]) -> dict[str, bool]:
    return {finding.name: finding.ok for finding in findings}


def test_a_sound_store_passes_again_and_again(store: Store) -> None:
    for _ in range(2):
        findings = probe(store)
        assert [finding.name for finding in findings] == ALL
        assert [finding for finding in findings if not finding.ok] == []
    assert list(store.list("")) == [KEY]


def test_a_store_that_ignores_conditions_is_seen_through(dishonest: Dishonest) -> None:
    findings = probe(S3Store(dishonest.settings))
    ignored = dict.fromkeys(dishonest.ignores, False)
    assert verdicts(findings) == dict.fromkeys(ALL, True) | ignored
    wrong = [finding for finding in findings if not finding.ok]
    assert all("is ignored" in finding.detail and finding.remedy for finding in wrong)


def test_a_list_that_lags_is_seen(fake: FakeS3) -> None:
    empty = Answer(200, body=b"<List><IsTruncated>false</IsTruncated></List>")
    fake.fail("GET", lambda request, _: empty if "list-type=2" in request.query else None, times=50)
    assert verdicts(probe(S3Store(fake.settings()))) == dict.fromkeys(ALL, True) | {"listed": False}


def test_a_store_that_may_not_be_written(fake: FakeS3) -> None:
    fake.fail("PUT", Answer(403, "AccessDenied", "Access Denied"))
    findings = probe(S3Store(fake.settings()))
    assert verdicts(findings) == {"reachable": True, "readable": True, "writable": False}
    assert "s3:PutObject" in findings[-1].remedy


def test_a_store_that_may_not_be_read(fake: FakeS3) -> None:
    fake.fail("GET", Answer(403, "AccessDenied", "Access Denied"))
    findings = probe(S3Store(fake.settings()))
    assert verdicts(findings) == {"reachable": True, "readable": False}


def test_a_store_that_is_not_there(fake: FakeS3) -> None:
    findings = probe(S3Store(fake.settings(endpoint_url="http://127.0.0.1:1")))
    assert verdicts(findings) == {"reachable": False}
    assert "cannot connect" in findings[0].detail


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "shelf").write_text("")
    assert verdicts(probe(DirectoryStore(tmp_path / "shelf"))) == {
        "reachable": True,
        "readable": False,
    }
