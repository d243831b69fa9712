"""CI systems in small: they run the shell steps of pipelines as written, each job in a new folder.

What a runner does itself is done here as its manual says: a checkout, artefacts, outputs, dotenv
files, stashes. Tools that need a service or a network are stand-ins that note how they were called.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tree_sitter
import tree_sitter_groovy
import yaml  # comes with moto

from tests.cli.world import World
from tests.core.test_github import commands, parsed, read

SAMPLES = Path(__file__).resolve().parents[2] / "samples" / "ci"
STANDING_IN = ("pip", "pipx", "gh")
STAND_IN = """#!/bin/sh
echo "$(basename "$0") $*" >> "{calls}"
case "$1 $2" in
    "api repos/"*) if command -v jq >/dev/null; then jq -r "$4" "{reviews}"; else echo alice; fi ;;
esac
for word in "$@"; do case $word in *.md) cat "$word" >> "{calls}" ;; esac; done
"""

REVIEWS = """[
  {"state": "rejected", "environments": [{"name": "prod-approval"}], "user": {"login": "bob"}},
  {"state": "approved", "environments": [{"name": "other"}], "user": {"login": "carol"}},
  {"state": "approved", "environments": [{"name": "prod-approval"}], "user": {"login": "alice"}}
]"""
"""Who said what of a run, as GitHub's "Get the review history for a workflow run" answers."""

Start = Callable[[list[str], Path, dict[str, str]], int]
"""Runs words in a folder with an environment, and returns how they ended."""


@dataclass
class Farm:
    """Runners: what is checked out on them, what they keep between jobs, and what tools noted."""

    world: World
    folder: Path
    user: str = "pat"
    kept: dict[str, dict[str, bytes]] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    start: Start | None = None
    jobs: int = 0

    def __post_init__(self) -> None:
        tools = self.folder / "tools"
        tools.mkdir(parents=True)
        for name in STANDING_IN:
            path = tools / name
            reviews = self.folder / "reviews.json"
            reviews.write_text(REVIEWS)
            path.write_text(STAND_IN.format(calls=self.folder / "calls", reviews=reviews))
            path.chmod(0o755)

    @property
    def calls(self) -> str:
        """How the tools that stand in were called."""
        path = self.folder / "calls"
        return path.read_text() if path.exists() else ""

    def machine(self) -> Path:
        """The empty folder of a new job."""
        self.jobs += 1
        folder = self.folder / f"job-{self.jobs}"
        folder.mkdir()
        return folder

    def check_out(self, folder: Path) -> None:
        """The repository: the config, and the roles."""
        shutil.copy(self.world.config, folder)
        shutil.copytree(self.world.folder / "roles", folder / "roles")

    def environment(self, folder: Path, **more: str) -> dict[str, str]:
        """What a job finds set, before the pipeline sets anything; nothing of this machine's."""
        path = [str(self.folder / "tools"), str(Path(sys.executable).parent), "/usr/bin", "/bin"]
        return {"PATH": os.pathsep.join(path), "HOME": str(folder), "CI": "true", **more}

    def run(self, words: list[str], folder: Path, environment: dict[str, str]) -> int:
        """Run a step; what it prints is no command but an annotation, and holds no secret."""
        if self.start is not None:
            return self.start(words, folder, environment)
        ended = subprocess.run(
            words, cwd=folder, env=environment, capture_output=True, timeout=120, check=False
        )
        ran = self.world.checked(ended.returncode, ended.stdout, ended.stderr)
        for line in commands(ran.out + ran.err):
            read(line)
        self.said.append(ran.out + ran.err)
        return ran.code

    def keep(self, name: str, folder: Path, paths: list[str]) -> None:
        """Keep files of a job as an artefact; those that are not there are left out."""
        files = [folder / path for path in paths]
        self.kept[name] = {path.name: path.read_bytes() for path in files if path.exists()}

    def fetch(self, name: str, folder: Path) -> None:
        """Put the files of an artefact into a job's folder; KeyError where there is none."""
        for path, data in self.kept[name].items():
            (folder / path).write_bytes(data)


EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")


class Workflow:
    """A workflow of GitHub Actions. Its jobs are run in the order that a test says."""

    def __init__(self, farm: Farm, name: str, **known: str) -> None:
        self.farm = farm
        self.document = yaml.safe_load((SAMPLES / "github" / name).read_text())
        self.known = {"github.token": "a-token", "github.repository": "acme/roles", **known}

    def run(self, job: str) -> int:
        """Run a job: the exit code of the first step that failed, else 0."""
        folder, definition, code = self.farm.machine(), self.document["jobs"][job], 0
        for number, step in enumerate(definition["steps"]):
            if code == 0 or "cancelled()" in str(step.get("if", "")):
                code = self._step(step, folder, number) or code
        for name, value in definition.get("outputs", {}).items():
            self.known[f"needs.{job}.outputs.{name}"] = self._resolved(value)
        return code

    def _step(self, step: Mapping[str, Any], folder: Path, number: int) -> int:
        if "uses" in step:
            self._use(step["uses"].partition("@")[0], step.get("with", {}), folder)
            return 0
        output, summary = folder / f".output-{number}", folder / f".summary-{number}"
        output.touch()
        environment = self.farm.environment(
            folder,
            GITHUB_ACTIONS="true",
            GITHUB_ACTOR=self.farm.user,
            GITHUB_OUTPUT=str(output),
            GITHUB_STEP_SUMMARY=str(summary),
            GITHUB_REPOSITORY="acme/roles",
            GITHUB_RUN_ID="4711",
            GITHUB_SERVER_URL="https://github.example.com",
            GITHUB_SHA="0123abc",
            **{name: self._resolved(value) for name, value in step.get("env", {}).items()},
        )
        script = folder / f".step-{number}.sh"
        script.write_text(step["run"])
        words = ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)]
        code = self.farm.run(words, folder, environment)
        for name, value in parsed(output.read_text()).items():
            self.known[f"steps.{step.get('id')}.outputs.{name}"] = value
        return code

    def _use(self, action: str, given: Mapping[str, Any], folder: Path) -> None:
        if action == "actions/checkout":
            self.farm.check_out(folder)
        elif action == "actions/upload-artifact":
            self.farm.keep(given["name"], folder, given["path"].split())
        elif action == "actions/download-artifact":
            self.farm.fetch(given["name"], folder)
        else:
            assert action == "aws-actions/configure-aws-credentials"
            assert all(given.values())

    def _resolved(self, text: str) -> str:
        """A value with its expressions worked out; KeyError where one names what is not there."""
        return EXPRESSION.sub(lambda found: self.known[found[1]], str(text))


class GitLab:
    """A pipeline of GitLab. Its jobs are run in the order that a test says."""

    def __init__(self, farm: Farm, **variables: str) -> None:
        self.farm = farm
        self.document = yaml.safe_load((SAMPLES / "gitlab-ci.yml").read_text())
        self.variables = variables

    def job(self, name: str) -> dict[str, Any]:
        """A job with what it extends: hashes are merged, everything else goes in place."""
        own = self.document[name]
        base = self.document[own["extends"]] if "extends" in own else {}
        merged = {
            key: {**base[key], **own[key]}
            for key in base.keys() & own.keys()
            if isinstance(base[key], dict)
        }
        return {**base, **own, **merged}

    def run(self, name: str) -> int:
        """Run a job in a new folder with the checkout, and keep its artefacts."""
        folder, job = self.farm.machine(), self.job(name)
        self.farm.check_out(folder)
        environment = self.farm.environment(
            folder,
            GITLAB_CI="true",
            GITLAB_USER_LOGIN=self.farm.user,
            CI_PROJECT_DIR=str(folder),
            CI_PIPELINE_URL="https://gitlab.example.com/acme/roles/-/pipelines/7",
            **dict.fromkeys(job.get("id_tokens", {}), "an-id-token"),
            **self.variables,
        )
        for key, value in job.get("variables", {}).items():
            environment[key] = re.sub(r"\$(\w+)", lambda found: environment[found[1]], value)
        for needed in job.get("needs", []):
            for line in self.farm.kept.get(f"{needed} dotenv", {}).values():
                environment |= dict(each.split("=", 1) for each in line.decode().splitlines())
        script = folder / ".script.sh"
        script.write_text("\n".join([*job["before_script"], *job["script"], ""]))
        code = self.farm.run(["bash", "-eo", "pipefail", str(script)], folder, environment)
        artefacts = job.get("artifacts", {})
        self.farm.keep(name, folder, artefacts.get("paths", []))
        for kind, path in artefacts.get("reports", {}).items():
            self.farm.keep(f"{name} {kind}", folder, [path])
        return code


class Jenkins:
    """A declarative pipeline of Jenkins, as a Groovy parser reads it; without faults in it."""

    def __init__(self, farm: Farm) -> None:
        self.farm = farm
        text = (SAMPLES / "Jenkinsfile").read_bytes()
        language = tree_sitter.Language(tree_sitter_groovy.language())
        root = tree_sitter.Parser(language).parse(text).root_node
        assert not root.has_error, "Jenkinsfile: this is no Groovy"
        self.stages = dict(_stages(root))

    def run(self, stage: str, **variables: str) -> int:
        """Run the sh steps of a stage, in a new folder; bound credentials are `variables`."""
        folder, text = self.farm.machine(), self.stages[stage]
        self.farm.check_out(folder)
        bound = set(re.findall(r"variable: '(\w+)'|submitterParameter '(\w+)'", text))
        wanted = {name for pair in bound for name in pair if name}
        assert wanted == variables.keys(), "these are what the stage asks for"
        for name in re.findall(r"unstash '(\w+)'", text):
            self.farm.fetch(name, folder)
        environment = self.farm.environment(
            folder,
            BUILD_URL="https://jenkins.example.com/job/roles/7/",
            BUILD_USER_ID=self.farm.user,
            **dict(re.findall(r"(AWS_ROLE_ARN) = '(.*?)'", text)),
            **variables,
        )
        code = 0
        for script in re.findall(r"sh '''(.*?)'''", text, re.DOTALL):
            path = folder / ".script.sh"
            path.write_text(script)
            code = code or self.farm.run(["sh", "-xe", str(path)], folder, environment)
        for name, files in re.findall(r"stash name: '(\w+)', includes: '(.*?)'", text):
            self.farm.keep(name, folder, files.split(","))
        for name in re.findall(r"archiveArtifacts '(.*?)'", text):
            self.farm.keep(name, folder, [name])
        return code


def _stages(node: Any) -> "list[tuple[str, str]]":
    """The stages below a node of Groovy, with their text."""
    found = []
    for child in node.children:
        text = child.text.decode()
        name = re.match(r"stage\('(\w+)'\)", text)
        if name and text.endswith("}"):
            found.append((name[1], text))
        else:
            found += _stages(child)
    return found
