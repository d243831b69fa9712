"""The CI job that a command runs in: told at the end what came of it, in the CI's own ways.

None of it changes what the command did, or its exit code: what can't be written is a warning.
"""

import errno
import os
from collections.abc import Callable, Iterator
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from migrate.cli.files import in_repository, write
from migrate.errors import Fault, MigrateError

if TYPE_CHECKING:
    from migrate.cli.runtime import Runtime
    from migrate.pipeline.record import Record
    from migrate.plan import Plan

DOTENV = Path("role-migrate.env")
"""Where GitLab's variables go unless something else is said."""

_LOOKING = ("drift", "validate")
"""Commands that leave the variables of a plan or a run alone, which the same job may have made."""


class Ci(StrEnum):
    """The CI systems that a command tells its job's outcome in their own ways; and none."""

    GITHUB = "github"
    GITLAB = "gitlab"
    NONE = "none"

    @classmethod
    def here(cls) -> "Ci":
        """The one that this process runs in, as its environment says."""
        for name, ci in (("GITHUB_ACTIONS", cls.GITHUB), ("GITLAB_CI", cls.GITLAB)):
            if os.environ.get(name, "").lower() not in ("", "false", "0"):
                return ci
        return cls.NONE


class Job:
    """What the job is to be told. `plan` is the one that the command is about; where it is shown
    to people, the job's summary has it, too. `page` is an answer in place of a plan or a run.
    """

    def __init__(self) -> None:
        self.ci = Ci.NONE
        self.command = ""
        self.dotenv: Path | None = None
        self.plan: Plan | None = None
        self.shown = False
        self.principals = False
        self.page = ""
        self.changes: int | None = None
        self.faults: list[tuple[str, Fault]] = []

    def shows(self, plan: "Plan", *, principals: bool = False) -> "Plan":
        """The command shows this plan; the job may be told `principals`, users and groups."""
        self.plan, self.shown, self.principals = plan, True, principals
        return plan

    def takes(self, plan: "Plan") -> "Plan":
        """The command was given this plan, which was shown before."""
        self.plan = plan
        return plan

    def tell(self, runtime: "Runtime", code: int) -> None:
        """Tell all of it. `code` is the exit code that the command is about to end with."""
        for name, way in self._ways():
            try:
                way(runtime, code)
            except (OSError, MigrateError) as error:
                runtime.voice.warn(f"the job's {name} can't be written: {error}")
            except Exception as error:  # noqa: BLE001 - a bug here must not undo a run's outcome
                why = f"{type(error).__name__}: {error}"
                runtime.voice.warn(f"the job's {name} are left out: {why}")

    def _ways(self) -> "Iterator[tuple[str, Callable[[Runtime, int], None]]]":
        if self.ci is Ci.GITHUB:
            yield "annotations", self._annotations
            if path := os.environ.get("GITHUB_STEP_SUMMARY"):
                yield "summary", partial(self._summary, path)
            if path := os.environ.get("GITHUB_OUTPUT"):
                yield "outputs", partial(self._outputs, path)
        file = self.dotenv
        if file is None and self.ci is Ci.GITLAB and self.command not in _LOOKING:
            file = DOTENV
        if file is not None:
            yield "variables", partial(self._variables, file)

    def _facts(self, runtime: "Runtime", code: int) -> dict[str, str]:
        from migrate.report.job_facts import facts

        record = _last(runtime)
        plan = self.plan or (record.plan if record else None)
        run = record.run_id if record else ""
        found = facts(plan, run, code, changes=self.changes)
        return {name: runtime.redactor.redact(value) for name, value in found.items()}

    def _variables(self, file: Path, runtime: "Runtime", code: int) -> None:
        from migrate.report.job_facts import dotenv

        write(file, dotenv(self._facts(runtime, code)).encode())

    def _outputs(self, path: str, runtime: "Runtime", code: int) -> None:
        from migrate.report.github import outputs

        mark = f"role-migrate-{runtime.tools.random_hex(32)}"
        _append(path, outputs(self._facts(runtime, code), mark).encode())

    def _annotations(self, runtime: "Runtime", code: int) -> None:
        from migrate.guards import Outcome
        from migrate.report import github, plan_brief
        from migrate.report.plan_text import verdict_text

        if runtime.voice.json:
            return
        clean = runtime.redactor.redact  # before escapes come between the parts of a secret
        title = f"role-migrate {self.command}"
        said = {
            level: [
                github.Note(title, self._for_many(text, clean))
                for kind, text in runtime.voice.told
                if kind == level
            ]
            for level in ("error", "warning")
        }
        for verdict in self.plan.verdicts if self.plan else ():
            if verdict.outcome is Outcome.WARN:
                text = clean(verdict_text(verdict, principals=self.principals))
                said["warning"].append(github.Note(f"guard {verdict.rule}", text))
        for name, fault in self.faults:
            file = in_repository(Path(name, fault.file))
            text = f"{fault.path}: {fault.message}" if fault.path else fault.message
            said["warning" if fault.warning else "error"].append(
                github.Note(title, clean(text), file, fault.line)
            )
        lines = [line for level, each in said.items() for line in github.annotations(level, each)]
        if self.plan and not said["error"]:
            way = f"{self.plan.source.environment} → {self.plan.target.environment}"
            text = f"{way}: {plan_brief.summary(self.plan)}"
            lines.append(github.annotation("notice", text, title=f"{title}, plan {self.plan.id}"))
        for line in lines:
            runtime.voice.command(line)

    def _for_many(self, text: str, clean: Callable[[str], str]) -> str:
        """What was said, without the names that guards tell: more people see the job's page."""
        if self.plan is None or self.principals:
            return text
        from migrate.report.plan_text import unnamed, verdict_text

        for verdict in self.plan.verdicts:
            if verdict.message:
                told = verdict_text(verdict, principals=False)
                text = text.replace(clean(verdict.message), told)
        return unnamed(text, self.plan)

    def _summary(self, path: str, runtime: "Runtime", code: int) -> None:
        from migrate.report.github import SUMMARY_LIMIT, fitting_all

        pages = [runtime.redactor.redact(page) for page in self._pages(runtime, code)]
        if not pages:
            return
        pages[0] = f"\n{pages[0]}"
        taken = Path(path).stat().st_size if Path(path).exists() else 0
        fits = fitting_all(pages, SUMMARY_LIMIT - taken)
        if not fits:
            runtime.voice.warn("the job's summary is full: nothing was added to it")
        _append(path, fits.encode())

    def _pages(self, runtime: "Runtime", code: int) -> Iterator[str]:
        """The page on the plan that was made, the one on the run, or why there is neither."""
        from migrate.connect import traits_of
        from migrate.errors import Exit
        from migrate.report import plan_markdown, run_markdown
        from migrate.report.markdown import fenced, text

        record = _last(runtime)
        ran = record is not None and bool(record.result)
        errors = [said for level, said in runtime.voice.told if level == "error"]
        if self.shown and self.plan:
            yield plan_markdown.render(self.plan, traits_of(self.plan.target.identity))
        if record is not None and ran:
            yield run_markdown.render(record.to_value())
        elif errors and code != Exit.REFUSED:
            head = f"## role-migrate {self.command}: {text(Exit(code).name.lower())}\n"
            yield head + "\n" + fenced("\n".join(errors) + "\n")
        if self.page:
            yield fenced(self.page)


def _last(runtime: "Runtime") -> "Record | None":
    return runtime.records[-1] if runtime.records else None


def _append(path: str, data: bytes) -> None:
    """Append all or nothing: the runner fails a job over half an output."""
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK  # what no pipe can hold up
    descriptor = os.open(path, flags, 0o600)
    try:
        before = os.fstat(descriptor).st_size
        if os.write(descriptor, data) != len(data):
            os.ftruncate(descriptor, before)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)
    finally:
        os.close(descriptor)
