import json
import stat
import tomllib
from pathlib import Path
from typing import Any

import pytest

from migrate.errors import UsageError
from migrate.sandbox import Sandbox, account_state, server_state
from migrate.sandbox.config import write_private

STATES = {"dev": account_state(1, 0), "prod": account_state(1, 0), "eu.qa-1": account_state(0, 0)}


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def config(box: Sandbox) -> Any:
    return tomllib.loads(Path(box.ready["config"]).read_text())


def secret(folder: Path, reference: dict[str, str]) -> str:
    path = folder / reference["file"]
    assert mode(path) == 0o600
    return path.read_text()


def test_the_config_says_what_the_ready_file_says(tmp_path: Path) -> None:
    with Sandbox(STATES, tmp_path) as box:
        written, ready = config(box), box.ready
        assert ready["config"] == str(tmp_path.resolve() / "role-migrate.toml")
        assert written["formatVersion"] == 1
        assert list(written["environments"]) == list(STATES)
        for name, environment in written["environments"].items():
            shown = ready["environments"][name]
            assert (environment["platform"], environment["url"]) == ("kore", shown["url"])
            assert environment["account"] == f"sandbox-{name}"
            for kind in ("admin_app", "builder_app"):
                assert environment[kind]["client_id"] == shown[kind]["client_id"]
                reference = environment[kind]["client_secret"]
                assert secret(tmp_path, reference) == shown[kind]["client_secret"]
        uploads = [entry["upload"] for entry in written["environments"].values()]
        assert uploads == ["platform", "store", "store"]


@pytest.mark.parametrize("s3", [True, False])
def test_a_faircom_server_in_the_config_and_in_the_ready_file(tmp_path: Path, s3: bool) -> None:
    states = {**STATES, "ledger-dev": server_state(1)}
    with Sandbox(states, tmp_path, s3=s3, ca_bundle=Path("/ca.pem")) as box:
        written, ready = config(box)["environments"]["ledger-dev"], box.ready["environments"]
        shown = ready["ledger-dev"]
        assert shown["platform"] == "faircom"
        assert set(shown) == {"platform", "url", "login"}
        assert shown["login"]["username"] == "ADMIN"
        assert len(shown["login"]["password"]) > 20
        assert written == {
            "platform": "faircom",
            "url": shown["url"],
            "account": "sandbox-ledger-dev",
            "ca_bundle": "/ca.pem",
            "login": {"username": "ADMIN", "password": {"file": "secrets/ledger-dev-login"}},
        }
        assert secret(tmp_path, written["login"]["password"]) == shown["login"]["password"]
        assert shown["login"]["password"] not in Path(box.ready["config"]).read_text()


def test_the_config_names_the_bucket_twice(tmp_path: Path) -> None:
    with Sandbox(STATES, tmp_path) as box:
        written, s3 = config(box), box.ready["s3"]
        bucket = written["environments"]["prod"]["import_bucket"]
        for section, url in ((written["store"], "store"), (bucket, "imports")):
            assert section["url"] == f"s3://{s3['bucket']}/{url}"
            assert section["endpoint_url"] == s3["endpoint_url"]
            assert (section["region"], section["path_style"]) == ("us-east-1", True)
            assert secret(tmp_path, section["access_key"]) == s3["access_key"]
            assert secret(tmp_path, section["secret_key"]) == s3["secret_key"]
        assert bucket["file_id"] == "{key}"
        assert "import_bucket" not in written["environments"]["dev"]


def test_the_file_id_template_follows_the_switch(tmp_path: Path) -> None:
    switches = {"dev": {"file_ids": "sha256"}, "prod": {"file_ids": "upload"}}
    with Sandbox(STATES, tmp_path, switches=switches) as box:
        environments = config(box)["environments"]
        assert environments["dev"]["import_bucket"]["file_id"] == "{sha256}"
        assert environments["prod"]["upload"] == "platform"


def test_without_s3_the_store_is_a_directory(tmp_path: Path) -> None:
    with Sandbox(STATES, tmp_path, s3=False) as box:
        written = config(box)
        assert written["store"] == {"directory": "store", "durable": True}
        assert {entry["upload"] for entry in written["environments"].values()} == {"platform"}
        assert box.ready["s3"] is None


def test_no_secret_stands_in_the_config(tmp_path: Path) -> None:
    with Sandbox(STATES, tmp_path) as box:
        text = Path(box.ready["config"]).read_text()
        apps = [box.ready["environments"][name] for name in STATES]
        secrets = [entry[kind]["client_secret"] for entry in apps for kind in ("admin_app",)]
        assert not any(value in text for value in [*secrets, box.ready["s3"]["secret_key"]])


def test_the_ready_file_is_private_and_whole(tmp_path: Path) -> None:
    with Sandbox(STATES, tmp_path / "box", s3=False) as box:
        path = tmp_path / "new" / "ready.json"
        box.write_ready(path)
        box.write_ready(path)
        assert json.loads(path.read_text()) == box.ready
        assert set(box.ready) == {"config", "environments", "s3", "control"}
        assert mode(path) == 0o600
        assert list(path.parent.iterdir()) == [path]


def test_a_write_that_fails_leaves_nothing(tmp_path: Path) -> None:
    target = tmp_path / "taken"
    target.mkdir()
    with pytest.raises(OSError, match="taken"):
        write_private(target, "text")
    assert list(tmp_path.iterdir()) == [target]


def test_a_config_of_somebody_else_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "role-migrate.toml"
    path.write_text("# mine\n")
    box = Sandbox(STATES, tmp_path, s3=False)
    with pytest.raises(UsageError, match="does not overwrite"):
        box.start()
    assert path.read_text() == "# mine\n"
    path.unlink()
    for _ in range(2):
        with Sandbox(STATES, tmp_path, s3=False):
            assert path.exists()


def test_a_ca_bundle_is_written_where_one_is_given(tmp_path: Path) -> None:
    with Sandbox(STATES, tmp_path, s3=False, ca_bundle=Path('/odd "name".pem')) as box:
        assert config(box)["environments"]["dev"]["ca_bundle"] == '/odd "name".pem'
