"""`store`: keep the store small."""

from typing import TYPE_CHECKING

import click

from migrate.cli import options
from migrate.cli.files import answer
from migrate.cli.formats import text_or_json
from migrate.cli.runtime import Runtime
from migrate.errors import Exit, UsageError

if TYPE_CHECKING:
    from migrate.keeping import Gone
    from migrate.pipeline.pruning import Outlook, Pruner


@click.group(short_help="Keep the store small.")
def store() -> None:
    """Look after what the store keeps.

    \b
    Examples:
      role-migrate store where --env prod
    """


@store.command(short_help="Delete what is old and what nothing rests on.")
@click.option("--env", "name", required=True, metavar="E", help="The environment.")
@click.option(
    "--keep",
    required=True,
    metavar="AGE",
    callback=options.spelled_out,
    help="Keep what is younger, such as 90d or 36h.",
)
@click.option(
    "--keep-last",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    metavar="N",
    help="Keep the newest N runs, plans and snapshots, however old.",
)
@click.option("--dry-run", is_flag=True, help="Only show what would go.")
@options.consent
@text_or_json
@click.pass_obj
def prune(
    runtime: Runtime, name: str, keep: str, keep_last: int, dry_run: bool, yes: bool, form: str
) -> int:
    """Delete runs, plans, snapshots and import files of an environment from its store.

    Only what is both older than --keep and not among the newest --keep-last goes, and only where
    nothing that stays rests on it: no unfinished run, no last verified state, no plan that may
    still run. History, approvals and claims stay for good.

    \b
    Examples:
      role-migrate store prune --env prod --keep 90d --keep-last 20 --dry-run
    """
    from migrate.keeping import Limits
    from migrate.pipeline.pruning import Pruner

    if not dry_run:
        options.must_be_able_to_ask(yes, "this deletes from the store")
    environment = runtime.config.environment(name)
    limits = Limits(_seconds(keep), keep_last)
    pruner = Pruner(environment, runtime.connections, limits)
    seen = pruner.look()
    if dry_run or not seen.decision.going:
        answer(_rendered(pruner, seen, None, form, runtime))
        return Exit.DONE
    if not yes:
        for line in _rendered(pruner, seen, None, "text", runtime).splitlines():
            runtime.voice.say(line)
        if not options.confirm(f"Delete it from the store of {name}?"):
            runtime.voice.say("nothing was deleted")
            return Exit.INTERRUPTED
    gone = pruner.prune(seen)
    answer(_rendered(pruner, seen, gone, form, runtime))
    if gone.held:
        runtime.voice.warn(f"the store kept {len(gone.held)} objects that were to go")
    return Exit.DONE


@store.command(short_help="Show which keys of the store are an environment's.")
@click.option("--env", "name", required=True, metavar="E", help="The environment.")
@text_or_json
@click.pass_obj
def where(runtime: Runtime, name: str, form: str) -> int:
    """Show the folder and the lock of an environment, as a policy of the store has to name them.

    \b
    Examples:
      role-migrate store where --env prod
    """
    from migrate.archive import folder_of
    from migrate.canonical import dumps_pretty
    from migrate.lock import lock_key
    from migrate.report.escape import inert

    environment = runtime.config.environment(name)
    identity = environment.identity
    value = {
        "store": runtime.connections.archive(environment).location,
        "folder": folder_of(identity),
        "lock": lock_key(identity),
    }
    if form == "json":
        answer(dumps_pretty(value))
    else:
        answer("".join(f"{key:<7}{inert(each)}\n" for key, each in value.items()))
    return Exit.DONE


def _seconds(keep: str) -> float:
    from migrate.config.people_settings import LONGEST, duration

    seconds = duration(keep)
    if seconds is None or not 0 < seconds <= LONGEST:
        raise UsageError(
            f"--keep {keep!r} is no age",
            remedy="Write a whole number with s, m, h or d, such as 90d: at most ten years.",
        )
    return seconds


def _rendered(
    pruner: "Pruner", seen: "Outlook", gone: "Gone | None", form: str, runtime: Runtime
) -> str:
    from migrate.canonical import dumps_pretty
    from migrate.report import prune_text

    value = prune_text.to_value(pruner.location, pruner.limits, seen.stock, seen.decision, gone)
    if form == "json":
        return dumps_pretty(value).decode()
    return prune_text.render(value, everything=runtime.voice.verbose)
