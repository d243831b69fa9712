"""`plan --to-group`: a plan for each target of a group, and the set that names them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from migrate.canonical import dumps_pretty
from migrate.cli.files import make_folder, write
from migrate.cli.fleet_options import terms
from migrate.cli.fleets import hand_out, load_set, report_value
from migrate.cli.plans import FOR_MANY, leave_of, rendered
from migrate.errors import NOT_BY_US, UNCHANGED, Exit, MigrateError, RunUnfinished, UsageError
from migrate.fleet import setfile
from migrate.fleet.outcome import NOTHING, PLANNED, ROLLED_BACK, Outcome, failed

if TYPE_CHECKING:
    from migrate.cli.reporting import Reports
    from migrate.cli.runtime import Runtime
    from migrate.config import Environment
    from migrate.fleet.sets import FleetSet
    from migrate.pipeline.planning import Wish
    from migrate.pipeline.rolling_back import Back
    from migrate.pipeline.ways import Way
    from migrate.plan import Plan


@dataclass(frozen=True, slots=True)
class Asked:
    """How the plans of a fleet are wanted: where, in which form, by how many at a time.

    `incomplete`: a set may leave out a target that could not be planned.
    """

    folder: str | None
    workers: int | None
    form: str
    reports: "Reports"
    incomplete: bool = False
    principals: bool = False
    exit_code: bool = False


def plan_group(group: str, way: "Way", wish: "Wish", runtime: "Runtime", asked: Asked) -> int:
    """Plan for all of a group, write plans and set, and show them in one report.

    Returns the worst exit code. Where a target can't be planned the others are, and there is no
    set unless it may be incomplete.
    """
    from migrate.config.fleet_settings import group_of
    from migrate.pipeline import fleets

    environments, place = group_of(runtime.config, group), _place(asked.folder)
    source = _spelling(way)
    way = fleets.read_once(way, wish, runtime.connections)

    def plan(environment: "Environment") -> "Plan":
        with closing(runtime.connections.aside()) as own:
            return fleets.plan_for(environment, way, wish, own).plan

    return _planned(group, source, environments, plan, place, runtime, asked)


def plan_fleet_back(folder: str, back: "Back", runtime: "Runtime", asked: Asked) -> int:
    """Plan the way back for all runs of a set, as a set of its own, the last target first."""
    from migrate.pipeline.fleet_standing import environment_of, is_undone, standing
    from migrate.pipeline.rolling_back import plan_back

    fleet, place = load_set(folder), _place(asked.folder)
    runs: dict[str, Outcome] = {}
    for name in fleet.order[::-1]:
        subject = fleet.member(name).subject
        environment = environment_of(name, subject.target, runtime.connections)
        found = standing(environment, subject.plan, runtime.connections)
        if found.run and found.state != ROLLED_BACK:
            runs[name] = found
    if not runs:
        runtime.voice.say("nothing to do: no target of the set has a run to take back")
        return Exit.DONE

    def plan(environment: "Environment") -> "Plan":
        with closing(runtime.connections.aside()) as own:
            found = runs[environment.name]
            if is_undone(found, own.archive(environment)):
                raise RunUnfinished(
                    found.what, where=found.run, target=NOT_BY_US, remedy=found.remedy
                )
            return plan_back(found.run, back, environment, own).plan

    environments = tuple(map(runtime.config.environment, runs))
    source = f"before set {setfile.digest_of(fleet)[:12]}"
    return _planned(fleet.group, source, environments, plan, place, runtime, asked)


def _planned(
    group: str,
    source: str,
    environments: "Sequence[Environment]",
    plan: "Callable[[Environment], Plan]",
    place: Path,
    runtime: "Runtime",
    asked: Asked,
) -> int:
    from migrate import planfile
    from migrate.pipeline import fleets

    held = terms(runtime.config.fleet, workers=asked.workers)
    made = dict(_each(environments, plan, runtime, held.workers))
    plans = [each for each, _ in made.values() if each is not None]
    failures = [outcome for each, outcome in made.values() if each is None]
    order, fleet = tuple(made), None
    if plans and (asked.incomplete or not failures):
        fleet = fleets.make_set(group, source, order, plans, failures, held, runtime.connections)
    _write(place, plans, fleet, runtime)
    value = report_value(
        "plan",
        fleet,
        {name: outcome for name, (_, outcome) in made.items()},
        fleet.waves if fleet else (),
        group=group,
        source=source,
    )
    value["plans"] = [planfile.to_value(each) for each in plans]
    sections = partial(_sections, plans, runtime, asked.principals)
    hand_out(value, asked.form, asked.reports, runtime, sections)
    for failure in failures:
        runtime.voice.warn(f"{failure.environment} could not be planned: {failure.what}")
    if fleet is None:
        runtime.voice.warn(
            "no set was written, for it would leave out a target: mend what is wrong and plan "
            "again, or leave it out with --partial"
        )
    pending = asked.exit_code and any(not each.empty for each in plans)
    return int(value["exitCode"]) or (Exit.PENDING if pending else Exit.DONE)


def _spelling(way: "Way") -> str:
    from migrate.assignments_file import AssignmentsFile

    if isinstance(way.source, AssignmentsFile):
        return way.source.name
    kind, value = way.source.kind, way.source.value
    return value if kind == "environment" else f"{kind}:{value}"


def _place(folder: str | None) -> Path:
    if folder is None:
        raise UsageError(
            "plans for several targets need a folder",
            target=UNCHANGED,
            remedy="Add --out DIR.",
        )
    place = Path(folder)
    make_folder(place)
    if (place / setfile.NAME).exists():
        raise UsageError(
            "this folder has a set already",
            where=folder,
            target=UNCHANGED,
            remedy="Name another folder, or remove this one if nobody needs it any more.",
        )
    return place


def _each(
    environments: "Sequence[Environment]",
    plan: "Callable[[Environment], Plan]",
    runtime: "Runtime",
    width: int,
) -> "Iterator[tuple[str, tuple[Plan | None, Outcome]]]":
    """The plan of each environment with what is to be said of it; None where it has none."""
    from concurrent.futures import ThreadPoolExecutor

    _ = runtime.connections  # made before threads ask for it

    def one(environment: "Environment") -> "tuple[str, tuple[Plan | None, Outcome]]":
        name = environment.name
        with runtime.voice.about(name):
            try:
                made = plan(environment)
            except MigrateError as error:
                return name, (None, failed(name, error))
            return name, (made, _judged(made, runtime))

    with ThreadPoolExecutor(width, thread_name_prefix="fleet") as pool:
        yield from pool.map(one, environments)


def _judged(plan: "Plan", runtime: "Runtime") -> Outcome:
    from migrate.pipeline import checks

    name = plan.target.environment
    try:
        checks.allowed(plan.verdicts, name, leave_of(plan, runtime))
    except MigrateError as refusal:
        return failed(name, refusal, plan.id)
    return Outcome(name, NOTHING if plan.empty else PLANNED, plan=plan.id)


def _write(
    place: Path, plans: "Sequence[Plan]", fleet: "FleetSet | None", runtime: "Runtime"
) -> None:
    for plan in plans:
        write(place / setfile.plan_name(plan.target.environment), rendered(plan, "json", runtime))
    if fleet is not None:  # last: whoever finds a set finds all of it
        write(place / setfile.NAME, dumps_pretty(setfile.to_value(fleet)))


def _sections(
    plans: "Sequence[Plan]", runtime: "Runtime", principals: bool, form: str
) -> list[tuple[str, str]]:
    shown = principals or form not in FOR_MANY
    return [
        (each.target.environment, rendered(each, form, runtime, principals=shown).decode())
        for each in plans
    ]
