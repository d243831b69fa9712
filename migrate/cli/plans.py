"""Plans on their way in and out of the command line, shared by the commands that handle them."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from migrate.canonical import read_bytes
from migrate.cli.files import (
    STANDARD_INPUT,
    answer,
    in_repository,
    make_folder,
    standard_input,
    write,
)
from migrate.cli.finding import archives, pruned
from migrate.errors import UNCHANGED, MigrateError, StoreFailed, UsageError

if TYPE_CHECKING:
    from migrate.assignments_file import AssignmentsFile
    from migrate.cli.runtime import Runtime
    from migrate.pipeline.checks import Leave
    from migrate.pipeline.planning import Planned, Wish
    from migrate.pipeline.ways import Way
    from migrate.plan import Plan
    from migrate.traits import Traits

_PLAN_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


FOR_MANY = ("md", "junit", "sarif")
"""Formats that more people read than may know who holds what: at a merge request, in a CI job."""


def make_plan(way: "Way", wish: "Wish", runtime: "Runtime") -> "Planned":
    """Plan for an environment, or for what a file holds; nothing is written to any platform."""
    if way.to.kind == "file":
        from migrate.pipeline.comparing import compare

        return compare(way, wish, runtime.connections)
    from migrate.pipeline.promotion import plan

    return plan(way, wish, runtime.connections)


def show(plan: "Plan", form: str, runtime: "Runtime", *, principals: bool = True) -> None:
    """Print a plan on stdout."""
    answer(rendered(plan, form, runtime, principals=principals))


def write_plan(
    plan: "Plan",
    out: Path | None,
    reports: tuple[tuple[str, Path], ...],
    runtime: "Runtime",
    *,
    principals: bool = False,
) -> None:
    """Write a plan as a file, and in the formats of `--report`.

    Those `FOR_MANY` name users and groups only with `principals`.
    """
    if out:
        write(out, rendered(plan, "json", runtime))
    for form, path in reports:
        write(path, rendered(plan, form, runtime, principals=principals))


def write_import_files(planned: "Planned", folder: Path, runtime: "Runtime") -> None:
    """Write what `apply` would upload, for the target as it was when the plan was made."""
    from migrate.connect import platform

    plan = planned.plan
    environments = runtime.config.environments.values()
    environment = next(
        item for item in environments if item.platform == plan.target.identity.platform
    )
    make_folder(folder)
    for name, data in platform(environment).import_files(plan, planned.target.state):
        write(folder / name, data)
        runtime.voice.say(f"wrote {folder / name}, {len(data)} bytes")


def read_assignments(text: str, runtime: "Runtime") -> "AssignmentsFile":
    """The assignments file at a path, `-` being standard input, with its warnings said.

    Raises UsageError where there is none, InvalidInput with every fault in it.
    """
    from migrate.assignments_file import MOST_BYTES, parse
    from migrate.pipeline.locking import untouched

    with untouched():
        if text == "-":
            file = parse(standard_input(MOST_BYTES), where=STANDARD_INPUT)
        else:
            file = parse(read_bytes(Path(text), limit=MOST_BYTES), where=text)
    if not file.wanted:
        runtime.voice.warn(f"{file.name}: it asks for nothing")
    for warning in file.warnings:
        runtime.voice.warn(f"{file.name}: {warning}")
    return file


def load(text: str, runtime: "Runtime") -> "Plan":
    """The plan in a file, or of an id in the store of any environment.

    Raises UsageError where there is none, InvalidInput where it is damaged or edited.
    """
    from migrate.archive import read_plan
    from migrate.canonical import read
    from migrate.keeping import Kind

    path = Path(text)
    if not path.exists() and _PLAN_ID.fullmatch(text):
        unread: StoreFailed | None = None
        for _, archive in archives(runtime):
            try:
                found = archive.load_plan(text)
            except StoreFailed as error:  # others' folders need not be open to everybody
                unread = error
                continue
            if found is not None:
                return found
        gone = pruned(runtime, Kind.PLAN, text)
        if unread is not None and not gone:
            raise unread
        raise UsageError(
            f"no store of the config has a plan {text}{gone}",
            target="unchanged",
            remedy="Name the plan's file, or use the config that it was made with.",
        )
    try:
        if not path.exists():
            raise UsageError(
                "there is no such file", where=text, remedy="Name a plan's file, or a plan's id."
            )
        _, data = read(path)
        return read_plan(data, text)
    except MigrateError as error:
        error.target = UNCHANGED
        error.remedy = error.remedy or "Name the file of a plan, or a plan's id."
        raise


def leave_of(plan: "Plan", runtime: "Runtime") -> "Leave":
    """What lets a plan pass that was made just now; a comparison of files is let pass by nothing.

    A plan that does what an earlier one did keeps the waivers of that.
    """
    from migrate.pipeline.checks import Leave

    if not plan.store:
        return Leave()
    from migrate.pipeline.waiving import waived_for

    environment = runtime.config.environment(plan.target.environment)
    archive = runtime.connections.archive(environment)
    return waived_for(plan, environment, archive, runtime.connections).leave


def rendered(plan: "Plan", form: str, runtime: "Runtime", *, principals: bool = True) -> bytes:
    """A plan in a format of `--format`."""
    if form == "json":
        from migrate.canonical import dumps_pretty
        from migrate.planfile import to_value

        return dumps_pretty(to_value(plan))
    traits, everything = traits_for(plan), runtime.voice.verbose
    if form == "html":
        from migrate.report import plan_html

        text = plan_html.render(plan, traits)
    elif form == "junit":
        from migrate.report import junit

        text = junit.of_plan(plan, principals=principals)
    elif form == "sarif":
        from migrate.canonical import dumps_pretty
        from migrate.report import sarif

        config = in_repository(runtime.config_place[0])
        beside = Path(config).name if Path(config).is_absolute() else config
        return dumps_pretty(sarif.of_plan(plan, beside, principals=principals))
    elif form == "md":
        from migrate.report import plan_markdown

        text = plan_markdown.render(plan, traits, everything=everything, principals=principals)
    else:
        from migrate.report import plan_text

        text = plan_text.render(plan, traits, everything=everything)
    return text.encode(errors="backslashreplace")


def traits_for(plan: "Plan") -> "Traits":
    """What must be known of the platform that a plan is for."""
    from migrate.connect import traits_of

    return traits_of(plan.target.identity)
