"""`approve`: say yes to what a plan does."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from migrate.cli import options
from migrate.cli.ci import ci
from migrate.cli.files import answer
from migrate.cli.runtime import Runtime
from migrate.errors import NOT_BY_US, Exit, UsageError

if TYPE_CHECKING:
    from migrate.approval import Judged
    from migrate.plan import Plan


@click.command(short_help="Say yes to what a plan does.")
@ci
@click.argument("plan_file", metavar="PLAN|DIR")
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
    and for no other. It needs the store alone, no credentials of a platform. DIR is a set, which
    is approved as one: signed once, it counts for each plan in it.

    \b
    Examples:
      role-migrate approve plan.json --change-ref CHG123
      role-migrate approve PLAN_ID --change-ref CHG123 --sign-with ~/.ssh/id_ed25519 --yes
      role-migrate approve fleet --change-ref CHG123
    """
    from migrate.cli.fleets import is_fleet, load_set, plans_of
    from migrate.cli.plans import load
    from migrate.cli.promoting import telling
    from migrate.fleet import setfile
    from migrate.pipeline.approving import approve as give
    from migrate.pipeline.locking import untouched

    options.must_be_able_to_ask(yes)
    if not change_ref.strip():
        raise UsageError(
            "--change-ref is empty: the approval would belong to no change",
            target=NOT_BY_US,
            remedy="Name the ticket or change that this is for.",
        )
    with untouched(NOT_BY_US):
        together = load_set(plan_file) if is_fleet(plan_file) else None
        if together is not None:
            plans = plans_of(together, plan_file, runtime)
            runtime.voice.say(
                f"set {together.id} for {together.group}, {len(plans)} plans, "
                f"digest {setfile.digest_of(together)}"
            )
        else:
            plans = (load(plan_file, runtime),)
        for plan in plans:
            telling(runtime)(plan)
        if not yes and not options.confirm(f"Approve it for {change_ref}?"):
            runtime.voice.say("nothing was approved")
            return Exit.INTERRUPTED
        judged = give(
            plans,
            runtime.connections,
            name=name.strip(),
            change_ref=change_ref.strip(),
            key=Path(key).expanduser() if key else None,
            together=setfile.together(together) if together else None,
        )
    for plan, has in zip(plans, judged, strict=True):
        _tell(plan, has, runtime, named=together is not None)
    return Exit.DONE


def _tell(plan: "Plan", has: "Judged", runtime: Runtime, *, named: bool) -> None:
    """Who approved a plan is the answer; what does not count, and how many are needed, is said.

    One of several is `named`.
    """
    from migrate.report.escape import inert

    environment = runtime.config.environment(plan.target.environment)
    needed = runtime.config.approvals_of(environment)
    for each in has.counted:
        proof = f"proven by {each.key}" if each.proven else "claimed"
        which = f"{environment.name}: " if named else ""
        answer(inert(f"{which}{each.actor}, {each.at}, {each.change_ref}: {proof}") + "\n")
    for refused in has.refused:
        runtime.voice.warn(f"does not count: {refused}")
    if needed:
        asked = f"{len(has.counted)} of {needed} approvals that {environment.name} asks for"
        runtime.voice.say(asked)
    else:
        runtime.voice.say(f"{environment.name} asks for no approvals")
