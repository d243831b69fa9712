"""No secret and no token leaves the process: not in what is said, not in any file."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from migrate import resources
from migrate.sandbox import Sandbox
from tests.cli.world import EXPORT, IMPORT, TOKEN, UPLOAD, World, world_on

CANARY = 'cänary "secret" \\ of 47 % & <b>'


def as_written(text: str) -> list[bytes]:
    """A text as it can look in what is printed, in JSON and in a URL."""
    from urllib.parse import quote

    return [
        text.encode(),
        json.dumps(text)[1:-1].encode(),
        json.dumps(text, ensure_ascii=False)[1:-1].encode(),
        quote(text).encode(),
    ]


STORY: tuple[tuple[str, ...], ...] = (
    ("doctor",),
    ("snapshot", "--env", "dev", "--out", "dev.json"),
    (
        "plan",
        "--from",
        "dev",
        "--to",
        "prod",
        "--out",
        "plan.json",
        "--write-import-files",
        "files",
    ),
    ("apply", "plan.json", "--yes", "--report", "json=report.json", "--report", "text=report.txt"),
    ("drift", "--env", "prod", "--against", "dev", "--format", "json"),
    ("runs",),
    ("validate", "plan.json", "role-migrate.toml"),
)


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_a_whole_story_told_at_length_holds_no_secret(
    world: World, log_format: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(world.folder)
    told = ""
    for words in STORY:
        ran = world.run(*words, first=("-v", "--log-format", log_format))
        assert ran.code == 0, ran.err
        told += ran.err
        if log_format == "json":
            for line in ran.err.splitlines():
                assert {"time", "level", "message"} <= json.loads(line).keys()
    assert "POST /api/public/roles/import: 200" in told
    world.search_for_secrets()


BOTS_SECRET = b"nOtR3aLx"
"""What every client secret of a bot's apps in the seeds begins with."""


@pytest.fixture(scope="module")
def seeded_box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    states = {name: resources.seed(name) for name in ("dev", "prod")}
    for state in states.values():
        apps = [app for bot in state["bots"] for app in bot["jwtApps"]]
        assert apps
        assert all(app["clientSecret"].encode().startswith(BOTS_SECRET) for app in apps)
    with Sandbox(states, tmp_path_factory.mktemp("box"), s3=False) as box:
        yield box


@pytest.fixture
def seeded(seeded_box: Sandbox, tmp_path: Path) -> Iterator[World]:
    with world_on(seeded_box, tmp_path / "work") as made:
        made.canaries = (*made.canaries, BOTS_SECRET)
        yield made


ALLOWED = tuple(
    word for rule in ("max_deletions", "held_roles", "membership_gap") for word in ("--allow", rule)
)


@pytest.mark.parametrize("log_format", ["text", "json"])
@pytest.mark.parametrize("ids", ["kept", "minted"])
def test_the_secrets_of_bots_are_in_no_file_and_in_no_byte(
    seeded: World, log_format: str, ids: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(seeded.folder)
    seeded.switch(ids=ids, minted_members="dropped")
    moving = ("--assignments", "merge", "--on-unresolved", "skip")
    full = ("--from", "dev", "--to", "prod", "--mode", "full", *ALLOWED, "--reason", "a test")
    report = ("--report", "json=report.json", "--report", "text=report.txt")
    for words in (
        ("doctor",),
        ("snapshot", "--env", "prod", "--out", "prod.json"),
        ("plan", *full, *moving, "--out", "plan.json", "--format", "json"),
        ("apply", "plan.json", "--yes", *report),
        ("plan", *full),
        ("drift", "--env", "prod", "--against", "dev", "--format", "json"),
    ):
        ran = seeded.run(*words, first=("-v", "--log-format", log_format))
        assert ran.code == 0, ran.err
    for name in ("dev", "prod"):
        assert "GET bots" in seeded.calls(name)  # The answers did hold them.
    seeded.switch(payload_encryption="on")
    assert seeded.run("plan", *full, first=("-v", "--log-format", log_format)).code in (0, 4)
    seeded.search_for_secrets()


@pytest.mark.parametrize("log_format", ["text", "json"])
@pytest.mark.parametrize(
    ("fault", "path"),
    [
        ("500", EXPORT),
        ("200_html", EXPORT),
        ("redirect", UPLOAD),
        ("500", IMPORT),
        ("reset_before", IMPORT),
    ],
)
def test_errors_hold_no_secret(world: World, fault: str, path: str, log_format: str) -> None:
    world.configure(timeout="0.2")
    world.fault(fault, path, times=20)
    ran = world.promote("--yes", first=("-v", "--log-format", log_format))
    assert ran.code in (7, 8)
    assert not TOKEN.search(ran.err.encode())


class Echo:
    """An account that says back whatever it was sent, headers and all."""

    def __init__(self) -> None:
        from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                said = f"you sent {dict(self.headers)} and {CANARY}"
                body = json.dumps({"errors": [{"msg": said, "code": 400}]}).encode()
                self.send_response(400)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_an_account_that_repeats_a_secret_is_not_repeated(world: World, log_format: str) -> None:
    from threading import Thread

    secret = world.folder / "secrets" / "prod-admin_app"
    secret.write_text(CANARY)
    echo = Echo().server
    thread = Thread(target=echo.serve_forever, args=(0.01,))
    thread.start()
    try:
        world.configure(url=f'"http://127.0.0.1:{echo.server_address[1]}"')
        ran = world.run(
            *("plan", "--from", "prod", "--to", "dev"), first=("-v", "--log-format", log_format)
        )
        doctor = world.run("doctor", "--env", "prod", "--format", log_format)
    finally:
        echo.shutdown()
        thread.join()
        echo.server_close()
    assert ran.code == doctor.code == 7
    assert "you sent" in ran.err
    for text in (ran.err, doctor.out):
        for form in as_written(CANARY):
            assert form not in text.encode()
        assert not TOKEN.search(text.encode())


def test_a_secret_from_a_command_and_a_variable_stays_in_the_process(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready = world.box.ready["environments"]
    monkeypatch.setenv("DEV_SECRET", ready["dev"]["admin_app"]["client_secret"])
    (world.folder / "secrets" / "vault.sh").write_text(
        f"#!/bin/sh\necho '{ready['prod']['admin_app']['client_secret']}'\n"
    )
    (world.folder / "secrets" / "vault.sh").chmod(0o700)
    app: dict[str, Any] = {
        "dev": '{ client_id = "cs-dev-admin", client_secret = { env = "DEV_SECRET" } }',
        "prod": '{ client_id = "cs-prod-admin", client_secret = '
        '{ command = ["secrets/vault.sh"] } }',
    }
    app["prod"] = app["prod"].replace("secrets/vault.sh", str(world.folder / "secrets/vault.sh"))
    for name, value in app.items():
        world.configure(name, admin_app=value)
    assert world.promote("--yes", first=("-v",)).code == 0
    world.assert_promoted()


def test_a_secret_file_that_others_can_read_is_warned_about(world: World) -> None:
    (world.folder / "secrets" / "dev-admin_app").chmod(0o644)
    ran = world.run("snapshot", "--env", "dev")
    assert ran.code == 0
    ran.says("warning: ", "chmod 600")


@pytest.fixture
def usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.mark.usefixtures("usual_umask")
def test_files_are_for_their_owner_only(world: World) -> None:
    path = world.plan("--write-import-files", str(world.folder / "files"))
    assert world.run("apply", path, "--yes", "--report", f"text={world.folder}/r.txt").code == 0
    written = [path, world.folder / "r.txt", *Path(world.folder, "files").iterdir()]
    written += [entry for entry in (world.folder / "store").rglob("*") if entry.is_file()]
    for entry in written:
        assert entry.stat().st_mode & 0o077 == 0, entry
