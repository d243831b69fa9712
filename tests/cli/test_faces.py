"""Where output goes, how a run is stopped, and what is said: all that must not spoil a run."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from migrate.cli import main
from migrate.cli.files import write
from migrate.cli.voice import Voice
from migrate.errors import Fault, InvalidInput, PlatformFailed, UsageError
from migrate.redaction import Redactor
from migrate.uploads import CommandUpload
from tests.cli.world import IMPORT, World

PROMOTE = ("promote", "--from", "dev", "--to", "prod", "--yes")


def shell(world: World, redirection: str, *arguments: str) -> "subprocess.CompletedProcess[bytes]":
    """Run a command with a shell's redirection."""
    words = [sys.executable, "-m", "migrate", "--config", str(world.config), *arguments]
    return subprocess.run(
        ["bash", "-c", f'"$@" {redirection}', "bash", *words],
        cwd=world.folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=30,
        check=False,
    )


# files


def test_a_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()))
    reader.start()
    write(pipe, b"plan")
    reader.join(10)
    assert got == [b"plan"]
    assert pipe.is_fifo()


def test_an_open_descriptor_is_written_to(tmp_path: Path) -> None:
    ours, theirs = os.pipe()
    write(Path(f"/dev/fd/{theirs}"), b"plan")
    assert os.read(ours, 10) == b"plan"
    os.close(ours)
    os.close(theirs)


@pytest.mark.parametrize("there", [True, False])
def test_a_symlink_stays_and_its_target_is_written(tmp_path: Path, there: bool) -> None:
    (tmp_path / "real").mkdir()
    file, link = tmp_path / "real" / "plan.json", tmp_path / "link"
    if there:
        file.write_bytes(b"old")
    link.symlink_to(file)
    write(link, b"new")
    assert link.is_symlink()
    assert file.read_bytes() == b"new"
    assert [path.name for path in file.parent.iterdir()] == ["plan.json"]


def test_a_symlink_to_itself_is_no_bug(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(link)
    with pytest.raises(UsageError, match="can't be written"):
        write(link, b"new")


def test_a_plan_goes_to_a_process_substitution(world: World) -> None:
    ran = shell(world, "--out >(cat > copy; touch done)", "plan", *PROMOTE[1:5])
    assert ran.returncode == 0, ran.stderr
    deadline = time.monotonic() + 10
    while not (world.folder / "done").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert json.loads((world.folder / "copy").read_bytes())["mode"] == "incremental"


@pytest.mark.parametrize(
    "option", [("plan", "--out"), ("snapshot", "--out"), ("promote", "--report"), ("plan", "-o")]
)
@pytest.mark.parametrize("place", ["", "nowhere/file"])
def test_where_output_goes_is_looked_at_before_anything_is_read(
    world: World, option: tuple[str, str], place: str
) -> None:
    path = f"{'json=' if option[1] == '--report' else ''}{world.folder / place}"
    sides = ["--env", "dev"] if option[0] == "snapshot" else ["--from", "dev", "--to", "prod"]
    yes = ["--yes"] if option[0] == "promote" else []
    ran = world.run(option[0], *sides, *yes, option[1], path)
    assert ran.code == 2
    ran.says("folder", "next: ")
    assert world.control("/log") == []


# a run keeps its exit code


@pytest.mark.parametrize("redirection", [">&-", ">/dev/full"])
def test_a_finished_run_ends_in_0_where_its_report_cannot_be_printed(
    world: World, redirection: str
) -> None:
    report = world.folder / "report.json"
    ran = shell(world, redirection, *PROMOTE, "--report", f"json={report}")
    assert ran.returncode == 0, ran.stderr
    assert b"warning: the report could not be written" in ran.stderr
    assert b"runs show" in ran.stderr
    assert json.loads(report.read_bytes())["result"] == "done"
    world.assert_promoted()


def test_a_report_whose_place_vanishes_does_not_change_the_exit_code(world: World) -> None:
    folder = world.folder / "reports"
    folder.mkdir()
    world.fault("timeout_before", IMPORT, seconds=1)
    world.configure(timeout="5")
    process = world.spawn(*PROMOTE, "--report", f"json={folder / 'r.json'}")
    wait_for(world, "POST uploadfile")
    folder.rmdir()
    ran = world.ended(process)
    assert ran.code == 0, ran.err
    ran.says("warning: the report could not be written")


def test_progress_does_not_come_out_on_stdout_where_stderr_is_closed(world: World) -> None:
    ran = shell(world, "2>&-", *PROMOTE, "--format", "json")
    assert ran.returncode == 0
    assert json.loads(ran.stdout)["result"] == "done"


# stopping


def wait_for(world: World, call: str) -> None:
    deadline = time.monotonic() + 15
    while call not in world.calls("prod") and time.monotonic() < deadline:
        time.sleep(0.02)
    assert call in world.calls("prod")


def test_after_a_write_the_second_signal_does_not_cut_the_report_off(world: World) -> None:
    world.configure(timeout="10")
    world.fault("timeout_after", IMPORT, seconds=10)
    process = world.spawn(*PROMOTE)
    wait_for(world, "POST import admin")
    process.send_signal(signal.SIGINT)
    time.sleep(0.05)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGINT):
        process.send_signal(number)
        time.sleep(0.02)
    ran = world.ended(process)
    assert ran.code == 8, ran.err
    assert "partly applied" in ran.out
    assert "nothing was written" not in ran.err
    assert world.report()["result"] == "partly applied"


def test_the_signal_handlers_are_put_back() -> None:
    before = (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM))
    assert main(["--version"]) == 0
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


# the upload command


def test_no_room_for_the_uploads_file_is_a_failed_platform(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    upload = CommandUpload(("true",), "prod", tmp_path, 5)
    with pytest.raises(PlatformFailed, match="can't be kept") as failed:
        upload(b"[]", "0" * 64, "admin")
    assert "TMPDIR" in failed.value.remedy


# paths and options


def test_a_user_without_a_home_is_named_as_the_fault(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--config", "~nosuchuser/x.toml", "doctor"]) == 2
    assert "begins with ~" in capsys.readouterr().err
    world.store = 'directory = "~nosuchuser/store"\n'
    world.write()
    ran = world.run("doctor")
    assert ran.code == 2
    ran.says("begins with ~", str(world.config))


def test_an_empty_config_option_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--config", "", "doctor"]) == 2
    assert "--config is empty" in capsys.readouterr().err


def test_a_deleted_working_folder_is_said(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    words = f'rmdir "{gone}"; exec "$@"'
    path = os.pathsep.join(entry for entry in sys.path if entry)
    ran = subprocess.run(
        ["bash", "-c", words, "bash", sys.executable, "-m", "migrate", "doctor"],
        cwd=gone,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        timeout=30,
        check=False,
    )
    assert ran.returncode == 2, ran.stderr
    assert b"working directory does not exist" in ran.stderr


def test_a_sandbox_folder_that_cannot_be_is_a_usage_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    assert main(["sandbox", "serve", "--folder", str(tmp_path / "file" / "x")]) == 2
    assert "the folder can't be made" in capsys.readouterr().err


@pytest.mark.parametrize("limit", ["0", "-1"])
def test_a_limit_of_runs_is_at_least_one(world: World, limit: str) -> None:
    ran = world.run("runs", "--limit", limit)
    assert ran.code == 2
    ran.says("--limit")


def test_a_reason_that_is_no_text_is_refused_before_anything_is_read(world: World) -> None:
    ran = world.promote("--yes", "--allow", "held_roles", "--reason", "caf\udce9")
    assert ran.code == 2
    ran.says("--reason", "UTF-8")
    assert world.control("/log") == []
    ran = world.run("runs", "abandon", "x", "--reason", "\udcff")
    assert ran.code == 2
    ran.says("--reason", "UTF-8")


# what is said


def test_a_refusal_is_said_once(world: World) -> None:
    world.guards('[[guards]]\nrule = "max_deletions"\nmax = 0\nseverity = "refuse"\n')
    ran = world.promote("--yes", "--mode", "full")
    assert ran.code == 4, ran.err
    assert "refused" in ran.out
    assert "error: " not in ran.out
    assert ran.err.count("error: ") == 1


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_single_fault_is_not_said_twice(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    voice = Voice(Redactor())
    voice.configure(verbose=False, log_format=form)
    fault = Fault("is cut off", line=3)
    voice.error(InvalidInput(str(fault), faults=(fault,)))
    assert capsys.readouterr().err.count("is cut off") == 1
    voice.error(InvalidInput("the file has one fault", faults=(fault,)))
    assert capsys.readouterr().err.count("is cut off") == 1


def test_a_config_that_is_missing_points_to_what_exists(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--config", str(tmp_path / "no.toml"), "doctor"]) == 2
    said = capsys.readouterr().err
    assert "role-migrate init" in said
