"""`doctor`: what is in the way."""

import click

from migrate.cli.files import answer
from migrate.cli.runtime import Runtime
from migrate.errors import Exit


@click.command(short_help="Find out what is in the way, and how to mend it.")
@click.option("--env", "names", multiple=True, metavar="E", help="Only these environments.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="The answer on stdout.",
)
@click.pass_obj
def doctor(runtime: Runtime, names: tuple[str, ...], form: str) -> int:
    """Try what a promotion rests on: network, clock, credentials, scope, store, bucket.

    Nothing is written to a platform; a small object is written to each store.
    """
    from migrate.canonical import dumps_pretty
    from migrate.pipeline.checkup import check
    from migrate.report.escape import inert

    chosen = names or tuple(runtime.config.environments)
    environments = [runtime.config.environment(name) for name in chosen]
    found = {item.name: list(check(item, runtime.connections)) for item in environments}
    if form == "json":
        value = {
            name: [
                {
                    "name": finding.name,
                    "ok": finding.ok,
                    "detail": finding.detail,
                    "remedy": finding.remedy,
                }
                for finding in findings
            ]
            for name, findings in found.items()
        }
        answer(runtime.redactor.redact(dumps_pretty(value).decode()))
    else:
        lines = []
        for name, findings in found.items():
            lines.append(inert(name))
            for finding in findings:
                word = ("WARN" if finding.remedy else "ok  ") if finding.ok else "FAIL"
                lines.append(f"  {word} {inert(finding.name)}: {inert(finding.detail)}")
                if finding.remedy:
                    lines.append(f"       next: {inert(finding.remedy)}")
        answer(runtime.redactor.redact("\n".join(lines) + "\n"))
    sound = all(finding.ok for findings in found.values() for finding in findings)
    return Exit.DONE if sound else Exit.FAILED
