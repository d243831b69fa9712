"""`apply`, `resume` and `rollback` of a whole fleet, and how it stands."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Literal

from migrate.cli import options
from migrate.cli.executors import crew
from migrate.cli.fleet_options import terms
from migrate.cli.fleet_worker import do, do_elsewhere
from migrate.cli.fleets import hand_out, load_set, plan_files, report_value
from migrate.errors import UNCHANGED, Exit, PlanStale, UsageError
from migrate.fleet import setfile
from migrate.fleet.going_on import going_on
from migrate.fleet.outcome import NOT_TRIED, Outcome, worst
from migrate.fleet.waves import canaries, cut, why_halt

if TYPE_CHECKING:
    from migrate.cli.reporting import Reports
    from migrate.cli.runtime import Runtime
    from migrate.fleet.sets import FleetSet
    from migrate.fleet.waves import Terms, Waves
    from migrate.pipeline.errands import Errand
    from migrate.pipeline.marching import March
    from migrate.pipeline.rolling_back import Back

Verb = Literal["apply", "resume", "rollback"]
QUESTIONS = {
    "apply": "Apply it to {0}?",
    "resume": "Go on with what was cut off on {0}?",
    "rollback": "Take back what was done to {0}?",
}


def apply_fleet(
    folder: str,
    runtime: "Runtime",
    *,
    expected: str | None,
    confirmed: str | None,
    yes: bool,
    form: str,
    reports: "Reports",
    executor: str | None,
    canary: str | None,
    wave: int | None,
    max_failures: int | None,
    workers: int | None,
) -> int:
    """Apply a set, wave by wave. Targets that are done already are left alone."""
    fleet = load_set(folder)
    digest = setfile.digest_of(fleet)
    if expected is not None and digest != expected.removeprefix("sha256:"):
        raise PlanStale(
            f"this set's digest is {digest}, not the one expected",
            where=folder,
            target=UNCHANGED,
            remedy="Find the set that was approved.",
        )
    if confirmed is not None and confirmed != fleet.group:
        raise UsageError(
            f"--confirm-target {confirmed}: this set is for the group {fleet.group}",
            target=UNCHANGED,
            remedy="Find the set that was meant; a fleet is confirmed by its group's name.",
        )
    from migrate.pipeline.errands import NOT_AGAIN
    from migrate.pipeline.marching import March
    from migrate.pipeline.mustering import muster

    config = runtime.config.fleet
    held = terms(config, canary=canary, wave=wave, max_failures=max_failures, workers=workers)
    waves = fleet.waves
    if canary is not None or wave is not None:
        waves = cut(fleet.order, held.canary, held.wave)
    first = canaries(fleet.order, held.canary) if len(waves) > 1 else ()
    stands = muster(
        fleet, plan_files(fleet, folder, runtime), runtime.connections,
        confirmed=confirmed is not None, width=held.workers,
    )  # fmt: skip
    refused = {name: each for name, each in stands.items() if not each.well and not each.run}
    if why_halt(refused.values(), first, held.max_failures):
        went = March(
            {name: each for name, each in stands.items() if each.run} | refused,
            f"no target was begun, for {', '.join(refused)} would be refused",
        )
        return _reported("apply", fleet, folder, waves, went, runtime, form, reports)
    done = [name for name, each in stands.items() if each.state in NOT_AGAIN]
    return _run(
        "apply", fleet, folder, waves, held, runtime, first, done,
        confirmed=confirmed is not None, back=None, yes=yes, form=form, reports=reports,
        executor=executor, chosen=workers is not None, limit=held.max_failures,
    )  # fmt: skip


def go_back_or_on(
    verb: Literal["resume", "rollback"],
    folder: str,
    runtime: "Runtime",
    *,
    back: "Back | None" = None,
    yes: bool,
    form: str,
    reports: "Reports",
    executor: str | None,
    workers: int | None,
) -> int:
    """Resume all runs of a set that were cut off, or take all of them back, the last first.

    Each target is tried, whatever becomes of the others.
    """
    fleet = load_set(folder)
    order = fleet.order if verb == "resume" else fleet.order[::-1]
    held = terms(runtime.config.fleet, workers=workers)
    return _run(
        verb, fleet, folder, (order,), held, runtime, (), (),
        confirmed=False, back=back, yes=yes, form=form, reports=reports,
        executor=executor, chosen=workers is not None, limit=None,
    )  # fmt: skip


def _run(
    verb: Verb,
    fleet: "FleetSet",
    folder: str,
    waves: "Waves",
    held: "Terms",
    runtime: "Runtime",
    first: Sequence[str],
    done: Sequence[str],
    *,
    confirmed: bool,
    back: "Back | None",
    yes: bool,
    form: str,
    reports: "Reports",
    executor: str | None,
    chosen: bool,
    limit: int | None,
) -> int:
    from migrate.pipeline import fleets
    from migrate.pipeline.marching import march

    number, left = len(fleet.members), len(fleet.members) - len(done)
    already = f", {len(done)} done already" if done else ""
    runtime.voice.say(
        f"set {fleet.id} for {fleet.group}: {_counted(number, 'target')} in "
        f"{_counted(len(waves), 'wave')}{already}"
    )
    asked = QUESTIONS[verb].format(_counted(left, "target"))
    if left and not yes and not options.confirm(asked):
        runtime.voice.say("nothing was done")
        return Exit.INTERRUPTED
    errands = [
        [_errand(verb, fleet, name, runtime, confirmed, back) for name in wave] for wave in waves
    ]
    connections = runtime.connections  # made before threads ask for it
    with crew(executor, held.workers, chosen) as hands:
        runtime.fleet = folder
        went = march(
            errands,
            hands.executor,
            partial(hands.elsewhere, do_elsewhere)
            if hands.elsewhere
            else partial(do, runtime=runtime),
            width=hands.width,
            canaries=first,
            max_failures=limit,
            told=lambda outcome: _tell(outcome, runtime),
            lost=partial(fleets.lost, connections=connections),
        )
    return _reported(verb, fleet, folder, waves, went, runtime, form, reports)


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"


def _errand(
    verb: Verb,
    fleet: "FleetSet",
    name: str,
    runtime: "Runtime",
    confirmed: bool,
    back: "Back | None",
) -> "Errand":
    from migrate.pipeline.errands import Errand
    from migrate.pipeline.rolling_back import Back

    subject, config = fleet.member(name).subject, str(runtime.config.path.absolute())
    return Errand(
        verb,
        config,
        name,
        subject.plan,
        subject.plan_digest,
        subject.target,
        confirmed,
        back or Back(),
    )


def _tell(outcome: Outcome, runtime: "Runtime") -> None:
    with runtime.voice.about(outcome.environment):
        run = f", run {outcome.run}" if outcome.run else ""
        runtime.voice.say(f"{outcome.state}{run}" + (f": {outcome.what}" if outcome.what else ""))


def _reported(
    verb: Verb,
    fleet: "FleetSet",
    folder: str,
    waves: "Waves",
    went: "March",
    runtime: "Runtime",
    form: str,
    reports: "Reports",
) -> int:
    from migrate.pipeline.marching import INTERRUPTED

    code = worst(each.exit_code for each in went.outcomes.values())
    if went.halted == INTERRUPTED:
        wrote = any(
            each.run and each.requests and each.target != UNCHANGED
            for each in went.outcomes.values()
        )
        code = worst((code, Exit.PARTLY if wrote else Exit.INTERRUPTED))
    value = report_value(
        verb, fleet, went.outcomes, waves, group=fleet.group, source=fleet.source,
        halted=went.halted, code=code,
    )  # fmt: skip
    hand_out(value, form, reports, runtime)
    left = [each for each in value["targets"] if each["state"] == NOT_TRIED]
    if went.halted:
        runtime.voice.warn(f"halted: {went.halted}")
    if left and verb != "rollback":
        stopped = went.halted == INTERRUPTED
        runtime.voice.say(going_on(folder, len(left), went.outcomes.values(), stopped=stopped))
    return int(code)
