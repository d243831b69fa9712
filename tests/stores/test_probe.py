from pathlib import Path

from migrate.diagnosis import Finding, State
from migrate.stores.base import Store
from migrate.stores.directory import DirectoryStore
from migrate.stores.probe import KEY, probe
from migrate.stores.s3 import S3Store
from tests.stores.dishonest import Dishonest
from tests.stores.fake_s3 import Answer, FakeS3

REST = ["writable", "listed", "if-none-match", "if-match"]
ALL = ["reachable", "readable", *REST]
VERSIONS = {"versions": State.WARNING}
"""What a bucket of the fake, or of s3rver, comes to."""


def found_in(store: Store) -> dict[str, Finding]:
    return {finding.check: finding for finding in probe(store)}


def verdicts(findings: dict[str, Finding]) -> dict[str, State]:
    return {name: finding.state for name, finding in findings.items()}


def all_ok(**others: State) -> dict[str, State]:
    named = {name.replace("_", "-"): state for name, state in others.items()}
    return dict.fromkeys(ALL, State.OK) | named


def test_a_sound_store_passes_again_and_again(store: Store) -> None:
    more = {"versions": State.OK} if store.location.startswith("s3:") else {}
    for _ in range(2):
        assert verdicts(found_in(store)) == all_ok() | more
    assert list(store.list("")) == [KEY]


def test_a_store_that_ignores_conditions_is_seen_through(dishonest: Dishonest) -> None:
    found = found_in(S3Store(dishonest.settings))
    ignored = dict.fromkeys(dishonest.ignores, State.FAILED)
    assert verdicts(found) == all_ok() | ignored | VERSIONS
    wrong = [finding for finding in found.values() if not finding.ok]
    assert all("is ignored" in finding.detail and finding.remedy for finding in wrong)


def test_a_list_that_lags_is_seen(fake: FakeS3) -> None:
    empty = Answer(200, body=b"<List><IsTruncated>false</IsTruncated></List>")
    fake.fail("GET", lambda request, _: empty if "list-type=2" in request.query else None, times=50)
    found = verdicts(found_in(S3Store(fake.settings())))
    assert found == all_ok(listed=State.FAILED) | VERSIONS


def test_a_store_that_may_not_be_written(fake: FakeS3) -> None:
    fake.fail("PUT", Answer(403, "AccessDenied", "Access Denied"))
    found = found_in(S3Store(fake.settings()))
    untried = dict.fromkeys(("if-none-match", "if-match", "versions"), State.NOT_TRIED)
    assert verdicts(found) == all_ok(writable=State.FAILED) | untried
    assert "s3:PutObject" in found["writable"].remedy


def test_a_store_that_may_not_be_read(fake: FakeS3) -> None:
    fake.fail("GET", Answer(403, "AccessDenied", "Access Denied"))
    found = verdicts(found_in(S3Store(fake.settings())))
    untried = dict.fromkeys(("if-none-match", "if-match", "versions"), State.NOT_TRIED)
    assert found == all_ok(readable=State.FAILED) | untried
    assert KEY in fake.objects


def test_a_store_that_is_not_there(fake: FakeS3) -> None:
    found = found_in(S3Store(fake.settings(endpoint_url="http://127.0.0.1:1")))
    untried = dict.fromkeys(("readable", *REST, "versions"), State.NOT_TRIED)
    assert verdicts(found) == {"reachable": State.FAILED} | untried
    assert "cannot connect" in found["reachable"].detail


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "shelf").write_text("")
    untried = dict.fromkeys(REST, State.NOT_TRIED)
    assert verdicts(found_in(DirectoryStore(tmp_path / "shelf"))) == {
        "reachable": State.OK,
        "readable": State.FAILED,
        **untried,
    }
