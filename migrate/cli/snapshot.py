"""`snapshot`: capture an environment."""

from pathlib import Path

import click

from migrate.cli import options
from migrate.cli.files import answer, write
from migrate.cli.runtime import Runtime
from migrate.errors import Exit


@click.command(short_help="Capture an environment.")
@click.option("--env", "name", required=True, metavar="E", help="The environment.")
@options.scope
@click.option("-o", "--out", metavar="FILE", help="Write the snapshot to a file, too.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="The answer on stdout.",
)
@click.pass_obj
def snapshot(
    runtime: Runtime,
    name: str,
    role: tuple[str, ...],
    exclude_role: tuple[str, ...],
    out: str | None,
    form: str,
) -> int:
    """Read all roles of an environment and keep them in its store.

    With --format json the snapshot itself is the answer.
    """
    from migrate.canonical import dumps_pretty
    from migrate.pipeline.capture import capture, keep
    from migrate.report.escape import inert
    from migrate.snapshot import content_digest, to_value

    environment = runtime.config.environment(name)
    archive = runtime.connections.archive(environment)
    taken = capture(
        runtime.connections.reader(environment),
        name,
        environment.identity,
        runtime.tools,
        selection=options.selection(role, exclude_role),
    )
    digest = keep(archive, taken)
    data = dumps_pretty(to_value(taken))
    if out:
        write(Path(out), data)
    if form == "json":
        answer(data)
        return Exit.DONE
    lines = [f"Snapshot of {inert(name)} as of {taken.captured_at}"]
    for role_type, section in sorted(taken.state.roles.items()):
        lines.append(f"  {role_type}: {len(section.roles)} roles ({section.capture.value})")
    lines.append(f"  state   sha256:{digest}")
    lines.append(f"  content {content_digest(taken.state)}")
    answer("\n".join(lines) + "\n")
    return Exit.DONE
