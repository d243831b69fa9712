"""`init`: a first config, from options or from what somebody answers on a terminal."""

import os
import pty
import select
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.cli import main
from migrate.config import DirectoryLocation, S3Location, load
from migrate.config.sketch import Wanted, sketch, variables_of
from migrate.secrets import EnvRef
from tests.cli.world import World

ENVIRONMENTS = ("--env", "dev=https://bots.kore.ai", "--env", "prod=https://eu-bots.kore.ai")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "new.toml"


def init(path: Path, *words: str) -> int:
    return main(["--config", str(path), "init", *words])


def test_what_is_written_is_a_sound_config(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    logins = ("--login", "dev=cs-1", "--login", "prod=cs-2")
    assert init(path, *ENVIRONMENTS, *logins, "--store", "s3://acme/store") == 0
    config = load(path, {})
    assert config.warnings == ()
    assert isinstance(config.default_store, S3Location)
    dev, prod = (config.environment(name) for name in ("dev", "prod"))
    assert (dev.url, prod.url) == ("https://bots.kore.ai", "https://eu-bots.kore.ai")
    assert dev.upload == prod.upload == "platform"
    assert dev.admin_app is not None
    assert (dev.admin_app.client_id, dev.admin_app.client_secret) == (
        "cs-1",
        EnvRef("DEV_CLIENT_SECRET"),
    )
    said = capsys.readouterr().out
    assert f"next: role-migrate --config {path} doctor" in said
    assert "DEV_CLIENT_SECRET, PROD_CLIENT_SECRET" in said
    assert "fill in" not in said


def test_what_is_commented_out_is_sound_too(path: Path) -> None:
    assert init(path, *ENVIRONMENTS) == 0
    text = path.read_text()
    assert "[defaults.kore]" in text
    for line in text.splitlines():
        # A bucket takes the place of the directory; the ways to a secret are no settings.
        if " = " in line and line[:2] == "# " and line[2] != "{" and "s3://" not in line:
            path.write_text(text.replace(line, line[2:]))
            load(path, {})
            assert tomllib.loads(path.read_text()) != tomllib.loads(text)


def test_what_is_missing_is_to_be_filled_in(
    path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEV_CLIENT_SECRET", "there")
    assert init(path, *ENVIRONMENTS, "--login", "dev=cs-1") == 0
    said = capsys.readouterr().out
    assert "fill in client_id of prod\n" in said
    assert "set PROD_CLIENT_SECRET," in said
    config = load(path, {})
    assert config.environment("dev").identity != config.environment("prod").identity
    assert isinstance(config.default_store, DirectoryLocation)


def test_faircom_servers_have_logins(path: Path) -> None:
    words = ("--platform", "faircom", "--env", "ledger=https://ledger.example.com:8443")
    assert init(path, *words, "--login", "ledger=ADMIN") == 0
    login = load(path, {}).environment("ledger").login
    assert login is not None
    assert (login.username, login.password) == ("ADMIN", EnvRef("LEDGER_PASSWORD"))


def test_nothing_is_overwritten_unless_forced(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path.write_text("mine")
    assert init(path, *ENVIRONMENTS) == 2
    assert path.read_text() == "mine"
    assert "--force" in capsys.readouterr().err
    assert init(path, *ENVIRONMENTS, "--force") == 0
    assert "[environments.dev]" in path.read_text()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((), 2, "no environment is named"),
        (("--env", "dev"), 2, "--env dev has no URL"),
        (("--env", "=https://x"), 2, "there is no name"),
        ((*ENVIRONMENTS, "--env", "dev=https://y"), 2, "given twice"),
        ((*ENVIRONMENTS, "--login", "qa=cs-1"), 2, "no such environment"),
        (("--env", "dev=http://bots.kore.ai"), 3, "url is http"),
        (("--env", "a b=https://bots.kore.ai"), 3, "letters, digits"),
        (("--env", "dev=https://me:secret@bots.kore.ai"), 3, "url"),
        ((*ENVIRONMENTS, "--store", "s3://"), 3, "store"),
        ((*ENVIRONMENTS, "--store", "a\x7fb"), 3, "not written"),
        ((*ENVIRONMENTS, "--store", "a\udcffb"), 3, "not UTF-8"),
    ],
)
def test_what_makes_no_config_is_told_and_not_written(
    path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], code: int, said: str
) -> None:
    assert init(path, *words) == code
    assert said in capsys.readouterr().err
    assert not path.exists()
    assert [*path.parent.iterdir()] == []


def answered(folder: Path, *answers: str) -> tuple[int, str]:
    """Run it on a terminal and answer each question; its exit code, and all that was said."""
    ours, theirs = pty.openpty()
    words = [sys.executable, "-m", "migrate", "init"]
    process = subprocess.Popen(words, cwd=folder, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    said, left = b"", [*answers]
    deadline = time.monotonic() + 60
    try:
        while time.monotonic() < deadline:
            if not select.select([ours], [], [], 0.1)[0]:
                continue
            said += os.read(ours, 4096)
            if left and said.rstrip(b" ").endswith(b":"):
                os.write(ours, left.pop(0).encode() + b"\n")
                said += b"\n"
    except OSError:  # the other end is closed: the process has ended
        pass
    os.close(ours)
    return process.wait(20), said.decode()


def test_what_is_missing_is_asked_for_on_a_terminal(tmp_path: Path) -> None:
    code, said = answered(tmp_path, "", "dev, prod", "", "cs-1", "https://eu-bots.kore.ai", "", "")
    assert code == 0, said
    assert "secret" not in said.lower().partition("next: ")[0]
    config = load(tmp_path / "role-migrate.toml", {})
    dev, prod = config.environment("dev"), config.environment("prod")
    assert (dev.url, prod.url) == ("https://bots.kore.ai", "https://eu-bots.kore.ai")
    assert (dev.account, prod.account) == ("cs-1", "FILL-IN-prod")
    assert "next: fill in client_id of prod" in said
    assert "next: role-migrate doctor" in said


def test_a_config_for_the_sandbox_works_at_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = []
    for name in ("dev", "prod"):
        ready = world.box.ready["environments"][name]
        words += ["--env", f"{name}={ready['url']}"]
        words += ["--login", f"{name}={ready['admin_app']['client_id']}"]
        variable = f"{name.upper()}_CLIENT_SECRET"
        monkeypatch.setenv(variable, ready["admin_app"]["client_secret"])
    assert world.run("init", *words).code == 2
    world.config.unlink()
    assert world.run("init", *words).code == 0
    ran = world.run("plan", "--from", "dev", "--to", "prod", "--format", "json")
    assert ran.code == 0, ran.err
    assert len(ran.json()["changes"]) == 4


@given(st.lists(st.text("abA1.-_", min_size=1, max_size=4), unique=True, min_size=1, max_size=6))
def test_no_two_environments_have_one_variable(names: list[str]) -> None:
    wanted = tuple(Wanted(name, "https://bots.kore.ai") for name in names)
    variables = variables_of("kore", wanted)
    assert len(set(variables.values())) == len(names)
    assert tomllib.loads(sketch("kore", wanted, "x"))["environments"].keys() == set(names)
