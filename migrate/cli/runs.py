"""`runs`: the history of an environment, and setting an unfinished run aside."""

from typing import TYPE_CHECKING

import click

from migrate.cli.files import answer
from migrate.cli.finding import archives, find_run
from migrate.cli.formats import text_or_json
from migrate.cli.options import spelled_out
from migrate.cli.runtime import Runtime
from migrate.errors import Exit, UsageError

if TYPE_CHECKING:
    from migrate.archive import Archive
    from migrate.config import Environment
    from migrate.plan import Plan


@click.group(invoke_without_command=True, short_help="List, show and abandon runs.")
@click.option("--env", "name", metavar="E", help="Only runs on this target.")
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    help="At most so many, newest first.",
)
@text_or_json
@click.pass_context
def runs(context: click.Context, name: str | None, limit: int, form: str) -> int:
    """List the runs in the stores of the config, newest first.

    One that was not ended says whether it holds its target's lock: it may be at work.

    \b
    Examples:
      role-migrate runs --env prod --limit 5
      role-migrate runs --format json
    """
    if context.invoked_subcommand is not None:
        return Exit.DONE
    from migrate.canonical import dumps_pretty
    from migrate.journal import list_runs
    from migrate.report.escape import inert

    runtime: Runtime = context.obj
    if name is not None:
        environment = runtime.config.environment(name)
        places = [(environment, runtime.connections.archive(environment))]
    else:
        places = archives(runtime)
    found = [
        _row(run, environment, archive, runtime)
        for environment, archive in places
        for run in list_runs(archive.store)[:limit]
    ]
    newest = sorted(found, key=lambda row: (row["run"], row["target"]), reverse=True)[:limit]
    if form == "json":
        schema = "urn:role-migrate:schema:runs:1"
        answer(dumps_pretty({"$schema": schema, "formatVersion": 1, "runs": newest}))
        return Exit.DONE
    lines = [inert(_line(**row)) for row in newest]
    answer("\n".join(lines or ["No runs yet."]) + "\n")
    return Exit.DONE


def _line(run: str, source: str, target: str, mode: str, state: str) -> str:
    return "  ".join(part for part in (run, f"{source} → {target}".lstrip(), mode, state) if part)


def _row(
    run: str, environment: "Environment", archive: "Archive", runtime: Runtime
) -> dict[str, str]:
    from migrate import lock
    from migrate.archive.pruned import pruned_at
    from migrate.errors import InvalidInput, TargetLocked
    from migrate.journal import Journal
    from migrate.keeping import Kind

    row = {"run": run, "source": "", "target": environment.name, "mode": ""}
    try:
        journal = Journal.open(archive.store, run, clock=runtime.tools.now)
    except InvalidInput as error:  # one that can't be read must not hide the others
        at = None if archive.begun(run) else pruned_at(archive, Kind.RUN, run)
        why = f"pruned on {at}" if at else f"unreadable: {error.what}"
        return {**row, "state": why}
    folded, began = journal.summary, journal.entries[0].body
    state = "abandoned" if folded.abandoned else folded.result or "unfinished"
    if not folded.ended:
        try:
            holds = lock.holder(archive.whole, environment.identity) == run
        except TargetLocked:  # by a lock that can't be read
            holds = False
        state += ", holds the lock" if holds else ""
    return {**row, "source": began["source"], "mode": began["mode"], "state": state}


@runs.command(short_help="Show what a run did.")
@click.argument("run")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "html", "md"]),
    default="text",
    show_default=True,
    help="The answer on stdout.",
)
@click.pass_obj
def show(runtime: Runtime, run: str, form: str) -> int:
    """Show the report of a run; of one that was cut off, its journal.

    The page of HTML has what the run's plan does, too, while the store has that plan.

    \b
    Examples:
      role-migrate runs show 20261126T012159Z-ceb680
      role-migrate runs show 20261126T012159Z-ceb680 --format html > run.html
    """
    from migrate.canonical import dumps_pretty
    from migrate.cli.plans import traits_for
    from migrate.cli.reporting import rendered
    from migrate.journal import Journal
    from migrate.report import journal_text
    from migrate.report.markdown import fenced

    archive = runtime.connections.archive(find_run(runtime, run))
    report = archive.report(run)
    if report is not None:
        plan = _plan(archive, report["plan"], runtime) if form == "html" else None
        since = _since(archive, run, runtime) if form != "json" else ""
        answer(rendered({**report, "result": since or report["result"]}, form, plan=plan))
        return Exit.DONE
    journal = Journal.open(archive.store, run, clock=runtime.tools.now)
    value = journal_text.to_value(journal.entries, journal.summary)
    if form == "html":
        from migrate.report import run_html

        plan = _plan(archive, value["entries"][0]["body"]["plan"], runtime)
        answer(run_html.of_journal(value, plan, traits_for(plan) if plan else None))
        return Exit.DONE
    text = journal_text.render(value)
    answer(dumps_pretty(value) if form == "json" else fenced(text) if form == "md" else text)
    return Exit.DONE


def _since(archive: "Archive", run: str, runtime: Runtime) -> str:
    """What became of a run after its report was written; "" for nothing, or if nobody can tell."""
    from migrate.errors import InvalidInput
    from migrate.journal import TAKEN_BACK, Journal

    try:
        now = Journal.open(archive.store, run, clock=runtime.tools.now).summary
    except InvalidInput:
        return ""
    result = "abandoned" if now.abandoned else now.result or ""
    return result if result.startswith(("abandoned", TAKEN_BACK)) else ""


def _plan(archive: "Archive", plan_id: str, runtime: Runtime) -> "Plan | None":
    """The plan of a run, None where it is gone or can't be read: the run can be shown without."""
    from migrate.errors import InvalidInput

    try:
        return archive.load_plan(plan_id)
    except InvalidInput as error:
        runtime.voice.warn(f"the plan of the run is left out: {error}")
        return None


@runs.command(short_help="Set an unfinished run aside.")
@click.argument("run")
@click.option(
    "--reason",
    required=True,
    metavar="TEXT",
    callback=spelled_out,
    help="Why; stays in the journal.",
)
@click.pass_obj
def abandon(runtime: Runtime, run: str, reason: str) -> int:
    """Give up on a run that was begun and not finished, so that others may start.

    What it wrote stays as it is; its plan stays used.

    \b
    Examples:
      role-migrate runs abandon 20261126T012159Z-ceb680 --reason "superseded"
    """
    from migrate.pipeline import abandoning

    if not reason.strip():
        raise UsageError(
            "--reason is empty: it stays in the journal for whoever reads it later",
            remedy='Add --reason "why".',
        )
    environment = find_run(runtime, run)
    left = abandoning.abandon(run, environment, runtime.connections, reason)
    runtime.voice.say(f"run {run} is set aside; what it wrote stays as it is")
    if left.lost:
        more = f" and {len(left.lost) - 5} more" if len(left.lost) > 5 else ""
        runtime.voice.warn(
            f"an import may have dropped the holders of {', '.join(left.lost[:5])}{more}, and the "
            "run had not put them back: no later promotion puts them back; role-migrate snapshot "
            f"--env {environment.name} shows who is left, sha256:{left.backup} who there was"
        )
    return Exit.DONE
