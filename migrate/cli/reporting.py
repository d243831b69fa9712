"""The report of a run: printed, written where `--report` says, and kept in the store, always."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from migrate.cli.files import answer, write
from migrate.cli.plans import traits_for
from migrate.errors import MigrateError, UsageError

if TYPE_CHECKING:
    from migrate.cli.runtime import Runtime
    from migrate.pipeline.record import Record
    from migrate.plan import Plan

Reports = tuple[tuple[str, Path], ...]
"""Formats and files of `--report`."""


def begin(runtime: "Runtime") -> "Callable[[Plan], Record]":
    """Makes the record of a run of a plan, and keeps it for the report and for signals."""
    from migrate.pipeline.record import Record

    def begun(plan: "Plan") -> "Record":
        record = Record(plan)
        runtime.records.append(record)
        return record

    return begun


@contextmanager
def reporting(runtime: "Runtime", form: str, reports: Reports) -> Iterator[None]:
    """Print, write and keep the report of a run, if one is recorded, however the block ends.

    What a run ended as does not depend on what becomes of its report.
    """
    try:
        yield
    except MigrateError as error:
        for record in runtime.records:
            record.error = record.error or error
        raise
    finally:
        for record in runtime.records:
            _write_run(record, form, reports, runtime)


def rendered(
    value: "dict[str, object]", form: str, *, errors: bool = True, plan: "Plan | None" = None
) -> bytes:
    """The report of a run in a format: json, html, md or text.

    A page of HTML shows what the roles hold where the plan is at hand.
    """
    if form == "json":
        from migrate.canonical import dumps_pretty

        return dumps_pretty(value)
    if form == "html":
        from migrate.report import run_html

        return run_html.render(value, plan, traits_for(plan) if plan else None).encode()
    from migrate.report import run_markdown, run_text

    text = run_markdown.render(value) if form == "md" else run_text.render(value, errors=errors)
    return text.encode(errors="backslashreplace")


def _write_run(record: "Record", form: str, reports: Reports, runtime: "Runtime") -> None:
    value = record.to_value()
    page = partial(rendered, value, plan=record.plan)
    # Of what never became a run, stderr says why; once is enough.
    outputs: list[Callable[[], None]] = []
    if record.result:
        outputs.append(partial(answer, page(form, errors=bool(record.steps))))
    outputs += [partial(write, path, page(name)) for name, path in reports]
    if record.run_id:
        outputs.append(partial(keep_page, record, runtime))
    for output in outputs:
        try:
            output()
        except UsageError as error:
            kept = f"; role-migrate runs show {record.run_id} shows it" if record.steps else ""
            runtime.voice.warn(f"the report could not be written: {error}{kept}")


def keep_page(record: "Record", runtime: "Runtime") -> None:
    """Put the page for people beside the JSON report, which the run has stored itself."""
    page = rendered(record.to_value(), "md")
    environment = runtime.config.environment(record.plan.target.environment)
    try:
        runtime.connections.archive(environment).save_report(record.run_id, "md", page)
    except MigrateError as error:
        runtime.voice.warn(f"the report could not be stored: {error}")
