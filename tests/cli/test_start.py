"""How the command line starts: quickly, with help that is right, and in its own processes."""

import importlib
import json
import os
import signal
import subprocess
import sys
import time
import tomllib
import urllib.request
from pathlib import Path
from typing import Any

import click
import pytest

from migrate import __version__
from migrate.cli.commands import COMMANDS
from tests.cli.world import World, environment_settings

HEAVY = (
    *("boto3", "botocore", "requests", "urllib3", "jsonschema", "jsonschema_rs", "rich", "orjson"),
    *("jwt", "tenacity", "moto", "werkzeug", "jinja2"),
)


def role_migrate(*words: str, **options: Any) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "migrate", *words],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        **options,
    )


def imported(*words: str) -> set[str]:
    """The top-level modules that a command imports."""
    code = (
        "import sys; from migrate.cli import main; main(sys.argv[1:]); "
        "print(*{name.partition('.')[0] for name in sys.modules}, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True, timeout=60, check=True
    )
    return set(done.stderr.split())


def test_help_imports_nothing_heavy() -> None:
    found = imported("--help")
    assert "click" in found
    assert found.isdisjoint(HEAVY)


@pytest.mark.parametrize("command", [name for name in COMMANDS if name != "demo"])
def test_help_of_a_command_imports_nothing_heavy_either(command: str) -> None:
    assert imported(command, "--help").isdisjoint(HEAVY)


def commands() -> list[tuple[tuple[str, ...], click.Command]]:
    """Every command and subcommand with its words."""
    found: list[tuple[tuple[str, ...], click.Command]] = []
    for name, entry in COMMANDS.items():
        module = importlib.import_module(f"migrate.cli.{entry.module}")
        command = getattr(module, entry.function)
        found.append(((name,), command))
        if isinstance(command, click.Group):
            found += [((name, inner), each) for inner, each in command.commands.items()]
    return found


@pytest.mark.parametrize(("words", "command"), commands(), ids=lambda item: str(item)[:30])
def test_every_command_has_help(
    world: World, words: tuple[str, ...], command: click.Command
) -> None:
    for option in ("--help", "-h"):
        ran = world.run(*words, option)
        assert ran.code == 0
        assert f"role-migrate {' '.join(words)}" in ran.out
    assert command.help
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{words} {parameter.opts} has no help"


def test_the_line_of_each_command_is_its_own() -> None:
    for name, entry in COMMANDS.items():
        module = importlib.import_module(f"migrate.cli.{entry.module}")
        command = getattr(module, entry.function)
        assert command.short_help == entry.help
        assert command.name == name


def test_the_list_of_commands_is_in_the_help(world: World) -> None:
    out = world.run("--help").out
    for name, entry in COMMANDS.items():
        assert name in out
        assert entry.help in out
    # The root is `--config FILE --help`, which needs no config.
    assert "Usage: role-migrate" in out


def test_the_version_is_told(world: World) -> None:
    assert __version__ in world.run("--version").out


def test_a_command_that_is_not_there_gets_a_guess(world: World) -> None:
    ran = world.run("promot")
    assert ran.code == 2
    ran.says("Did you mean promote?")


def test_the_config_is_found_in_the_folder_and_by_the_variable(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = role_migrate("snapshot", "--env", "dev", cwd=world.folder)
    assert here.returncode == 0, here.stderr
    elsewhere = role_migrate("snapshot", "--env", "dev", cwd="/")
    assert elsewhere.returncode == 2
    assert "--config" in elsewhere.stderr
    named = role_migrate(
        *("snapshot", "--env", "dev"),
        cwd="/",
        env={**os.environ, "ROLE_MIGRATE_CONFIG": str(world.config)},
    )
    assert named.returncode == 0, named.stderr


def test_a_finished_run_stays_one_though_its_report_cannot_be_printed(world: World) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full")
    with full.open("w") as nowhere:
        process = world.spawn("promote", "--from", "dev", "--to", "prod", "--yes", stdout=nowhere)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert b"warning: the report could not be written" in err
    world.assert_promoted()


def wait_for_file(path: Path, process: "subprocess.Popen[bytes]") -> Any:
    deadline = time.monotonic() + 30
    while not path.exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return json.loads(path.read_bytes())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_sandbox_serves_until_it_is_told_to_stop(
    world: World, tmp_path: Path, number: signal.Signals
) -> None:
    ready_file = tmp_path / "ready.json"
    process = world.spawn(
        *("sandbox", "serve", "--no-s3", "--folder", tmp_path / "box"),
        *("--ready-file", ready_file, "--env", "test=dev", "--env", "stage=prod"),
    )
    ready = wait_for_file(ready_file, process)
    try:
        assert ready.keys() == {"config", "environments", "s3", "control"}
        assert list(ready["environments"]) == ["test", "stage"]
        assert ready["s3"] is None
        assert ready_file.stat().st_mode & 0o077 == 0
        with urllib.request.urlopen(f"{ready['control']}/state/stage", timeout=10) as answer:
            assert json.load(answer)["platform"] == "kore"
        done = role_migrate(
            *("--config", ready["config"], "promote", "--from", "test", "--to", "stage", "--yes")
        )
        assert done.returncode == 0, done.stderr
    finally:
        process.send_signal(number)
        process.communicate(timeout=20)
    assert process.returncode == 0


def test_a_sandbox_with_s3_is_what_the_issue_says(world: World, tmp_path: Path) -> None:
    ready_file = tmp_path / "r.json"
    process = world.spawn(
        "sandbox", "serve", "--ready-file", ready_file, "--folder", tmp_path / "b"
    )
    ready = wait_for_file(ready_file, process)
    try:
        assert list(ready["environments"]) == ["dev", "prod", "ledger-dev", "ledger-prod"]
        assert ready["s3"].keys() == {"endpoint_url", "access_key", "secret_key", "bucket"}
        of_platform = {"kore": {"admin_app", "builder_app"}, "faircom": {"login"}}
        for environment in ready["environments"].values():
            logins = of_platform[environment["platform"]]
            assert environment.keys() == {"platform", "url"} | logins
        config = tomllib.loads(Path(ready["config"]).read_text())
        assert config["environments"]["dev"]["upload"] == "platform"
        assert config["environments"]["prod"]["upload"] == "store"
        secrets = [ready["s3"]["secret_key"], ready["environments"]["dev"]["admin_app"]]
        assert str(secrets[0]) not in Path(ready["config"]).read_text()
        plan = tmp_path / "plan.json"
        for words, code in (
            (("plan", "--from", "dev", "--to", "prod", "--out", str(plan)), 0),
            (("apply", str(plan), "--yes"), 0),
            (("apply", str(plan), "--yes"), 5),
            (("promote", "--from", "dev", "--to", "prod", "--yes"), 0),
        ):
            done = role_migrate("--config", ready["config"], *words)
            assert done.returncode == code, done.stderr
    finally:
        process.terminate()
        process.communicate(timeout=20)
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--env", "test=nowhere"), ("nowhere", "next: ")),
        (("--env", "a/b"), ("a/b", "next: ")),
        (("--port", "1000000"), ("1000000", "not in the range")),
    ],
)
def test_a_sandbox_that_cannot_be_served_says_why(
    world: World, tmp_path: Path, words: tuple[str, ...], said: tuple[str, ...]
) -> None:
    ran = world.run("sandbox", "serve", "--no-s3", "--folder", tmp_path / "box", *words)
    assert ran.code == 2
    ran.says(*said)


def test_the_sandbox_overwrites_no_config_of_somebody_else(world: World) -> None:
    before = world.config.read_bytes()
    ran = world.run("sandbox", "serve", "--no-s3", "--folder", world.folder)
    assert ran.code == 2
    ran.says("does not overwrite", "next: ")
    assert world.config.read_bytes() == before


def test_the_demo_tells_its_story_from_an_empty_folder(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    done = role_migrate("demo", cwd=empty)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert list(empty.iterdir()) == []
    assert "Traceback" not in done.stderr
    for line in (
        "── 3. What would change in prod",
        "fileId imports/",
        "→ exit code 5, 0 writes to a platform",
        "── 7. A full promotion would delete roles",
        "→ exit code 4, 0 writes to a platform",
        "── 10. People join, move and leave",
        'line 8: "clara.ellis@example.com" keeps the admin role',
        "the platform's upload, fileId ",
        "That was it.",
    ):
        assert line in done.stdout + done.stderr


def test_settings_of_a_sandbox_are_those_of_its_own_config(world: World, tmp_path: Path) -> None:
    # The configs of these tests must not drift from what the sandbox writes.
    (tmp_path / "secrets").mkdir()
    own = tomllib.loads(Path(world.box.ready["config"]).read_text())["environments"]["prod"]
    made = environment_settings(world.box, "prod", tmp_path)
    assert {"platform", "url", "account", "upload", "admin_app", "builder_app"} == own.keys()
    for key in ("platform", "url", "account", "upload"):
        assert json.loads(made[key]) == own[key]
