"""Sets on their way in and out of the command line, and the reports of fleets."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from migrate.canonical import dumps_pretty, read
from migrate.cli.files import answer, write
from migrate.errors import UNCHANGED, InvalidInput, UsageError
from migrate.fleet import setfile
from migrate.fleet.outcome import NOT_PLANNED, NOT_TRIED, Outcome, to_value, worst

if TYPE_CHECKING:
    from migrate.cli.reporting import Reports
    from migrate.cli.runtime import Runtime
    from migrate.fleet.sets import FleetSet
    from migrate.fleet.waves import Waves
    from migrate.plan import Plan

SCHEMA = "urn:role-migrate:schema:fleet-report:1"


def is_fleet(text: str) -> bool:
    """Whether what a command was given is a set: its folder, or the set's file in it."""
    path = Path(text)
    try:
        return path.is_dir() or (path.name == setfile.NAME and path.is_file())
    except (OSError, ValueError):  # a name that no file can have
        return False


def load_set(text: str) -> "FleetSet":
    """The set in a folder. Raises UsageError where it has none, InvalidInput for an unsound one."""
    from migrate.resources import schema
    from migrate.validation import validate

    path = Path(text) / setfile.NAME if Path(text).is_dir() else Path(text)
    if not path.is_file():
        raise UsageError(
            f"there is no set in this folder: it has no {setfile.NAME}",
            where=text,
            target=UNCHANGED,
            remedy="role-migrate plan --to-group GROUP --out DIR makes one. Where some targets "
            "could not be planned it writes none, unless --partial says that it shall.",
        )
    try:
        value, data = read(path)
    except InvalidInput as error:
        error.target, error.remedy = UNCHANGED, "Take all of it from where it was made."
        raise
    faults = validate(value, data, schema("fleet"), where=str(path))
    if faults:
        raise InvalidInput(
            "this is no sound set",
            where=str(path),
            target=UNCHANGED,
            remedy="Make it anew.",
            faults=faults,
        )
    return setfile.from_value(value, where=str(path))


def plans_of(fleet: "FleetSet", text: str, runtime: "Runtime") -> "tuple[Plan, ...]":
    """The plans of a set in its order: the files beside it, or else as the store has them.

    Raises InvalidInput where one is not the one that the set names.
    """
    from migrate.cli.plans import load

    files = plan_files(fleet, text, runtime)
    return tuple(
        files.get(name) or _its_own(fleet, name, load(fleet.member(name).subject.plan, runtime))
        for name in fleet.order
    )


def plan_files(fleet: "FleetSet", text: str, runtime: "Runtime") -> "dict[str, Plan]":
    """The plans of a set, by target, that lie beside it.

    Raises InvalidInput where one is not the one that the set names.
    """
    from migrate.cli.plans import load

    folder = Path(text) if Path(text).is_dir() else Path(text).parent
    files = {name: folder / setfile.plan_name(name) for name in fleet.order}
    return {
        name: _its_own(fleet, name, load(str(file), runtime), str(file))
        for name, file in files.items()
        if file.exists()
    }


def _its_own(fleet: "FleetSet", name: str, plan: "Plan", where: str = "") -> "Plan":
    from migrate.fleet.sets import subject_of

    if subject_of(plan) != fleet.member(name).subject:
        raise InvalidInput(
            f"the plan for {name} is not the one of the set",
            where=where or plan.id,
            target=UNCHANGED,
            remedy="Put the one that belongs to it there, or make the set anew.",
        )
    return plan


def report_value(
    command: str,
    fleet: "FleetSet | None",
    outcomes: Mapping[str, Outcome],
    waves: "Waves",
    *,
    group: str,
    source: str,
    halted: str = "",
    code: int | None = None,
) -> dict[str, Any]:
    """The JSON value of a fleet's report; targets that nothing is known of were not tried."""
    members = {each.environment: each.subject.plan for each in fleet.members} if fleet else {}
    targets = [
        to_value(outcomes.get(name) or Outcome(name, NOT_TRIED, plan=members.get(name, "")), number)
        for number, wave in enumerate(waves, 1)
        for name in wave
    ]
    placed = {each["environment"] for each in targets}
    left_out = {
        each.environment: Outcome(each.environment, NOT_PLANNED, what=each.what)
        for each in (fleet.missing if fleet else ())
    }
    others = {**left_out, **outcomes}
    targets += [to_value(each, 0) for name, each in others.items() if name not in placed]
    return {
        "$schema": SCHEMA,
        "formatVersion": 1,
        "command": command,
        "set": setfile.digest_of(fleet) if fleet else "",
        "group": group,
        "source": source,
        "exitCode": worst(each["exitCode"] for each in targets) if code is None else code,
        "halted": halted,
        "targets": targets,
    }


def hand_out(
    value: Mapping[str, Any],
    form: str,
    reports: "Reports",
    runtime: "Runtime",
    sections: "Callable[[str], Sequence[tuple[str, str]]]" = lambda _form: (),
) -> None:
    """Print a fleet's report on stdout, and write it where `--report` says.

    `sections` gives what each target has to show of its own, in a format.
    """

    def page(name: str) -> bytes:
        if name == "json":
            return dumps_pretty(value)
        from migrate.report import fleet_markdown, fleet_text

        render = fleet_markdown.render if name == "md" else fleet_text.render
        return render(value, sections(name)).encode(errors="backslashreplace")

    from migrate.report import fleet_text

    runtime.job.page = fleet_text.render(value)  # the summary of the CI's job, if this is one
    for name, path in reports:
        write(path, page(name))
    answer(page(form))
