"""`apply`: run a saved plan."""

import click

from migrate.cli import fleet_options, options
from migrate.cli.ci import ci
from migrate.cli.runtime import Runtime
from migrate.errors import Exit, PlanStale


@click.command(short_help="Run a saved plan, once, exactly as reviewed.")
@ci
@click.argument("plan_file", metavar="PLAN|DIR")
@click.option("--expect-digest", metavar="D", help="Refuse any other plan than this.")
@click.option(
    "--confirm-target",
    metavar="NAME",
    help="The environment that a full promotion into a protected one is meant for.",
)
@fleet_options.marching
@options.consent
@options.output
@click.pass_obj
def apply(
    runtime: Runtime,
    plan_file: str,
    expect_digest: str | None,
    confirm_target: str | None,
    canary: str | None,
    wave: int | None,
    max_failures: int | None,
    workers: int | None,
    executor: str | None,
    yes: bool,
    form: str,
    report: tuple[str, ...],
) -> int:
    """Run a plan (a file, or an id from the store) on the environment that it names.

    The source is not read. The target must still be what it was in every role that the plan
    touches, and every guard must still let it pass. A plan whose run was cut off is gone on with.
    DIR is a set of plans, which are run in waves; what is done already is left alone.

    \b
    Examples:
      role-migrate apply plan.json
      role-migrate apply PLAN_ID --expect-digest DIGEST --yes
      role-migrate apply fleet --canary 1 --wave 20 --yes
    """
    from migrate.cli.fleet_running import apply_fleet
    from migrate.cli.fleets import is_fleet
    from migrate.cli.plans import load
    from migrate.cli.reporting import begin, reporting
    from migrate.pipeline.saved import apply_saved
    from migrate.planfile import plan_digest
    from migrate.report.plan_brief import summary

    reports = options.reports(report)
    options.must_be_able_to_ask(yes)
    if is_fleet(plan_file):
        return apply_fleet(
            plan_file,
            runtime,
            expected=expect_digest,
            confirmed=confirm_target,
            yes=yes,
            form=fleet_options.form_of(form),
            reports=options.reports(report, fleet_options.FORMS),
            executor=executor,
            canary=canary,
            wave=wave,
            max_failures=max_failures,
            workers=workers,
        )
    fleet_options.only_for_fleets(
        canary=canary, wave=wave, max_failures=max_failures, workers=workers, executor=executor
    )
    plan = runtime.job.takes(load(plan_file, runtime))
    if expect_digest is not None and plan_digest(plan) != expect_digest.removeprefix("sha256:"):
        raise PlanStale(
            f"this plan's digest is {plan_digest(plan)}, not the one expected",
            where=plan_file,
            target="unchanged",
            remedy="Find the plan that was approved.",
        )
    runtime.voice.say(f"plan {plan.id} for {plan.target.environment}: {summary(plan)}")
    if not yes and not options.confirm(f"Apply it to {plan.target.environment}?"):
        runtime.voice.say("nothing was done")
        return Exit.INTERRUPTED
    with reporting(runtime, form, reports):
        begun = begin(runtime)
        apply_saved(plan, runtime.connections, begun, confirm_target, patient=True)
    return Exit.DONE
