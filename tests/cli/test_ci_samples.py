"""The pipelines in samples/ci: sound by what others check, and run step by step on the sandbox."""

import json
import os
import re
import signal
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml  # comes with moto

from migrate.errors import Exit
from migrate.report.job_facts import facts
from tests.cli.ci_jobs import SAMPLES, Farm, GitLab, Jenkins, Workflow
from tests.cli.test_locks import expire, wait_for
from tests.cli.world import IMPORT, World

WORKFLOWS = sorted((SAMPLES / "github").glob("*.yml"))
GITLAB = SAMPLES / "gitlab-ci.yml"
STORE = {
    f"STORE_{role}_ROLE": "arn:aws:iam::1:role/x" for role in ("PLANNER", "APPROVER", "APPLIER")
}


def tool(*words: str | Path) -> None:
    """A checker of somebody else's that must be content."""
    ended = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def schema(name: str, *files: Path) -> None:
    tool(sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{name}", *files)


def test_they_follow_the_published_schemas() -> None:
    schema("github-workflows", *WORKFLOWS)
    schema("gitlab-ci", GITLAB)


def test_an_audit_of_the_workflows_finds_nothing() -> None:
    """No text of others in a script, no action unpinned, no permission too many."""
    binary = Path(sys.executable).parent / "zizmor"
    tool(
        binary,
        "--offline",
        "--no-progress",
        "--persona",
        "pedantic",
        "--min-severity",
        "low",
        *WORKFLOWS,
    )


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_hold_what_the_docs_say_of_them(path: Path) -> None:
    document = yaml.safe_load(path.read_text())
    assert document["permissions"] == {}
    for name, job in document["jobs"].items():
        assert job["timeout-minutes"], name
        writes = {key for key, value in job["permissions"].items() if value == "write"}
        assert writes <= {"id-token", "pull-requests"}
        for step in job["steps"]:
            assert "${{" not in step.get("run", "")
            secret = [value for value in step.get("env", {}).values() if "secrets." in value]
            assert not secret or job["environment"].startswith("prod")


def test_shell_lines_are_sound() -> None:
    """Every variable is quoted: names and ids are data."""
    texts = [path.read_text() for path in (*WORKFLOWS, GITLAB)]
    loose = [
        line
        for text in texts
        for line in text.splitlines()
        if "role-migrate" in line and re.search(r'(?<!["\w/$])\$[A-Z]', line.split(" # ")[0])
    ]
    assert loose == []


@pytest.fixture
def farm(world: World, tmp_path: Path) -> Iterator[Farm]:
    """A repository with dev's roles, a store that knows prod, and prod's secret in a variable."""
    world.store = f"directory = {json.dumps(str(world.folder / 'store'))}\ndurable = true\n"
    for name, settings in world.settings.items():
        for key in ("admin_app", "builder_app"):
            if key in settings:
                settings[key] = settings[key].replace('"secrets/', f'"{world.folder}/secrets/')
        assert name in ("dev", "prod")
    world.write()
    (world.folder / "roles").mkdir()
    assert (
        world.run("snapshot", "--env", "dev", "--split", world.folder / "roles" / "dev").code == 0
    )
    assert world.run("snapshot", "--env", "prod").code == 0
    farm = Farm(world, tmp_path / "farm")
    protect(world)
    yield farm
    for path in farm.folder.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert not [canary for canary in world.canaries if canary in data], path


def protect(world: World, **more: str) -> None:
    """prod asks for an approval; its secret is in a variable that only some jobs are given."""
    world.configure(
        protected="true",
        approvals="1",
        admin_app=re.sub(
            r"client_secret = \{.*?\}",
            'client_secret = { env = "PROD_CLIENT_SECRET" }',
            world.settings["prod"]["admin_app"],
        ),
        **more,
    )
    world.configure(
        "dev", admin_app='{ client_id = "x", client_secret = { env = "NOBODY_HAS_IT" } }'
    )


def secret(world: World) -> str:
    return (world.folder / "secrets" / "prod-admin_app").read_text()


def known(world: World, **more: str) -> dict[str, str]:
    """What the settings of the repository hold on GitHub."""
    return {
        **{f"vars.{name}": value for name, value in STORE.items()},
        "vars.STORE_REGION": "eu-central-1",
        "secrets.PROD_CLIENT_SECRET": secret(world),
        **more,
    }


def kills(farm: Farm, job: Callable[[], int]) -> None:
    """Run a job whose machine dies when prod has made the first of two imports."""
    world = farm.world
    world.fault("timeout_after", IMPORT, seconds=60, query={"roleType": "admin"})

    def start(words: list[str], folder: Path, environment: dict[str, str]) -> int:
        process = subprocess.Popen(
            words,
            cwd=folder,
            env=environment,
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        if "apply" in Path(words[-1]).read_text():
            wait_for(world, "POST import admin")
            os.killpg(process.pid, signal.SIGKILL)
        return process.wait(timeout=60)

    farm.start = start
    assert job() == -signal.SIGKILL
    farm.start = None
    world.calm()
    expire(world)
    assert ("bot", "Builder") not in world.roles("prod")


def finished(world: World) -> Any:
    """prod holds what was planned, by one run; its report."""
    world.assert_promoted()
    (run,) = {path.split("/")[2] for path in world.stored() if "/runs/" in f"/{path}"}
    files = {p: d for p, d in world.stored().items() if p.endswith(f"{run}/report.json")}
    (data,) = files.values()
    report = json.loads(data)
    assert report["result"] == "done"
    assert report["planner"]["name"] == "pat"
    assert [each["name"] for each in report["approvers"]] == ["alice"]
    return report


def test_github_plans_a_pull_request_without_a_credential(farm: Farm) -> None:
    number = "github.event.pull_request.number"
    flow = Workflow(farm, "plan.yml", **known(farm.world, **{number: "12"}))
    del flow.known["secrets.PROD_CLIENT_SECRET"]
    seen = farm.world.last()
    assert flow.run("plan") == 0, farm.said
    assert flow.run("comment") == 0, farm.said
    assert farm.world.calls("dev", seen) == farm.world.calls("prod", seen) == []
    assert "gh pr comment 12 --edit-last --create-if-none --body-file plan.md" in farm.calls
    assert "→ prod: 2 roles to create, 2 to update" in farm.calls
    assert "pipx install git+https://" in farm.calls


def test_github_comments_on_what_a_guard_refuses_and_is_red(farm: Farm) -> None:
    farm.world.guards('[[guards]]\nrule = "protected_names"\nnames = ["Auditor"]\n')
    number = "github.event.pull_request.number"
    flow = Workflow(farm, "plan.yml", **known(farm.world, **{number: "12"}))
    assert flow.run("plan") == 4
    assert flow.run("comment") == 0
    assert "refused by 1 guard" in farm.calls


def test_github_promotes_what_was_approved_and_a_retry_goes_on(farm: Farm) -> None:
    world = farm.world
    protect(world, timeout="5")
    flow = Workflow(farm, "promote.yml", **known(world))
    assert flow.run("plan") == 0, farm.said
    assert flow.known["needs.plan.outputs.changes"] == "4"
    assert flow.run("apply") == 4, "nobody approved it yet"
    farm.user = "alice"  # reviews; who that was is asked of the server
    assert flow.run("approve") == 0, farm.said
    assert "gh api repos/acme/roles/actions/runs/4711/approvals --jq" in farm.calls
    kills(farm, lambda: flow.run("apply"))
    protect(world, timeout="1")
    assert flow.run("apply") == 0, farm.said
    assert "going on with it" in farm.said[-1]
    report = finished(world)
    assert report["plan"] == flow.known["needs.plan.outputs.plan_id"]
    kept = json.loads(farm.kept["role-run"]["run.json"])
    assert kept["run"] == report["run"]
    assert flow.run("apply") == 5, "a plan runs once"


def test_github_looks_every_night(farm: Farm) -> None:
    flow = Workflow(farm, "nightly.yml", **known(farm.world))
    assert flow.run("look") == 0, farm.said
    farm.world.change("prod", "admin", "Auditor", Invite="NO")
    assert flow.run("look") == 10
    assert flow.run("look") == 0, "the snapshot was made all the same"


def test_gitlab_plans_a_merge_request_without_a_credential(farm: Farm) -> None:
    line = GitLab(farm, STORE_REGION="eu-central-1", **STORE)
    seen = farm.world.last()
    assert line.run("plan:merge-request") == 10, farm.said
    assert 10 in line.job("plan:merge-request")["allow_failure"]["exit_codes"]
    assert farm.world.calls("prod", seen) == []
    assert farm.kept["plan:merge-request"]["plan.md"].startswith(b"## dev &#40;from files&#41;")
    guards = ET.fromstring(farm.kept["plan:merge-request junit"]["guards.xml"])
    assert guards.findall(".//testcase")
    assert "pip install --quiet git+https://" in farm.calls


def test_gitlab_promotes_what_was_approved_and_a_retry_goes_on(farm: Farm) -> None:
    world = farm.world
    protect(world, timeout="5")
    line = GitLab(farm, STORE_REGION="eu-central-1", **STORE)
    assert line.run("plan") == 0, farm.said
    assert line.run("approve") == 2, "whoever made it does not approve it"
    farm.user = "alice"
    assert line.run("approve") == 0, farm.said
    line.variables["PROD_CLIENT_SECRET"] = secret(world)
    kills(farm, lambda: line.run("apply"))
    protect(world, timeout="1")
    assert line.run("apply") == 0, farm.said
    assert "going on with it" in farm.said[-1]
    report = finished(world)
    assert json.loads(farm.kept["apply"]["run.json"])["run"] == report["run"]


def test_gitlab_looks_every_night(farm: Farm) -> None:
    world = farm.world
    line = GitLab(farm, STORE_REGION="eu-central-1", PROD_CLIENT_SECRET=secret(world), **STORE)
    world.change("prod", "admin", "Auditor", Invite="NO")
    assert line.run("nightly") == 10, farm.said
    assert line.run("nightly") == 0


def test_jenkins_promotes_what_was_approved_and_a_retry_goes_on(farm: Farm) -> None:
    world = farm.world
    protect(world, timeout="5")
    line = Jenkins(farm)
    assert list(line.stages) == ["Plan", "Approve", "Apply"]
    token = {"AWS_WEB_IDENTITY_TOKEN_FILE": "/run/token"}
    assert line.run("Plan", **token) == 0, farm.said
    assert line.run("Approve", APPROVER="alice", **token) == 0, farm.said
    apply = {**token, "PROD_CLIENT_SECRET": secret(world)}
    kills(farm, lambda: line.run("Apply", **apply))
    protect(world, timeout="1")
    assert line.run("Apply", **apply) == 0, farm.said
    report = finished(world)
    assert json.loads(farm.kept["run.json"]["run.json"])["run"] == report["run"]


def test_the_page_names_what_jobs_are_told() -> None:
    text = (SAMPLES.parents[1] / "docs" / "ci.md").read_text()
    words = [each.name.lower() for each in Exit]
    told = re.findall(r"(\d+) `(\w+)`", text)
    assert told == [(str(int(each)), word) for each, word in zip(Exit, words, strict=True)]
    named = re.findall(r"^\| `(\w+)`(?:, `(\w+)`)? \|", text, re.MULTILINE)
    assert [name for pair in named for name in pair if name] == list(facts(None, "", 0))
