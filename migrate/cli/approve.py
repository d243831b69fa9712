"""`approve`: say yes to what a plan does."""

from pathlib import Path

import click

from migrate.cli import options
from migrate.cli.ci import ci
from migrate.cli.files import answer
from migrate.cli.runtime import Runtime
from migrate.errors import NOT_BY_US, Exit, UsageError


@click.command(short_help="Say yes to what a plan does.")
@ci
@click.argument("plan_file", metavar="PLAN")
@click.option(
    "--change-ref",
    metavar="REF",
    required=True,
    callback=options.spelled_out,
    help="The change it is for, such as a ticket.",
)
@click.option(
    "--by",
    "name",
    default="",
    metavar="NAME",
    callback=options.spelled_out,
    help="Who approves; else the user.",
)
@click.option("--sign-with", "key", metavar="KEY", help="Sign with this SSH key.")
@options.consent
@click.pass_obj
def approve(
    runtime: Runtime, plan_file: str, change_ref: str, name: str, key: str | None, yes: bool
) -> int:
    """Show a plan (a file, or an id from the store), ask, and record who said yes to it.

    The approval holds for what the plan does: also for one that is made again and does the same,
    and for no other. It needs the store alone, no credentials of a platform.
    """
    from migrate.cli.plans import load
    from migrate.cli.promoting import telling
    from migrate.pipeline.approving import approve as give
    from migrate.pipeline.locking import untouched
    from migrate.report.escape import inert

    options.must_be_able_to_ask(yes)
    if not change_ref.strip():
        raise UsageError(
            "--change-ref is empty: the approval would belong to no change",
            target=NOT_BY_US,
            remedy="Name the ticket or change that this is for.",
        )
    with untouched(NOT_BY_US):
        plan = load(plan_file, runtime)
        telling(runtime)(plan)
        if not yes and not options.confirm(f"Approve it for {change_ref}?"):
            runtime.voice.say("nothing was approved")
            return Exit.INTERRUPTED
        has = give(
            plan,
            runtime.connections,
            name=name.strip(),
            change_ref=change_ref.strip(),
            key=Path(key).expanduser() if key else None,
        )
        environment = runtime.config.environment(plan.target.environment)
        needed = runtime.config.approvals_of(environment)
    for each in has.counted:
        proof = f"proven by {each.key}" if each.proven else "claimed"
        answer(inert(f"{each.actor}, {each.at}, {each.change_ref}: {proof}") + "\n")
    for refused in has.refused:
        runtime.voice.warn(f"does not count: {refused}")
    runtime.voice.say(f"{len(has.counted)} of {needed} approvals that {environment.name} asks for")
    return Exit.DONE
