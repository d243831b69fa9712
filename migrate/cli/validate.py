"""`validate`: check files."""

from pathlib import Path

import click

from migrate.cli.ci import ci
from migrate.cli.files import STANDARD_INPUT, answer, in_repository, standard_input
from migrate.cli.runtime import Runtime
from migrate.errors import Exit, UsageError


@click.command(short_help="Check files of every kind, wholly.")
@ci
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@click.option("--role-type", metavar="TYPE", help="Role type that a bare export should have.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "junit", "sarif"]),
    default="text",
    show_default=True,
    help="The answer on stdout.",
)
@click.pass_obj
def validate(runtime: Runtime, files: tuple[str, ...], role_type: str | None, form: str) -> int:
    """Check each FILE (- is standard input) and print every fault with its line and JSON path.

    Snapshots, import files, plans, configs and assignments files are told apart by what is in
    them. Warnings alone leave the exit code at 0; a file that is not there makes it 2.

    \b
    Examples:
      role-migrate validate role-migrate.toml plan.json
      role-migrate validate roles/dev --format sarif > faults.sarif
    """
    from migrate.canonical import MAX_BYTES
    from migrate.checking import check_bytes, check_file
    from migrate.report import check_text

    checked, missing = [], None
    for name in files:
        try:
            if name == "-":
                text = standard_input(MAX_BYTES)
                checked.append((STANDARD_INPUT, check_bytes(text, role_type, where="-")))
            else:
                checked.append((name, check_file(Path(name), role_type)))
        except UsageError as error:
            if len(files) == 1:
                raise
            missing = error
            runtime.voice.error(error)  # the others are looked at all the same
    runtime.job.faults = [(name, fault) for name, one in checked for fault in one.faults]
    if form == "json":
        from migrate.canonical import dumps_pretty

        answer(dumps_pretty(check_text.to_value(checked)))
    elif form == "junit":
        from migrate.report import junit

        answer(junit.of_files((name, one.faults) for name, one in checked))
    elif form == "sarif":
        from migrate.canonical import dumps_pretty
        from migrate.report import sarif

        answer(
            dumps_pretty(
                sarif.of_files((in_repository(Path(name)), one.faults) for name, one in checked)
            )
        )
    else:
        answer(check_text.render(checked))
    if missing is not None:
        return missing.exit_code
    return Exit.DONE if all(one.sound for _, one in checked) else Exit.INVALID
