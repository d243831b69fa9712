"""`waive`: answer for what a guard refuses."""

from datetime import UTC, datetime
from pathlib import Path

import click

from migrate.cli import options
from migrate.cli.runtime import Runtime
from migrate.errors import NOT_BY_US, Exit, UsageError


@click.command(short_help="Answer for what a guard refuses.")
@click.argument("plan_file", metavar="PLAN")
@click.option("--guard", "rule", metavar="GUARD", required=True, help="The guard to set aside.")
@click.option("--reason", metavar="TEXT", required=True, callback=options.spelled_out, help="Why.")
@click.option(
    "--until",
    metavar="DATE",
    required=True,
    help="Until when: 2026-01-31 (to its end, UTC), or 2026-01-31T12:00:00Z.",
)
@click.option(
    "--owner",
    "name",
    default="",
    metavar="NAME",
    callback=options.spelled_out,
    help="Who answers for it; else the user.",
)
@click.option("--sign-with", "key", metavar="KEY", help="Sign with this SSH key.")
@options.consent
@click.pass_obj
def waive(
    runtime: Runtime,
    plan_file: str,
    rule: str,
    reason: str,
    until: str,
    name: str,
    key: str | None,
    yes: bool,
) -> int:
    """Set a guard aside for what a plan does, for a time, and record who answers for it.

    Whoever answers for it does not approve it: the plan then needs an approval by somebody else.
    It needs the store alone, no credentials of a platform.

    \b
    Examples:
      role-migrate waive plan.json --guard max_deletions --reason "CHG123" --until 2026-12-31
    """
    from migrate.cli.plans import load
    from migrate.cli.promoting import telling
    from migrate.pipeline.locking import untouched
    from migrate.pipeline.waiving import waive as give

    options.must_be_able_to_ask(yes)
    if not reason.strip():
        raise UsageError("--reason is empty", target=NOT_BY_US, remedy='Add --reason "why".')
    end = _time(until)
    with untouched(NOT_BY_US):
        plan = load(plan_file, runtime)
        telling(runtime)(plan)
        if not yes and not options.confirm(f"Set {rule} aside for this plan until {end}?"):
            runtime.voice.say("nothing was waived")
            return Exit.INTERRUPTED
        give(
            plan,
            runtime.connections,
            rule=rule,
            reason=reason.strip(),
            until=end,
            name=name.strip(),
            key=Path(key).expanduser() if key else None,
        )
    runtime.voice.say(f"{rule} is set aside for this plan until {end}")
    return Exit.DONE


def _time(text: str) -> str:
    try:
        if len(text) == len("2026-01-31"):
            return datetime.fromisoformat(text).strftime("%Y-%m-%dT23:59:59Z")
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except ValueError:
        raise UsageError(
            f"--until {text}: this is no date",
            target=NOT_BY_US,
            remedy="Write 2026-01-31, or 2026-01-31T12:00:00Z.",
        ) from None
