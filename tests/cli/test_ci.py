"""What a pipeline is told of a command: annotations, summary, outputs, variables; never a command
that an account made up, and never at the cost of the run.
"""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from migrate.cli.job import Ci
from migrate.cli.runtime import Runtime
from migrate.errors import Exit, Fault, InvalidInput
from tests.cli.world import IMPORT, Ran, World, role, state
from tests.core.test_github import commands, parsed, read

EVIL = role("admin", "##[set-output name=verdict]pass", "::add-mask::a", Invite="YES")


class GitHub:
    """The files that GitHub Actions gives a step, and what a command wrote to them."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.output, self.page = folder / "github-output", folder / "github-summary"
        for path, name in ((self.output, "GITHUB_OUTPUT"), (self.page, "GITHUB_STEP_SUMMARY")):
            path.touch()
            monkeypatch.setenv(name, str(path))
        monkeypatch.setenv("GITHUB_ACTIONS", "true")
        monkeypatch.setenv("CI", "true")

    @property
    def outputs(self) -> dict[str, str]:
        return parsed(self.output.read_text())

    @property
    def summary(self) -> str:
        return self.page.read_text()


@pytest.fixture
def github(world: World, monkeypatch: pytest.MonkeyPatch) -> GitHub:
    monkeypatch.chdir(world.folder)
    return GitHub(world.folder, monkeypatch)


def told(ran: Ran) -> list[tuple[str, dict[str, str], str]]:
    """The annotations; nothing else that was printed is a command."""
    assert commands(ran.out) == []
    return [read(line) for line in commands(ran.err)]


def variables(path: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in path.read_text().splitlines())


def test_a_plan_on_github(world: World, github: GitHub) -> None:
    ran = world.run("plan", "--from", "dev", "--to", "prod", "--out", "plan.json")
    assert ran.code == 0, ran.err
    plan = json.loads((world.folder / "plan.json").read_text())
    out = github.outputs
    assert out["plan_id"] == plan["id"]
    assert out["plan_digest"] in ran.out
    assert (out["target"], out["changes"], out["outcome"]) == ("prod", "4", "done")
    assert (out["exit_code"], out["run_id"]) == ("0", "")
    assert out["verdict"] in ("pass", "warn", "unchecked")
    notice = told(ran)[-1]
    assert notice[0] == "notice"
    assert notice[1]["title"] == f"role-migrate plan, plan {plan['id']}"
    assert notice[2].startswith("dev → prod: 2 roles to create, 2 to update")
    assert f"<code>{plan['id']}</code>" in github.summary
    assert "## dev → prod" in github.summary


def test_pending_changes_are_an_outcome(world: World, github: GitHub) -> None:
    assert world.run("plan", "--from", "dev", "--to", "prod", "--exit-code").code == 10
    assert github.outputs["outcome"] == "pending"
    assert github.outputs["exit_code"] == "10"


@pytest.mark.parametrize("form", ["text", "json", "md", "html", "junit", "sarif"])
def test_names_from_an_account_are_no_commands(world: World, github: GitHub, form: str) -> None:
    world.put("dev", state(EVIL))
    words = ("plan", "--from", "dev", "--to", "prod", "--format", form)
    ran = world.run(*words)
    assert ran.code == 0, ran.err
    assert commands(ran.out) == []
    assert all(level in ("notice", "warning") for level, _, _ in told(ran))
    assert github.outputs["verdict"] != "pass"
    if form == "json":
        names = [change["name"] for change in ran.json()["changes"]]
        assert names == [EVIL["role"]]
    assert commands(world.run(*words, "--ci", "none").out) == []


@pytest.mark.parametrize("way", ["option", "variable"])
def test_names_are_no_commands_where_only_the_caller_knows_of_the_runner(
    world: World, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    for name in ("GITHUB_ACTIONS", "TF_BUILD", "TEAMCITY_VERSION"):  # as within a container
        monkeypatch.delenv(name, raising=False)
    world.put("dev", state(role("admin", "##vso[task.complete]", "::error::pwn", Invite="YES")))
    words = ["--ci", "github"] if way == "option" else []
    if way == "variable":
        monkeypatch.setenv("ROLE_MIGRATE_CI", "github")
    for form in ("text", "json"):
        ran = world.run("plan", "--from", "dev", "--to", "prod", "--format", form, *words)
        assert ran.code == 0, ran.err
        assert all(level in ("notice", "warning") for level, _, _ in told(ran))
    wrong = world.run("plan", "--from", "##[error]pwn", "--to", "prod", *words)
    assert wrong.code == 2
    assert [level for level, _, _ in told(wrong)] == ["error"]
    if way == "variable":  # of commands that tell the job nothing, too
        assert commands(world.run("diff", "##[error]pwn", "x").err) == []


def test_what_goes_to_a_file_is_as_it_is(world: World, github: GitHub) -> None:
    world.put("dev", state(EVIL))
    with (world.folder / "plan.md").open("wb") as file:
        process = world.spawn(
            *("plan", "--from", "dev", "--to", "prod", "--format", "text"), stdout=file
        )
        process.communicate(timeout=60)
    assert process.returncode == 0
    assert EVIL["role"] in (world.folder / "plan.md").read_text()


def test_a_refusal_is_an_error_beside_the_job(world: World, github: GitHub) -> None:
    world.guards('[[guards]]\nrule = "protected_names"\nnames = ["Auditor"]\n')
    ran = world.run("plan", "--from", "dev", "--to", "prod")
    assert ran.code == 4
    errors = [each for each in told(ran) if each[0] == "error"]
    assert len(errors) == 1
    assert errors[0][1]["title"] == "role-migrate plan"
    assert "protected_names" in errors[0][2]
    assert "target: unchanged" in errors[0][2]
    assert github.outputs["verdict"] == "refuse"
    assert github.outputs["outcome"] == "refused"
    assert "refused by 1 guard" in github.summary


def test_an_apply_on_github_and_again(world: World, github: GitHub) -> None:
    plan = world.plan("--ci", "none")
    assert github.output.read_text() == github.summary == ""
    ran = world.run("apply", plan, "--yes")
    assert ran.code == 0, ran.err
    out = github.outputs
    assert out["run_id"] == world.runs()[0]
    assert (out["changes"], out["outcome"]) == ("4", "done")
    assert f"<code>{out['run_id']}</code>" in github.summary
    assert "The whole plan" not in github.summary
    again = world.run("apply", plan, "--yes")
    assert again.code == 5
    assert github.outputs["outcome"] == "stale"
    assert "ran already" in told(again)[0][2] or "used" in told(again)[0][2]


def test_a_promotion_shows_its_plan_and_its_run(world: World, github: GitHub) -> None:
    assert world.promote("--yes").code == 0
    assert "The whole plan" in github.summary
    assert "## Steps" in github.summary


def test_a_run_that_fails_says_so(world: World, github: GitHub) -> None:
    world.configure(timeout="0.3")
    world.fault("500", IMPORT, query={"roleType": "bot"}, times=10)
    ran = world.promote("--yes")
    assert ran.code == 8, ran.err
    out = github.outputs
    assert (out["outcome"], out["exit_code"], out["run_id"]) == ("partly", "8", world.runs()[0])
    assert any(
        f"resume {out['run_id']}" in text for level, _, text in told(ran) if level == "error"
    )


def test_wrong_usage_is_told_too(world: World, github: GitHub) -> None:
    ran = world.run("apply", "--yes", "::error::x", "##[error]y")
    assert ran.code == 2
    assert [level for level, _, _ in told(ran)] == ["error"]
    assert github.outputs["outcome"] == "usage"
    assert world.run("plan", "--ci", "jenkins", "--to", "prod").code == 2


WRONG = [
    ("--nonsense",),
    ("--from",),
    ("--nonsense=##[error]pwn",),
    ("--ci", "jenkins"),
    ("--dotenv", "no/such/folder"),
]


@pytest.mark.parametrize("wrong", WRONG, ids=" ".join)
def test_a_line_that_can_t_be_parsed_is_told_too(
    world: World, github: GitHub, wrong: tuple[str, ...]
) -> None:
    ran = world.run("plan", "--to", "prod", *wrong)
    assert ran.code == 2
    assert [level for level, _, _ in told(ran)] == ["error"]
    assert (github.outputs["outcome"], github.outputs["plan_id"]) == ("usage", "")


@pytest.mark.parametrize("way", ["--ci gitlab", "--ci=gitlab", "--dotenv role-migrate.env", ""])
def test_a_line_that_can_t_be_parsed_leaves_no_variables_of_an_earlier_command(
    world: World, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.chdir(world.folder)
    if not way:
        monkeypatch.setenv("GITLAB_CI", "true")
    words = ("plan", "--from", "dev", "--to", "prod", *way.split())
    assert world.run(*words).code == 0
    path = world.folder / "role-migrate.env"
    assert "ROLE_MIGRATE_PLAN_ID" in variables(path)
    assert world.run(*words, "--nonsense").code == 2
    assert variables(path) == {"ROLE_MIGRATE_EXIT_CODE": "2", "ROLE_MIGRATE_OUTCOME": "usage"}
    path.unlink()
    assert world.run("diff", "--nonsense", *way.split()).code == 2
    assert not path.exists(), "no command that tells its job"


@pytest.mark.parametrize("kind", ["folder", "pipe", "nowhere"])
def test_what_can_not_be_written_changes_nothing(
    world: World, github: GitHub, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    path = world.folder / "in-the-way"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path = path / "deeper" / "still"
    for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"):
        monkeypatch.setenv(name, str(path))
    ran = world.promote("--yes", "--dotenv", "job.env")
    assert ran.code == 0, ran.err
    ran.says("the job's summary can't be written", "the job's outputs can't be written")
    world.assert_promoted()
    assert variables(world.folder / "job.env")["ROLE_MIGRATE_OUTCOME"] == "done"


def test_half_an_output_is_none(world: World, github: GitHub) -> None:
    github.output.write_text("before=1\n")

    def little_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200))

    script = (
        "import signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "from migrate.cli.job import _append; _append(sys.argv[1], b'x' * 500)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script, str(github.output)],
        preexec_fn=little_room,
        capture_output=True,
        check=False,
    )
    assert b"OSError" in ended.stderr
    assert github.output.read_text() == "before=1\n"


def test_a_summary_that_is_almost_full_gets_the_short_page(world: World, github: GitHub) -> None:
    limit = 1024 * 1024
    github.page.write_bytes(b"x" * (limit - 1800))
    assert world.run("plan", "--from", "dev", "--to", "prod").code == 0
    added = github.page.read_bytes()[limit - 1800 :].decode()
    assert added.startswith("\n## dev → prod")
    assert "<details>" not in added
    assert "Shortened" in added
    assert github.page.stat().st_size <= limit
    github.page.write_bytes(b"x" * limit)
    ran = world.run("plan", "--from", "dev", "--to", "prod")
    assert ran.code == 0
    ran.says("summary is full")
    assert github.page.stat().st_size == limit


def test_faults_of_files_are_shown_at_their_lines(world: World, github: GitHub) -> None:
    path = world.file("joiners, all.csv", "kind,principal,role_type,role\nuser,,admin,Auditor\n")
    ran = world.run("validate", path.name)
    assert ran.code == 3
    level, properties, text = told(ran)[0]
    assert (level, properties["file"], properties["line"]) == ("error", path.name, "2")
    assert text
    assert github.outputs == {**github.outputs, "outcome": "invalid", "plan_id": ""}


def test_paths_are_those_of_the_repository(
    world: World, github: GitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = world.folder / "deploy"
    folder.mkdir()
    (folder / "a.csv").write_text("kind,principal,role_type,role\nuser,,admin,Auditor\n")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("GITHUB_WORKSPACE", str(world.folder))
    for name in ("a.csv", str(folder / "a.csv"), "../deploy/a.csv"):
        ran = world.run("validate", name, "--format", "sarif")
        assert told(ran)[0][1]["file"] == "deploy/a.csv"
        place = ran.json()["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"] == "deploy/a.csv"
    monkeypatch.setenv("GITHUB_WORKSPACE", str(world.folder / "elsewhere"))
    assert told(world.run("validate", "a.csv"))[0][1]["file"] == "a.csv"


def test_faults_that_are_not_shown_are_counted(world: World, github: GitHub) -> None:
    lines = "".join(f"user,,admin,R{number}\n" for number in range(15))
    path = world.file("joiners.csv", f"kind,principal,role_type,role\n{lines}")
    notes = told(world.run("validate", path.name))
    assert len(notes) == 10
    assert notes[-1][2].startswith("and 6 more")
    assert notes[8][1]["line"] == "10"


def test_of_a_plan_and_a_run_the_run_is_kept(world: World, github: GitHub) -> None:
    limit = 1024 * 1024
    github.page.write_bytes(b"x" * (limit - 3000))
    assert world.promote("--yes").code == 0
    added = github.page.read_bytes()[limit - 3000 :].decode()
    assert github.outputs["run_id"] in added
    assert github.page.stat().st_size <= limit


def test_drift_on_github(world: World, github: GitHub) -> None:
    assert world.run("snapshot", "--env", "prod").code == 0
    world.change("prod", "admin", "Auditor", Invite="NO")
    ran = world.run("drift", "--env", "prod", "--exit-code")
    assert ran.code == 10
    assert (github.outputs["changes"], github.outputs["outcome"]) == ("1", "pending")
    assert "Auditor" in github.summary


def test_json_logs_stay_json(world: World, github: GitHub) -> None:
    ran = world.run("plan", "--from", "dev", "--to", "prod", first=("--log-format", "json"))
    assert ran.code == 0
    assert all("level" in json.loads(line) for line in ran.err.splitlines())
    assert github.outputs["changes"] == "4"


def test_variables_on_gitlab(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(world.folder)
    monkeypatch.setenv("GITLAB_CI", "true")
    path = world.folder / "role-migrate.env"
    ran = world.run("plan", "--from", "dev", "--to", "prod")
    assert commands(ran.err) == []
    planned = variables(path)
    assert planned["ROLE_MIGRATE_CHANGES"] == "4"
    assert "ROLE_MIGRATE_RUN_ID" not in planned
    assert world.run("validate", world.config.name).code == 0
    assert world.run("drift", "--env", "prod").code == 0
    assert variables(path) == planned
    done = world.run("apply", planned["ROLE_MIGRATE_PLAN_ID"], "--yes")
    assert done.code == 0, done.err
    assert variables(path)["ROLE_MIGRATE_RUN_ID"] == world.runs()[0]
    assert variables(path)["ROLE_MIGRATE_PLAN_DIGEST"] == planned["ROLE_MIGRATE_PLAN_DIGEST"]


def test_nothing_is_written_where_nobody_asked(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(world.folder)

    def written(*words: str, **environment: str) -> set[str]:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        before = set(world.folder.iterdir())
        ran = world.run("plan", "--from", "dev", "--to", "prod", *words)
        assert ran.code == 0
        assert commands(ran.err) == []
        for name in environment:
            monkeypatch.delenv(name)
        return {path.name for path in set(world.folder.iterdir()) - before} - {"store"}

    assert written() == set()
    assert written(GITLAB_CI="false") == set()
    assert written("--ci", "none", GITLAB_CI="true") == set()
    assert written(GITLAB_CI="true", ROLE_MIGRATE_CI="none") == set()
    assert written("--ci", "gitlab") == {"role-migrate.env"}
    assert written("--ci", "none", "--dotenv", "job.env") == {"job.env"}
    wrong = world.run("plan", "--from", "dev", "--to", "prod", "--dotenv", "no/such/folder")
    assert wrong.code == 2


def test_approvers_names_are_no_commands(world: World, github: GitHub) -> None:
    world.configure(approvals="1")
    plan: Any = world.plan("--ci", "none")
    words = ("--change-ref", "C1", "--by", "::set-output name=x::y", "--yes")
    ran = world.run("approve", plan, *words)
    assert ran.code == 0, ran.err
    assert "set-output" in ran.out
    assert all(level != "error" for level, _, _ in told(ran))
    assert github.outputs["outcome"] == "done"


def test_no_secret_is_told(
    github: GitHub, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = "pa:ss%w,ord\u00e9"
    runtime = Runtime()
    runtime.redactor.add(secret)
    runtime.job.ci, runtime.job.command = Ci.GITHUB, "plan"
    runtime.job.page = f"a page with {secret}"
    runtime.job.dotenv = world.folder / "job.env"
    runtime.job.faults = [("a.json", Fault(f"wrong: {secret}"))]
    runtime.voice.warn(f"mind {secret}")
    runtime.voice.error(InvalidInput(f"not {secret}", remedy=f"give {secret}"))
    runtime.job.tell(runtime, Exit.INVALID)
    said = capsys.readouterr().err
    assert said.count("::error") == 2
    for text in (said, github.summary, github.output.read_text()):
        assert "***" in text or "outcome" in text
        assert "ss%" not in text
        assert "ord" not in text.replace("record", "")
