"""`probe`: settle on a live account what nobody documents."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from migrate.cli import options
from migrate.cli.files import answer, write
from migrate.cli.runtime import Runtime
from migrate.errors import Exit, MigrateError, UsageError

if TYPE_CHECKING:
    from migrate.pipeline.probe_record import ProbeRecord


@click.command(short_help="Settle on a live account what nobody documents.")
@click.option("--env", "name", required=True, metavar="E", help="The environment to try things on.")
@click.option(
    "--user",
    default="",
    metavar="EMAIL",
    callback=options.spelled_out,
    help="Who is given a role that grants nothing, for a moment; else members are not asked about.",
)
@click.option(
    "--bot",
    default="",
    metavar="NAME",
    callback=options.spelled_out,
    help="The bot in which that user is given a bot role.",
)
@click.option(
    "--include-rate-limit",
    "rate_limit",
    is_flag=True,
    help="Overspend the account's request budget at the end, to see how that is refused.",
)
@click.option("--show", is_flag=True, help="Show what the last probe found; nothing is tried.")
@options.consent
@options.output
@click.pass_obj
def probe(
    runtime: Runtime,
    name: str,
    user: str,
    bot: str,
    rate_limit: bool,
    show: bool,
    yes: bool,
    form: str,
    report: tuple[str, ...],
) -> int:
    """Find out on a non-production account how its platform behaves, with roles of its own.

    It says what it will write, asks, and leaves the account as it was: that is compared at the
    end, ids and holders included. What it finds is kept for planning, and for full promotions onto
    protected environments of the same platform version.

    \b
    Examples:
      role-migrate probe --env dev --user test.user@example.com --bot "Helpdesk"
      role-migrate probe --env dev --show
    """
    from migrate.pipeline import probing
    from migrate.pipeline.probe_record import ProbeRecord, report_value
    from migrate.platforms.probing import ProbeWish
    from migrate.profile import MARK_DIGITS

    reports = options.reports(report)
    if "html" in (form, *(each for each, _ in reports)):
        raise UsageError(
            "a probe has no page of HTML", target="unchanged", remedy="Use json, md or text."
        )
    environment = runtime.config.environment(name)
    probing.check(environment)
    if show:
        profile = probing.stored_profile(environment, runtime.connections)
        _tell(report_value(name, profile, stored=True), form, reports, runtime)
        return Exit.DONE
    options.must_be_able_to_ask(yes)
    wish = ProbeWish(runtime.tools.random_hex(MARK_DIGITS), user, bot, rate_limit)
    record = runtime.probe = ProbeRecord(name, wish.mark, runtime.tools.version)

    def say(lines: tuple[str, ...]) -> None:
        url, account = environment.url, environment.account
        runtime.voice.say(f"This writes to {name}, the account {account} at {url}:")
        for line in lines:
            runtime.voice.say(f"  - {line}")

    ask = None if yes else partial(options.confirm, f"Probe {name}?")
    with _reporting(record, form, reports, runtime):
        probing.probe(environment, runtime.connections, wish, record, probing.Faces(say, ask))
    return Exit.DONE


@contextmanager
def _reporting(
    record: "ProbeRecord", form: str, reports: tuple[tuple[str, Path], ...], runtime: Runtime
) -> Iterator[None]:
    """Print and write what was found, if anything was asked, however the block ends."""
    try:
        yield
    except MigrateError as error:
        record.error = record.error or error
        if record.findings:
            try:
                _tell(record.to_value(), form, reports, runtime)
            except UsageError as unwritten:  # what the probe ended as does not depend on it
                runtime.voice.warn(f"the report could not be written: {unwritten}")
        raise
    _tell(record.to_value(), form, reports, runtime)


def _tell(
    value: dict[str, Any], form: str, reports: tuple[tuple[str, Path], ...], runtime: Runtime
) -> None:
    from migrate.canonical import dumps_pretty
    from migrate.report import probe_text
    from migrate.report.markdown import fenced

    def rendered(form: str) -> bytes:
        text = dumps_pretty(value).decode() if form == "json" else probe_text.render(value)
        safe = runtime.redactor.redact(text)
        return (fenced(safe) if form == "md" else safe).encode(errors="backslashreplace")

    answer(rendered(form))
    for each, path in reports:
        write(path, rendered(each))
