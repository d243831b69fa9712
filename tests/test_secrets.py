"""Where secrets come from, and that they stay where they belong."""

import json
import os
import pickle
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from migrate.errors import InvalidInput, OutsideFailed
from migrate.secrets import (
    AwsRef,
    CommandRef,
    EnvRef,
    FileRef,
    KeyringRef,
    Secret,
    SecretRef,
    describe,
    resolve,
)

HERE = "environments.prod.admin_app.client_secret"


def fetch(ref: SecretRef, folder: Path, environ: Mapping[str, str] | None = None) -> Secret:
    return resolve(ref, folder, os.environ if environ is None else environ, where=HERE)


def python(code: str, timeout: float = 10) -> CommandRef:
    return CommandRef((sys.executable, "-c", code), timeout)


def refused(ref: SecretRef, folder: Path, environ: Mapping[str, str] | None = None) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        fetch(ref, folder, environ)
    assert caught.value.where == HERE
    assert caught.value.remedy
    return caught.value


def test_a_secret_shows_itself_only_when_asked() -> None:
    secret = Secret("hunter2")
    assert secret.reveal() == "hunter2"
    assert f"{secret} {secret!r} {[secret]}" == "*** *** [***]"
    with pytest.raises(TypeError, match="pickled"):
        pickle.dumps(secret)


def test_a_variable(tmp_path: Path) -> None:
    assert fetch(EnvRef("KEY"), tmp_path, {"KEY": "hunter2"}).reveal() == "hunter2"
    assert "KEY is not set" in str(refused(EnvRef("KEY"), tmp_path, {}))
    assert "empty" in str(refused(EnvRef("KEY"), tmp_path, {"KEY": " "}))
    assert "not UTF-8" in str(refused(EnvRef("KEY"), tmp_path, {"KEY": "a\udcff"}))


@pytest.mark.parametrize(
    ("content", "secret"),
    [
        (b"hunter2\n", "hunter2"),
        (b"hunter2\r\n", "hunter2"),
        (b"hunter2", "hunter2"),
        (b"hunter2\n\n", "hunter2\n"),
        (b" hunter2 \n", " hunter2 "),
        (b"\xef\xbb\xbfhunter2\n", "hunter2"),
    ],
)
def test_a_file_loses_one_newline_and_nothing_else(
    tmp_path: Path, content: bytes, secret: str
) -> None:
    path = tmp_path / "secret"
    path.write_bytes(content)
    path.chmod(0o600)
    found = fetch(FileRef("secret"), tmp_path)
    assert found.reveal() == secret
    assert found.warnings == ()


@pytest.mark.parametrize("mode", [0o640, 0o604])
def test_a_file_that_others_can_read_is_warned_about(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "secret"
    path.write_text("hunter2")
    path.chmod(mode)
    [warning] = fetch(FileRef(str(path)), Path("/nowhere")).warnings
    assert warning.warning
    assert "chmod 600" in str(warning)
    assert HERE in str(warning)
    assert "hunter2" not in str(warning)


def test_a_file_that_is_not_there_or_no_text(tmp_path: Path) -> None:
    assert "No such file" in str(refused(FileRef("none"), tmp_path))
    assert "directory" in str(refused(FileRef("."), tmp_path))
    (tmp_path / "utf16").write_bytes("hunter2".encode("utf-16"))
    assert "not UTF-8" in str(refused(FileRef("utf16"), tmp_path))
    (tmp_path / "large").write_bytes(b"x" * 70_000)
    assert "64 KiB" in str(refused(FileRef("large"), tmp_path))
    (tmp_path / "empty").write_bytes(b"\n")
    assert "empty" in str(refused(FileRef("empty"), tmp_path))


def test_a_command_runs_in_the_folder_with_the_environment_and_no_shell(tmp_path: Path) -> None:
    code = "import os, sys; print(os.getcwd(), os.environ['A'], sys.argv[1], end='\\n')"
    ref = CommandRef((sys.executable, "-c", code, "$A; echo hi"))
    found = fetch(ref, tmp_path, {"A": "b"}).reveal()
    assert found == f"{tmp_path.resolve()} b $A; echo hi"


def test_a_command_that_fails_shows_neither_its_output_nor_its_errors(tmp_path: Path) -> None:
    code = "import sys; print('hunter2'); sys.stderr.write('hunter2\\nmore\\n'); sys.exit(3)"
    error = refused(python(code), tmp_path)
    assert "status 3" in str(error)
    assert "2 lines" in str(error)
    assert "hunter2" not in f"{error!r} {error} {error.remedy} {error.__cause__}"


def test_a_command_that_cannot_run(tmp_path: Path) -> None:
    assert "No such file" in str(refused(CommandRef(("no-such-program",)), tmp_path))
    assert "not usable" in str(refused(CommandRef(("a\0b",)), tmp_path))
    assert "empty" in str(refused(python("pass"), tmp_path))


def test_a_command_that_hangs_is_ended_with_its_helpers(tmp_path: Path) -> None:
    code = (
        "import subprocess, sys; p = subprocess.Popen(['sleep', '60']); "
        f"open({str(tmp_path / 'pid')!r}, 'w').write(str(p.pid)); p.wait()"
    )
    started = time.monotonic()
    assert "within 0.7 s" in str(refused(python(code, 0.7), tmp_path))
    assert time.monotonic() - started < 10
    helper = int((tmp_path / "pid").read_text())
    deadline = time.monotonic() + 5
    while running(helper) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not running(helper)


def running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        # Ended, though nobody may have asked for its status yet.
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_a_keyring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ref = KeyringRef("role-migrate", "prod")
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert "pip install" in refused(ref, tmp_path).remedy

    class KeyringError(Exception):
        pass

    def get(service: str, user: str) -> str | None:
        if user == "locked":
            raise KeyringError
        return {("role-migrate", "prod"): "hunter2"}.get((service, user))

    package: Any = ModuleType("keyring")
    package.get_password = get
    errors: Any = ModuleType("keyring.errors")
    errors.KeyringError = KeyringError
    package.errors = errors
    monkeypatch.setitem(sys.modules, "keyring", package)
    monkeypatch.setitem(sys.modules, "keyring.errors", errors)
    assert fetch(ref, tmp_path).reveal() == "hunter2"
    assert "keyring set" in refused(KeyringRef("role-migrate", "dev"), tmp_path).remedy
    assert "KeyringError" in str(refused(KeyringRef("role-migrate", "locked"), tmp_path))


@pytest.fixture
def secrets_manager(monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    service = SimpleNamespace(status=200, answer={}, asked=[])

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            service.asked.append((self.headers["x-amz-target"], body))
            data = json.dumps(service.answer).encode()
            self.send_response(service.status)
            self.send_header("content-type", "application/x-amz-json-1.1")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "example")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    service.url = f"http://127.0.0.1:{server.server_address[1]}"
    yield service
    server.shutdown()
    thread.join()
    server.server_close()


def aws(service: SimpleNamespace, key: str | None = None) -> AwsRef:
    return AwsRef("prod/kore", key, region="eu-west-1", endpoint_url=service.url)


def test_aws_secrets_manager(tmp_path: Path, secrets_manager: SimpleNamespace) -> None:
    secrets_manager.answer = {"SecretString": '{"client": "hunter2", "n": 1}'}
    assert fetch(aws(secrets_manager, "client"), tmp_path).reveal() == "hunter2"
    assert secrets_manager.asked == [("secretsmanager.GetSecretValue", {"SecretId": "prod/kore"})]
    assert fetch(aws(secrets_manager), tmp_path).reveal().startswith("{")
    for key in ("other", "n"):
        assert f"no text field {key}" in str(refused(aws(secrets_manager, key), tmp_path))
    secrets_manager.answer = {"SecretString": "plain hunter2"}
    error = refused(aws(secrets_manager, "client"), tmp_path)
    assert "hunter2" not in str(error)
    secrets_manager.answer = {"SecretBinary": "aGk="}
    assert "binary" in str(refused(aws(secrets_manager), tmp_path))


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("ResourceNotFoundException", "no AWS secret prod/kore"),
        ("AccessDeniedException", "may not read"),
        ("DecryptionFailure", "cannot be decrypted"),
        ("SomethingNewException", "SomethingNewException"),
    ],
)
def test_aws_says_no(
    tmp_path: Path, secrets_manager: SimpleNamespace, code: str, words: str
) -> None:
    secrets_manager.status = 400
    secrets_manager.answer = {"__type": code, "message": "no"}
    assert words in str(refused(aws(secrets_manager), tmp_path))


def test_aws_without_region_profile_or_service(
    tmp_path: Path, secrets_manager: SimpleNamespace
) -> None:
    assert "NoRegionError" in str(refused(AwsRef("x"), tmp_path))
    assert "ProfileNotFound" in str(refused(AwsRef("x", profile="none"), tmp_path))
    nobody = AwsRef("x", region="eu-west-1", endpoint_url="http://127.0.0.1:9")
    with pytest.raises(OutsideFailed, match="cannot be reached"):
        fetch(nobody, tmp_path)


def test_references_are_described_without_a_commands_arguments() -> None:
    words = [
        describe(EnvRef("KEY")),
        describe(FileRef("secrets/prod")),
        describe(CommandRef(("vault", "hunter2"))),
        describe(KeyringRef("service", "user")),
        describe(AwsRef("id")),
    ]
    assert words[0].endswith("KEY")
    assert words[2] == "the output of vault"
    assert "hunter2" not in " ".join(words)
